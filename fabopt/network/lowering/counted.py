r"""Measures that are counted record by record: HBM, interposers, tools, and what stands in the field.

=====================  ================================================================================================
measure                what it is
=====================  ================================================================================================
HBM stacks, bits       :math:`\sum_a \sum_\tau \mu_{a,\tau}\, x_a(t-\tau)` over starts of HBM wafers, when the stacks
                       are there; bits: that times what a stack holds
interposer wafers      :math:`\sum_a \sum_\tau \rho_{a,\tau}\, x_a(t-\tau)` of the interposer capacity of lines
tools delivered        order books, what makers keep for others, and :math:`\sum_e \sum_\tau y_e(t-\tau)` on delivery
tools standing         exposures that a fab can make over the exposures of one tool
installed              :math:`s_i(t) + x_o(t)`: accelerators that wait, and those in operation; compute and power: that
                       times what one does or draws
=====================  ================================================================================================

What was started before the decision date counts, as what is there whatever is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.domain.chips import Chip
from fabopt.domain.instance import Instance
from fabopt.domain.measured import MeasureName
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.lithography import booked, effective_passes
from fabopt.network.lowering.sites import facility_power
from fabopt.network.lowering.stops import later
from fabopt.network.tables import Array, Flow, Network, Tags, Use
from fabopt.network.tagged import tagged

GIGABITS = 8.0 / 1e6
"""Exabits in a thousand stacks of one gigabyte."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one decision, or what is there whatever is decided, counts for in the periods of a row ``[T]``; and for how
    much in a period before the first.
    """

    tags: Tags
    amount: Array
    kind: str = ""
    key: str = ""
    age: int = 0
    opening: float = 0.0


def nominal(instance: Instance, chip: Chip) -> float:
    """Return the performance that counts of H100 equivalents take: on the first workload of the instance that makes
    compute, or of a chip that cannot run it the best.
    """
    first = next((key for key, work in instance.workloads.items() if work.compute_weight.value > 0), "")
    return chip.performance[first].value if first in chip.performance else chip.best


def _it(instance: Instance, tags: Tags) -> float:
    return instance.chips[tags.chip].it_power.value


def _facility(instance: Instance, tags: Tags) -> float:
    return facility_power(instance.chips[tags.chip], instance.sites[tags.site])


def _nominal(instance: Instance, tags: Tags) -> float:
    return nominal(instance, instance.chips[tags.chip])


WORTH: Mapping[MeasureName, Callable[[Instance, Tags], float]] = {
    "compute_shipped": lambda instance, tags: instance.chips[tags.chip].best,
    "it_power_shipped": _it,
    "power_shipped": _facility,
    "installed": lambda _instance, _tags: 1.0,
    "compute_installed": _nominal,
    "it_power_installed": _it,
    "power_installed": _facility,
}
"""What one accelerator counts for in a measure of accelerators."""


def _started(
    chain: Chain, records: Sequence[Flow | Use], earlier: Sequence[Flow | Use], of: Mapping[str, Tags], each: float
) -> Iterator[Counted]:
    """Yield what starts bring or use, by activity; with what was started before the decision date."""
    for record in records:
        if record.activity in of:
            amount = each * later(record.amount, record.age)
            yield Counted(of[record.activity], amount, "activity", record.activity, record.age)
    history = chain.build.history
    for record in earlier:
        level = history.get(record.activity, 0.0)
        if level and record.activity in of:
            before = each * level * float(record.amount[0])
            yield Counted(of[record.activity], each * level * chain.build.brought(record), opening=before)


def _hbm(chain: Chain, net: Network, of: MeasureName) -> Iterator[Counted]:
    starts = {a.id: a.tags for a in tagged(net.activities, kind="hbm", role="wafer_start")}
    for material in tagged(net.materials, kind="hbm", role="stack"):
        each = 1.0
        if of == "hbm_bits":
            each = GIGABITS * chain.instance.hbm[material.tags.item].capacity.value
        flows = [flow for flow in net.flows if flow.material == material.id and flow.amount.max() > 0.0]
        before = [
            flow
            for flows in chain.build.flows_of.get(material.id, {}).values()
            for flow in flows
            if flow.amount.max() > 0.0
        ]
        yield from _started(chain, flows, before, starts, each)


def _interposers(chain: Chain, net: Network, of: MeasureName) -> Iterator[Counted]:
    lines = {resource.id for resource in tagged(net.resources, role="interposers")}
    tags = {activity.id: activity.tags for activity in net.activities}
    uses = [use for use in net.uses if use.resource in lines]
    before = [use for use in chain.build.uses if use.resource in lines]
    yield from _started(chain, uses, before, tags, 1.0)


def _delivered(chain: Chain, net: Network, of: MeasureName) -> Iterator[Counted]:
    outputs = {resource.id: resource.tags for resource in tagged(net.resources, role="tool_output")}
    for tags in outputs.values():
        yield Counted(tags, chain.mean(chain.instance.scanners[tags.item].reserved) * chain.years)
    for resource in tagged(net.resources, role="exposures"):
        fleet = chain.instance.fabs[resource.tags.site].scanners[resource.tags.item]
        yield Counted(resource.tags, booked(chain, fleet))
    units = {unit.id: unit.tags for unit in net.units}
    for effect in net.unit_effects:
        if effect.resource in outputs:
            for age, amount in enumerate(effect.by_order(chain.n).T):
                if amount.any():
                    there = np.concatenate([np.zeros(age), -amount[: chain.n - age]])
                    yield Counted(units[effect.unit], there, "unit", effect.unit, age)


def _installed(chain: Chain, net: Network, of: MeasureName) -> Iterator[Counted]:
    ones = np.ones(chain.n)
    for material in tagged(net.materials, role="asset"):
        each = WORTH[of](chain.instance, material.tags)
        yield Counted(material.tags, each * ones, "stock", material.id, opening=each * material.opening)
    for activity in tagged(net.activities, role="operation"):
        yield Counted(activity.tags, WORTH[of](chain.instance, activity.tags) * ones, "activity", activity.id)


COUNTED: Mapping[MeasureName, Callable[[Chain, Network, MeasureName], Iterator[Counted]]] = {
    "hbm_stacks": _hbm,
    "hbm_bits": _hbm,
    "interposer_wafers": _interposers,
    "tools_delivered": _delivered,
    "installed": _installed,
    "compute_installed": _installed,
    "it_power_installed": _installed,
    "power_installed": _installed,
}
"""How a measure is counted record by record."""


def passes(chain: Chain, exposures: Tags) -> Array:
    """Return thousand exposures that one tool of a fab makes in each period ``[T]``."""
    fab = chain.instance.fabs[exposures.site]
    each = effective_passes(chain, fab, exposures.item, fab.scanners[exposures.item])
    return np.asarray(each * chain.months)
