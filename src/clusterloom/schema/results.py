"""The tables the stages write. Every row carries its reasons, what it rests on, and its run."""

from __future__ import annotations

from clusterloom.schema.results_brokers import BROKER_TABLES
from clusterloom.schema.results_composition import COMPOSITION_TABLES
from clusterloom.schema.results_finance import FINANCE_TABLES
from clusterloom.schema.results_network import NETWORK_TABLES

__all__ = ["RESULT_TABLES"]

RESULT_TABLES = (*COMPOSITION_TABLES, *BROKER_TABLES, *NETWORK_TABLES, *FINANCE_TABLES)
