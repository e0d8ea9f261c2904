"""The named queries over Parquet files of any size, without a recipe and without loading tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterloom.errors import UsageError
from clusterloom.schema import TABLES
from clusterloom.tables import engine_named
from clusterloom.tables.engine import named_tables, query_names, query_text, read_result

if TYPE_CHECKING:
    from clusterloom.api import Project

__all__ = ["plan_files", "query_files", "query_names", "query_needs", "read_result"]


def query_needs(name: str) -> tuple[list[str], list[str]]:
    """Return the tables a named query reads and the parameters it takes, each sorted.

    Raises
    ------
    SchemaError
        If there is no such query; `query_names()` lists them.

    Examples
    --------
    >>> query_needs("distinct_tie")
    (['link'], [])
    >>> query_needs("place_field_year")[1]
    ['level']
    """
    text = re.sub(r"--.*", "", query_text(name))
    return named_tables(text, TABLES), sorted(set(re.findall(r"\$(\w+)", text)))


def query_files(
    name: str, parquet: Mapping[str, Path], out: Path, *, engine: str = "duckdb", **parameters: Any
) -> Path:
    """Run a named query over Parquet files and write one Parquet file.

    Rows never pass through Python: DuckDB streams them and spills to disk, Spark spreads them over
    its workers. Files must have the columns of the schema; rows are not checked.

    Parameters
    ----------
    name : one of `query_names()`
    parquet : table name -> file (for Spark also a folder of files)
    out : file to write; it is replaced when the result is complete
    engine : duckdb or spark
    parameters : as `query_needs` names them

    Returns
    -------
    `out`; `read_result` reads it in the program's own types

    Raises
    ------
    SchemaError
        If there is no such query, or a weight is too large to be summed exactly.
    UsageError
        If a table or parameter is missing or superfluous, or the engine is not there.
    """
    tables, needed = query_needs(name)
    faults = [f"no file for table `{table}`" for table in tables if table not in parquet]
    faults += [
        f"{parquet[t]} does not exist"
        for t in tables
        if t in parquet and not Path(parquet[t]).exists()
    ]
    faults += [f"parameter `{p}` is missing" for p in needed if p not in parameters]
    faults += [f"there is no parameter `{p}`" for p in sorted(parameters) if p not in needed]
    if faults:
        raise UsageError(
            f"query `{name}`: {'; '.join(faults)}",
            rule=f"it reads {', '.join(tables)} and takes "
            f"{', '.join(needed) if needed else 'no parameters'}",
        )
    return engine_named(engine).query_files(name, parquet, out, **parameters)


def plan_files(project: Project, plan_id: str | None = None) -> dict[str, Path]:
    """Return the Parquet file of every table of a plan, as they stand in the workspace.

    Raises
    ------
    WorkspaceError
        If there is no such plan.
    """
    record = project.plan_record(plan_id)
    return {
        name: project.workspace.store.path(name, digest)
        for name, digest in record["tables"].items()
    }
