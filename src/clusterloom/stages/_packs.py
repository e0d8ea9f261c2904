"""Criteria packs, and what they ask of an organisation: shared by judging and by composing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from clusterloom.errors import RecipeError
from clusterloom.schema.vocabulary import HELIX_OF_ROLE
from clusterloom.tables import Tables

__all__ = ["Bond", "is_public", "public_bonds", "read_pack"]

Row = dict[str, Any]


def read_pack(pack: str) -> dict[str, Any]:
    """Read a criteria pack that ships with the program.

    Raises
    ------
    RecipeError
        If there is none of that id.
    """
    packs = {
        file.name.removesuffix(".toml"): file
        for file in files("clusterloom").joinpath("data", "criteria").iterdir()
        if file.name.endswith(".toml")
    }
    if pack not in packs:
        raise RecipeError(
            f"there is no criteria pack `{pack}`", rule=f"they are {', '.join(sorted(packs))}"
        )
    return tomllib.loads(packs[pack].read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Bond:
    """What ties an organisation to a public body that need not be a member."""

    body: str
    org_id: str
    is_parent: bool
    ref: str


def is_public(org_id: str | None, organisation: Mapping[str, Row]) -> bool:
    """Say whether an organisation is known to be a public body."""
    if org_id is None or org_id not in organisation:
        return False
    return HELIX_OF_ROLE[organisation[org_id]["role"]] == "g"


def public_bonds(tables: Tables, organisation: Mapping[str, Row]) -> list[Bond]:
    """Parents and working ties that are public bodies; a memorandum is no tie yet."""
    bonds = [
        Bond(body=row["parent_org_id"], org_id=o, is_parent=True, ref=f"organisation:{o}")
        for o, row in sorted(organisation.items())
        if is_public(row["parent_org_id"], organisation)
    ]
    for link in tables.rows("link"):
        for body, other in ((link["org_a"], link["org_b"]), (link["org_b"], link["org_a"])):
            is_parent = link["kind"] == "parent"
            # The parent stands first: a public body which a member owns is not what is asked for.
            turned = is_parent and body == link["org_b"]
            if link["kind"] != "memorandum" and not turned and is_public(body, organisation):
                ref = f"link:{link['link_id']}"
                bonds.append(Bond(body=body, org_id=other, is_parent=is_parent, ref=ref))
    return bonds
