from __future__ import annotations

import os

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.errors import SchemaError, WorkspaceError
from clusterloom.schema import TABLES
from clusterloom.schema.model import by_name
from clusterloom.tables import Tables, conform, row_key, table_digest
from clusterloom.tables.engine import DuckDBEngine, query_text
from clusterloom.tables.store import TableStore
from clusterloom.tables.vectors import CachedEncoder

from .conftest import activity_row

FAMILY = {"field_id": "lasers", "family_id": "family-lasers", "centrality": 0.5}


def test_rows_come_back_in_key_order_with_every_declared_column():
    tables = Tables().with_rows("field_family", [{**FAMILY, "field_id": "optics"}, FAMILY])
    assert [row["field_id"] for row in tables.rows("field_family")] == ["lasers", "optics"]
    assert tables["field_family"].column_names == list(TABLES["field_family"].column_names)


@given(st.permutations([activity_row(f"a{i}", "o", weight=float(i)) for i in range(5)]))
def test_the_digest_does_not_depend_on_row_order(rows):
    ordered = [activity_row(f"a{i}", "o", weight=float(i)) for i in range(5)]
    assert table_digest(conform("activity", rows)) == table_digest(conform("activity", ordered))


def test_the_digest_does_not_depend_on_chunking():
    table = conform("field_family", [FAMILY, {**FAMILY, "field_id": "optics"}])
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1, 1)])
    assert table_digest(chunked) == table_digest(table)


def test_the_bundle_is_never_changed_in_place():
    empty = Tables()
    empty.with_rows("field_family", [FAMILY])
    assert empty.names == ()
    assert empty.rows("field_family") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"centrality": 1.5}, "centrality 1.5 is above 1"),
        ({"centrality": float("nan")}, "not a finite number"),
        ({"centrality": None}, "`centrality` is empty"),
        ({"family_id": 3}, "is not text"),
        ({"familyid": "x"}, "has no column `familyid`"),
    ],
)
def test_a_row_that_does_not_fit_the_schema_is_named(change, message):
    with pytest.raises(SchemaError, match=message):
        conform("field_family", [{**FAMILY, **change}])


def test_a_key_that_occurs_twice_is_refused():
    with pytest.raises(SchemaError, match="has the key `lasers` twice"):
        conform("field_family", [FAMILY, FAMILY])


def test_an_unknown_choice_lists_the_known_ones():
    with pytest.raises(SchemaError, match="kind `thinking` is not one of research"):
        conform("activity", [activity_row("a", "o", kind="thinking")])


def test_an_unknown_table_or_query_is_refused():
    with pytest.raises(SchemaError, match="there is no table `firm`"):
        conform("firm", [])
    with pytest.raises(SchemaError, match="no named query `nothing`"):
        query_text("nothing")


def test_composite_keys_are_joined_by_a_tilde():
    assert row_key("activity_field", {"activity_id": "a", "field_id": "f"}) == "a~f"


def test_named_queries_see_the_tables_and_only_working_ties_count():
    def link(link_id: str, a: str, b: str, kind: str) -> dict:
        return {
            "link_id": link_id, "org_a": a, "org_b": b, "kind": kind, "weight": 1.0,
            "source_id": "toy", "source_row": "links.csv:2",
        }  # fmt: skip

    rows = [
        link("1", "b", "a", "contract"),
        link("2", "a", "b", "supply"),
        link("3", "a", "c", "parent"),
        link("4", "a", "d", "memorandum"),
    ]
    ties = Tables().with_rows("link", rows).query("distinct_tie").to_pylist()
    assert ties == [{"org_a": "a", "org_b": "b", "n_links": 2}]


def test_parameters_are_bound_and_never_pasted(tmp_path):
    engine = DuckDBEngine()
    with pytest.raises(SchemaError):
        engine.query("x; DROP TABLE link", {})


def test_a_stored_table_is_written_once_and_read_back(tmp_path):
    store = TableStore(tmp_path)
    table = conform("field_family", [FAMILY])
    digest = store.put("field_family", table)
    stamp = store.path("field_family", digest).stat().st_mtime_ns
    assert store.put("field_family", table) == digest
    assert store.path("field_family", digest).stat().st_mtime_ns == stamp
    assert store.get("field_family", digest).equals(table)


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    store = TableStore(tmp_path)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clusterloom.tables.store.pq.write_table", full)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        store.put("field_family", conform("field_family", [FAMILY]))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_leftovers_of_a_killed_process_are_swept(tmp_path):
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / ".abc.tmp").write_bytes(b"half")
    assert TableStore(tmp_path).sweep() == 1
    assert list((tmp_path / "link").iterdir()) == []


def test_a_damaged_file_is_named_with_a_remedy(tmp_path):
    store = TableStore(tmp_path)
    digest = store.put("field_family", conform("field_family", [FAMILY]))
    store.path("field_family", digest).write_bytes(b"PAR1")
    with pytest.raises(WorkspaceError, match="cannot be read"):
        store.get("field_family", digest)


def test_each_distinct_text_is_encoded_once(tmp_path, word_encoder):
    path = tmp_path / "cache" / "vectors.sqlite"
    cached = CachedEncoder(word_encoder, path)
    first = cached.encode(["laser", "optics", "laser"])
    again = CachedEncoder(word_encoder, path).encode(["optics", "laser"])
    assert word_encoder.encoded == ["laser", "optics"]
    assert (first[0] == again[1]).all()
    assert os.path.exists(path)
    assert cached.encode([]).shape == (0, 4096)


def test_two_tables_of_one_name_are_refused():
    one = TABLES["organisation"]
    with pytest.raises(ValueError, match="two tables are called `organisation`"):
        by_name([one, TABLES["place"], one])
