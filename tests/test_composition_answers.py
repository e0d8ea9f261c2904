"""The answers of `composition`: losses, alternatives, and clusters composed together."""

from __future__ import annotations

import pytest

from clusterloom.networks.seats_losses import marginal_values
from clusterloom.stages.composition import Composition

from .conftest import field_row
from .test_composition import (
    ORGANISATIONS,
    PLAIN,
    WORK,
    adjacency_row,
    composed,
    core_row,
    toy,
    words,
)
from .test_core import candidate_row

# What is lost without a member.


def test_the_loss_of_a_member_is_solved_anew_by_hand():
    # One producer only, so kin takes the seat of maker: see the test of the substitute.
    limits = {"role_max": {"producer": 1}, "role_penalty": 5.0, "role_min": {}}
    _, members, _, _ = composed(toy(), **limits)
    lost = 0.4 * 4 / 7 * 1.95 + 0.4375 * 4 / 7 + 0.05 + 0.08
    assert members["maker"]["loss_at_least"] == pytest.approx(lost)
    assert members["maker"]["loss_at_most"] == pytest.approx(lost)
    said = "If it stays out and all seats are chosen anew, 0.83 points are lost."
    assert said in words(members["maker"])
    # Nobody replaces the park: its marginal value is what is lost.
    assert members["park"]["loss_at_least"] == pytest.approx(members["park"]["marginal_value"])


def test_without_the_only_core_organisation_there_is_no_cluster():
    _, members, _, _ = composed(toy())
    assert members["inst"]["loss_at_least"] is None
    assert "Without it no cluster that keeps the rules can be composed." in words(members["inst"])


def test_in_a_large_pool_the_loss_is_bounded_and_the_bounds_hold():
    _, exact, _, _ = composed(toy())
    _, bounded, _, _ = composed(toy(), exact_pool=0)
    for org_id, row in bounded.items():
        if exact[org_id]["loss_at_least"] is None:
            continue
        assert row["loss_at_least"] <= exact[org_id]["loss_at_least"] + 1e-6
        assert row["loss_at_most"] >= exact[org_id]["loss_at_most"] - 1e-6


# Alternatives.


def answers(tables, **parameters):
    written = Composition(**{**PLAIN, **parameters}).run(tables)
    rows = sorted(written.rows("alternative"), key=lambda row: row["alternative"])
    return written.rows("cluster"), written.rows("membership"), rows


def test_the_first_alternative_is_the_proposal_and_the_others_trade():
    (cluster,), members, rows = answers(toy())
    first = rows[0]
    assert (first["alternative"], first["emphasis"]) == (1, "balance")
    assert first["objective"] == pytest.approx(cluster["objective"])
    assert first["coverage"] == pytest.approx(cluster["coverage"])
    assert first["joins"] is first["leaves"] is None
    assert "the best by the whole objective" in words(first)
    seated = {row["org_id"] for row in members}
    assert len(rows) > 2
    for row in rows[1:]:
        joins, leaves = (set(filter(None, (row[k] or "").split("|"))) for k in ("joins", "leaves"))
        assert not joins & seated
        assert leaves <= seated
        assert row["n_members"] == len(seated) + len(joins) - len(leaves)
        assert row["coverage"] >= 0.6 * cluster["coverage"] - 1e-6
        better = (
            row["coverage"] > first["coverage"] + 1e-9
            or row["cohesion"] > first["cohesion"] + 1e-9
            or row["openness"] > first["openness"]
            or row["cost"] < first["cost"] - 1e-9
        )
        assert better, "an alternative that is better in nothing is none"
        assert f"{len(joins)} members join and {len(leaves)} leave" in words(row)


