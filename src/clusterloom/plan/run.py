"""Run stages over tables: each at most once for the same inputs, parameters and version."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from clusterloom import __version__
from clusterloom.errors import StageError
from clusterloom.plan.recipe import Recipe, stage_parameters
from clusterloom.plan.stage import Stage
from clusterloom.plan.workspace import Workspace
from clusterloom.schema import TABLES, TableKind
from clusterloom.tables import Tables, table_digest

__all__ = ["Progress", "run_stages"]

Progress = Callable[[str, int, int], None]  # stage, number, of how many


def run_stages(
    workspace: Workspace,
    tables: Tables,
    stages: Sequence[Stage],
    *,
    recipe: Recipe,
    progress: Progress | None = None,
) -> tuple[str, Tables]:
    """Run the stages in order; enter each complete run and, at the end, the plan.

    A stage whose inputs, parameters and program version were run before is not computed again:
    its stored tables are read. A process killed in between leaves every finished stage in place.

    Returns
    -------
    plan id, all tables
        The plan id is a digest of recipe and runs: the same recipe on the same inputs gives the
        same id.
    """
    digests = {name: table_digest(tables[name]) for name in tables.names}
    run_ids: list[str] = []
    for number, stage in enumerate(stages, start=1):
        if progress is not None:
            progress(stage.name, number, len(stages))
        inputs = {name: digests[name] for name in stage.reads if name in digests}
        parameters = _parameters(stage)
        run_id = _run_id(stage.name, parameters, inputs)
        recorded = workspace.ledger.run(run_id)
        if recorded is None:
            written, seconds = _computed(stage, tables, run_id)
            outputs = workspace.save(written)
            workspace.ledger.add_run(
                {
                    "run_id": run_id,
                    "stage": stage.name,
                    "version": __version__,
                    "parameters": parameters,
                    "inputs": inputs,
                    "outputs": outputs,
                    "seconds": f"{seconds:.3f}",
                }
            )
        else:
            outputs = recorded["outputs"]
            written = workspace.load(outputs)
        digests.update(outputs)
        tables = tables.merged(written)
        run_ids.append(run_id)
    stored = {**workspace.save(tables.select(set(tables.names) - set(digests))), **digests}
    for name in tables.names:
        if not workspace.store.path(name, stored[name]).exists():
            workspace.store.put(name, tables[name])
    plan_id = _digest({"recipe": recipe.as_dict(), "runs": run_ids})[:16]
    workspace.ledger.add_plan(
        {"plan_id": plan_id, "recipe": recipe.as_dict(), "runs": run_ids, "tables": stored}
    )
    return plan_id, tables


def _parameters(stage: Stage) -> dict[str, Any]:
    """Return the parameters and what else changes the result: encoders, models, files outside."""
    parameters = {**stage_parameters(stage), **getattr(stage, "outside", {})}
    if encoders := getattr(stage, "encoders", None):
        parameters["encoders"] = [encoder.name for encoder in encoders]
    if (model := getattr(stage, "model", None)) is not None:
        parameters["model"] = model.name
    return parameters


def _computed(stage: Stage, tables: Tables, run_id: str) -> tuple[Tables, float]:
    start = time.perf_counter()
    written = stage.run(tables.select(stage.reads))
    if set(written.names) != set(stage.writes):
        raise StageError(
            f"stage `{stage.name}` wrote {', '.join(written.names) or 'nothing'}",
            rule=f"it declares {', '.join(stage.writes)}",
            hint="this is a fault of the program; please report it",
        )
    stamped = {name: _stamped(name, written[name], run_id) for name in written.names}
    return Tables(stamped, tables.engine), time.perf_counter() - start


def _stamped(name: str, table: pa.Table, run_id: str) -> pa.Table:
    if TABLES[name].kind is not TableKind.RESULT:
        return table
    position = table.schema.get_field_index("run_id")
    column = pa.array([run_id] * table.num_rows, type=pa.string())
    return table.set_column(position, table.schema.field(position), column)


def _run_id(stage: str, parameters: dict[str, Any], inputs: dict[str, str]) -> str:
    record = {"stage": stage, "version": __version__, "parameters": parameters, "inputs": inputs}
    return f"{stage}-{_digest(record)[:16]}"


def _digest(record: Any) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
