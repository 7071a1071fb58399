"""What the fleet that stands at the decision date earns if nothing is bought: a reference for the gap, not a decision.

Every site runs the surviving share of its opening fleet as far as its power goes, every lab splits its accelerators
over the workloads as its reference demand is split, and each unit of compute earns its step of the demand curve, less
electricity and operation. The optimiser can do as much, so the value of a good plan lies above this.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.demand import wanted
from fabopt.network.lowering.deployment import in_field, wear
from fabopt.network.lowering.sites import energy_cost, facility_power, supplied
from fabopt.network.lowering.throughput import throughput
from fabopt.network.tables import Array


def standing_value(chain: Chain) -> float:
    """Return the discounted value less cost of running the opening fleets until they wear out (million dollars)."""
    discount = np.array([p.discount for p in chain.periods])
    steps = {demand.id: demand.steps for demand in chain.build.demands}
    operating = {
        (a.tags.chip, a.tags.site): a.cost for a in chain.build.activities.values() if a.tags.role == "operation"
    }
    total = 0.0
    for lab_id in chain.instance.labs:
        running, cost = _running(chain, lab_id, operating)
        total -= float(np.sum(cost * discount))
        for workload_id, split in wanted(chain, lab_id)[1].items():
            supply = np.zeros(chain.n)
            for chip_id, units in running.items():
                if workload_id in chain.instance.chips[chip_id].performance:
                    supply += units * throughput(chain, chip_id, lab_id, workload_id) * split
            for step in steps.get(f"{workload_id}:{lab_id}", ()):
                taken = np.minimum(supply, step.width)
                total += float(np.sum(taken * step.value * discount))
                supply = supply - taken
    return total


def _running(
    chain: Chain, lab_id: str, operating: Mapping[tuple[str, str], Array | None]
) -> tuple[dict[str, Array], Array]:
    """Return thousand accelerators running by chip, each ``[T]``, and what running them costs ``[T]``."""
    running: dict[str, Array] = {}
    cost = np.zeros(chain.n)
    for site_id, fleet in chain.instance.labs[lab_id].fleet.items():
        site = chain.instance.sites[site_id]
        left = {c: in_field(chain, c, site_id) * wear(chain, chain.instance.chips[c]) for c in fleet}
        draw = [units * facility_power(chain.instance.chips[c], site) for c, units in left.items()]
        needed, power = np.sum(draw, axis=0), chain.mean(site.power)
        share = np.divide(power, needed, out=np.ones(chain.n), where=needed > power)
        for chip_id, units in left.items():
            running[chip_id] = running.get(chip_id, np.zeros(chain.n)) + units * share
            price = operating.get((chip_id, site_id))
            if price is not None:
                cost = cost + units * share * price
            if supplied(site):
                kw = facility_power(chain.instance.chips[chip_id], site)
                cost = cost + units * share * kw * energy_cost(chain, site, site.energy_price)
    return running, cost
