"""Partners across clusters: capacities, stable pairs, ways to each other, letters to both sides."""

from __future__ import annotations

import csv
import json

import fastexcel
import pytest
from typer.testing import CliRunner

from clusterloom.api import Plan, Project
from clusterloom.api.bridges import (
    clusters_side_by_side,
    kinship_test,
    partner_letters,
    write_partner_letters,
)
from clusterloom.cli.main import app
from clusterloom.errors import UsageError
from clusterloom.plan import Recipe
from clusterloom.stages.bridges import Bridges
from clusterloom.views.bridges_view import BridgesView, reading_languages
from clusterloom.views.partner_letters import cluster_rows
from clusterloom.views.report import render_report

from .conftest import activity_row
from .test_bridges import SEATS, WORK, bridged, toy, words
from .test_bridges_pairs import existing_row
from .test_core import assignment

TWO = [*WORK, ("uni", "research", "lasers"), ("cut", "production", "lasers")]
SIDES = [*SEATS, ("A", "uni", "kindred_university"), ("B", "cut", "producer")]
# The toy's countries speak as Belarus and China do.
SPOKEN = {"XA": ("be", "ru"), "XB": ("zh",)}


def partners(matches):
    return {(m["org_a"], m["org_b"]) for m in matches}


def reads(match, side):
    return words({"reasons": match[f"reasons_{side}"]})


def test_with_more_room_each_organisation_gets_several_partners():
    assert len(bridged(toy(work=TWO, seats=SIDES))[1]) == 2
    _, matches = bridged(toy(work=TWO, seats=SIDES), partners_each=2)
    assert partners(matches) == {(x, y) for x in ("inst", "uni") for y in ("maker", "cut")}
    assert bridged(toy(work=TWO, seats=SIDES), partners_each=0)[1] == []


def three(**parameters):
    """Research of lasers in A, production of it in B and C."""
    work = [("inst", "research", "lasers"), ("maker", "production", "lasers")]
    work += [("plant", "production", "lasers"), ("uni", "research", "optics")]
    seats = [("A", "inst", "core"), ("A", "uni", "core"), ("B", "maker", "core")]
    seats += [("C", "plant", "core")]
    return bridged(toy(work=work, seats=seats, links=[("inst", "plant")]), **parameters)[1]


def test_an_organisation_is_not_overloaded_by_partners_in_many_clusters():
    free = three()
    assert partners(free) >= {("inst", "maker"), ("inst", "plant")}
    limited = three(partners_total=1)
    assert partners(limited) == {("inst", "plant")}
    assert [m["rank"] for m in limited] == [1]
    assert len(three(partners_total=2)) == 3


def test_a_stable_matching_leaves_no_two_who_would_rather_have_each_other():
    # Both researchers of A would rather have `cut`, which makes lasers; both are alike to it, and
    # the tie with `inst` decides.
    tables = toy(work=TWO, seats=SIDES, links=[("cut", "inst")])
    _, matches = bridged(tables, matching="stable")
    assert partners(matches) == {("inst", "cut"), ("uni", "maker")}
    by_pair = {(m["org_a"], m["org_b"]): m for m in bridged(tables, partners_each=2)[1]}
    chosen = {m["org_a"]: m["org_b"] for m in matches}
    back = {y: x for x, y in chosen.items()}
    for (x, y), match in by_pair.items():
        wants = match["wish_a"] > by_pair[x, chosen[x]]["wish_a"]
        wanted = match["wish_b"] > by_pair[back[y], y]["wish_b"]
        assert not (wants and wanted)


def test_what_one_does_itself_is_worth_less_to_it():
    # `inst` researches and makes lasers: it does not need a producer; the producer needs research.
    work = [*WORK, ("inst", "production", "lasers")]
    _, (match,) = bridged(toy(work=work), min_match=0.0)
    assert match["wish_a"] < match["wish_b"]


@pytest.mark.parametrize(
    ("weights", "pair"),
    [
        ({"weight_kindred": 1.0, "weight_complementary": 0.0}, ("inst", "lab")),
        ({"weight_kindred": 0.0, "weight_complementary": 1.0}, ("inst", "cut")),
    ],
)
def test_the_weights_choose_between_kindred_and_complementary_partners(weights, pair):
    # `lab` researches lasers too; `cut` makes them, but mostly dairy.
    work = [("inst", "research", "lasers"), ("lab", "research", "lasers")]
    work += [("cut", "production", "lasers"), ("cut", "service", "dairy")]
    seats = [("A", "inst", "core"), ("B", "lab", "core"), ("B", "cut", "producer")]
    tables = toy(work=[], seats=seats)
    rows = [(f"{o}:{k}:{f}", o, k, f) for o, k, f in work]
    tables = tables.with_rows("activity", [activity_row(a, o, k) for a, o, k, _ in rows])
    tables = tables.with_rows(
        "activity_field", [assignment(a, o, f, kind=k) for a, o, k, f in rows]
    )
    _, (match,) = bridged(tables, **weights)
    assert (match["org_a"], match["org_b"]) == pair