def test_an_alternative_may_open_to_another_region_where_the_proposal_may_not():
    # `far` is the only developer and stands 111 km away, in another region.
    organisations = [
        (name, role, lat, {**more, "region": "Away" if name == "far" else "Home"})
        for name, role, lat, more in ORGANISATIONS
    ]
    tables = toy(organisations=organisations)
    place = {**tables.rows("place")[0], "region": "Home"}
    tables = tables.with_rows("place", [place])
    _, members, rows = answers(tables)
    assert "far" not in {row["org_id"] for row in members}
    (openest,) = [row for row in rows if row["emphasis"] == "openness"][:1]
    assert openest["joins"] == "far"
    assert openest["openness"] == 1
    assert "1 more of its members come from other regions" in words(openest)
    _, _, near = answers(tables, open_reach_km=100.0)
    assert all(row["openness"] == 0 for row in near)


def test_with_a_budget_the_cost_of_an_alternative_is_money():
    roles = ("core", "kindred_university", "kindred_institute", "producer", "infrastructure",
             "investor", "state", "network")  # fmt: skip
    cost = {role: 5.0 + 5.0 * (role == "core") for role in roles}
    (cluster,), _, rows = answers(toy(), budget=100.0, cost_of_role=cost)
    assert rows[0]["cost_unit"] == "EUR"
    assert rows[0]["cost"] == pytest.approx(10 + 5 * (cluster["n_members"] - 1))


def test_one_alternative_is_the_proposal_alone():
    _, _, rows = answers(toy(), n_alternatives=1)
    assert [row["alternative"] for row in rows] == [1]


# Clusters composed together.


def twins():
    """Two candidates of the same town: lasers around `inst`, dairy around `cow`."""
    organisations = [*ORGANISATIONS, ("cow", "research_institute", 54.0, {})]
    work = [*WORK, ("cow", "research", "dairy", 1.0), ("maker", "development", "dairy", 1.0)]
    tables = toy(organisations=organisations, work=work)
    dairy = candidate_row("town--dairy", main_fields="dairy", q_value=0.03)
    return (
        tables.with_rows("candidate", [candidate_row(), dairy])
        .with_rows("core_score", [core_row("inst"), core_row("cow", "town--dairy")])
        .with_rows("field", [field_row(f, f) for f in ("lasers", "optics", "dairy", GENERAL)])
        .with_rows("field_adjacency", [adjacency_row("lasers", "optics", 0.6)])
    )


GENERAL = "business-innovation-services"


def seats_of(tables, **parameters):
    written = Composition(**{**PLAIN, **parameters}).run(tables)
    found: dict[str, set[str]] = {}
    for row in written.rows("membership"):
        found.setdefault(row["cluster_id"], set()).add(row["org_id"])
    return found, {row["cluster_id"]: row for row in written.rows("cluster")}


def test_two_clusters_may_share_a_member_up_to_the_limit():
    found, _ = seats_of(twins())
    assert {"maker", "park"} <= found["cluster-town--lasers"] & found["cluster-town--dairy"]


def test_a_member_claimed_by_two_clusters_stays_where_its_empty_seat_loses_most():
    alone, _ = seats_of(twins())
    values = {}
    written = Composition(**PLAIN).run(twins())
    for row in written.rows("membership"):
        values[row["cluster_id"], row["org_id"]] = row["marginal_value"]
    found, clusters = seats_of(twins(), max_clusters_of_member=1)
    shared = (alone["cluster-town--lasers"] & alone["cluster-town--dairy"]) - {"fund", "ministry"}
    assert {"maker", "park"} <= shared
    for org_id in shared:
        worth = [values[f"cluster-town--{name}", org_id] for name in ("lasers", "dairy")]
        # Equal worth goes to the surer candidate, the lasers.
        keeper = "lasers" if round(worth[0], 9) >= round(worth[1], 9) else "dairy"
        loser = "dairy" if keeper == "lasers" else "lasers"
        assert org_id in found[f"cluster-town--{keeper}"], org_id
        assert org_id not in found[f"cluster-town--{loser}"], org_id
        said = f"org:{org_id} was claimed too, but sits in other clusters"
        assert said in words(clusters[f"cluster-town--{loser}"])
    # The state and the money serve both.
    assert {"fund", "ministry"} <= found["cluster-town--lasers"] & found["cluster-town--dairy"]


