"""Trees of the classifications the program can read: levels with names, and a code's place."""

from __future__ import annotations

from dataclasses import dataclass

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import branch_of, packaged_schemes, read_concordance
from clusterloom.entities.concordance_codes import code_readings, scheme_name
from clusterloom.errors import UsageError

__all__ = ["LEVELS", "PlacedCode", "code_titles", "level_of", "place_code", "tree_name"]

# From the broadest level to the finest. Schemes that follow NACE are read as NACE (`scheme_name`).
LEVELS = {
    "field": ("branch", "field"),
    "ford": ("field", "subfield"),
    "gbt4754": ("division", "group", "class"),
    "ipc": ("section", "class", "subclass", "group", "subgroup"),
    "isic": ("division", "group", "class"),
    "isic5": ("division", "group", "class"),
    "nace": ("division", "group", "class"),
    "nace21": ("division", "group", "class"),
    "naics": ("sector", "subsector", "group", "industry", "national"),
    "openalex": ("domain", "field", "subfield", "topic"),
    "wipo35": (),  # a list: its fields have nothing above them
}
# Manufacturing, trade and transport have several first pairs of digits and are one sector each.
_SECTORS = {
    **dict.fromkeys(("31", "32", "33"), "31-33"),
    **dict.fromkeys(("44", "45"), "44-45"),
    **dict.fromkeys(("48", "49"), "48-49"),
}


@dataclass(frozen=True)
class PlacedCode:
    """A code in one spelling, with what stands above it.

    `chain` holds the code and its broader codes, nearest first; empty where it stands above the
    first level (a section of NACE) or its classification has no tree. `finer` says that digits
    beyond the last level were left out, `unsure` that a lost leading zero allows a second reading.
    """

    code: str
    chain: tuple[str, ...]
    finer: bool = False
    unsure: bool = False


def tree_name(scheme: str) -> str | None:
    """Return the name of the tree a scheme is read by, or None for a scheme without one.

    Examples
    --------
    >>> [tree_name(name) for name in ("okved", "OKED", "GB/T 4754", "CPC", "oak")]
    ['nace', 'nace', 'gbt4754', 'ipc', None]
    """
    name = scheme_name(scheme)
    return name if name in LEVELS else None


def place_code(tree: str, code: str) -> PlacedCode | None:
    """Find the place of a code in a tree; None for what is no code of it.

    Parameters
    ----------
    tree : from `tree_name`
    code : any text, spelled as people do

    Examples
    --------
    >>> place_code("ipc", "H01S 3/067") == place_code("ipc", "h01s3/067 (2006.01)")
    True
    >>> place_code("nace", "C26.70.1")
    PlacedCode(code='26.70', chain=('26.70', '26.7', '26'), finer=True, unsure=False)
    >>> place_code("naics", "336411").chain[-1], place_code("nace", "many")
    ('31-33', None)
    """
    if tree == "field":
        branch = branch_of().get(code)
        if branch is None:
            return None
        return PlacedCode(code, (code, branch) if branch != code else (code,))
    readings = code_readings(tree, code)
    if not readings:
        return None
    known = read_concordance(tree).entries if tree in packaged_schemes() else {}
    fitting = [chain for chain in readings if chain[0] in known]
    chain = (fitting or list(readings))[0]
    finer = len(LEVELS[tree]) == 3 and _digits(code) > max(_digits(chain[0]), 3)
    if tree == "naics":
        chain = (*chain[:-1], _SECTORS.get(chain[-1], chain[-1]))
    elif tree == "openalex":
        chain = _upwards(chain[0])
    name = chain[0]
    if tree == "wipo35" or (len(LEVELS[tree]) == 3 and name.isalpha()):
        chain = ()
    return PlacedCode(name, chain, finer, len(fitting) > 1 or (not fitting and len(readings) > 1))


def level_of(tree: str, level: str) -> int:
    """Return how deep a level is, 1 for the broadest.

    Raises
    ------
    UsageError
        If the tree has no such level.

    Examples
    --------
    >>> level_of("ipc", "subclass"), level_of("nace", "group")
    (3, 2)
    """
    plain = level.strip().casefold()
    if plain not in LEVELS[tree]:
        own = ", ".join(LEVELS[tree])
        raise UsageError(
            f"`{tree}` has no level `{level}`",
            rule=f"its levels are {own}" if own else "it has no levels",
        )
    return LEVELS[tree].index(plain) + 1


def code_titles(tree: str) -> dict[str, str]:
    """Return the titles that travel with the program; empty where none do."""
    if tree == "field":
        return {row["field_id"]: row["label_en"] for row in read_catalogue().rows("field")}
    return dict(read_concordance(tree).titles) if tree in packaged_schemes() else {}


def _upwards(code: str) -> tuple[str, ...]:
    """Return a topic with its subfield, field and domain: nothing in the code says them."""
    parents = read_concordance("openalex").parents
    chain = [code]
    while chain[-1] in parents:
        chain.append(parents[chain[-1]])
    return tuple(chain)


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text.partition("(")[0].removesuffix(".0"))
