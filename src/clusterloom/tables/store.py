"""Immutable Parquet files named by the digest of their content."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clusterloom.errors import WorkspaceError
from clusterloom.tables.bundle import table_digest
from clusterloom.tables.conform import arrow_schema

__all__ = ["TableStore"]


class TableStore:
    """`<folder>/<table>/<digest>.parquet`; written under a temporary name, then renamed.

    A file that is there is complete: a killed process or a full disk leaves only a temporary
    file, which the next `sweep` removes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, table: str, digest: str) -> Path:
        """Return where a table of this digest stands or would stand."""
        return self._folder / table / f"{digest}.parquet"

    def put(self, name: str, table: pa.Table) -> str:
        """Store a table unless it is there already; return its digest.

        Raises
        ------
        WorkspaceError
            If the disk refuses, for instance because it is full; nothing half-written remains.
        """
        digest = table_digest(table)
        target = self.path(name, digest)
        if target.exists():
            return digest
        temporary = target.with_name(f".{digest}.{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, temporary, compression="zstd")
            os.replace(temporary, target)
        except OSError as fault:
            temporary.unlink(missing_ok=True)
            raise WorkspaceError(
                f"cannot write table `{name}`: {fault.strerror or fault}",
                rule="a workspace needs room and the right to write",
                hint="free space or choose another folder, then run the same command again: "
                "finished steps are kept",
            ) from fault
        return digest

    def get(self, name: str, digest: str) -> pa.Table:
        """Read a stored table; WorkspaceError if it is not there or cannot be read."""
        path = self.path(name, digest)
        try:
            return pq.read_table(path, schema=arrow_schema(name))
        except (OSError, pa.ArrowInvalid) as fault:
            raise WorkspaceError(
                f"table `{name}` of digest {digest[:12]} cannot be read: {fault}",
                rule="stored tables are never changed or removed by hand",
                hint="import the sources again; the ledger will point at the new files",
            ) from fault

    def sweep(self) -> int:
        """Remove what interrupted writes left behind; return how many files."""
        leftovers = list(self._folder.glob("*/.*.tmp"))
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)
