"""Awkward countries from files to a plan: faults are told, the rest is planned, no row is lost."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from clusterloom.api import Project
from clusterloom.plan import parse_recipe

# Both methods of prerequisites as by default; few draws, because what is asked is whether it ends.
RECIPE = """
title = "Awkward"
languages = ["en"]
formats = ["json"]
[stages.prerequisites]
min_organisations = 3
n_permutations = 39
n_comparison = 9
n_trials = 2
n_community_draws = 9
fdr = 1.0
[stages.ranking]
n_draws = 50
[stages.composition]
min_members = 3
n_alternatives = 2
time_limit_s = 2.0
[stages.structures]
time_limit_s = 0.3
"""
FIELDS = ("laser-technology", "nanophotonics", "machine-learning", "computer-vision")
ROLES = ("research_institute", "university", "company", "company", "technopark", "investor")


@dataclass
class Country:
    """Tables of a small country as they stand in its files; a case spoils them in place."""

    places: list[dict] = field(default_factory=list)
    organisations: list[dict] = field(default_factory=list)
    activities: list[dict] = field(default_factory=list)
    links: list[dict] = field(default_factory=list)

    def write(self, folder) -> None:
        for name, rows in vars(self).items():
            if not rows:
                continue
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)


def ordinary(centre: tuple[float, float] = (54.0, 27.0)) -> Country:
    """Three towns some 30 km apart with six organisations each; the first is one of lasers."""
    country = Country()
    for t in range(3):
        lat = centre[0] + 0.2 * t
        lon = centre[1] + 0.3 * t / max(math.cos(math.radians(centre[0])), 0.01)
        lon = (lon + 180) % 360 - 180
        country.places.append(
            {"place_id": f"t{t}", "name_en": f"Town {t}", "country": "XA", "population": 50_000}
            | {"lat_deg": round(lat, 4), "lon_deg": round(lon, 4), "extent_km": 2}
        )
        for i, role in enumerate(ROLES):
            org = f"t{t}-{i}"
            country.organisations.append(
                {"org_id": org, "role": role, "name_en": org, "country": "XA"}
                | {"city": f"Town {t}", "lat_deg": "", "lon_deg": ""}
            )
            for k in range(2):
                code = FIELDS[k] if t == 0 else FIELDS[(t + i + k) % 4]
                country.activities.append(activity(org, code, kind="research"))
        country.links += [link(f"t{t}-0", f"t{t}-{i}", "joint_research") for i in (1, 2, 3)]
    return country


def activity(org: str, code: str, *, kind: str = "production", weight: object = 1) -> dict:
    row = {"org_id": org, "kind": kind, "code_scheme": "field", "code": code}
    return row | {"weight": weight}


def link(a: str, b: str, kind: str) -> dict:
    return {"org_a": a, "org_b": b, "kind": kind}


@dataclass(frozen=True)
class Case:
    """What is awkward, how many rows it costs, and what the plan must still hold."""

    spoil: Callable[[Country], None]
    refused: tuple[str, ...] = ()  # words of the fault of each quarantined row, in any order
    centre: tuple[float, float] = (54.0, 27.0)
    holds: Callable[[object], bool] = lambda plan: plan.tables["candidate"].num_rows > 0


def an_empty_place(country: Country) -> None:
    country.places.append(country.places[0] | {"place_id": "void", "name_en": "Nobody's"})


def one_in_every_field(country: Country) -> None:
    country.activities += [activity("t1-0", code) for code in FIELDS]


def the_same_id_in_every_place(country: Country) -> None:
    for row in country.organisations[6::4]:
        country.organisations.append(row | {"org_id": "t0-2"})


def branches_everywhere(country: Country) -> None:
    for t in range(3):
        branch = country.organisations[2] | {"org_id": f"branch-{t}", "city": f"Town {t}"}
        country.organisations.append(branch | {"name_en": f"Branch {t}"})
        country.activities.append(activity(f"branch-{t}", FIELDS[0]))
        country.links.append(link("t0-2", f"branch-{t}", "parent"))


def one_point(country: Country) -> None:
    for row in country.organisations:
        row |= {"city": "", "lat_deg": 54.0, "lon_deg": 27.0}
    del country.places[1:]


def one_field(country: Country) -> None:
    for row in country.activities:
        row["code"] = FIELDS[0]


def nobody_is_tied(country: Country) -> None:
    country.links.clear()
    for number, row in enumerate(country.places):  # and places are a thousand kilometres apart
        row |= {"lat_deg": 50 + 9 * number, "lon_deg": 20 + 20 * number}


def negative_weights(country: Country) -> None:
    for number, row in enumerate(country.activities):
        row["weight"] = -1 if number in (0, 5) else 1


def enormous_weights(country: Country) -> None:
    country.activities[0]["weight"] = "1e27"
    for row in country.activities[2:]:
        row["weight"] = "123456789.5"


def bad_coordinates(country: Country) -> None:
    country.organisations[0] |= {"lat_deg": 95, "lon_deg": 127}  # and its work and ties with it
    country.organisations[7] |= {"lat_deg": 54, "lon_deg": ""}
    country.organisations[8] |= {"lat_deg": 54.2, "lon_deg": "east"}


def longitudes_from_0_to_360(country: Country) -> None:
    for row in country.places:
        row["lon_deg"] = row["lon_deg"] % 360
    assert max(row["lon_deg"] for row in country.places) > 180


def nothing(_country: Country) -> None:
    """The place is awkward enough."""


def least_q(plan) -> float:
    tested = [row["q_value"] for row in plan.tables.rows("candidate")]
    return min((q for q in tested if q is not None), default=1.0)


def in_reach(plan) -> bool:
    """Two members of one cluster across the date line are not half the globe apart."""
    near = [r["distance_km"] for r in plan.tables.rows("introduction") if r["distance_km"]]
    return plan.tables["candidate"].num_rows > 0 and max(near, default=0.0) < 200


CASES = {
    "an ordinary one": Case(nothing),
    "an empty place": Case(an_empty_place),
    "one organisation in every field": Case(one_in_every_field),
    "the same id in every place": Case(the_same_id_in_every_place, ("stands on line",) * 3),
    "branches everywhere": Case(branches_everywhere),
    "everybody at one point": Case(one_point, holds=lambda plan: least_q(plan) > 0.5),
    "one field": Case(one_field, holds=lambda plan: least_q(plan) > 0.5),
    "towns far apart and nobody tied": Case(nobody_is_tied),
    "negative weights": Case(negative_weights, ("weight -1 is below 0",) * 2),
    "enormous weights": Case(enormous_weights, (r"weight 1e+27 is above 1e+15",)),
    "the date line": Case(nothing, centre=(-17.0, 179.7), holds=in_reach),
    "longitudes of 181": Case(longitudes_from_0_to_360, centre=(-17.0, 179.7), holds=in_reach),
    "the pole": Case(nothing, centre=(89.2, 100.0), holds=in_reach),
    "bad coordinates": Case(
        bad_coordinates,
        (
            "lat_deg 95 is above 90",
            "only one of latitude and longitude",
            "lon_deg `east` is not a number",
            *("t0-0",) * 5, "t1-1", "t1-1", "t1-1", "t1-2", "t1-2", "t1-2",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_awkward_country_gives_a_plan_and_loses_no_row(name, tmp_path):
    case, folder = CASES[name], tmp_path / "mine"
    folder.mkdir()
    country = ordinary(case.centre)
    case.spoil(country)
    country.write(folder)
    project = Project.create(tmp_path / "w")
    project.import_source(str(folder))
    plan = project.run(parse_recipe(RECIPE))
    project.workspace.ledger.close()
    quarantine = plan.tables.rows("quarantine")
    told = [f"{row['fault']} {row['record']}" for row in quarantine]
    assert len(told) == len(case.refused), told
    for words in case.refused:
        assert any(words in one for one in told), (words, told)
    assert all(row["remedy"] for row in quarantine)
    # Every row of the files is either in the plan or in quarantine.
    for table in ("organisation", "activity", "link"):
        given = len(vars(country)[{"activity": "activities"}.get(table, f"{table}s")])
        lost = sum(row["table"] == table for row in quarantine)
        assert plan.tables[table].num_rows == given - lost, table
    assert case.holds(plan)
    for row in plan.tables.rows("candidate"):
        assert row["verdict"] == "too_small" or 0 <= row["q_value"] <= 1
    plan.write(tmp_path / "plan")
    report = (tmp_path / "plan" / "report.en.html").read_text(encoding="utf-8")
    assert "nan" not in json.dumps(plan.view("en"), default=str).lower().split()
    assert "Awkward" in report
    assert len(report) < 1_500_000
