"""Clusterloom: from tables of organisations to a defensible plan for innovation clusters."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
