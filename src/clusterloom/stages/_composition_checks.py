"""Whether the parameters of a composition make sense: every fault says its value and the rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusterloom.errors import RecipeError
from clusterloom.schema.vocabulary import MEMBER_ROLES, ROLES
from clusterloom.stages._needs import FIELD_STAGES
from clusterloom.stages._packs import read_pack

__all__ = ["check_composition"]

Values = Mapping[str, Any]

_SHARES = (
    "fields_share", "stated_share", "implied_sales", "min_adjacency", "min_offer",
    "implied_training", "off_theme_offer", "handshake_share",
    "unknown_theme_offer", "gap_threshold", "countrywide_distance", "max_overlap",
    "dependence_share", "least_coverage", "coverage_kept",
)  # fmt: skip
_ABOVE_ZERO = (
    "max_clusters", "min_core", "max_core", "max_members", "n_core_fields", "reach_km",
    "coverage_points", "time_limit_s", "n_alternatives", "alternative_difference",
    "alternative_time_s",
)  # fmt: skip
_NOT_BELOW_ZERO = (
    "tie_points", "max_ties", "complement_points", "contact_points", "member_tie_points",
    "max_pairs", "adjacency_points", "seat_cost", "abroad_cost", "distance_cost",
    "role_penalty", "short_penalty", "gap_points",
    "dependence_points", "min_members", "n_fillers", "max_clusters_of_member", "budget",
    "exact_pool", "open_reach_km",
)  # fmt: skip
_LIMITS = ("role_min", "role_max", "region_min", "region_max", "country_min", "country_max")


def check_composition(values: Values) -> None:
    """Check all parameters of the stage `composition`.

    Parameters
    ----------
    values : the stage's parameters by name

    Raises
    ------
    RecipeError
        At the first parameter that makes no sense. Rules that exclude each other for a cluster
        are no fault here: the plan names them for each cluster.
    """
    _check_numbers(values)
    if (
        set(values["stage_weights"]) != set(FIELD_STAGES)
        or min(values["stage_weights"].values()) < 0
    ):
        raise RecipeError(
            f"composition: stage_weights names {', '.join(sorted(values['stage_weights']))}",
            rule=f"it gives a weight >= 0 to each of {', '.join(FIELD_STAGES)}",
        )
    steps = values["steps"]
    if not steps or min(steps) <= 0 or list(steps) != sorted(steps)[::-1]:
        raise RecipeError(
            f"composition: steps {list(steps)}", rule="they are positive and do not rise"
        )
    _check_roles(values)
    _check_limits(values)
    if values["overlapping"] not in ("leave_out", "anew"):
        raise RecipeError(
            f"composition: overlapping `{values['overlapping']}` is not known",
            rule="leave_out or anew",
        )
    for role in values["pilot_roles"]:
        if role not in ROLES:
            raise RecipeError(
                f"composition: pilot_roles names `{role}`, which is no role",
                rule=f"one of {', '.join(ROLES)}",
            )
    for pack in values["criteria"]:
        read_pack(pack)


def _check_numbers(values: Values) -> None:
    faults = [(name, "it lies in 0..1") for name in _SHARES if not 0 <= values[name] <= 1]
    faults += [(name, "it is above 0") for name in _ABOVE_ZERO if values[name] <= 0]
    faults += [(name, "it is >= 0") for name in _NOT_BELOW_ZERO if values[name] < 0]
    for name, rule in faults:
        raise RecipeError(f"composition: {name} is {values[name]:g}", rule=rule)
    if values["min_members"] > values["max_members"]:
        raise RecipeError(
            f"composition: min_members {values['min_members']} is above max_members "
            f"{values['max_members']}"
        )


def _check_roles(values: Values) -> None:
    seats = [role for role in MEMBER_ROLES if role != "core"]
    for name in ("role_min", "role_max", "hard_roles"):
        for role in values[name]:
            if role not in seats:
                raise RecipeError(
                    f"composition: cluster role `{role}` has no limits",
                    rule=f"one of {', '.join(seats)}",
                )
    for name in ("shared_roles", "cost_of_role"):
        for role in values[name]:
            if role not in MEMBER_ROLES:
                raise RecipeError(
                    f"composition: {name} names `{role}`, which is no cluster role",
                    rule=f"one of {', '.join(MEMBER_ROLES)}",
                )


def _check_limits(values: Values) -> None:
    for name in _LIMITS:
        for word, n in values[name].items():
            if not isinstance(n, int) or isinstance(n, bool) or n < 0:
                raise RecipeError(
                    f"composition: {name} of {word} is {n}", rule="it is a whole number >= 0"
                )
    for low in ("role_min", "region_min", "country_min"):
        high = low.replace("min", "max")
        for word, n in values[low].items():
            if n > values[high].get(word, n):
                raise RecipeError(
                    f"composition: {low} of {word} is {n}, above its {high} {values[high][word]}",
                    hint="raise the upper limit or lower the other one",
                )
    if values["budget"] > 0:
        unknown = [role for role in MEMBER_ROLES if role not in values["cost_of_role"]]
        if unknown:
            raise RecipeError(
                f"composition: a budget is set, but cost_of_role does not name {unknown[0]}",
                rule="an unknown cost is not 0: with a budget every cluster role has one",
                hint="state the cost of a seat for " + ", ".join(unknown),
            )
    if any(cost < 0 for cost in values["cost_of_role"].values()):
        raise RecipeError("composition: cost_of_role has a cost below 0", rule="costs are >= 0")
