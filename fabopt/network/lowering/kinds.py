"""How each kind of thing is lowered: by kind, in the order in which their records stand in a network.

A function lowers what its kind is the last to need: fabs come with scanners and nodes, memory makers with HBM, chips
with packaging lines and components, sites with the chips that run at them. What is added for a kind while a program
runs (:mod:`fabopt.domain.extra`) comes last and finds everything else there.
"""

from __future__ import annotations

from collections.abc import Callable

from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.chip_orders import lower_chip_orders
from fabopt.network.lowering.demand import lower_demand
from fabopt.network.lowering.deployment import lower_deployment
from fabopt.network.lowering.lithography import lower_lithography
from fabopt.network.lowering.markets import lower_markets
from fabopt.network.lowering.memory import lower_memory
from fabopt.network.lowering.packaging import lower_packaging
from fabopt.network.lowering.programme import lower_programmes
from fabopt.network.lowering.resale import lower_resale
from fabopt.network.lowering.wafers import lower_dies

LOWERING: dict[str, tuple[Callable[[Chain], None], ...]] = {
    "fab": (lower_lithography,),
    "die": (lower_dies,),
    "memory_maker": (lower_memory,),
    "chip": (lower_packaging,),
    "site": (lower_deployment, lower_resale, lower_chip_orders),
    "lab": (lower_programmes, lower_demand),
    "market": (lower_markets,),
}
"""Functions by kind."""


def lower_things(chain: Chain) -> None:
    """Add the records of every kind of thing."""
    for steps in LOWERING.values():
        for step in steps:
            step(chain)
