"""Existing clusters: read with or without members, settled, and refused where nothing is said."""

from __future__ import annotations

import pytest

from clusterloom.api import Project
from clusterloom.entities.existing_clusters import settle_clusters
from clusterloom.schema import load_reasons
from clusterloom.sources import read_source
from clusterloom.stages.criteria import Criteria
from clusterloom.tables import Tables

from .conftest import organisation_row
from .test_bridges_pairs import existing_row, member_row

ORGS = "org_id,role,name_en,country,city\na,company,A,BY,Minsk\nb,university,B,CN,Wuhan\n"
HEAD = "cluster_id,name_en,country,city,fields,languages\n"


def read(tmp_path, clusters, members=None):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "organisations.csv").write_text(ORGS)
    (folder / "existing_clusters.csv").write_text(HEAD + clusters)
    if members is not None:
        (folder / "existing_cluster_members.csv").write_text("cluster_id,org_id,role\n" + members)
    return settle_clusters(read_source(str(folder)))[0]


def faults(tables):
    return [row["fault"] for row in tables.rows("quarantine")]


def test_a_cluster_known_by_fields_and_place_is_settled(tmp_path):
    tables = read(tmp_path, "ovc,Optics Valley,cn,Wuhan,laser-technology|Optoelectronics,zh|en\n")
    (row,) = tables.rows("existing_cluster")
    assert (row["country"], row["fields"]) == ("CN", "laser-technology|optoelectronics")
    assert row["lat_deg"] == pytest.approx(30.58, abs=0.05)
    assert row["place_id"] in {p["place_id"] for p in tables.rows("place")}
    assert faults(tables) == []


def test_a_town_that_is_not_found_leaves_the_place_unknown_and_is_named(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "existing_clusters.csv").write_text(HEAD + "x,X,CN,Brobdingnag,laser-technology,\n")
    project = Project.create(tmp_path / "work")
    summary = project.import_source(str(folder))
    assert summary.places_not_found == ("Brobdingnag, CN",)
    assert project.workspace.inputs().rows("existing_cluster")[0]["place_id"] is None
    project.workspace.ledger.close()


def test_fields_may_be_named_in_any_language_of_the_catalogue(tmp_path):
    tables = read(tmp_path, "x,X,CN,,激光技术|Лазерная техника|laser technology,\n")
    assert tables.rows("existing_cluster")[0]["fields"] == "laser-technology"


def test_a_cluster_known_by_members_needs_no_fields(tmp_path):
    tables = read(tmp_path, "x,X,BY,,,\n", "x,a,producer\nx,b,\n")
    assert [m["org_id"] for m in tables.rows("existing_cluster_member")] == ["a", "b"]
    assert tables.rows("existing_cluster")[0]["lat_deg"] is None


def test_an_unknown_member_goes_to_quarantine_and_the_others_stay(tmp_path):
    tables = read(tmp_path, "x,X,BY,,,\n", "x,a,\nx,ghost,\n")
    assert tables["existing_cluster_member"].num_rows == 1
    assert "org_id `ghost` is no organisation" in faults(tables)[0]


def test_a_member_of_a_cluster_nobody_described_is_refused(tmp_path):
    tables = read(tmp_path, "x,X,BY,,dairy,\n", "y,a,\n")
    assert tables["existing_cluster_member"].num_rows == 0
    assert "`y` is no existing cluster of this source" in faults(tables)[0]


@pytest.mark.parametrize("members", [None, "x,ghost,\n"])
def test_a_cluster_of_which_only_the_name_is_known_is_refused(tmp_path, members):
    tables = read(tmp_path, "x,X,BY,,,\n", members)
    assert tables["existing_cluster"].num_rows == 0
    assert "neither fields nor a known member" in faults(tables)[-1]


def test_an_unknown_field_is_noted_and_left_out(tmp_path):
    tables = read(tmp_path, "x,X,BY,,laser-technology|phlogiston,\n")
    assert tables.rows("existing_cluster")[0]["fields"] == "laser-technology"
    (note,) = tables.rows("quarantine")
    assert "`phlogiston` is not in the field catalogue" in note["fault"]
    assert "taken over without it" in note["remedy"]


