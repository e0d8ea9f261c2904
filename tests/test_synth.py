"""Synthetic countries: what was asked for stands there, can be imported, and is found again."""

from __future__ import annotations

import csv
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from clusterloom.api import Project
from clusterloom.api.synth import SyntheticCountry, field_groups, write_synthetic_country
from clusterloom.cli.main import app
from clusterloom.errors import UsageError
from clusterloom.measures.partition import adjusted_mutual_information, adjusted_rand
from clusterloom.sources.synthetic import synthetic_country
from clusterloom.sources.synthetic_fields import with_stated_fields
from clusterloom.spatial import great_circle_km
from clusterloom.stages.prerequisites import Prerequisites
from clusterloom.tables import conform, table_digest

GROUPS = {"light": ["lasers", "optics", "lenses"], "food": ["dairy", "meat"], "metal": ["tools"]}


def invented(**wanted):
    return synthetic_country(SyntheticCountry(**wanted), GROUPS)


def recovered(wanted, **parameters):
    """Planted and found clusters of a country: AMI, ARI, planted found, found in all."""
    groups = field_groups()
    tables, truth = synthetic_country(wanted, groups)
    stage = Prerequisites(
        **({"fdr": 0.05, "n_comparison": 0, "n_trials": 0, "methods": ("territory",)} | parameters)
    )
    written = stage.run(with_stated_fields(tables, groups))
    clear = {
        r["candidate_id"] for r in written.rows("candidate") if r["verdict"] == "beyond_chance"
    }
    best: dict[str, tuple[float, str]] = {}
    for row in written.rows("candidate_member"):
        if row["candidate_id"] in clear:
            one = (row["family_share"], row["candidate_id"])
            best[row["org_id"]] = max(best.get(row["org_id"], one), one)
    planted = dict(zip(truth["org_id"].to_pylist(), truth["cluster"].to_pylist(), strict=True))
    orgs = tables["organisation"]["org_id"].to_pylist()
    true = [planted.get(o, "none") for o in orgs]
    found = [best.get(o, (0.0, "none"))[1] for o in orgs]
    hit = {
        Counter(f for t, f in zip(true, found, strict=True) if t == name).most_common(1)[0][0]
        for name in set(planted.values())
    } - {"none"}
    return (
        adjusted_mutual_information(true, found),
        adjusted_rand(true, found),
        len(hit),
        len(clear),
    )


def test_planted_clusters_are_recovered_at_moderate_noise():
    # Six clusters of 20 among 600 organisations with six directions of work each, a fifth of those
    # of members in any field. An organisation counts as a member from 40 % of its work on.
    for seed in range(3):
        wanted = SyntheticCountry(activities=6.0, noise=0.2, seed=seed)
        ami, ari, hit, _ = recovered(wanted, min_share=0.4)
        assert ami >= 0.9
        assert ari >= 0.9
        assert hit == 6


def test_few_candidates_are_found_where_nothing_was_planted():
    clear = [recovered(SyntheticCountry(n_clusters=0, seed=s), n_permutations=199)[3]
             for s in range(8)]  # fmt: skip
    assert sum(c > 0 for c in clear) <= 2


def test_small_clusters_are_found_less_surely_than_large_ones():
    small, large = (
        sum(
            recovered(SyntheticCountry(cluster_size=n, seed=s), n_permutations=199)[2]
            for s in range(3)
        )
        for n in (4, 16)
    )
    assert small < large == 18


def test_the_country_has_the_size_and_the_clusters_asked_for():
    tables, truth = invented(n_organisations=90, n_places=5, n_clusters=3, cluster_size=9)
    assert tables["organisation"].num_rows == 90
    assert tables["place"].num_rows == 5
    assert Counter(truth["cluster"].to_pylist()) == {f"planted-{i}": 9 for i in (1, 2, 3)}
    for name in tables.names:
        assert conform(name, tables.rows(name)).equals(tables[name]), name
    known = set(tables["organisation"]["org_id"].to_pylist())
    assert set(tables["activity"]["org_id"].to_pylist()) <= known


def test_members_stand_together_and_work_in_their_group():
    tables, truth = invented(n_organisations=200, n_clusters=2, cluster_size=30, noise=0.0, seed=3)
    at = tables.by_key("organisation", "org_id")
    group = dict(zip(truth["org_id"].to_pylist(), truth["group"].to_pylist(), strict=True))
    for name in set(truth["cluster"].to_pylist()):
        members = [r["org_id"] for r in truth.to_pylist() if r["cluster"] == name]
        lat, lon = (np.array([at[o][key] for o in members]) for key in ("lat_deg", "lon_deg"))
        assert great_circle_km(lat[:, None], lon[:, None], lat, lon).max() <= 8.01
        assert len({at[o]["place_id"] for o in members}) == 1
    for row in tables.rows("activity"):
        if row["org_id"] in group:
            assert row["code"] in GROUPS[group[row["org_id"]]]


