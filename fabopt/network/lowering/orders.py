r"""Orders that follow demand: demand for compute exploded to the starts that it takes, before anything is modelled.

A lab wants :math:`n(t) = \max(0,\, Q_0(t) - s\,Q_0(t-1))` thousand H100 equivalents of new compute, s the survival
of accelerators over a period and :math:`Q_0(-1)` the compute of its fleet. It orders them in equal parts from
the designers whose chips it can have by then, each part as the designer's newest chip. What that takes of shipments,
packages, interposers, stacks and wafers is worked out by the recipes of the network (`fabopt.network.explode`), by the
first bill of materials of a chip. Where several lines, makers or fabs could do it, they start in proportion to their
capacity. Other buyers of wafers order what they would take at the market price. Orders of a customer are what it would
use of what is split; what would have had to be started before the decision date and uses nothing later is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from fabopt.domain.users import buyers
from fabopt.network.explode import Weights, exploded, sources
from fabopt.network.links import Links, link
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.demand import wanted
from fabopt.network.lowering.markets import parts
from fabopt.network.lowering.packaging import first_shipment, route_months, routes
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.lowering.throughput import useful
from fabopt.network.lowering.wafers import cycle_months
from fabopt.network.tables import Activity, Array, Network


def demand_orders(chain: Chain, use: Mapping[str, Expression], starts: Mapping[str, Array]) -> dict[str, Array]:
    """Return the orders that demand makes on what a policy splits, by customer ``[T]``, per period.

    Parameters
    ----------
    chain
        The chain.
    use
        What each customer uses of what is split.
    starts
        What demand takes of each activity (`demand_starts`).
    """
    demand_orders = {}
    for customer, expression in use.items():
        total = np.zeros(chain.n)
        for (kind, key, shift), coefficient in expression.terms.items():
            if kind == "activity" and key in starts:
                total += coefficient * starts[key][chain.n - shift : 2 * chain.n - shift]
        demand_orders[customer] = total
    return demand_orders


def demand_starts(chain: Chain, net: Network) -> dict[str, Array]:
    """Return what is started of each activity if all get what they want, from one horizon before the first on."""
    links = link(net)
    wanted: dict[str, Array] = {}
    for chip_id, lab_id, amount in _wanted(chain):
        # Any site will do: all of a lab's take the same time to install a chip.
        sites = chain.sites_of[lab_id]
        wanted |= {f"asset:{chip_id}:{site}": amount / len(sites) for site in sites}
    wanted |= {part.material: part.amount for key in chain.instance.markets for part in parts(chain, key)}
    # In a long period as much is wanted at a time as in a short one: what is exploded are rates.
    long = np.concatenate([np.ones(chain.n), chain.lengths.sizes])
    rates = {material: amount / chain.lengths.sizes for material, amount in wanted.items()}
    demand_starts = exploded(links, rates, lambda m: _makers(chain, links, m), before=chain.n)
    return {activity: level * long for activity, level in demand_starts.starts.items()}


def _makers(chain: Chain, links: Links, material: str) -> Weights:
    """Return who is asked for a material: all who make it by the first bill of materials, by their capacity."""
    able = [links.activities[a] for a in sources(links, material)] if links.makers[material] else []
    alike = [a for a in able if a.tags.item == able[0].tags.item]
    return {
        a.id: sum(_makers(chain, links, links.inputs[a.id][0].material).values(), np.zeros(chain.n))
        if a.tags.role == "carriage"
        else _capacity(chain, a)
        for a in alike
    }


def _capacity(chain: Chain, activity: Activity) -> float | Array:
    """Return the capacity ``[T]`` of who runs an activity, in units of it; 1 where nobody else could run it."""
    place, stage, instance = activity.tags.site, activity.tags.stage, chain.instance
    if stage == "packaging" and place:
        line = instance.packaging_lines[place]
        return chain.mean(line.capacity) * chain.mean(line.interposer_yield)
    if stage == "memory":
        return chain.mean(instance.memory_makers[place].stacking)
    if stage == "component":
        return chain.mean(instance.components[activity.tags.item].sources[place].capacity)
    return chain.mean(instance.fabs[place].wafer_starts) if stage in ("wafer", "market") else 1.0


def _wanted(chain: Chain) -> Iterator[tuple[str, str, Array]]:
    """Yield chip, lab and thousand accelerators that the lab wants running for the first time in each period."""
    for lab_id in chain.instance.labs:
        sold = [c for c in chain.instance.chips if lab_id in buyers(chain.instance, c) and routes(chain, c)]
        does = {c: useful(chain, c, lab_id) for c in sold}
        total, _ = wanted(chain, lab_id)
        before = np.concatenate([[_fleet_compute(chain, lab_id)], total[:-1]])
        over = np.concatenate([chain.years[:1], chain.years[:-1]])
        survival = {c: chain.instance.chips[c].survival.value ** over for c in sold}
        chosen = _newest(chain, lab_id, [c for c in sold if does[c].any()])
        for chip_id in sold:
            part = np.array([picks.get(chip_id, 0.0) for picks in chosen])
            if part.any():
                new = np.maximum(0.0, total - survival[chip_id] * before)
                needed = np.divide(part * new, does[chip_id], out=chain.flat(0.0), where=does[chip_id] > 0.0)
                yield chip_id, lab_id, needed


def _fleet_compute(chain: Chain, lab_id: str) -> float:
    fleet = chain.instance.labs[lab_id].fleet
    return sum(
        number.value * float(useful(chain, chip_id, lab_id)[0])
        for chips in fleet.values()
        for chip_id, number in chips.items()
    )


def _newest(chain: Chain, lab_id: str, sold: list[str]) -> list[dict[str, float]]:
    """Return the share of a lab's orders that goes to each chip, by period.

    Designers share equally, each by the part of the period in which the lab can have a chip of its; of a designer's
    chips the newest counts from its first day on, the one before it until then.
    """
    lab, chips = chain.instance.labs[lab_id], chain.instance.chips
    ready = {c: _ready(chain, c) for c in sold}
    since = {c: max(ready[c], chain.calendar.position(lab.designers[chips[c].designer])) for c in sold}
    made = {c: chain.window(None, chips[c].last_start).share > 0.0 for c in sold}
    # Of chips that are as new the first one counts.
    by_designer: dict[str, list[str]] = {}
    for chip_id in sorted(sold, key=lambda c: -ready[c]):
        by_designer.setdefault(chips[chip_id].designer, []).append(chip_id)
    shares = []
    for t in range(chain.n):
        parts: dict[str, float] = {}
        for newest in by_designer.values():
            left = t + 1.0
            for chip_id in newest:
                first = max(since[chip_id], float(t))
                if made[chip_id][t] and first < left:
                    parts[chip_id], left = left - first, first
        whole = sum(parts.values())
        shares.append({chip_id: part / whole for chip_id, part in parts.items()})
    return shares


def _ready(chain: Chain, chip_id: str) -> float:
    """Return the position from which a chip can be had; one with a programme as if funded at the decision date."""
    chip = chain.instance.chips[chip_id]
    shipped = first_shipment(chain.calendar, chip)
    if chip.programme is None:
        # A chip without a date was there at the decision date.
        return shipped if math.isfinite(shipped) else 0.0
    route = routes(chain, chip_id)[0]
    dies = [die for key, die in chain.instance.dies.items() if chip_id in chain.chips_of_die(key)]
    cycles = [cycle_months(chain, die.node, fab) for die in dies for fab in die.fabs]
    months = chip.programme.months + max(cycles, default=0.0) + sum(route_months(chain, route))
    return max(shipped, chain.calendar.after(0.0, months))
