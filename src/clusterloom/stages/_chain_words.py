"""The sentences about value chains: who carries a step, where a chain breaks, who hands over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from clusterloom.schema import Reason, reason

__all__ = ["chain_reasons", "handover_reasons", "step_reasons"]

Row = Mapping[str, Any]


def chain_reasons(row: Row, best: str, cut: Sequence[tuple[str, str]]) -> list[Reason]:
    """Say whether the chain is whole, what each alone could do, and where it breaks."""
    field = f"field:{row['field_id']}"
    if row["verdict"] == "complete_alone":
        reasons = [
            reason(
                "{cluster} covers every step from idea to market in {field} by itself.",
                cluster=f"cluster:{best}",
                field=field,
            )
        ]
    elif row["verdict"] == "only_together":
        reasons = [
            reason(
                "Only together do {n} clusters cover all {m} steps in {field}; {cluster}, the best "
                "alone, covers {k}.",
                n=row["n_clusters"],
                m=row["n_steps"],
                k=row["n_best_alone"],
                field=field,
                cluster=f"cluster:{best}",
            )
        ]
    else:
        first = row["open_steps"].split("|")[0]
        reasons = [
            reason(
                "The chain in {field} breaks: {n} of {m} steps are covered, and nobody covers "
                "{stage}.",
                field=field,
                n=row["n_covered"],
                m=row["n_steps"],
                stage=f"kind:{first}",
            )
        ]
    if cut:
        reasons.append(
            reason(
                "No tie is known that would hand over from {stage} to {need}.",
                stage=f"kind:{cut[0][0]}",
                need=f"kind:{cut[0][1]}",
            )
        )
    elif row["n_joined"]:
        reasons.append(reason("Every handover between covered steps has somebody who joins it."))
    if row["n_countries"] > 1:
        reasons.append(
            reason("Export control and sanctions were not assessed: screen every partner.")
        )
    return reasons


def step_reasons(row: Row, field_id: str, in_field: Collection[str]) -> list[Reason]:
    """Name who carries the step, how many can, and how well."""
    first = f"org:{row['org_ids'].split('|')[0]}"
    if row["step"] in in_field:
        return [
            reason(
                "{n} members can carry {stage} in {field}; the best is {org}: {strength} of 1.",
                n=row["n_providers"],
                stage=f"kind:{row['step']}",
                field=f"field:{field_id}",
                org=first,
                strength=round(row["strength"], 2),
            )
        ]
    return [
        reason(
            "{n} members cover {stage} for their cluster, among them {org}: {strength} of 1.",
            n=row["n_providers"],
            stage=f"kind:{row['step']}",
            org=first,
            strength=round(row["strength"], 2),
        )
    ]


def handover_reasons(row: Row) -> list[Reason]:
    """Say whether those who hand over know those who take over."""
    x, y = f"org:{row['org_a']}", f"org:{row['org_b']}"
    if row["state"] == "same":
        return [reason("{x} carries both steps itself.", x=x)]
    if row["state"] == "tie":
        return [reason("{x} and {y} have a working tie.", x=x, y=y)]
    if row["state"] == "path":
        return [
            reason(
                "{x} and {y} have no known tie, but both work with {via}.",
                x=x,
                y=y,
                via=f"org:{row['via_org_id']}",
            )
        ]
    return [reason("No tie is known here; {x} and {y} would fit best.", x=x, y=y)]
