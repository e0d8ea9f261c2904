"""Candidates by territory and family: geography alone draws one, adjacency alone the other."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clusterloom.measures.joint_permutation import joint_test
from clusterloom.measures.partition import best_overlap
from clusterloom.spatial.uncertain import scattered_in_discs
from clusterloom.stages._actors import Actors, Grounds, Work, grounds_of, strings
from clusterloom.stages._close_pairs import ClosePairs
from clusterloom.stages._found import AgainstChance, Found, membership
from clusterloom.stages._null_models import draws

__all__ = ["Cells", "limited", "named", "perturbed", "slugs"]

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_LEFT_OUT = 0.1  # share of the organisations a trial of stability leaves out


@dataclass(frozen=True, kw_only=True)
class Cells:
    """How territories and families are crossed; the parameters of the stage that matter here."""

    radius_km: float
    kernel_km: float
    min_organisations: int
    min_roles: int
    min_share: float
    seed: int

    def find(self, actors: Actors, work: Work, places: pa.Table) -> tuple[Found, ClosePairs]:
        """Cross the territories with the families; pairs with two organisations are candidates."""
        grounds = self._grounds(actors, places)
        pairs = ClosePairs.of(actors, work, grounds, kernel_km=self.kernel_km)
        here = pairs.observed()
        n_inside, n_roles = pairs.counts(here, min_share=self.min_share)
        territory, family = np.nonzero(n_inside >= 2)
        number = np.full(n_inside.shape, -1, dtype=np.int64)
        number[territory, family] = np.arange(len(territory))
        org, where, kind, share = pairs.members(here, min_share=self.min_share)
        cell = number[where, kind]
        kept = cell >= 0
        shape = (len(territory), len(actors.org_id))
        names = slugs(actors, grounds, strings(places["name_en"]))
        known = work.profiled
        at_home = np.bincount(grounds.territory[known & (grounds.territory >= 0)],
                              minlength=len(grounds.anchor))  # fmt: skip
        of_country = np.bincount(actors.country[known], minlength=len(actors.countries))
        share_at_home = at_home / np.maximum(of_country[grounds.country], 1)
        return (
            Found(
                method="territory",
                names=[
                    f"{names[t]}--{work.families[f]}"
                    for t, f in zip(territory.tolist(), family.tolist(), strict=True)
                ],
                place=grounds.anchor[territory],
                country=grounds.country[territory],
                family=family,
                resolution=np.full(len(territory), np.nan),
                fields=_fields_of(work, family),
                members=membership(cell[kept], org[kept], share[kept], shape=shape),
                n_roles=n_roles[territory, family],
                statistic=pairs.statistic(here)[territory, family],
                tested=self._chosen(n_inside, n_roles)[territory, family],
                home_share=share_at_home[territory],
                stability=np.full(len(territory), np.nan),
                run_stability=np.full(len(territory), np.nan),
            ),
            pairs,
        )

    def against(self, pairs: ClosePairs, model: str, *, n: int) -> AgainstChance:
        """Compare with n whole data sets dealt out at random, in each of which cells are chosen."""
        here = pairs.observed()
        observed = pairs.statistic(here)
        chosen = self._chosen(*pairs.counts(here, min_share=self.min_share))
        dealt = np.empty((n, observed.size))
        dealt_chosen = np.empty((n, observed.size), dtype=bool)
        for i, draw in enumerate(draws(pairs, model, n=n, seed=self.seed)):
            dealt[i] = pairs.statistic(draw).ravel()
            counts = pairs.counts(draw, min_share=self.min_share)
            dealt_chosen[i] = self._chosen(*counts).ravel()
        test = joint_test(
            observed.ravel(), dealt, chosen=chosen.ravel(), permuted_chosen=dealt_chosen
        )
        # Candidates are the cells with two organisations, in the order of the cells.
        inside, _ = pairs.counts(here, min_share=self.min_share)
        cells = np.flatnonzero(inside.ravel() >= 2)
        return AgainstChance(
            expected=dealt.mean(axis=0)[cells],
            expected_sd=dealt.std(axis=0)[cells],
            p_value=test.p_value[cells],
            q_value=test.q_value[cells],
            draws=n,
            rate=test.rate[cells],
            lowest=test.lowest,
        )

    def tried(self, found: Found, actors: Actors, work: Work, places: pa.Table, *, n: int) -> Found:
        """Find again n times with organisations left out and positions drawn within their discs."""
        total = np.zeros(len(found.names))
        for trial in range(n):
            kept, moved = perturbed(actors, seed=self.seed + 1000 + trial)
            there = self._grounds(moved, places)
            again = _inside(there, work, kept, min_share=self.min_share)
            total += best_overlap(limited(found.members, kept), again)
        return replace(found, stability=total / n) if n else found

    def _grounds(self, actors: Actors, places: pa.Table) -> Grounds:
        return grounds_of(
            actors,
            places,
            radius_km=self.radius_km,
            min_organisations=self.min_organisations,
        )

    def _chosen(self, n_inside: Index, n_roles: Index) -> Mask:
        least = max(self.min_organisations, 2)
        return (n_inside >= least) & (n_roles >= self.min_roles)


def perturbed(actors: Actors, *, seed: int) -> tuple[Mask, Actors]:
    """Leave out a tenth of the organisations and draw every position within its disc."""
    random = np.random.default_rng(seed)
    kept = random.random(len(actors.org_id)) >= _LEFT_OUT
    lat, lon = actors.lat_deg.copy(), actors.lon_deg.copy()
    known = actors.located
    extent = np.nan_to_num(actors.extent_km[known], nan=0.0)
    lat[known], lon[known] = scattered_in_discs(lat[known], lon[known], extent, random=random)
    lat[~kept] = lon[~kept] = np.nan
    return kept, replace(actors, lat_deg=lat, lon_deg=lon, extent_km=0 * actors.extent_km)


def limited(members: Any, kept: Mask) -> Any:
    """Members that were not left out, each counted as one."""
    from scipy.sparse import csr_array

    listed = members.tocoo()
    there = kept[listed.col]
    ones = np.ones(int(there.sum()))
    return csr_array((ones, (listed.row[there], listed.col[there])), shape=members.shape)


def _inside(grounds: Grounds, work: Work, kept: Mask, *, min_share: float) -> Any:
    """Members of every territory and family, (territories x families, organisations)."""
    from scipy.sparse import csr_array

    share = work.family_share(work.profile).tocoo()
    where = grounds.territory[share.row]
    there = (where >= 0) & kept[share.row] & (share.data >= min_share - 1e-9)
    row = where[there] * len(work.families) + share.col[there]
    shape = (max(len(grounds.anchor) * len(work.families), 1), len(kept))
    return csr_array((np.ones(len(row)), (row, share.row[there])), shape=shape)


def _fields_of(work: Work, family: Index) -> Any:
    from scipy.sparse import csr_array

    ones = np.ones(len(work.fields))
    shape = (len(work.families), len(work.fields))
    of_family = csr_array((ones, (work.family_of_field, np.arange(len(ones)))), shape=shape)
    return of_family[family]


def slugs(actors: Actors, grounds: Grounds, names: npt.NDArray[np.object_]) -> list[str]:
    """Names of the territories for ids; a second of the same name in a country gets a number."""
    made: list[str] = []
    seen: dict[str, int] = {}
    for anchor, country in zip(grounds.anchor.tolist(), grounds.country.tolist(), strict=True):
        slug = named(str(actors.countries[country]), str(names[anchor]))
        seen[slug] = seen.get(slug, 0) + 1
        made.append(slug if seen[slug] == 1 else f"{slug}-{seen[slug]}")
    return made


def named(country: str, place: str) -> str:
    """Name of a place for ids: country code and name, small letters, digits and hyphens."""
    name = re.sub(r"[^\w]+", "-", place.casefold()).strip("-")
    return f"{country.casefold()}-{name}"
