"""The battery every stage must pass, on the embedded example and on nothing at all."""

from __future__ import annotations

import dataclasses
import tomllib
from functools import cache

import pytest

from clusterloom.api import Project, default_recipe_text, embedded_recipe, stage_classes
from clusterloom.entities.catalogue import read_catalogue
from clusterloom.plan import Recipe, Stage, build_stages, stage_parameters
from clusterloom.schema import TABLES, load_reasons
from clusterloom.tables import Tables, conform, table_digest
from clusterloom.tables.vectors import CachedEncoder
from clusterloom.text import UniversalSentenceEncoder

NAMES = [cls.name for cls in stage_classes()]


@cache
def classes() -> dict[str, type]:
    return {cls.name: cls for cls in stage_classes()}


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> Tables:
    """All tables of the toy valley's plan."""
    project = Project.create(tmp_path_factory.mktemp("valley") / "w")
    plan = project.run(embedded_recipe("valley"))
    project.workspace.ledger.close()
    return plan.tables


@pytest.fixture(scope="module")
def stages(shared_vectors) -> dict[str, Stage]:
    settings = {"encoders": (CachedEncoder(UniversalSentenceEncoder(), shared_vectors),)}
    built = build_stages(embedded_recipe("valley"), list(classes().values()), settings=settings)
    return {s.name: s for s in built}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_rows_and_the_input_stays_untouched(name, valley, stages):
    before = {n: table_digest(valley[n]) for n in valley.names}
    first, second = stages[name].run(valley), stages[name].run(valley)
    assert {n: table_digest(valley[n]) for n in valley.names} == before
    assert first.names == second.names == tuple(sorted(stages[name].writes))
    for table in first.names:
        assert table_digest(first[table]) == table_digest(second[table]), table


@pytest.mark.parametrize("name", NAMES)
def test_the_output_fits_the_schema_and_gives_reasons(name, valley, stages):
    written = stages[name].run(valley)
    for table in written.names:
        rows = written.rows(table)
        conform(table, rows)
        if "reasons" in TABLES[table].column_names:
            assert all(load_reasons(row["reasons"]) for row in rows), table


@pytest.mark.parametrize("name", NAMES)
def test_only_declared_tables_are_read(name, valley, stages):
    stage = stages[name]
    whole, narrow = stage.run(valley), stage.run(valley.select(stage.reads))
    for table in stage.writes:
        assert table_digest(whole[table]) == table_digest(narrow[table]), table


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", ["nothing", "catalogue only"])
def test_empty_tables_give_empty_tables(name, start, stages):
    tables = Tables() if start == "nothing" else read_catalogue()
    written = stages[name].run(tables)
    assert set(written.names) == set(stages[name].writes)
    if name != "adjacency":
        assert all(written[table].num_rows == 0 for table in written.names)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_survive_the_way_through_toml(name):
    recipe = tomllib.loads(default_recipe_text())
    default = classes()[name]()
    settings = {"encoders": default.encoders} if hasattr(default, "encoders") else {}
    (built,) = build_stages(
        Recipe(stages={name: recipe["stages"][name]}), [classes()[name]], settings=settings
    )
    assert stage_parameters(built) == stage_parameters(default)


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_is_frozen_and_declares_known_tables(name):
    stage = classes()[name]()
    assert {*stage.reads, *stage.writes} <= set(TABLES)
    first = dataclasses.fields(stage)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(stage, first, None)
