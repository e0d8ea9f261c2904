"""Closed vocabularies: the words a coded column may hold."""

from __future__ import annotations

__all__ = [
    "ACTIVITY_KINDS",
    "CAPITAL_KINDS",
    "CHAIN_STAGES",
    "CONDITION_INDICATORS",
    "CONDITION_THEMES",
    "COORD_PRECISIONS",
    "EVIDENCE_MARKS",
    "FINANCE_STAGES",
    "HELIX_OF_ROLE",
    "INFRASTRUCTURE_ROLES",
    "INVESTOR_KINDS",
    "IP_STATES",
    "LARGEST_WEIGHT",
    "LINK_KINDS",
    "MEMBER_ROLES",
    "NOVELTIES",
    "NO_PARADIGM",
    "PARADIGMS",
    "PARADIGM_LABELS",
    "PARADIGM_VERDICTS",
    "ROLES",
    "SIZES",
]

# In the source's own unit; a double still tells quarters there, and sums stay exact decimals.
LARGEST_WEIGHT = 1e15

ROLES = (
    "research_institute",
    "university",
    "company",
    "technopark",
    "industrial_park",
    "engineering_centre",
    "technology_transfer_centre",
    "equipment_supplier",
    "business_incubator",
    "investor",
    "crowdfunding_platform",
    "bank",
    "state_fund",
    "government_body",
    "cluster_organisation",
    "association",
)

# The three helices: (u)niversity and research, (i)ndustry, (g)overnment.
HELIX_OF_ROLE = {
    "research_institute": "u",
    "university": "u",
    "company": "i",
    "equipment_supplier": "i",
    "engineering_centre": "i",
    "technopark": "i",
    "industrial_park": "i",
    "business_incubator": "i",
    "technology_transfer_centre": "u",
    "investor": "i",
    "crowdfunding_platform": "i",
    "bank": "i",
    "state_fund": "g",
    "government_body": "g",
    "cluster_organisation": "i",
    "association": "i",
}

INFRASTRUCTURE_ROLES = (
    "technopark",
    "industrial_park",
    "engineering_centre",
    "technology_transfer_centre",
    "equipment_supplier",
    "business_incubator",
)

CAPITAL_KINDS = ("investor", "crowdfunding_platform", "bank", "state_fund")

# What a profile says its capital is: `investor` where it says no more.
INVESTOR_KINDS = (*CAPITAL_KINDS, "venture", "corporate", "foreign")

# What an organisation is *in a cluster* (its own role is what it is by itself).
MEMBER_ROLES = (
    "core",
    "kindred_university",
    "kindred_institute",
    "producer",
    "infrastructure",
    "investor",
    "state",
    "network",
)

ACTIVITY_KINDS = ("research", "development", "production", "service", "training", "finance")

LINK_KINDS = (
    "parent",
    "joint_research",
    "co_publication",
    "joint_venture",
    "contract",
    "supply",
    "training",
    "investment",
    "shared_infrastructure",
    "membership",
    "memorandum",
)

EVIDENCE_MARKS = ("verified", "secondary", "memory")

COORD_PRECISIONS = ("building", "street", "city", "region", "country", "unknown")

PARADIGMS = ("I", "II", "III", "IV", "V", "VI")
NO_PARADIGM = "none"  # looked at, and tied to no paradigm
PARADIGM_LABELS = (*PARADIGMS, NO_PARADIGM, "not_known")
PARADIGM_VERDICTS = ("VI", "V", "other", "not_known")  # other: I to IV, or tied to none

NOVELTIES = ("world", "country", "organisation")

IP_STATES = ("granted", "applied", "know_how", "none")

SIZES = ("micro", "small", "medium", "large")

# The value chain from idea to market, in its order.
CHAIN_STAGES = (
    "research",
    "development_and_engineering",
    "equipment",
    "pilot_production",
    "production",
    "certification_and_standards",
    "sales",
    "training",
    "finance",
    "administration",
)

FINANCE_STAGES = ("idea", "prototype", "pilot", "market_entry", "growth")

# Groups of conditions a candidate is measured by, in the order they are shown.
CONDITION_THEMES = (
    "research",
    "production",
    "infrastructure",
    "human_capital",
    "finance",
    "ties",
    "openness",
    "administration",
    "market",
    "evidence",
    "fact",
)

# What conditions are measured by; facts that people state join them as `fact:NAME`.
CONDITION_INDICATORS = (
    "research_strength",
    "research_growth",
    "paradigm_vi_share",
    "specialisation",
    "production_base",
    "infrastructure",
    *(f"infrastructure:{role}" for role in INFRASTRUCTURE_ROLES),
    "human_capital",
    "training",
    "finance_reach",
    *(f"finance:{stage}" for stage in FINANCE_STAGES),
    "existing_ties",
    "tie_density",
    "openness",
    "public_body",
    "administrative_framework",
    "market",
    "evidence_quality",
)