def test_each_side_reads_what_the_other_is_to_it():
    _, (match,) = bridged(toy(), languages=SPOKEN)
    assert "org:maker makes what you research: field:" in reads(match, "a")
    assert "org:inst researches what you make: field:" in reads(match, "b")
    assert "Your cluster lacks kind:production in field:optics; org:maker could" in reads(
        match, "a"
    )
    for side in "ab":
        assert "No way to" in reads(match, side)
        assert "You share no official language" in reads(match, side)
        assert "sanctions were not assessed" in reads(match, side)


def test_a_tie_of_other_members_is_an_anchor_and_the_way_is_shown():
    seats = [*SEATS, ("A", "uni", "kindred_university"), ("B", "park", "infrastructure")]
    _, (match,) = bridged(toy(seats=seats, links=[("uni", "park")]))
    assert (match["existing"], match["path"]) == ("anchor", "inst|uni|park|maker")
    assert match["via_org_id"] is None
    assert "org:uni, a member of your cluster, already works with org:park" in reads(match, "a")
    assert "org:park, a member of your cluster, already works with org:uni" in reads(match, "b")
    assert "link:" in match["based_on"]
    assert match["score"] == pytest.approx(0.48)  # an anchor is a way, not a merit


def test_an_own_tie_goes_before_that_of_others():
    seats = [*SEATS, ("A", "uni", "kindred_university"), ("B", "park", "infrastructure")]
    links = [("uni", "park"), ("inst", "park")]
    _, (match,) = bridged(toy(seats=seats, links=links))
    assert match["path"] == "inst|park|maker"
    assert "You already work with org:park, a member of the cluster of org:maker." in reads(
        match, "a"
    )
    assert "org:park, a member of your cluster, already works with org:inst." in reads(match, "b")


@pytest.mark.parametrize(
    ("links", "path", "text"),
    [
        ([("inst", "maker")], "inst|maker", "You work with org:{other} already."),
        (
            [("inst", "friend"), ("friend", "maker")],
            "inst|friend|maker",
            "both work with org:friend",
        ),
    ],
)
def test_a_tie_and_a_common_partner_are_told_to_both(links, path, text):
    _, (match,) = bridged(toy(links=links))
    assert match["path"] == path
    for side, other in (("a", "maker"), ("b", "inst")):
        assert text.format(other=other) in reads(match, side)


def test_a_bank_is_the_last_to_go_over():
    seats = [*SEATS, ("A", "bank", "investor"), ("B", "fund", "investor")]
    seats += [("A", "uni", "kindred_university"), ("B", "park", "infrastructure")]
    # By its id the bank would be first.
    tables = toy(seats=seats, links=[("bank", "fund"), ("uni", "park")])
    role = {"bank": "bank", "fund": "state_fund"}
    orgs = [{**r, "role": role.get(r["org_id"], r["role"])} for r in tables.rows("organisation")]
    _, (match,) = bridged(tables.with_rows("organisation", orgs))
    assert match["path"] == "inst|uni|park|maker"


def test_languages_the_program_does_not_speak_fall_back_to_english():
    assert reading_languages("be|ru") == ["be", "ru"]
    assert reading_languages("kk|ru") == ["ru"]
    assert reading_languages("de") == reading_languages(None) == ["en"]


@pytest.fixture
def plan():
    tables = toy(links=[("inst", "friend"), ("friend", "maker")])
    names = {"inst": {"name_ru": "Институт", "name_zh": "研究所"}, "maker": {"name_zh": "光学厂"}}
    orgs = [{**row, **names.get(row["org_id"], {})} for row in tables.rows("organisation")]
    tables = tables.with_rows("organisation", orgs)
    tables = tables.with_rows("existing_cluster", [existing_row("E", fields="optics")])
    return Plan("p", Recipe(), tables.merged(Bridges(languages=SPOKEN).run(tables)), {})


