"""What a stage is: a frozen dataclass of parameters that reads tables and writes tables."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from clusterloom.tables import Tables

__all__ = ["Stage"]


@runtime_checkable
class Stage(Protocol):
    """One step of the method.

    `run` never changes its input and returns only the tables named in `writes`; the runner stamps
    `run_id`. Parameters are the dataclass fields; the same tables, parameters and seed give the
    same rows.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]

    def run(self, tables: Tables) -> Tables:
        """Compute the written tables from the read ones."""
        ...
