"""How an organisation completes the core: adjacent research of its own, and contacts with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clusterloom.schema import Reason, reason
from clusterloom.stages._pool import Pool, Ties

__all__ = [
    "Complement",
    "Contact",
    "complement_reasons",
    "complements",
    "contact_reason",
    "contacts",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Complement:
    """How far research is adjacent to the core's and not the same: 0 .. 1.

    `own_field` is the adjacent field that counts most and `core_field` the core's it is nearest to;
    `own_key` and `core_key` are a direction of work of each side, as evidence. All empty at 0.
    """

    value: float
    own_field: str = ""
    core_field: str = ""
    own_key: str = ""
    core_key: str = ""
    core_org_id: str = ""


@dataclass(frozen=True)
class Contact:
    """How an organisation knows the core: ``existing``, ``one_handshake`` or ``to_be_created``.

    `core_org_id` is whom it knows or would meet, `via_org_id` who knows both.
    """

    state: str
    core_org_id: str = ""
    via_org_id: str = ""

    def level(self, handshake_share: float) -> float:
        """Return what the contact counts: 1, a share of it, or 0."""
        return {"existing": 1.0, "one_handshake": handshake_share}.get(self.state, 0.0)


def complements(seats: Pool, *, min_adjacency: float) -> tuple[Complement, ...]:
    """Measure how far everybody's research completes the core's: adjacent, not the same.

    A field of an organisation's research counts by its share of that research times its adjacency
    to the nearest of the core's fields, and not at all where the core researches it itself.

    Parameters
    ----------
    seats : the pool
    min_adjacency : 0..1
        Fields less adjacent do not help each other.

    Returns
    -------
    one for each in the pool; value 0 for the core and for who is not known to research
    """
    knowledge = seats.knowledge
    of_core = [knowledge.fields.index(field_id) for field_id in seats.weights]
    researched = knowledge.research[seats.core].sum(axis=0) > 0
    adjacency = np.where(knowledge.adjacency >= min_adjacency, knowledge.adjacency, 0.0)
    near = adjacency[:, of_core] if of_core else np.zeros((len(knowledge.fields), 1))
    gain = np.where(researched, 0.0, near.max(axis=1))
    core = set(seats.core)
    found = []
    for i in seats.members:
        work = knowledge.research[i]
        total = float(work.sum())
        parts = work * gain / total if total > 0 and i not in core else np.zeros(gain.size)
        best = int(np.argmax(parts)) if parts.size else 0
        if not parts.size or parts[best] <= 0:
            found.append(Complement(0.0))
            continue
        target = of_core[int(np.argmax(near[best]))]
        core_key, owner = knowledge.direction(seats.core, target)
        found.append(
            Complement(
                min(float(parts.sum()), 1.0),
                knowledge.fields[best],
                knowledge.fields[target],
                knowledge.direction([i], best)[0],
                core_key,
                owner,
            )
        )
    return tuple(found)


def contacts(seats: Pool) -> tuple[Contact | None, ...]:
    """Say of everybody in the pool how it knows the core; None for the core itself."""
    rows, core = seats.knowledge.organisations, set(seats.core)
    core_ids = [rows[i]["org_id"] for i in seats.core]
    return tuple(
        None if i in core else _contact(seats.ties, rows[i]["org_id"], core_ids)
        for i in seats.members
    )


def _contact(ties: Ties, org_id: str, core_ids: Sequence[str]) -> Contact:
    known = ties.with_any(org_id, core_ids)
    if known:
        return Contact("existing", known[0])
    mine = ties.partners.get(org_id, {})
    shared = [
        (-weight * ties.partners[other][via], via, other)
        for via, weight in mine.items()
        for other in core_ids
        if via in ties.partners.get(other, {})
    ]
    if shared:
        _, via, other = min(shared)
        return Contact("one_handshake", other, via)
    return Contact("to_be_created")


def complement_reasons(complement: Complement) -> list[Reason]:
    """Say which adjacent field a kindred member adds, next to which field of the core, or none."""
    if complement.value <= 0:
        return [
            reason(
                "No research of it is known that is adjacent to the core's and not the core's own: "
                "it sits for what it covers."
            )
        ]
    return [
        reason(
            "Its research in {field} is adjacent to the core's {other_field} and is not the core's "
            "own: {percent} % of its research completes the core's in this way.",
            field=f"field:{complement.own_field}",
            other_field=f"field:{complement.core_field}",
            percent=round(100 * complement.value),
        )
    ]


def contact_reason(contact: Contact) -> Reason:
    """Say how it knows the core."""
    if contact.state == "existing":
        return reason("Contact with the core exists: {org}.", org=f"org:{contact.core_org_id}")
    if contact.state == "one_handshake":
        return reason(
            "It is one handshake away from the core: {via} has ties with it and with {org}.",
            via=f"org:{contact.via_org_id}",
            org=f"org:{contact.core_org_id}",
        )
    return reason("Contact with the core would have to be created.")
