"""The ledger: which sources were imported, which runs made which tables, which plans they form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

__all__ = ["Ledger"]


class Ledger:
    """Records of a workspace in SQLite (or any database SQLAlchemy speaks to, by its URL).

    Only complete work is entered: a run is recorded after its tables are stored, in one
    transaction, so a killed process leaves the last complete state.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        engine = create_engine(self._url, future=True)
        if engine.dialect.name == "sqlite":

            @event.listens_for(engine, "connect")
            def _wal(connection: Any, _record: Any) -> None:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA busy_timeout=30000")

        self._tables["source_import"].metadata.create_all(engine)
        return engine

    @cached_property
    def _tables(self) -> dict[str, Table]:
        from sqlalchemy import Column, Integer, MetaData, String, Table, Text

        metadata = MetaData()
        declared = [
            Table(
                "source_import",
                metadata,
                Column("source_id", String(200), primary_key=True),
                Column("digest", String(64), primary_key=True),
                Column("spec", Text, nullable=False),
                Column("tables", Text, nullable=False),  # JSON: table -> digest
                Column("summary", Text, nullable=False),  # JSON: counts
                Column("sequence", Integer, nullable=False),  # order of import
                Column("at", String(40), nullable=False),
            ),
            Table(
                "run",
                metadata,
                Column("run_id", String(64), primary_key=True),
                Column("stage", String(60), nullable=False),
                Column("version", String(40), nullable=False),
                Column("parameters", Text, nullable=False),
                Column("inputs", Text, nullable=False),
                Column("outputs", Text, nullable=False),
                Column("seconds", String(20), nullable=False),
                Column("at", String(40), nullable=False),
            ),
            Table(
                "plan",
                metadata,
                Column("plan_id", String(64), primary_key=True),
                Column("recipe", Text, nullable=False),
                Column("runs", Text, nullable=False),  # JSON: run ids in order
                Column("tables", Text, nullable=False),  # JSON: table -> digest
                Column("sequence", Integer, nullable=False),
                Column("at", String(40), nullable=False),
            ),
        ]
        return {table.name: table for table in declared}

    def close(self) -> None:
        """Give back the connections."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def add_import(self, record: Mapping[str, Any]) -> None:
        """Enter an import; the newest import of a source is the one in force."""
        self._put("source_import", {**record, "sequence": self._next("source_import")})

    def imports(self) -> list[dict[str, Any]]:
        """Return the import in force of every source, in order of import."""
        newest: dict[str, dict[str, Any]] = {}
        for row in self._all("source_import", "sequence"):
            newest.pop(row["source_id"], None)
            newest[row["source_id"]] = row
        return list(newest.values())

    def add_run(self, record: Mapping[str, Any]) -> None:
        """Enter a complete run."""
        self._put("run", record)

    def run(self, run_id: str) -> dict[str, Any] | None:
        """Return one run, or None."""
        from sqlalchemy import select

        table = self._tables["run"]
        with self._engine.connect() as connection:
            row = (
                connection.execute(select(table).where(table.c.run_id == run_id)).mappings().first()
            )
        return _read(row) if row is not None else None

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return all runs by id."""
        return {row["run_id"]: row for row in self._all("run", "run_id")}

    def add_plan(self, record: Mapping[str, Any]) -> None:
        """Enter a plan; entering the same plan again makes it the newest."""
        self._put("plan", {**record, "sequence": self._next("plan")})

    def plans(self) -> list[dict[str, Any]]:
        """Return the plans, oldest first."""
        return self._all("plan", "sequence")

    def _all(self, name: str, order: str) -> list[dict[str, Any]]:
        from sqlalchemy import select

        table = self._tables[name]
        with self._engine.connect() as connection:
            found = connection.execute(select(table).order_by(table.c[order])).mappings().all()
        return [_read(row) for row in found]

    def _next(self, name: str) -> int:
        from sqlalchemy import func, select

        table = self._tables[name]
        with self._engine.connect() as connection:
            last = connection.execute(select(func.max(table.c.sequence))).scalar()
        return int(last or 0) + 1

    def _put(self, name: str, record: Mapping[str, Any]) -> None:
        from sqlalchemy import and_, delete, insert

        table = self._tables[name]
        values = {key: _write(value) for key, value in record.items()}
        values["at"] = datetime.now(UTC).isoformat(timespec="seconds")
        same = and_(*[column == values[column.name] for column in table.primary_key])
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(same))
            connection.execute(insert(table).values(**values))


def _write(value: Any) -> Any:
    return (
        json.dumps(value, ensure_ascii=False, sort_keys=True)
        if isinstance(value, dict | list | tuple)
        else value
    )


_JSON_COLUMNS = ("tables", "summary", "parameters", "inputs", "outputs", "runs", "recipe")


def _read(row: Any) -> dict[str, Any]:
    return {key: json.loads(value) if key in _JSON_COLUMNS else value for key, value in row.items()}
