"""The named queries: solved by hand, and the same on every engine, in memory and from Parquet."""

from __future__ import annotations

import importlib.util
import random
from collections import defaultdict
from decimal import Decimal
from importlib.resources import files

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clusterloom.api import Project, default_recipe_text, embedded_recipe
from clusterloom.api.queries import plan_files, query_files, query_needs
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


def member_row(candidate_id: str, org_id: str) -> dict:
    more = {"family_share": 1.0, "reasons": "[]", "based_on": "[]"}
    return {"candidate_id": candidate_id, "org_id": org_id, **more}


def query_source(name: str) -> str:
    """The file of a query, before `exact_sum` is written out."""
    file = files("clusterloom.tables").joinpath("queries", f"{name}.sql")
    return file.read_text(encoding="utf-8")


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
            [member_row(f"c{1 + i % 2}", o) for i, o in enumerate(names)],
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


def weighted(weights: list[float], seed: int = 3) -> dict[str, pa.Table]:
    """As many directions as weights, of a hundred organisations, in one field and dated 2020."""
    draw = random.Random(seed)
    names = [f"o{i}" for i in range(100)]
    rows = [activity_row(f"w{i}", draw.choice(names), weight=w) for i, w in enumerate(weights)]
    shares = [
        {"share": round(draw.random(), 6), "confidence": round(draw.random(), 4)}
        if i % 2
        else {"share": 0.5, "confidence": 1.0}
        for i in range(len(rows))
    ]
    tables = (
        Tables()
        .with_rows("organisation", [organisation_row(o) for o in names])
        .with_rows("activity", [r | {"year": 2020} for r in rows])
        .with_rows(
            "activity_field",
            [
                assignment(r["activity_id"], r["org_id"], "lasers") | more
                for r, more in zip(rows, shares, strict=True)
            ],
        )
        .with_rows("candidate_member", [member_row("c1", o) for o in names])
    )
    return {name: tables[name] for name in TABLES}


SUMMED = [n for n in query_names() if "exact_sum" in query_source(n)]
_DRAW = random.Random(8)
WEIGHTS = {
    "from a millionth to a billion": [10 ** _DRAW.uniform(-6, 9) for _ in range(2000)],
    "whole amounts of money": [float(_DRAW.randrange(10**9)) for _ in range(2000)],
    # An odd number of 4,096ths, halved, has 13 places after the point and ends on 5.
    "ties": [(2 * _DRAW.randrange(2**29) + 1) / 2**12 for _ in range(2000)],
    "the largest": [1e15, 1e15 - 0.125, 0.0, 1e-15],
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_a_sum_equals_that_of_exact_decimals(weights):
    tables = weighted(weights)
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    weight = {r["activity_id"]: r["weight"] for r in tables["activity"].to_pylist()}
    for r in tables["activity_field"].to_pylist():
        product = r["share"] * r["confidence"] * weight[r["activity_id"]]
        wanted[r["org_id"]] += round(Decimal(product), 12)
    found = DuckDBEngine().query("organisation_field", tables).to_pylist()
    assert {r["org_id"] for r in found} == set(wanted)
    for row in found:
        # Only the rounding of one product at the 12th place may differ, by its unit.
        assert abs(Decimal(row["weight"]) - wanted[row["org_id"]]) <= max(
            Decimal("1e-10"), wanted[row["org_id"]] * Decimal("1e-15")
        )


@needs_spark
@spark_warnings
@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_spark_gives_the_same_sums_whatever_the_weights(weights):
    tables = weighted(weights)
    duckdb, spark = DuckDBEngine(), SparkEngine()
    for name in SUMMED:
        parameters = PARAMETERS.get(name, {}) | (
            {"level": "organisation"} if name == "place_field_year" else {}
        )
        wanted = duckdb.query(name, tables, **parameters)
        assert wanted.num_rows > 0, name
        assert spark.query(name, tables, **parameters).equals(wanted), name


def test_the_queries_that_sum_weights_are_known():
    assert SUMMED == [
        "candidate_field_period", "country_field_period", "organisation_field", "place_field_year",
    ]  # fmt: skip


ENGINES_HERE = [
    pytest.param(DuckDBEngine, id="duckdb"),
    pytest.param(SparkEngine, id="spark", marks=[needs_spark, spark_warnings]),
]


@pytest.mark.parametrize("engine", ENGINES_HERE)
def test_a_weight_too_large_for_an_exact_sum_is_refused_in_words(engine, tmp_path):
    tables = weighted([1.0, 2.0])
    column = tables["activity"].schema.get_field_index("weight")
    huge = tables["activity"].set_column(column, "weight", pa.array([1.0, 1e27]))
    tables |= {"activity": huge}
    for name in ("activity", "activity_field"):
        pq.write_table(tables[name], tmp_path / f"{name}.parquet")
    parquet = {n: tmp_path / f"{n}.parquet" for n in ("activity", "activity_field")}
    for asked in (
        lambda: engine().query("organisation_field", tables),
        lambda: engine().query_files("organisation_field", parquet, tmp_path / "out.parquet"),
    ):
        with pytest.raises(SchemaError, match="one weight is too large") as fault:
            asked()
        assert fault.value.rule == "a weight is at most 1e+15, in the source's own unit"
        assert "larger unit" in fault.value.hint
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "activity.parquet",
        "activity_field.parquet",
    ]


def test_a_weight_too_large_is_refused_where_it_enters():
    with pytest.raises(SchemaError, match=r"weight 1e\+27 is above 1e\+15"):
        weighted([1e27])


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


def test_the_files_of_a_plan_are_queried_where_they_lie(tmp_path):
    project = Project.create(tmp_path / "w")
    plan = project.run(embedded_recipe("valley"))
    files = plan_files(project, plan.plan_id)
    project.workspace.ledger.close()
    for name in query_names():
        parameters = PARAMETERS.get(name, {})
        assert set(query_needs(name)[1]) == set(parameters)
        out = query_files(name, files, tmp_path / "out.parquet", **parameters)
        wanted = plan.tables.query(name, **parameters)
        assert table_digest(read_result(out)) == table_digest(wanted), name


def test_files_and_parameters_of_a_query_are_checked_all_at_once(tmp_path):
    with pytest.raises(UsageError, match="no file for table `activity`") as fault:
        query_files(
            "place_field_year", {"organisation": tmp_path / "no"}, tmp_path / "out", levle="region"
        )
    for words in ("no does not exist", "`level` is missing", "no parameter `levle`"):
        assert words in fault.value.fault
    assert fault.value.rule.endswith("takes level")
    with pytest.raises(SchemaError, match="no named query"):
        query_files("nothing", {}, tmp_path / "out")
    with pytest.raises(UsageError, match="no engine `hadoop`"):
        query_files("distinct_tie", {"link": tmp_path}, tmp_path / "out", engine="hadoop")
