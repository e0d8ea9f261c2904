"""Codes of a file to one spelling, one level and their place in a tree; what that costs is told."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from clusterloom.entities.code_trees import LEVELS, PlacedCode, level_of, place_code, tree_name
from clusterloom.entities.concordance_codes import scheme_name
from clusterloom.errors import UsageError
from clusterloom.networks.code_adjacency import cut_chain, plain_code
from clusterloom.sources.code_rows import RowFile, refused_row

__all__ = ["Placing", "cuts_of"]

Row = dict[str, Any]
_SHORT = re.compile(r"[A-Z]?\d{1,2}\.\d")


class Placing:
    """Codes to one spelling and one level, with what that costs.

    `narrower` holds for each code of the table the rows it stands for, `several` says whether the
    file has more than one classification, `lost` what stood above the level.
    """

    def __init__(self, file: RowFile, tree: str, cuts: tuple[int, ...], level: str) -> None:
        self.file = file
        self.cuts = cuts
        self.level = level
        self.trees: set[str] = set()
        self.no_tree: Counter[str] = Counter()
        self.narrower: dict[str, list[Row]] = defaultdict(list)
        self.finer = self.unsure = self.short = self.whole = 0
        self.lost: dict[str, float] = {"rows": 0, "share_of_amount": 0.0, "codes_before": 0}
        self._own = tree
        self._placed: dict[tuple[str, str], PlacedCode | None] = {}
        given = {row["scheme"] or tree for row in file.rows}
        self.several = len({tree_name(one) or scheme_name(one) for one in given}) > 1
        if level and not cuts and not any(tree_name(one) for one in given):
            raise UsageError(
                f"the level `{level}` is of no tree",
                rule="a level is one of a tree's",
                hint="name the tree, such as --tree ipc or --tree nace",
            )

    def rows(self) -> tuple[list[Row], dict[str, tuple[str, ...]], dict[str, str]]:
        """Rows with their code as it will stand in the table; chains and schemes of the codes."""
        kept: list[Row] = []
        chains: dict[str, tuple[str, ...]] = {}
        schemes: dict[str, str] = {}
        before: set[str] = set()
        spelled: dict[str, Counter[str]] = defaultdict(Counter)
        total = lost = 0.0
        for row in self.file.rows:
            scheme = row["scheme"] or self._own
            if row["code"] is None:
                self._refuse(row, "the row has a text and no code, beside rows with codes")
                continue
            tree = "" if self.cuts else tree_name(scheme) or ""
            placed = self._place(tree, row["code"])
            if placed is None:
                self._refuse(row, f"`{row['code']}` is no code of {scheme}")
                continue
            amount = 1.0 if row["amount"] is None else row["amount"]
            total += amount
            self.finer += placed.finer
            self.unsure += placed.unsure
            self.whole += len(placed.chain) == len(LEVELS.get(tree, ()))
            self.short += bool(_SHORT.fullmatch(row["code"].strip())) and len(placed.chain) == 2
            before.add(placed.code)
            at = self._at_level(tree, placed)
            if at is None:
                lost += amount
                self.lost["rows"] += 1
                self._refuse(row, f"`{row['code']}` stands above the level {self.level}")
                continue
            code, chain = at
            if tree:
                self.trees.add(tree)
            elif not self.cuts:
                self.no_tree[scheme] += 1
            name = f"{tree or scheme}:{code}" if self.several else code
            if chain:
                chains[name] = tuple(f"{tree or scheme}:{c}" for c in chain)
            schemes[name] = tree or scheme
            spelled[name][" ".join(row["code"].split())] += 1
            self.narrower[name].append({**row, "own": placed.code == code})
            kept.append({**row, "code": name})
        self.lost["codes_before"] = len(before)
        self.lost["share_of_amount"] = round(lost / total, 4) if total > 0 else 0.0
        self.codes = set(schemes)
        return self._shown(kept, chains, schemes, spelled)

    def words(self) -> list[str]:
        """What the readings cost and could not do, for a person."""
        said = []
        for scheme, n in self.no_tree.items():
            name = f"`{scheme}`" if scheme else "the codes (no tree is named)"
            said.append(f"no tree is known of {name}: {n} rows, classification is not compared")
        if not self.trees and not self.cuts and self._look_like_ipc():
            said.append("the codes look like IPC: --tree ipc would read their spellings and tree")
        if self.finer:
            said.append(f"{self.finer} rows have digits beyond the tree's last level: left out")
        if self.unsure:
            said.append(
                f"{self.unsure} rows have three digits that may be a group or a class without its "
                "leading zero: read as the first that is known; keep the zero to be sure"
            )
        if self.short and self.whole:
            said.append(
                f"{self.short} rows have a group such as 26.7 beside classes such as 26.70: a "
                "spreadsheet may have dropped the last zero; keep codes as text, or take --level "
                "group"
            )
        if self.level:
            n = int(self.lost["rows"])
            said.append(
                f"{int(self.lost['codes_before'])} codes became {len(self.codes)} at the level "
                f"{self.level}; {n} rows above it ({self.lost['share_of_amount']:.1%} of the "
                "amount) are left out"
            )
        return said

    def _shown(
        self,
        kept: list[Row],
        chains: dict[str, tuple[str, ...]],
        schemes: dict[str, str],
        spelled: Mapping[str, Counter[str]],
    ) -> tuple[list[Row], dict[str, tuple[str, ...]], dict[str, str]]:
        """Codes without a tree show their most usual spelling; with one scheme none is told."""
        if not self.trees and not self.cuts and not self.several:
            shown = {c: min(s, key=lambda t: (-s[t], t)) for c, s in spelled.items()}
            for row in kept:
                row["code"] = shown[row["code"]]
            self.narrower = defaultdict(list, {shown[c]: r for c, r in self.narrower.items()})
            self.codes = set(shown.values())
            return kept, {}, {}
        return kept, chains, schemes if self.several else {}

    def _place(self, tree: str, code: str) -> PlacedCode | None:
        key = (tree, code)
        if key not in self._placed:
            if tree:
                self._placed[key] = place_code(tree, code)
            elif self.cuts:
                name = plain_code(code)
                chain = cut_chain(code, self.cuts)
                self._placed[key] = PlacedCode(name, chain) if name else None
            else:
                self._placed[key] = PlacedCode("".join(code.split()).casefold(), ())
        return self._placed[key]

    def _at_level(self, tree: str, placed: PlacedCode) -> tuple[str, tuple[str, ...]] | None:
        """Return the code and its chain at the level asked for; None above it."""
        if not self.level or not (tree or self.cuts):
            return placed.code, placed.chain
        depth = level_of(tree, self.level) if tree else self._cut_level()
        if len(placed.chain) < depth:
            return None
        chain = placed.chain[len(placed.chain) - depth :]
        return chain[0], chain

    def _cut_level(self) -> int:
        if not self.level.isdigit() or int(self.level) not in self.cuts:
            raise UsageError(
                f"the tree has no level `{self.level}`",
                rule=f"levels are the characters {', '.join(map(str, self.cuts))}",
            )
        return self.cuts.index(int(self.level)) + 1

    def _look_like_ipc(self) -> bool:
        codes = {row["code"] for row in self.file.rows}
        places = [place_code("ipc", code) for code in codes]
        return bool(places) and all(p is not None and len(p.chain) >= 3 for p in places)

    def _refuse(self, row: Row, fault: str) -> None:
        remedy = "correct the code, or name its classification"
        if "above" in fault:
            remedy = "take a broader level, or give a finer code"
        self.file.refused.append(
            refused_row(self.file.file, row["line"], fault, remedy, row["record"])
        )


def cuts_of(tree: str) -> tuple[int, ...]:
    """Return the characters at each level, where a tree is given by them; else nothing.

    Raises
    ------
    UsageError
        If they do not rise.

    Examples
    --------
    >>> cuts_of("1,3,4"), cuts_of("ipc")
    ((1, 3, 4), ())
    """
    parts = [part.strip() for part in tree.split(",")]
    if not all(part.isdigit() for part in parts):
        return ()
    cuts = tuple(int(part) for part in parts)
    try:
        cut_chain("", cuts)
    except ValueError as fault:
        raise UsageError(str(fault)) from fault
    return cuts