def test_who_must_be_in_a_cluster_keeps_its_seat_there():
    wanted = {"must_have": ("cluster-town--dairy=maker",), "max_clusters_of_member": 1}
    found, _ = seats_of(twins(), **wanted)
    assert "maker" in found["cluster-town--dairy"]
    assert "maker" not in found["cluster-town--lasers"]


def test_a_member_two_clusters_must_have_but_may_not_share_is_a_conflict_of_the_less_sure_one():
    both = ("cluster-town--dairy=park", "cluster-town--lasers=park")
    written = Composition(**PLAIN, must_have=both, max_clusters_of_member=1).run(twins())
    (one,) = {row["cluster_id"] for row in written.rows("composition_conflict")}
    rules = {row["rule"]: row for row in written.rows("composition_conflict")}
    assert set(rules) == {"must_have:park", "max_clusters_of_member:park"}
    assert "org:park has its seats in other clusters" in words(rules["max_clusters_of_member:park"])
    assert [row["cluster_id"] for row in written.rows("cluster")] != [one]
    assert written["cluster"].num_rows == 1


def test_two_clusters_share_no_more_of_their_members_than_they_may():
    serving = {"fund", "ministry"}  # capital and state do not count
    free, _ = seats_of(twins())
    lasers, dairy = (free[f"cluster-town--{name}"] - serving for name in ("lasers", "dairy"))
    assert len(lasers & dairy) > 0.3 * min(len(lasers), len(dairy))
    found, _ = seats_of(twins(), max_overlap=0.3, overlapping="anew")
    assert found["cluster-town--lasers"] - serving == lasers, "the surer cluster stays as it is"
    dairy = found["cluster-town--dairy"] - serving
    assert "cow" in dairy
    assert len(lasers & dairy) <= 0.3 * min(len(lasers), len(dairy))


def test_of_two_clusters_that_share_too_much_the_less_sure_is_left_out_and_says_so():
    free, _ = seats_of(twins())
    written = Composition(**PLAIN, max_overlap=0.3).run(twins())
    (cluster,) = written.rows("cluster")
    assert cluster["cluster_id"] == "cluster-town--lasers"
    assert {row["org_id"] for row in written.rows("membership")} == free["cluster-town--lasers"]
    (row,) = written.rows("composition_conflict")
    assert row["cluster_id"] == "cluster-town--dairy"
    assert row["rule"] == "max_overlap:cluster-town--lasers"
    assert (row["value"], row["unit"]) == (0.3, "share")
    assert "It would repeat cluster:cluster-town--lasers" in words(row)


def test_a_cluster_names_only_those_it_gave_up_not_all_who_sit_elsewhere():
    limits = {"max_overlap": 0.3, "max_clusters_of_member": 1, "overlapping": "anew"}
    alone, _ = seats_of(twins())
    found, clusters = seats_of(twins(), **limits)
    dairy = clusters["cluster-town--dairy"]
    for org_id in found["cluster-town--lasers"] - alone["cluster-town--dairy"]:
        assert f"org:{org_id} was claimed too" not in words(dairy)


def test_the_answer_does_not_depend_on_the_order_of_the_candidates():
    straight = Composition(**PLAIN, max_clusters_of_member=1).run(twins())
    tables = twins()
    mixed = tables.with_rows("candidate", tables.rows("candidate")[::-1])
    again = Composition(**PLAIN, max_clusters_of_member=1).run(mixed)
    for name in straight.names:
        assert straight[name].equals(again[name]), name


def test_marginal_values_decide_claims_and_not_the_names(monkeypatch):
    """The rule turns with the values: were the dairy's seats worth more, it would keep them."""
    from clusterloom.stages import _together

    def reversed_values(problem, chosen):
        return -marginal_values(problem, chosen)

    monkeypatch.setattr(_together, "marginal_values", reversed_values)
    turned, _ = seats_of(twins(), max_clusters_of_member=1)
    monkeypatch.undo()
    straight, _ = seats_of(twins(), max_clusters_of_member=1)
    assert turned != straight
