r"""Orders that follow demand: demand for compute exploded to the starts that it takes, before anything is modelled.

A lab wants :math:`n(t) = \max(0,\, Q_0(t) - s\,Q_0(t-1))` thousand H100 equivalents of new compute, s the survival
of accelerators over a period and :math:`Q_0(-1)` the nominal compute of its fleet. It orders them in equal parts from
the designers whose chips it can have by then, each part as the designer's newest chip. Accelerators become packages
started (assembly yield), substrates, interposer wafers, DRAM wafers and wafers of dies by the chip's first bill of
materials, at the yields of the date, so many months earlier as installation, assembly, stacking and cycle times come
to. Where several lines, makers or fabs could do it, orders go to them in proportion to their capacity. Other buyers of
wafers order what they would take at the market price. What would have had to be ordered before the decision date is
left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from fabopt.domain.chips import Bom, Chip
from fabopt.domain.policies import Splits
from fabopt.domain.users import buyers
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.memory import stacks_per_wafer
from fabopt.network.lowering.packaging import Route, first_shipment, packages_per_wafer, route_months, routes
from fabopt.network.lowering.wafers import cycle_months, good_dies, outputs_of
from fabopt.network.profiles import lead_profile
from fabopt.network.tables import Array


def demand_orders(chain: Chain, on: Splits) -> dict[str, Array]:
    """Return the orders that demand makes on what a policy splits, by customer ``[T]``, per period.

    Amounts are in thousands of wafers, of packages where substrates and of accelerators where chips are split.
    """
    orders: dict[str, Array] = {}
    names = set(on.names)
    for chip_id, lab_id, wanted in _wanted(chain):
        if on.kind == "chips":
            if chip_id in names:
                _add(orders, lab_id, wanted)
            continue
        chip = chain.instance.chips[chip_id]
        amount = _BY_KIND[on.kind](chain, chip_id, names, wanted)
        _add(orders, chip.designer, amount)
    if on.kind == "fabs":
        for market_id, market in chain.instance.markets.items():
            share = _share(chain, "fabs", list(market.fabs), names)
            _add(orders, market_id, chain.per_period(market.quantity) * share)
    return orders


def _add(orders: dict[str, Array], customer: str, amount: Array) -> None:
    orders[customer] = orders.get(customer, np.zeros(amount.size)) + amount


def _wanted(chain: Chain) -> Iterator[tuple[str, str, Array]]:
    """Yield chip, lab and thousand accelerators that the lab wants running for the first time in each period."""
    for lab_id, lab in chain.instance.labs.items():
        sold = [c for c in chain.instance.chips if lab_id in buyers(chain.instance, c) and routes(chain, c)]
        useful = {c: _performance(chain, c, lab_id) for c in sold}
        total = chain.mean(lab.demand.total)
        before = np.concatenate([[_fleet_compute(chain, lab_id)], total[:-1]])
        survival = {c: chain.instance.chips[c].survival.value ** chain.years for c in sold}
        chosen = _newest(chain, lab_id, [c for c in sold if useful[c] > 0.0])
        for chip_id in sold:
            part = np.array([picks.get(chip_id, 0.0) for picks in chosen])
            if part.any():
                new = np.maximum(0.0, total - survival[chip_id] * before)
                usable = chain.mean(chain.instance.chips[chip_id].usable)
                yield chip_id, lab_id, part * new / (useful[chip_id] * usable)


def _performance(chain: Chain, chip_id: str, lab_id: str) -> float:
    """Return H100 equivalents per accelerator, over the accelerator workloads that the chip can run, by their split."""
    chip, instance = chain.instance.chips[chip_id], chain.instance
    split = {
        w: share.value for w, share in instance.labs[lab_id].demand.split.items()
        if w in chip.performance and instance.workloads[w].compute_weight.value > 0.0
    }  # fmt: skip
    weight = sum(split.values())
    return sum(chip.performance[w].value * share for w, share in split.items()) / weight if weight > 0.0 else 0.0


def _fleet_compute(chain: Chain, lab_id: str) -> float:
    fleet = chain.instance.labs[lab_id].fleet
    return sum(
        number.value * _performance(chain, chip_id, lab_id)
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
    return max(shipped, chain.lead(months))


def _earlier(chain: Chain, wanted: Array, months: float) -> Array:
    """Return what must start in each period to be there, months later, as wanted; flat after the horizon."""
    first, weights = lead_profile(min(chain.lead(months), float(chain.n)))
    longer = np.concatenate([wanted, np.full(first + weights.size, wanted[-1])])
    return np.asarray(sum(w * longer[first + k : first + k + chain.n] for k, w in enumerate(weights)))


def _share(chain: Chain, section: str, able: list[str], names: set[str]) -> Array:
    """Return the share ``[T]`` of the capacity of those who are able that belongs to the ones named."""
    field = {"fabs": "wafer_starts", "packaging_lines": "capacity", "memory_makers": "stacking"}[section]
    records = getattr(chain.instance, section)
    sizes = {name: chain.mean(getattr(records[name], field)) for name in able}
    total = np.sum([*sizes.values()], axis=0) if sizes else np.zeros(chain.n)
    mine = np.sum([np.zeros(chain.n), *(size for name, size in sizes.items() if name in names)], axis=0)
    return np.asarray(np.divide(mine, total, out=np.zeros(chain.n), where=total > 0.0))


def _bill(chain: Chain, chip_id: str) -> tuple[Chip, Bom, Route]:
    chip, route = chain.instance.chips[chip_id], routes(chain, chip_id)[0]
    return chip, chip.boms[route.bom], route


def _packages(chain: Chain, chip: Chip, wanted: Array) -> Array:
    """Return packages to be started for accelerators wanted, at the same date."""
    return np.asarray(wanted / chain.mean(chip.assembly_yield))


def _interposers(chain: Chain, chip_id: str, names: set[str], wanted: Array) -> Array:
    chip, bom, route = _bill(chain, chip_id)
    if route.line is None:
        return np.zeros(chain.n)
    lines = [r.line for r in routes(chain, chip_id) if r.bom == route.bom and r.line is not None]
    months = chip.installation_lead.value + sum(route_months(chain, route))
    good = chain.mean(chain.instance.packaging_lines[route.line].interposer_yield)
    started = _earlier(chain, _packages(chain, chip, wanted), months) / (packages_per_wafer(bom) * good)
    return started * _share(chain, "packaging_lines", lines, names)


def _dram(chain: Chain, chip_id: str, names: set[str], wanted: Array, section: str) -> Array:
    """Return DRAM wafers at makers (when they are stacked) or at fabs (when they are started) for a chip's HBM."""
    chip, bom, route = _bill(chain, chip_id)
    months = chip.installation_lead.value + route_months(chain, route)[1]
    total = np.zeros(chain.n)
    for generation, number in bom.hbm.items():
        makers = {
            name: maker for name, maker in chain.instance.memory_makers.items()
            if generation in maker.offers
            and generation in {**maker.qualified.get(chip.designer, {}), **maker.qualifying.get(chip.designer, {})}
        }  # fmt: skip
        for name, maker in makers.items():
            if (name if section == "memory_makers" else maker.fab) not in names:
                continue
            lead = months + maker.stacking_time.value
            if section == "fabs":
                lead += cycle_months(chain, maker.node, maker.fab)
            stacks = number.value * _packages(chain, chip, wanted) / stacks_per_wafer(chain, maker, generation)
            total += _earlier(chain, stacks, lead) * _share(chain, "memory_makers", list(makers), {name})
    return total


