"""Stage: where innovation actors are close to each other and active in adjacent directions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from clusterloom.errors import RecipeError
from clusterloom.measures.partition import best_overlap
from clusterloom.stages._actors import Actors, Work
from clusterloom.stages._candidate_belonging import member_chances
from clusterloom.stages._candidate_members import member_table
from clusterloom.stages._candidate_rows import Known, candidate_rows, test_rows
from clusterloom.stages._found import Found, tested_together
from clusterloom.stages._general_fields import without_general_families
from clusterloom.stages._graph_communities import Communities
from clusterloom.stages._null_models import NULL_MODELS
from clusterloom.stages._territory_cells import Cells
from clusterloom.tables import Tables

__all__ = ["Prerequisites"]


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """Stage: candidate clusters, tested against chance.

    A candidate is a territory (from geography alone) and a family of adjacent fields (from
    adjacency alone). Its statistic sums closeness × adjacency over all pairs of the territory's
    organisations. A null model deals the work out anew, as often as `n_permutations` says, and in
    each of these data sets candidates are chosen by the same rules. The false-discovery rate
    compares what was observed with what such data sets bring up. Besides, communities of the joint
    graph of places and fields are candidates where random data sets bring up none as clear.

    Reads `organisation`, `place`, `activity`, `activity_field`, `field`, `field_adjacency`,
    `field_family`, `link`. Writes `candidate`, `candidate_member`, `candidate_test`.
    """

    name: ClassVar[str] = "prerequisites"
    reads: ClassVar[tuple[str, ...]] = (
        "organisation",
        "place",
        "activity",
        "activity_field",
        "field",
        "field_adjacency",
        "field_family",
        "link",
    )
    writes: ClassVar[tuple[str, ...]] = ("candidate", "candidate_member", "candidate_test")

    radius_km: float = 60.0  # km; reach of a territory around its anchor
    kernel_km: float = 20.0  # km; distance at which closeness falls to 37 %
    min_organisations: int = 4  # organisations; smaller groups are not tested
    min_roles: int = 2  # different roles a candidate needs
    min_share: float = 0.25  # share of an organisation's work that makes it part of a family
    # Fields (with all below them) that serve every theme and make no cluster by themselves.
    general_fields: tuple[str, ...] = (
        "business-innovation-services",
        "education-training",
        "finance-investment",
        "public-administration",
    )
    null_model: str = "fields"  # what chance is: fields, places, pooled or degrees
    n_permutations: int = 499  # random draws; the smallest q-value is 1 / (n + 1)
    # Random draws for each of the other null models, which are told but decide nothing; 0 = none.
    n_comparison: int = 99
    n_trials: int = 20  # perturbed data sets from which stability is told; 0 = not tried
    methods: tuple[str, ...] = ("territory", "community")  # ways to find candidates
    resolutions: tuple[float, ...] = (1.0, 2.0)  # of communities; larger gives smaller ones
    min_adjacency: float = 0.30  # 0..1; weaker pairs of fields do not tie a community together
    # Random draws for communities, each with a search of its own; the smallest q is 1 / (n + 1).
    n_community_draws: int = 49
    # Overlap (Jaccard) of members from which a community is the same as a clearer candidate.
    same_at: float = 0.6
    fdr: float = 0.10  # false-discovery rate at which a candidate counts as beyond chance
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the parameters."""
        for name in ("radius_km", "kernel_km", "min_organisations", "min_roles", "n_permutations",
                     "n_community_draws"):  # fmt: skip
            self._check(name, getattr(self, name) > 0, "it is above 0")
        for name in ("min_share", "fdr", "min_adjacency", "same_at"):
            self._check(name, 0 < getattr(self, name) <= 1, "it is above 0 and at most 1")
        for name in ("n_comparison", "n_trials"):
            self._check(name, getattr(self, name) >= 0, "it is at least 0")
        if self.null_model not in NULL_MODELS:
            raise RecipeError(
                f"prerequisites: null_model `{self.null_model}` is not known",
                rule=f"one of {', '.join(NULL_MODELS)}",
            )

        unknown = [m for m in self.methods if m not in ("territory", "community")]
        if unknown or not self.methods:
            raise RecipeError(
                f"prerequisites: methods {', '.join(unknown) or 'are none'}",
                rule="at least one of territory, community",
            )
        if "community" in self.methods and not all(r > 0 for r in self.resolutions):
            raise RecipeError(
                f"prerequisites: resolutions {self.resolutions}", rule="each is above 0"
            )
        if "community" in self.methods and self.null_model == "degrees":
            raise RecipeError(
                "prerequisites: communities cannot be tested with null_model `degrees`",
                rule="it deals fields out without their adjacency, so no community would remain",
                hint="take another null model, or only the method `territory`",
            )

    def _check(self, name: str, fits: bool, rule: str) -> None:
        if not fits:  # asked so that NaN fails
            raise RecipeError(
                f"prerequisites: {name} {getattr(self, name):g}",
                rule=rule,
                hint="leave it out of the recipe to use the default",
            )

    def run(self, tables: Tables) -> Tables:
        """Find candidates, test them against chance, and say who and why."""
        tables = without_general_families(tables, self.general_fields)
        actors = Actors.of(tables)
        work = Work.of(tables, actors)
        known = Known.of(tables, actors, work)
        groups: list[Found] = []
        if "territory" in self.methods:
            groups.append(self._territories(tables, actors, work))
        something = work.profile.nnz > 0 and tables["place"].num_rows > 0
        if "community" in self.methods and self.resolutions and something:
            groups.append(self._communities(tables, actors, work))
        groups = tested_together(groups, self.null_model)
        groups = [found for found in self._new(groups) if found.names]
        chances = [
            member_chances(found, known, clear=self._clear(found), radius_km=self.radius_km)
            for found in groups
        ]
        written = Tables({"candidate_member": member_table(groups, known, chances)})
        rows = [
            row
            for found, chance in zip(groups, chances, strict=True)
            for row in candidate_rows(
                found,
                known,
                model=self.null_model,
                radius_km=self.radius_km,
                fdr=self.fdr,
                least=(self.min_organisations, self.min_roles),
                chance=chance,
            )
        ]
        written = written.with_rows("candidate", rows)
        tests = [row for found in groups for row in test_rows(found)]
        return written.with_rows("candidate_test", tests)

    def _territories(self, tables: Tables, actors: Actors, work: Work) -> Found:
        """Candidates by territory and family, tested under every null model asked for."""
        cells = Cells(
            radius_km=self.radius_km,
            kernel_km=self.kernel_km,
            min_organisations=self.min_organisations,
            min_roles=self.min_roles,
            min_share=self.min_share,
            seed=self.seed,
        )
        found, pairs = cells.find(actors, work, tables["place"])
        if not pairs.n_territories or not work.profile.nnz:
            return found
        draws = {
            model: self.n_permutations if model == self.null_model else self.n_comparison
            for model in NULL_MODELS
        }
        against = {model: cells.against(pairs, model, n=n) for model, n in draws.items() if n > 0}
        found = replace(found, against=against)
        return cells.tried(found, actors, work, tables["place"], n=self.n_trials)

    def _communities(self, tables: Tables, actors: Actors, work: Work) -> Found:
        """Communities of the joint graph, tested under the null model that decides."""
        sought = Communities(
            kernel_km=self.kernel_km,
            min_adjacency=self.min_adjacency,
            resolutions=self.resolutions,
            min_organisations=self.min_organisations,
            min_roles=self.min_roles,
            min_share=self.min_share,
            null_model=self.null_model,
            n_permutations=self.n_community_draws,
            n_trials=self.n_trials,
            same_at=self.same_at,
            seed=self.seed,
        )
        return sought.find(actors, work, tables["place"])

    def _new(self, groups: list[Found]) -> list[Found]:
        """Of communities only those beyond chance that no clear candidate tells already."""
        kept: list[Found] = []
        for found in groups:
            if found.method != "community":
                kept.append(found)
                continue
            new = self._clear(found)
            for other in kept:
                told = other.taken(np.flatnonzero(self._clear(other))).inside
                new &= best_overlap(found.inside, told) < self.same_at
            kept.append(found.taken(np.flatnonzero(new)))
        return kept

    def _clear(self, found: Found) -> npt.NDArray[np.bool_]:
        if self.null_model not in found.against:
            return np.zeros(len(found.names), dtype=bool)
        q_value = found.against[self.null_model].q_value
        return np.nan_to_num(q_value, nan=1.0) <= self.fdr
