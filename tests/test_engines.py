"""The named queries: solved by hand, and the same on every engine, in memory and from Parquet."""

from __future__ import annotations

import importlib.util
import random
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clusterloom.api import Project, default_recipe_text, embedded_recipe
from clusterloom.errors import RecipeError, SchemaError, UsageError
from clusterloom.plan import parse_recipe
from clusterloom.schema import TABLES
from clusterloom.tables import Tables, engine_named, table_digest
from clusterloom.tables.engine import (
    DuckDBEngine,
    named_tables,
    plain_result,
    query_names,
    query_text,
    read_result,
)
from clusterloom.tables.spark_engine import SparkEngine, spark_missing

from .conftest import activity_row, organisation_row
from .test_composition import link_row
from .test_core import assignment, candidate_row

PERIODS = {"as_of": 2024, "period_years": 5}
PARAMETERS = {
    "candidate_field_period": PERIODS,
    "candidate_period": PERIODS,
    "country_field_period": PERIODS,
    "country_period": PERIODS,
    "place_field_year": {"level": "region"},
}
needs_spark = pytest.mark.skipif(spark_missing() is not None, reason=str(spark_missing()))
# PySpark and its Java bridge warn about things that are not ours.
spark_warnings = pytest.mark.filterwarnings("default")


def crowd(seed: int = 5) -> dict[str, pa.Table]:
    """A hundred organisations with all that is hard: no date, no region, three alphabets."""
    draw = random.Random(seed)
    names = [f"{draw.choice(['a', 'Z', 'я', '中'])}{i}" for i in range(60)]
    fields = ["lasers", "optics", "Dairy", "meat"]
    organisations = [
        organisation_row(
            o, country=draw.choice(["XA", "XB"]), region=draw.choice([None, "North", "South"])
        )
        for o in names
    ]
    work, assigned = [], []
    for i in range(400):
        org, year = draw.choice(names), draw.choice([None, *range(2008, 2028)])
        event = draw.choice([None, f"project {i % 37}"])
        mark = (None, "memory", "verified")[i % 3]
        work.append(
            activity_row(
                f"w{i}", org, weight=draw.random() * 3, year=year, event_id=event, evidence=mark
            )
        )
        for field in draw.sample(fields, draw.choice([1, 2])):
            assigned.append(
                assignment(f"w{i}", org, field)
                | {"share": round(draw.random(), 6), "confidence": round(draw.random(), 4)}
            )
    development = {
        "development_id": "d1", "org_id": names[0], "title": "x", "year": 2020,
        "source_id": "form", "source_row": "x:2",
    }  # fmt: skip
    assigned.append(assignment("development:d1", names[0], "lasers"))
    links = [link_row(draw.choice(names), draw.choice(names), "contract") for _ in range(200)]
    distinct = {row["link_id"]: row for row in links}
    tables = (
        Tables()
        .with_rows("organisation", organisations)
        .with_rows("activity", work)
        .with_rows("development", [development])
        .with_rows("activity_field", assigned)
        .with_rows("link", distinct.values())
        .with_rows(
            "field_family",
            [{"field_id": f, "family_id": "family-lasers", "centrality": 0.5} for f in fields[:2]],
        )
        .with_rows("candidate", [candidate_row("c1"), candidate_row("c2")])
        .with_rows(
            "candidate_member",
            [
                {"candidate_id": f"c{1 + i % 2}", "org_id": o, "family_share": 1.0}
                | {"reasons": "[]", "based_on": "[]"}
                for i, o in enumerate(names)
            ],
        )
    )
    return {name: tables[name] for name in TABLES}


@pytest.fixture(scope="module")
def tables():
    return crowd()


@pytest.fixture(scope="module")
def parquet(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parquet")
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in tables}


@pytest.mark.parametrize("name", query_names())
def test_parquet_in_and_out_gives_the_content_of_the_tables(name, tables, parquet, tmp_path):
    engine, parameters = DuckDBEngine(), PARAMETERS.get(name, {})
    found = engine.query(name, tables, **parameters)
    assert found.num_rows > 0
    written = engine.query_files(name, parquet, tmp_path / "out.parquet", **parameters)
    assert table_digest(read_result(written)) == table_digest(found)
    assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


@pytest.mark.parametrize("name", query_names())
def test_the_order_of_rows_does_not_matter(name, tables):
    turned = {n: t.take(pa.array(range(t.num_rows)[::-1], pa.int64())) for n, t in tables.items()}
    engine, parameters = DuckDBEngine(), PARAMETERS.get(name, {})
    one, other = (engine.query(name, t, **parameters) for t in (tables, turned))
    assert table_digest(one) == table_digest(other)


@needs_spark
@spark_warnings
@pytest.mark.parametrize("name", query_names())
def test_spark_gives_the_same_rows_as_duckdb(name, tables, parquet, tmp_path):
    parameters = PARAMETERS.get(name, {})
    wanted = DuckDBEngine().query(name, tables, **parameters)
    spark = SparkEngine()
    assert spark.query(name, tables, **parameters).equals(wanted)
    written = spark.query_files(name, parquet, tmp_path / "out.parquet", **parameters)
    assert table_digest(read_result(written)) == table_digest(wanted)
    assert [p.name for p in tmp_path.iterdir()] == ["out.parquet"]


