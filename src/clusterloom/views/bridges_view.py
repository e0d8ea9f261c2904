"""Bridges as a reader sees them: clusters side by side, partner clusters, pairs of partners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from clusterloom.errors import UsageError
from clusterloom.plan.recipe import LANGUAGES
from clusterloom.schema.vocabulary import MEMBER_ROLES, PARADIGMS
from clusterloom.tables import Tables
from clusterloom.views.language import Translator, render_reasons
from clusterloom.views.names import Names

__all__ = ["BridgesView", "reading_languages"]

Row = dict[str, Any]

_SHOWN_FIELDS = 5  # of a profile, in one cell
# Aspects with a line for each item, in the order of the table; the others have one line.
_ITEMS = (
    ("size", ("members", "members_abroad")),
    ("field", ()),
    ("role", ()),
    ("chain", ("research", "development", "production", "training")),
    ("paradigm", ()),
    ("synergy", ("triple_helix_t_mbit", "helix_balance", "cohesion")),
    ("openness", ("outside_share", "ties_abroad")),
)
_LINK = (
    "complementarity", "returned", "added_density", "density_closed", "n_joint_fields",
    "joint_mass", "kinship", "understanding", "n_ties", "n_shared_members", "score",
    "score_lower", "score_upper", "mutual_score", "rank", "rank_lower", "rank_upper",
    "known_share", "distance_km", "basis",
)  # fmt: skip
_MATCH = (
    "rank", "score", "kindred", "complementary", "existing", "field_id", "path",
)  # fmt: skip


def reading_languages(languages: str | None) -> list[str]:
    """Languages a side can be written to in: those of its own the program speaks, else English."""
    own = [code for code in (languages or "").split("|") if code in LANGUAGES]
    return own or ["en"]


class BridgesView:
    """Look-ups and the parts of the view that speak of more than one cluster."""

    def __init__(self, tables: Tables, language: str) -> None:
        self.tables = tables
        self.language = language
        self._speakers: dict[str, tuple[Translator, Names]] = {}
        self.say, self.names = self.speaker(language)
        self.country: dict[str, str] = {
            row["cluster_id"]: row["country"]
            for table in ("existing_cluster", "cluster")
            for row in tables.rows(table)
        }

    def speaker(self, language: str) -> tuple[Translator, Names]:
        """The words and names of one language, made once."""
        if language not in self._speakers:
            say = Translator(language)
            self._speakers[language] = (say, Names(self.tables, say))
        return self._speakers[language]

    @cached_property
    def _links(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.tables.rows("cluster_link"):
            found.setdefault(row["cluster_a"], []).append(row)
        return found

    @cached_property
    def _matches(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.tables.rows("partner_match"):
            found.setdefault((row["cluster_a"], row["cluster_b"]), []).append(row)
        return found

    @cached_property
    def _profiles(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.tables.rows("cluster_profile"):
            found.setdefault((row["cluster_id"], row["aspect"]), []).append(row)
        return found

    @cached_property
    def _verdicts(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for row in self.tables.rows("verdict"):
            found.setdefault(row["cluster_id"], Counter())[row["verdict"]] += 1
        return found

    def partners_of(self, cluster_id: str) -> list[Row]:
        """Partner clusters, those abroad first, with the pairs of organisations."""
        country = self.country[cluster_id]
        rows = self._links.get(cluster_id, [])
        rows = sorted(rows, key=lambda r: (self.country[r["cluster_b"]] == country, r["rank"]))
        return [
            {
                "name": self.names.cluster(row["cluster_b"]),
                "id": row["cluster_b"],
                "country": self.country[row["cluster_b"]],
                "abroad": self.country[row["cluster_b"]] != country,
                "structure": self.names.word(row["structure"]),
                **{key: row[key] for key in _LINK},
                "reasons": render_reasons(row["reasons"], self.names, self.say),
                "matches": self.pairs(cluster_id, row["cluster_b"]),
            }
            for row in rows
        ]

    def pairs(self, a: str, b: str) -> list[Row]:
        """Matched organisations, seen from the first cluster, with what each side should read."""
        turned = a > b
        found = self._matches.get((min(a, b), max(a, b)), [])
        ours, theirs = ("b", "a") if turned else ("a", "b")
        return [
            {
                "own": self.names.organisation(m[f"org_{ours}"]),
                "partner": self.names.organisation(m[f"org_{theirs}"]),
                "kind": self.names.word(m["kind"]),
                **{key: m[key] for key in _MATCH},
                "reasons": render_reasons(m["reasons"], self.names, self.say),
                "own_reads": self.letters(m, ours),
                "partner_reads": self.letters(m, theirs),
            }
            for m in sorted(found, key=lambda m: m["rank"])
        ]

    def letters(self, match: Row, side: str) -> list[Row]:
        """What one side (`a` or `b`) of a match should read, in each of its languages."""
        other = "b" if side == "a" else "a"
        written = []
        for code in reading_languages(match[f"languages_{side}"]):
            say, names = self.speaker(code)
            written.append(
                {
                    "language": code,
                    "language_name": self.names.language(code),
                    "to": names.organisation(match[f"org_{side}"]),
                    "about": names.organisation(match[f"org_{other}"]),
                    "sentences": render_reasons(match[f"reasons_{side}"], names, say),
                }
            )
        return written

    def existing(self) -> list[Row]:
        """Existing clusters with their partners."""
        return [
            {
                "id": row["cluster_id"],
                "name": self.names.cluster(row["cluster_id"]),
                "country": row["country"],
                "city": self.names.place(row["place_id"]) if row["place_id"] else row["city"],
                "fields": [self.names.field(f) for f in (row["fields"] or "").split("|") if f],
                "partners": self.partners_of(row["cluster_id"]),
            }
            for row in self.tables.rows("existing_cluster")
        ]

    def side_by_side(self, cluster_ids: Sequence[str] | None = None) -> Row:
        """Profiles as columns: the clusters asked for, or all, composed ones first.

        Raises
        ------
        UsageError
            If there is no cluster of a name.
        """
        chosen = list(cluster_ids or self.in_order())
        unknown = [cluster_id for cluster_id in chosen if cluster_id not in self.country]
        if unknown:
            raise UsageError(
                f"there is no cluster `{unknown[0]}`",
                rule=f"clusters are {', '.join(self.in_order()[:12]) or 'none'}",
            )
        composed = {row["cluster_id"] for row in self.tables.rows("cluster")}
        lines = [
            self._line(aspect, item, chosen) for aspect, items in _ITEMS for item in items or ("",)
        ]
        lines = [line for line in lines if any(cell["text"] for cell in line["cells"])]
        return {
            "clusters": [
                {
                    "id": cluster_id,
                    "name": self.names.cluster(cluster_id),
                    "country": self.country[cluster_id],
                    "origin": self.names.word("composed" if cluster_id in composed else "existing"),
                }
                for cluster_id in chosen
            ],
            "lines": [*lines, self._criteria(chosen)],
            "n_more": len(self.country) - len(chosen),
        }

    def in_order(self) -> list[str]:
        """Ids of all clusters, composed ones first."""
        composed = [row["cluster_id"] for row in self.tables.rows("cluster")]
        return [*composed, *(c for c in sorted(self.country) if c not in set(composed))]

    def _line(self, aspect: str, item: str, chosen: Sequence[str]) -> Row:
        cells = []
        for cluster_id in chosen:
            rows = self._profiles.get((cluster_id, aspect), [])
            rows = [r for r in rows if r["item"] == item] if item else _sorted(aspect, rows)
            cells.append(self._cell(aspect, rows))
        name = self.names.word(item or _HEADS[aspect])
        return {"aspect": aspect, "item": item or None, "name": name, "cells": cells}

    def _cell(self, aspect: str, rows: Sequence[Row]) -> Row:
        """One cell: its text in the reader's language, and the numbers behind it."""
        parts = [self._part(aspect, row) for row in rows]
        keys = ("item", "value", "unit", "lower", "upper")
        return {"text": "; ".join(parts), "numbers": [{k: row[k] for k in keys} for row in rows]}

    def _part(self, aspect: str, row: Row) -> str:
        say = self.say
        if row["value"] is None:
            number = say("not known")
        elif row["unit"] == "share":
            number = f"{say.number(100 * row['value'], digits=0)} %"
        else:
            unit = "" if row["unit"] in ("organisations", "ties") else f" {say(row['unit'])}"
            number = say.number(row["value"], digits=1) + unit
        if row["lower"] is not None:
            scale, digits = (100, 0) if row["unit"] == "share" else (1, 1)
            ends = [say.number(scale * row[end], digits=digits) for end in ("lower", "upper")]
            number += f" ({ends[0]} … {ends[1]})"
        if aspect not in _HEADS:
            return number
        name = self.names.field if aspect == "field" else self.names.word
        return f"{name(row['item'])}: {number}"

    def _criteria(self, chosen: Sequence[str]) -> Row:
        """How many articles of the criteria would be met; existing clusters are not judged."""
        cells = []
        for cluster_id in chosen:
            found = self._verdicts.get(cluster_id)
            text = self.say("not assessed")
            if found:
                text = "; ".join(f"{self.names.word(v)}: {n}" for v, n in sorted(found.items()))
            numbers = [
                {"item": v, "value": n, "unit": "articles", "lower": None, "upper": None}
                for v, n in sorted((found or {}).items())
            ]
            cells.append({"text": text, "numbers": numbers})
        name = self.say("criteria")
        return {"aspect": "criteria", "item": None, "name": name, "cells": cells}


_HEADS = {"field": "fields", "role": "roles", "paradigm": "paradigms"}


def _sorted(aspect: str, rows: Sequence[Row]) -> list[Row]:
    if aspect == "role":
        return sorted(rows, key=lambda r: MEMBER_ROLES.index(r["item"]))
    if aspect == "paradigm":
        return sorted(rows, key=lambda r: PARADIGMS.index(r["item"]), reverse=True)
    return sorted(rows, key=lambda r: (-(r["value"] or 0), r["item"]))[:_SHOWN_FIELDS]