def test_a_cluster_with_unknown_fields_only_is_refused_whole(tmp_path):
    tables = read(tmp_path, "x,X,BY,,phlogiston,\n")
    assert tables["existing_cluster"].num_rows == 0
    (note,) = tables.rows("quarantine")
    assert (note["file"], note["line"]) == ("existing_clusters.csv", 2)
    assert "no other field and no members" in note["remedy"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("x,X,Blefuscu,,dairy,\n", "country `Blefuscu` is not known"),
        (",X,BY,,dairy,\n", "`cluster_id` is empty"),
        ("x,,BY,,dairy,\n", "`name_en` is empty"),
    ],
)
def test_a_bad_row_names_its_fault(tmp_path, line, fault):
    assert fault in faults(read(tmp_path, line))[0]


def test_a_role_outside_the_vocabulary_is_refused(tmp_path):
    tables = read(tmp_path, "x,X,BY,,dairy,\n", "x,a,boss\n")
    assert "role `boss` is not one of" in faults(tables)[0]


def test_members_may_belong_to_a_source_imported_before(tmp_path):
    project = Project.create(tmp_path / "work")
    project.import_source("embedded:valley")
    org = project.workspace.inputs().rows("organisation")[0]["org_id"]
    folder = tmp_path / "clusters"
    folder.mkdir()
    (folder / "existing_clusters.csv").write_text(HEAD + "x,X,BY,,,\n")
    (folder / "existing_cluster_members.csv").write_text(f"cluster_id,org_id\nx,{org}\n")
    summary = project.import_source(str(folder))
    assert (summary.rows["existing_cluster_member"], summary.quarantined) == (1, 0)
    assert project.workspace.inputs()["existing_cluster"].num_rows == 1
    project.workspace.ledger.close()


def test_a_workbook_of_a_region_may_be_in_russian(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "организации.csv").write_text("Код,Тип,Наименование,Страна\na,компания,А,Беларусь\n")
    (folder / "Кластеры.csv").write_text(
        "Код,Наименование,Страна,Области\nк1,Лазерный кластер,Беларусь,Лазерная техника\n"
    )
    (folder / "Участники кластера.csv").write_text("Кластер,Код организации\nк1,a\n")
    tables, _ = settle_clusters(read_source(str(folder)))
    (row,) = tables.rows("existing_cluster")
    assert (row["cluster_id"], row["country"], row["fields"]) == ("к1", "BY", "laser-technology")
    assert row["name_ru"] == row["name_en"] == "Лазерный кластер"
    assert tables["existing_cluster_member"].num_rows == 1


def existing_verdicts(orgs, *, links=(), facts=()):
    tables = (
        Tables()
        .with_rows("organisation", orgs)
        .with_rows("existing_cluster", [existing_row("E"), existing_row("F", fields="dairy")])
        .with_rows("existing_cluster_member", [member_row("E", o["org_id"]) for o in orgs])
        .with_rows("link", links)
        .with_rows("fact", facts)
    )
    return {r["article"]: r for r in Criteria().run(tables).rows("verdict")}


def test_what_known_members_do_not_reach_is_no_failure():
    few = existing_verdicts([organisation_row("a"), organisation_row("b")])
    assert {r["cluster_id"] for r in few.values()} == {"E"}  # of F no member is known
    assert few["min_members"]["verdict"] == few["member_types"]["verdict"] == "no_data"
    said = load_reasons(few["min_members"]["reasons"])[0]
    assert (said.args["n"], "others may not be known" in said.template) == (2, True)
    assert few["management"]["based_on"] == '["existing_cluster:E"]'


def test_an_existing_cluster_passes_by_its_known_members_and_facts():
    orgs = [organisation_row(f"o{k}") for k in range(30)]
    roles = ("university", "research_institute", "cluster_organisation", "government_body")
    orgs = [{**o, "role": role} for o, role in zip(orgs, roles, strict=False)] + orgs[4:]
    fact = {
        "fact_id": "f", "subject_kind": "organisation", "subject_id": "o2",
        "indicator": "management_fte", "value": 2.0, "unit": "full-time equivalent",
        "source_id": "toy", "source_row": "facts.csv:2",
    }  # fmt: skip
    found = existing_verdicts(orgs, facts=[fact])
    for article in ("min_members", "member_types", "public_body", "management"):
        assert found[article]["verdict"] == "pass", article
        words = " ".join(one.template for one in load_reasons(found[article]["reasons"]))
        assert "proposed" not in words
    assert "existing_cluster_member:E~o0" in found["min_members"]["based_on"]
