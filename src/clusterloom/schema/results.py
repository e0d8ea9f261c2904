"""The tables the stages write. Every row carries its reasons, what it rests on, and its run."""

from __future__ import annotations

from clusterloom.schema.results_adjacency import ADJACENCY_TABLES
from clusterloom.schema.results_alternatives import ALTERNATIVE_TABLES
from clusterloom.schema.results_bridges import BRIDGE_TABLES
from clusterloom.schema.results_brokers import BROKER_TABLES
from clusterloom.schema.results_chains import CHAIN_TABLES
from clusterloom.schema.results_composition import COMPOSITION_TABLES
from clusterloom.schema.results_conditions import CONDITION_TABLES
from clusterloom.schema.results_core import CORE_TABLES
from clusterloom.schema.results_finance import FINANCE_TABLES
from clusterloom.schema.results_growth import GROWTH_TABLES
from clusterloom.schema.results_network import NETWORK_TABLES
from clusterloom.schema.results_paradigm import PARADIGM_TABLES
from clusterloom.schema.results_structures import STRUCTURE_TABLES
from clusterloom.schema.results_time import TIME_TABLES

__all__ = ["RESULT_TABLES"]

RESULT_TABLES = (
    *PARADIGM_TABLES,
    *ADJACENCY_TABLES,
    *COMPOSITION_TABLES,
    *CONDITION_TABLES,
    *TIME_TABLES,
    *CORE_TABLES,
    *ALTERNATIVE_TABLES,
    *BROKER_TABLES,
    *NETWORK_TABLES,
    *FINANCE_TABLES,
    *BRIDGE_TABLES,
    *STRUCTURE_TABLES,
    *CHAIN_TABLES,
    *GROWTH_TABLES,
)