@needs_spark
@spark_warnings
def test_a_whole_plan_is_the_same_on_spark(tmp_path):
    import dataclasses

    recipe = embedded_recipe("valley")
    plans = {}
    for engine in ("duckdb", "spark"):
        project = Project.create(tmp_path / engine)
        plans[engine] = project.run(dataclasses.replace(recipe, engine=engine))
        again = project.plan()
        assert again.recipe.engine == engine
        project.workspace.ledger.close()
    tables = [plan.tables for plan in plans.values()]
    assert tables[0].names == tables[1].names
    for name in tables[0].names:
        assert table_digest(tables[0][name]) == table_digest(tables[1][name]), name


def test_pieces_of_work_are_counted_once_and_by_period(tables):
    """Against counting in Python: projects once, no date apart, the future below 0."""
    found = DuckDBEngine().query("candidate_period", tables, **PERIODS).to_pylist()
    work = {r["activity_id"]: r for r in tables["activity"].to_pylist()}
    work["development:d1"] = {"year": 2020, "event_id": None}
    member = {r["org_id"]: r["candidate_id"] for r in tables["candidate_member"].to_pylist()}
    pieces, orgs = defaultdict(set), defaultdict(set)
    for row in tables["activity_field"].to_pylist():
        if row["field_id"] not in ("lasers", "optics"):
            continue
        one = work[row["activity_id"]]
        period = None if one["year"] is None else (2024 - one["year"]) // 5
        key = (member[row["org_id"]], period)
        pieces[key].add(one["event_id"] or row["activity_id"])
        orgs[key].add(row["org_id"])
    assert {
        (r["candidate_id"], r["period"]): (r["n_works"], r["n_organisations"]) for r in found
    } == {key: (len(pieces[key]), len(orgs[key])) for key in pieces}
    assert min(r["period"] for r in found if r["period"] is not None) == -1


@pytest.mark.parametrize("level", ["organisation", "region", "country"])
def test_work_of_places_sums_to_all_work_and_no_date_is_not_the_year_0(level, tables):
    found = DuckDBEngine().query("place_field_year", tables, level=level).to_pylist()
    weight = {r["activity_id"]: r["weight"] for r in tables["activity"].to_pylist()}
    total = sum(
        r["share"] * r["confidence"] * weight.get(r["activity_id"], 1.0)
        for r in tables["activity_field"].to_pylist()
    )
    assert sum(r["weight"] for r in found) == pytest.approx(total)
    years = {r["year"] for r in found}
    assert None in years
    assert 0 not in years
    places = {r["place"] for r in found}
    if level == "region":
        assert places <= {None, "XA North", "XA South", "XB North", "XB South"}
        assert None in places


def test_an_engine_sees_only_the_tables_a_query_names():
    assert named_tables(query_text("distinct_tie"), TABLES) == ["link"]
    assert named_tables(query_text("candidate_period"), TABLES) == [
        "activity", "activity_field", "candidate", "candidate_member", "development",
        "field_family",
    ]  # fmt: skip


def test_results_have_the_programs_own_types():
    from decimal import Decimal

    table = pa.table(
        {
            "sum": pa.array([Decimal("0.100000000000"), None], pa.decimal128(38, 12)),
            "count": pa.array([1, 2], pa.int32()),
            "name": pa.array(["a", None], pa.large_string()),
        }
    ).replace_schema_metadata({"engine": "x"})
    plain = plain_result(table)
    assert plain.schema.types == [pa.float64(), pa.int64(), pa.string()]
    assert plain.schema.metadata is None
    assert plain["sum"].to_pylist() == [0.1, None]


def test_parameters_are_bound_and_never_pasted(tables):
    found = DuckDBEngine().query("place_field_year", tables, level="' OR 1=1 --")
    assert set(found["place"].to_pylist()) == {"XA", "XB"}
    with pytest.raises(SchemaError, match="no named query"):
        DuckDBEngine().query_files("nothing", {}, None)


def test_a_recipe_chooses_the_engine_by_one_line():
    assert parse_recipe('engine = "spark"').engine == "spark"
    assert parse_recipe("").engine == "duckdb"
    assert parse_recipe(default_recipe_text()).engine == "duckdb"
    assert "engine" not in parse_recipe('engine = "duckdb"').as_dict()
    assert parse_recipe('engine = "spark"').as_dict()["engine"] == "spark"
    with pytest.raises(RecipeError, match="unknown engine `hadoop`") as fault:
        parse_recipe('engine = "hadoop"')
    assert "engines are duckdb, spark" in str(fault.value)


@pytest.mark.parametrize("absent", ["pyspark", "sqlglot"])
def test_a_missing_extra_is_named_with_its_install_line(absent, monkeypatch):
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == absent else object()
    )
    with pytest.raises(UsageError, match=f"{absent} is not installed") as fault:
        engine_named("spark")
    assert 'pip install "clusterloom[spark]"' in fault.value.hint


def test_a_missing_java_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="Java is not installed"):
        engine_named("spark")


def test_an_unknown_engine_is_refused():
    with pytest.raises(UsageError, match="no engine `hadoop`"):
        engine_named("hadoop")