def test_a_letter_goes_to_each_side_in_each_of_its_languages(plan):
    rows = partner_letters(plan)
    assert [(r["to_org_id"], r["language"]) for r in rows] == [
        ("inst", "be"), ("inst", "ru"), ("maker", "zh"),
    ]  # fmt: skip
    chinese = rows[-1]
    assert (chinese["to"], chinese["partner"]) == ("光学厂", "研究所")
    assert chinese["path"] == "光学厂 → friend → 研究所"
    assert rows[1]["path"] == "Институт → friend → maker"
    assert "研究所" in chinese["text"]
    # A Belarusian reader knows the Russian name better than the English one.
    assert rows[0]["to"] == "Институт"


def test_letters_can_be_asked_for_some_clusters_only(plan):
    assert (
        partner_letters(plan, ["A"]) == partner_letters(plan, ["A", "B"]) == partner_letters(plan)
    )
    assert partner_letters(plan, ["A", "E"]) == partner_letters(plan, ["E"]) == []
    with pytest.raises(UsageError, match="no cluster `Z`"):
        partner_letters(plan, ["Z"])


def test_letters_are_written_as_csv_and_as_a_workbook(plan, tmp_path):
    table, ranked, book = write_partner_letters(plan, tmp_path)
    rows = partner_letters(plan)
    with table.open(encoding="utf-8-sig", newline="") as stream:
        assert [row["text"] for row in csv.DictReader(stream)] == [row["text"] for row in rows]
    sheet = fastexcel.read_excel(book).load_sheet("partners").to_arrow().to_pylist()
    assert [row["to"] for row in sheet] == [row["to"] for row in rows]
    assert book.read_bytes() == write_partner_letters(plan, tmp_path / "again")[-1].read_bytes()
    with ranked.open(encoding="utf-8-sig", newline="") as stream:
        clusters = list(csv.DictReader(stream))
    sheet = fastexcel.read_excel(book).load_sheet("partner_clusters").to_arrow().to_pylist()
    assert [row["text"] for row in sheet] == [row["text"] for row in clusters]


def test_ranked_clusters_are_told_in_the_languages_of_the_reader(plan):
    rows = cluster_rows(plan.tables)
    ranks = [(r["cluster_id"], r["partner_cluster_id"], r["language"]) for r in rows]
    # A stands where Belarusian and Russian are spoken, B and E where Chinese is.
    assert {la for c, _, la in ranks if c == "A"} == {"be", "ru"}
    assert {la for c, _, la in ranks if c != "A"} == {"zh"}
    assert [r["rank"] for r in rows if (r["cluster_id"], r["language"]) == ("A", "ru")] == [1, 2]
    to_fields = next(r for r in rows if r["partner_cluster_id"] == "E")
    assert to_fields["score"] > 0
    assert len(cluster_rows(plan.tables, ["A", "E"])) == 3


def test_a_name_that_looks_like_a_formula_stays_text(plan, tmp_path):
    orgs = [
        {**r, "name_zh": "=1+1"} if r["org_id"] == "maker" else r
        for r in plan.tables.rows("organisation")
    ]
    hostile = Plan("p", plan.recipe, plan.tables.with_rows("organisation", orgs), {})
    table, _, book = write_partner_letters(hostile, tmp_path)
    assert "\n=1+1" not in table.read_text(encoding="utf-8-sig")
    assert ",'=1+1," in table.read_text(encoding="utf-8-sig")
    sheet = fastexcel.read_excel(book).load_sheet("partners").to_arrow().to_pylist()
    assert "=1+1" in {row["to"] for row in sheet}


def test_clusters_stand_side_by_side_composed_ones_first(plan):
    table = clusters_side_by_side(plan)
    assert [(k["id"], k["country"]) for k in table["clusters"]] == [
        ("A", "XA"), ("B", "XB"), ("E", "XB"),
    ]  # fmt: skip
    lines = {line["name"]: line["cells"] for line in table["lines"]}
    assert [c["text"] for c in lines["members"]] == ["1", "1", "not known"]
    assert lines["fields"][2]["text"] == "optics: 100 %"
    assert lines["criteria"][2]["text"] == "not assessed"
    assert lines["production"][1]["numbers"][0]["value"] == 1.0
    assert len(clusters_side_by_side(plan, ["E", "A"])["clusters"]) == 2
    with pytest.raises(UsageError, match="no cluster `Z`"):
        clusters_side_by_side(plan, ["Z"])
    with pytest.raises(UsageError, match="no language `fr`"):
        clusters_side_by_side(plan, language="fr")


