"""The stages of the method, one file each; they meet only in tables."""

from __future__ import annotations

from clusterloom.stages.bridges import Bridges
from clusterloom.stages.brokers import Brokers
from clusterloom.stages.composition import Composition
from clusterloom.stages.conditions import Conditions
from clusterloom.stages.contracts import Contracts
from clusterloom.stages.core import Core
from clusterloom.stages.criteria import Criteria
from clusterloom.stages.dynamics import Dynamics
from clusterloom.stages.finance import Finance
from clusterloom.stages.growth_path import GrowthPath
from clusterloom.stages.introductions import Introductions
from clusterloom.stages.prerequisites import Prerequisites
from clusterloom.stages.ranking import Ranking
from clusterloom.stages.structures import Structures
from clusterloom.stages.synergy import Synergy
from clusterloom.stages.value_chains import ValueChains

__all__ = ["STAGES"]

# In the order of the method: each reads what those before it wrote.
STAGES = (
    Prerequisites,
    Conditions,
    Ranking,
    Dynamics,
    Core,
    Composition,
    Introductions,
    Brokers,
    Finance,
    Synergy,
    Contracts,
    Bridges,
    Criteria,
    Structures,
    ValueChains,
    GrowthPath,
)