def test_noise_is_the_share_of_work_outside_the_group():
    tables, truth = invented(
        n_organisations=2000, n_clusters=2, cluster_size=900, noise=0.4, activities=8, seed=1
    )
    group = dict(zip(truth["org_id"].to_pylist(), truth["group"].to_pylist(), strict=True))
    rows = [r for r in tables.rows("activity") if r["org_id"] in group]
    outside = np.mean([r["code"] not in GROUPS[group[r["org_id"]]] for r in rows])
    # A direction in any of the six fields falls into the own group by chance, too.
    own = np.mean([len(GROUPS[group[r["org_id"]]]) / 6 for r in rows])
    assert outside == pytest.approx(0.4 * (1 - own), abs=0.02)


def test_overlap_and_missing_data_are_as_large_as_asked_for():
    tables, truth = invented(
        n_organisations=3000, n_clusters=2, cluster_size=1000, overlap=0.3, missing=0.2, seed=2
    )
    twice = [o for o, n in Counter(truth["org_id"].to_pylist()).items() if n == 2]
    assert len(twice) == 300
    precision = Counter(tables["organisation"]["coord_precision"].to_pylist())
    assert precision["city"] + precision["unknown"] == pytest.approx(600, abs=70)
    assert tables["organisation"]["lat_deg"].null_count == precision["unknown"]
    complete, _ = invented(n_organisations=3000, n_clusters=2, cluster_size=1000, seed=2)
    ratio = tables["activity"].num_rows / complete["activity"].num_rows
    assert ratio == pytest.approx(0.8, abs=0.02)


def test_the_seed_decides_everything():
    first, again, other = (invented(seed=s)[0] for s in (0, 0, 1))
    assert {n: table_digest(first[n]) for n in first.names} == {
        n: table_digest(again[n]) for n in again.names
    }
    assert table_digest(first["activity"]) != table_digest(other["activity"])


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_command_writes_what_import_takes_in(tmp_path, file_format):
    out = tmp_path / "country"
    runner = CliRunner()
    arguments = ["--organisations", "80", "--places", "4", "--clusters", "2", "--cluster-size", "9"]
    call = ["synth", "--out", str(out), *arguments, "--missing", "0.2", "-f", file_format, "--json"]
    result = runner.invoke(app, call)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    project = Project.create(tmp_path / "w")
    taken = project.import_source(str(out))
    project.workspace.ledger.close()
    assert taken.quarantined == 0
    assert taken.rows["organisation"] == summary["rows"]["organisation"] == 80
    assert taken.rows["activity"] == summary["rows"]["activity"]
    assert not taken.places_not_found
    with (tmp_path / "country.truth.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 18
    again = runner.invoke(app, call)  # over its own files
    assert again.exit_code == 0


def test_what_stands_in_the_folder_is_not_overwritten(tmp_path):
    (tmp_path / "mine.csv").write_text("precious")
    with pytest.raises(UsageError, match=r"holds `mine.csv` already"):
        write_synthetic_country(SyntheticCountry(), tmp_path)
    with pytest.raises(UsageError, match="no format `xml`"):
        write_synthetic_country(SyntheticCountry(), tmp_path / "x", file_format="xml")


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"n_organisations": 0}, "n_organisations is 0"),
        ({"n_places": 0}, "n_places is 0"),
        ({"n_clusters": -1}, "n_clusters is -1"),
        ({"cluster_size": 0}, "cluster_size is 0"),
        ({"noise": 1.5}, "noise is 1.5"),
        ({"missing": float("nan")}, "missing is nan"),
        ({"activities": 0.5}, "activities is 0.5"),
        ({"n_clusters": 40, "cluster_size": 20}, "40 clusters of 20 organisations do not fit"),
    ],
)
def test_countries_that_cannot_be_are_refused(wanted, fault):
    with pytest.raises(UsageError, match=fault):
        SyntheticCountry(**wanted)


def test_more_clusters_than_places_and_groups_are_refused():
    with pytest.raises(UsageError, match="4 clusters do not fit into 1 places and 3 groups"):
        invented(n_places=1, n_clusters=4, cluster_size=2)
    with pytest.raises(UsageError, match="no group of fields"):
        synthetic_country(SyntheticCountry(), {})


def test_groups_are_broad_fields_with_several_narrow_ones():
    groups = field_groups()
    assert len(groups) > 20
    assert min(len(fields) for fields in groups.values()) >= 3
    fields = [f for fields in groups.values() for f in fields]
    assert len(fields) == len(set(fields))


def test_one_organisation_in_one_place_is_a_country():
    tables, truth = invented(n_organisations=1, n_places=1, n_clusters=0, activities=1.0)
    assert (tables["organisation"].num_rows, truth.num_rows) == (1, 0)
    assert isinstance(truth, pa.Table)