def test_partners_are_seen_from_either_side(plan):
    view = BridgesView(plan.tables, "en")
    (here,), (there,) = view.pairs("A", "B"), view.pairs("B", "A")
    assert (here["own"], here["partner"]) == (there["partner"], there["own"]) == ("inst", "maker")
    assert here["own_reads"] == there["partner_reads"]
    assert [letter["language"] for letter in here["partner_reads"]] == ["zh"]
    # The only other country comes first, whatever the ranks.
    assert [row["id"] for row in view.partners_of("E")] == ["A", "B"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The toy valley with a cluster known by fields and one known by members."""
    folder = tmp_path_factory.mktemp("valley")
    project = Project.create(folder / "w")
    project.import_source("embedded:valley")
    orgs = project.workspace.inputs().rows("organisation")
    mine = folder / "mine"
    mine.mkdir()
    (mine / "existing_clusters.csv").write_text(
        "cluster_id,name_en,country,city,fields\novc,Optics <Valley>,CN,Wuhan,laser-technology\n"
        "home,Home cluster,BY,,\n"
    )
    members = "".join(f"home,{row['org_id']}\n" for row in orgs[:3])
    (mine / "existing_cluster_members.csv").write_text("cluster_id,org_id\n" + members)
    project.import_source(str(mine))
    plan = project.run(Recipe())
    yield folder / "w", plan
    project.workspace.ledger.close()


def test_the_commands_show_clusters_and_write_letters(workspace, tmp_path):
    folder, _ = workspace
    runner = CliRunner()

    def call(*arguments):
        result = runner.invoke(app, [*arguments, "-w", str(folder)])
        assert result.exit_code == 0, result.output
        return result.stdout

    text = call("clusters", "ovc", "home")
    assert text.splitlines()[0] == "\tovc\thome"
    assert "laser technology: 100 %" in text
    assert len(call("clusters", "--limit", "1").splitlines()[0].split("\t")) == 2
    data = json.loads(call("clusters", "ovc", "--json", "-l", "ru"))
    assert data["clusters"][0]["id"] == "ovc"
    written = json.loads(call("partners", "--json", "-o", str(tmp_path / "p")))
    assert [name.rsplit(".", 1)[1] for name in written["files"]] == ["csv", "csv", "xlsx"]
    few = runner.invoke(app, ["kinship", "-w", str(folder)])
    assert few.exit_code == 0 or "ties across clusters are known" in str(few.exception)
    assert call("partners", "home", "-o", str(tmp_path / "q")).count(".csv") == 2


def kin_plan(tied):
    """Two clusters of ten researchers each, from lasers alone to dairy alone; some are tied."""
    shares = [k / 9 for k in range(10)]
    orgs = [(f"{c.lower()}{k}", c, share) for c in "AB" for k, share in enumerate(shares)]
    tables = toy(work=[], seats=[(c, o, "core") for o, c, _ in orgs], links=tied)
    parts = [
        (f"{o}:{f}", o, f, weight)
        for o, _, share in orgs
        for f, weight in (("lasers", 1 - share), ("dairy", share))
        if weight > 0
    ]
    tables = tables.with_rows(
        "activity", [activity_row(a, o) | {"weight": w} for a, o, _, w in parts]
    ).with_rows("activity_field", [assignment(a, o, f) for a, o, f, _ in parts])
    return Plan("p", Recipe(), tables.merged(Bridges(n_resamples=0).run(tables)), {})


def test_ties_at_a_middle_similarity_are_an_inverted_u_and_others_are_not():
    near = [(f"a{i}", f"b{j}") for i in range(10) for j in range(10) if 3 <= abs(i - j) <= 5]
    found = kinship_test(kin_plan(near))
    assert found["inverted_u"]
    assert 0.2 < found["peak"] < 0.9
    assert found["n_observations"] == 100
    alike = [(f"a{i}", f"b{i}") for i in range(10)]
    assert not kinship_test(kin_plan(alike))["inverted_u"]
    assert kinship_test(kin_plan(alike))["slope_high"] > 0
    with pytest.raises(UsageError, match="2 ties across clusters are known"):
        kinship_test(kin_plan(alike[:2]))


def test_the_report_holds_existing_clusters_and_escapes_their_names(workspace):
    _, plan = workspace
    report = render_report(plan.view("en"))
    assert "Optics &lt;Valley&gt;" in report
    assert "Optics <Valley>" not in report
    assert "Clusters side by side" in report


def test_every_row_about_an_existing_cluster_walks_back_to_its_source(workspace):
    _, plan = workspace
    chain = plan.why("cluster_profile:home~size~members")
    assert {source["source_id"] for source in chain["sources"]} == {"mine", "valley"}