def _substrates(chain: Chain, chip_id: str, names: set[str], wanted: Array) -> Array:
    chip, bom, route = _bill(chain, chip_id)
    total = np.zeros(chain.n)
    for name, number in bom.substrates.items():
        if name in names:
            lead = chain.instance.substrates[name].lead.value
            months = chip.installation_lead.value + route_months(chain, route)[1] + lead
            total += _earlier(chain, number.value * _packages(chain, chip, wanted), months)
    return total


def _wafers(chain: Chain, chip_id: str, names: set[str], wanted: Array) -> Array:
    chip, bom, route = _bill(chain, chip_id)
    total = _dram(chain, chip_id, names, wanted, "fabs")
    for die_id, die in chain.instance.dies.items():
        number = sum(bom.dies[name].value for name in outputs_of(die_id, die) if name in bom.dies)
        for fab_id in die.fabs if number > 0.0 else ():
            if fab_id in names:
                cycle = cycle_months(chain, die.node, fab_id)
                months = chip.installation_lead.value + route_months(chain, route)[1] + cycle
                dies = number * _packages(chain, chip, wanted)
                started = _earlier(chain, dies, months) / good_dies(chain, die, chain.instance.nodes[die.node], cycle)
                total += started * _share(chain, "fabs", list(die.fabs), {fab_id})
    return total


_BY_KIND: dict[str, Callable[[Chain, str, set[str], Array], Array]] = {
    "packaging_lines": _interposers,
    "memory_makers": lambda chain, chip, names, wanted: _dram(chain, chip, names, wanted, "memory_makers"),
    "substrates": _substrates,
    "fabs": _wafers,
}
