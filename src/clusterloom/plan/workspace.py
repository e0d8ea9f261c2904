"""A workspace is a folder: immutable tables, a ledger, and a cache of text vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clusterloom.errors import WorkspaceError
from clusterloom.plan.joining import joined_sources
from clusterloom.plan.ledger import Ledger
from clusterloom.schema import TABLES, TableKind
from clusterloom.tables import Tables, table_digest
from clusterloom.tables.store import TableStore

__all__ = ["Workspace"]

_INPUTS = tuple(t.name for t in TABLES.values() if t.kind is TableKind.INPUT)


class Workspace:
    """The records of one project on disk. `create` makes one, `open` takes one up again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = TableStore(folder / "tables")
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}")

    @classmethod
    def create(cls, folder: Path) -> Workspace:
        """Make the folder a workspace; one that is there already is taken up unchanged.

        Raises
        ------
        WorkspaceError
            If the folder cannot be written, or holds other things and no ledger.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = [p for p in folder.iterdir() if p.name not in _OWN_NAMES]
        except OSError as fault:
            raise WorkspaceError(
                f"cannot make a workspace in {folder}: {fault.strerror or fault}",
                hint="choose a folder you may write to",
            ) from fault
        if foreign and not (folder / "ledger.sqlite").exists():
            raise WorkspaceError(
                f"{folder} is not empty (it holds {foreign[0].name}) and is no workspace",
                rule="a workspace is a folder of its own",
                hint="name a new folder",
            )
        workspace = cls(folder)
        workspace.store.sweep()
        workspace.ledger.plans()  # creates the ledger
        return workspace

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Open an existing workspace; WorkspaceError if there is none."""
        if not (folder / "ledger.sqlite").exists():
            raise WorkspaceError(
                f"{folder} is no workspace: it has no ledger.sqlite",
                hint=f"`clusterloom init {folder}` makes one",
            )
        return cls(folder)

    @property
    def vector_path(self) -> Path:
        """Where vectors of encoded texts are kept (a cache: may be deleted)."""
        return self.folder / "cache" / "vectors.sqlite"

    def add_source(self, tables: Tables, *, spec: str, summary: Mapping[str, Any]) -> bool:
        """Store a source's tables and enter the import; False if exactly this is in force."""
        source = tables.rows("source")[0]
        stored = {name: table_digest(tables[name]) for name in _INPUTS if name in tables.by_name}
        for record in self.ledger.imports():
            if record["source_id"] == source["source_id"] and record["tables"] == stored:
                return False
        for name in stored:
            self.store.put(name, tables[name])
        self.ledger.add_import(
            {
                "source_id": source["source_id"],
                "digest": source["digest"],
                "spec": spec,
                "tables": stored,
                "summary": dict(summary),
            }
        )
        return True

    def inputs(self, source_ids: Iterable[str] | None = None) -> Tables:
        """Return the input tables of the chosen sources (default: all), joined.

        A key that two sources share is taken from the source imported first; the other row goes
        to `quarantine` with the reason, and so does a row about an organisation that none of the
        chosen sources describes: nothing is lost.

        Raises
        ------
        WorkspaceError
            If nothing was imported, or a named source was not.
        """
        imports = {record["source_id"]: record for record in self.ledger.imports()}
        chosen = list(imports) if source_ids is None else list(source_ids)
        missing = [source_id for source_id in chosen if source_id not in imports]
        if missing or not chosen:
            raise WorkspaceError(
                f"source `{missing[0]}` was not imported"
                if missing
                else "nothing was imported yet",
                rule=f"imported are: {', '.join(imports) or 'none'}",
                hint="`clusterloom import SOURCE` takes one in",
            )
        parts = [
            {name: self.store.get(name, digest) for name, digest in imports[s]["tables"].items()}
            for s in chosen
        ]
        return joined_sources(parts)

    def load(self, digests: Mapping[str, str]) -> Tables:
        """Return stored tables by name and digest."""
        return Tables({name: self.store.get(name, digest) for name, digest in digests.items()})

    def save(self, tables: Tables) -> dict[str, str]:
        """Store all tables; return name -> digest."""
        return {name: self.store.put(name, tables[name]) for name in tables.names}


_OWN_NAMES = {
    "tables", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "cache", "plan",
    "adjacency.json",
}  # fmt: skip
