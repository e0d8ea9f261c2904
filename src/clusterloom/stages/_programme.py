"""The programme of two clusters: its phases, their actions, and the numbers they lead to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusterloom.schema import dump_reasons
from clusterloom.schema.results_growth import PHASES
from clusterloom.stages._growth_words import action_reasons, milestone_reasons, phase_reasons
from clusterloom.stages._growth_world import GrowthWorld

__all__ = ["Programme", "ProgrammeRules"]

Row = dict[str, Any]
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class ProgrammeRules:
    """The numbers a programme goes by (stated by the stage)."""

    n_actions: int
    min_tied_share: float
    min_anchors: int
    min_pair_ties: int


class Programme:
    """The programme of two clusters."""

    def __init__(self, a: str, b: str, world: GrowthWorld, rules: ProgrammeRules) -> None:
        self.a, self.b = a, b
        self.programme_id = f"{a}+{b}"
        self.world = world
        self.rules = rules
        self.phases: list[Row] = []
        self.milestones: list[Row] = []
        self.actions: list[Row] = []
        self.added: dict[str, list[Pair]] = {a: [], b: []}  # ties the listed actions would add
        self._local()
        self._cross_industry()
        self._cross_cluster()
        self._cross_network()

    def _local(self) -> None:
        """Ties and gaps inside each cluster, with what is near and in one family of fields."""
        self._open_phase("local", "none")
        for cluster in (self.a, self.b):
            taken = self._introduce("local", cluster, across=False)
            filled, lifted = self._fill_gaps(cluster)
            before = self.world.tied_members(cluster, [])
            after = self.world.tied_members(cluster, taken)
            self._milestone(
                "local", "tied_members", cluster, (before, after), "share",
                source="link|membership|introduction", n=len(taken),
            )  # fmt: skip
            coverage = self.world.cluster[cluster]["coverage"]
            self._milestone(
                "local", "coverage", cluster, (coverage, min(coverage + lifted, 1.0)), "share",
                source="cluster|need|gap", n=filled,
            )  # fmt: skip

    def _cross_industry(self) -> None:
        """Ties across families of fields inside each cluster, and to clusters next door."""
        shares = [self.world.tied_members(c, []) for c in (self.a, self.b)]
        later = [self.world.tied_members(c, self.added[c]) for c in (self.a, self.b)]
        self._open_phase(
            "cross_industry", "tied_share",
            today=min((s for s in shares if s is not None), default=0.0),
            later=min((s for s in later if s is not None), default=0.0),
            required=self.rules.min_tied_share, unit="share",
        )  # fmt: skip
        for cluster in (self.a, self.b):
            taken = self._introduce("cross_industry", cluster, across=True)
            now = self.world.cross_industry_ties(cluster)
            self._milestone(
                "cross_industry", "cross_industry_ties", cluster, (now, now + len(taken)), "ties",
                source="link|activity_field|introduction", n=len(taken),
            )  # fmt: skip
            near = [c for c in self.world.home_partners(cluster) if c not in (self.a, self.b)]
            met = sum(
                self._meet("cross_industry", cluster, other, most=max(self.rules.n_actions // 2, 1))
                for other in near[:1]
            )
            ties = sum(self.world.ties_between(cluster, other) for other in near)
            self._milestone(
                "cross_industry", "home_ties", cluster, (ties, ties + met), "ties",
                source="link|partner_match", n=met,
            )  # fmt: skip

    def _cross_cluster(self) -> None:
        """Partners of the two clusters: those who know each other first."""
        matches = self.world.matches_of(self.a, self.b)
        ties = self.world.ties_between(self.a, self.b)
        shared = self.world.members[self.a] & self.world.members[self.b]
        anchors = ties + len(shared) + sum(m["existing"] not in ("none", "tie") for m in matches)
        self._open_phase(
            "cross_cluster", "anchors", today=anchors, later=anchors,
            required=self.rules.min_anchors, unit="anchors",
        )  # fmt: skip
        met = self._meet("cross_cluster", self.a, self.b, most=self.rules.n_actions)
        self._milestone(
            "cross_cluster", "pair_ties", self.programme_id, (ties, ties + met), "ties",
            source="link|partner_match", n=met,
        )  # fmt: skip
        self.pair_ties = (ties, ties + met)
        for own, other in ((self.a, self.b), (self.b, self.a)):
            coverage = self.world.cluster[own]["coverage"]
            link = self.world.link.get((own, other))
            joint = None
            if link is not None and link["complementarity"] is not None:
                joint = coverage + (1 - coverage) * link["complementarity"]
            self._milestone(
                "cross_cluster", "joint_coverage", own, (coverage, joint), "share",
                source="cluster|cluster_link", n=met,
            )  # fmt: skip

    def _cross_network(self) -> None:
        """Joint chains, and the ties that connect all clusters."""
        now, later = self.pair_ties
        self._open_phase(
            "cross_network", "pair_ties", today=now, later=later,
            required=self.rules.min_pair_ties, unit="ties",
        )  # fmt: skip
        chains = self.world.joint_chains(self.a, self.b)
        joined = self._join_steps(chains)
        before = sum(c["n_joined"] for c in chains)
        self._milestone(
            "cross_network", "handovers", self.programme_id, (before, before + joined),
            "handovers", source="value_chain|chain_handover", n=joined,
        )  # fmt: skip
        listed = {(a["org_a"], a["org_b"]) for a in self.actions}
        listed |= {(b, a) for a, b in listed}
        fresh = [r for r in self.world.new_ties if (r["org_a"], r["org_b"]) not in listed]
        for row in fresh[: self.rules.n_actions]:
            self._act(
                "cross_network", "new_tie", row["cluster_a"], row["org_a"], row["org_b"], row,
                reference=f"new_tie:{row['org_a']}~{row['org_b']}", score=row["score"],
            )  # fmt: skip
        whole = self.world.connection
        if whole is not None:
            self._milestone(
                "cross_network", "reach", whole["scope"],
                (whole["share_before"], whole["share_after"]), "share",
                source="connection|new_tie", n=whole["n_ties"],
            )  # fmt: skip
        self._count_actions()

    def _introduce(self, phase: str, cluster: str, *, across: bool) -> list[Pair]:
        """List introductions inside a cluster, across families or not; return the new ties."""
        rows = [
            r
            for r in sorted(self.world.introductions[cluster], key=lambda r: r["rank"])
            if self.world.crosses_industries(r["org_a"], r["org_b"]) == across
        ][: self.rules.n_actions]
        for row in rows:
            self._act(
                phase, "introduce", cluster, row["org_a"], row["org_b"], row,
                reference=f"introduction:{cluster}~{row['org_a']}~{row['org_b']}",
                score=row["score"],
            )  # fmt: skip
        taken = [(row["org_a"], row["org_b"]) for row in rows]
        self.added[cluster] += taken
        return taken

    def _fill_gaps(self, cluster: str) -> tuple[int, float]:
        """List gaps that somebody at home could fill, the weightiest first; return the lift."""
        need = self.world.need

        def weight(gap: Row) -> float:
            found = need.get((cluster, gap["need"]))
            return found["weight"] * gap["uncovered"] if found else 0.0

        gaps = [g for g in self.world.gaps[cluster] if g["home_org_ids"]]
        gaps.sort(key=lambda g: (-weight(g), g["need"]))
        for gap in gaps[: self.rules.n_actions]:
            first = gap["home_org_ids"].split("|")[0]
            self._act(
                "local", "fill_gap", cluster, first, None, gap,
                reference=f"gap:{cluster}~{gap['need']}", need=gap["need"],
            )  # fmt: skip
        chosen = gaps[: self.rules.n_actions]
        return len(chosen), sum(weight(gap) for gap in chosen)

    def _meet(self, phase: str, own: str, other: str, *, most: int) -> int:
        """List partners without a tie, those on a known path first; return their number."""
        rows = [m for m in self.world.matches_of(own, other) if m["existing"] != "tie"]
        rows.sort(key=lambda m: (m["existing"] == "none", m["rank"]))
        for row in rows[:most]:
            key = "~".join(row[k] for k in ("cluster_a", "cluster_b", "org_a", "org_b"))
            ends = [row["org_a"], row["org_b"]]
            if row["cluster_a"] != own:
                ends.reverse()
            self._act(
                phase, "meet_partner", own, ends[0], ends[1], row,
                reference=f"partner_match:{key}", score=row["score"], via=row["via_org_id"],
            )  # fmt: skip
        return len(rows[:most])

    def _join_steps(self, chains: Sequence[Row]) -> int:
        """List handovers between the two clusters that nobody is known to join, each pair once."""
        done: set[Pair] = set()
        for chain in sorted(chains, key=lambda c: (c["verdict"] != "only_together", c["chain_id"])):
            best: dict[int, Row] = {}
            joined: set[int] = set()
            for row in self.world.handovers[chain["chain_id"]]:
                if row["state"] in ("same", "tie"):
                    joined.add(row["step_no"])
                elif {row["cluster_a"], row["cluster_b"]} == {self.a, self.b}:
                    best.setdefault(row["step_no"], row)
            for step_no, row in sorted(best.items()):
                pair = (min(row["org_a"], row["org_b"]), max(row["org_a"], row["org_b"]))
                if step_no in joined or pair in done or len(done) >= self.rules.n_actions:
                    continue
                done.add(pair)
                step = self.world.step[chain["chain_id"], step_no]
                key = (chain["chain_id"], str(step_no), row["cluster_a"], row["cluster_b"])
                self._act(
                    "cross_network", "join_step", row["cluster_a"], row["org_a"], row["org_b"],
                    None, reference=f"chain_handover:{'~'.join(key)}",
                    need=f"{step}@{chain['field_id']}", via=row["via_org_id"],
                )  # fmt: skip
        return len(done)

    def _act(
        self,
        phase: str,
        kind: str,
        cluster: str,
        org_a: str,
        org_b: str | None,
        proposal: Row | None,
        *,
        reference: str,
        need: str | None = None,
        score: float | None = None,
        via: str | None = None,
    ) -> None:
        row: Row = {
            "programme_id": self.programme_id,
            "phase": phase,
            "action_no": sum(a["phase"] == phase for a in self.actions) + 1,
            "kind": kind,
            "org_a": org_a,
            "org_b": org_b,
            "via_org_id": via,
            "cluster_id": cluster,
            "need": need,
            "score": score,
            "based_on": json.dumps([reference], ensure_ascii=False),
        }
        self.actions.append({**row, "reasons": dump_reasons(action_reasons(row, proposal))})

    def _milestone(
        self,
        phase: str,
        measure: str,
        subject: str,
        values: tuple[float | None, float | None],
        unit: str,
        *,
        source: str,
        n: int,
    ) -> None:
        current, target = (None if v is None else round(v, 4) for v in values)
        row: Row = {
            "programme_id": self.programme_id,
            "phase": phase,
            "measure": measure,
            "subject": subject,
            "current": current,
            "target": target,
            "unit": unit,
            "source": source,
        }
        bases = {
            self.programme_id: [f"cluster:{self.a}", f"cluster:{self.b}"],
            "all_clusters": ["connection:all_clusters"],
        }
        found = bases.get(subject, [f"cluster:{subject}"])
        row["based_on"] = json.dumps(found, ensure_ascii=False)
        self.milestones.append({**row, "reasons": dump_reasons(milestone_reasons(row, n))})

    def _open_phase(
        self,
        phase: str,
        precondition: str,
        *,
        today: float | None = None,
        later: float | None = None,
        required: float | None = None,
        unit: str | None = None,
    ) -> None:
        status = "ready"
        if required is not None and (today is None or today < required):
            status = "after_before" if later is not None and later >= required else "blocked"
        self.phases.append(
            {
                "programme_id": self.programme_id,
                "phase": phase,
                "phase_no": PHASES.index(phase) + 1,
                "cluster_a": self.a,
                "cluster_b": self.b,
                "precondition": precondition,
                "today": None if today is None else round(today, 4),
                "after_before": None if later is None else round(later, 4),
                "required": required,
                "unit": unit,
                "status": status,
            }
        )

    def _count_actions(self) -> None:
        """Fill in what is known only at the end."""
        for row in self.phases:
            own = [a for a in self.actions if a["phase"] == row["phase"]]
            row["n_actions"] = len(own)
            row["reasons"] = dump_reasons(phase_reasons(row))
            row["based_on"] = json.dumps(
                [
                    f"programme_action:{self.programme_id}~{row['phase']}~{a['action_no']}"
                    for a in own
                ]
                or [f"cluster:{self.a}", f"cluster:{self.b}"],
                ensure_ascii=False,
            )
