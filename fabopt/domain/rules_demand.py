"""Rules of the demand side: chips as products, labs, their demand and sites, and other buyers of wafers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.chips import Chip, OrderBook, Resale
from fabopt.domain.customers import Lab
from fabopt.domain.instance import Instance
from fabopt.domain.rules_markets import markets_faults, not_one
from fabopt.domain.rules_tasks import tasks_faults
from fabopt.domain.tasks import served


def demand_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong on the demand side of an instance.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    yield from _chips(instance, calendar)
    yield from _downgrades(instance)
    yield from _demand_curve(instance)
    homes = {site.lab for site in instance.sites.values()}
    for lab_id, lab in instance.labs.items():
        path: Path = ("labs", lab_id)
        if lab_id not in homes:
            yield Fault(path, f"{lab.name} has no site, so nothing can be deployed for it")
        if not lab.designers:
            yield Fault((*path, "designers"), f"{lab.name} can use no designer's chips")
        yield from _split(instance, path, lab)
        yield from tasks_faults(instance, calendar, path, lab)
        yield from _fleet(instance, path, lab_id, lab)
    yield from markets_faults(instance, calendar)


def _chips(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    downgraded = {lesser for chip in instance.chips.values() for lesser in chip.sells_as}
    fielded = {chip for lab in instance.labs.values() for site in lab.fleet.values() for chip in site}
    for chip_id, chip in instance.chips.items():
        path: Path = ("chips", chip_id)
        if not chip.boms:
            if chip.running_rate.value > 0:
                yield Fault((*path, "boms"), "packages come out at the decision date, but of no bill of materials")
            elif chip_id not in fielded | downgraded and chip.stock.value == 0:
                yield Fault((*path, "boms"), "it has no bill of materials, and nobody has one in the field")
        if not chip.performance:
            yield Fault((*path, "performance"), "no workload runs on it, so nobody can use it")
        if chip.design_start is not None and chip.design_cycle is None:
            yield Fault((*path, "design_start"), "a project start has no effect without 'design_cycle'")
        if chip.resale is not None:
            yield from _resale(instance, chip_id, chip.resale)
        if chip.orders is not None:
            sold = bool(chip.boms) or chip.stock.value > 0.0 or chip_id in downgraded
            yield from _orders(calendar, chip, chip.orders, sold, (*path, "orders"))
        begins = instance.horizon.start
        if chip.running_rate.value > 0 and chip.available is not None and chip.available > begins:
            yield Fault(
                (*path, "running_rate"),
                f"packages come out at the decision date {begins}, but the chip is available only from "
                f"{chip.available}",
            )


def _orders(calendar: Calendar, chip: Chip, book: OrderBook, sold: bool, path: Path) -> Iterator[Fault]:
    """What is wrong with an order lead and an order book."""
    if not sold:
        yield Fault(path, "the chip is neither made nor in stock, so nothing of it can be ordered", "leave it out")
    if calendar.after(0.0, book.lead.value) >= calendar.periods:
        yield Fault(
            (*path, "lead"),
            f"what is ordered at the decision date ships after {book.lead.value:g} months, when the horizon is over",
            "correct the lead, or lengthen the horizon",
        )
    booked = any(point.value > 0.0 for point in book.booked.points)
    if chip.running_rate.value > 0.0 and not booked and book.premium is None:
        yield Fault(
            (*path, "booked"),
            "packages come out at the decision date, but none is booked, so none could ship within the lead",
            "say how many are booked, or give a 'premium' for what ships unordered",
        )
    if chip.programme is not None and booked:
        said = "a chip whose programme is still to be funded cannot be booked"
        yield Fault((*path, "booked"), said, "leave out 'booked' or 'programme'")


def _resale(instance: Instance, chip_id: str, resale: Resale) -> Iterator[Fault]:
    """What is wrong with what used accelerators bring."""
    path: Path = ("chips", chip_id, "resale")
    chip = instance.chips[chip_id]
    if (resale.share is None) == (resale.price is None):
        yield Fault(path, "used accelerators have either a 'share' of the replacement cost or a 'price'", "give one")
    elif resale.share is not None and not chip.boms:
        hint = "give a 'price' by date"
        yield Fault((*path, "share"), "the chip is not made any more, so there is no replacement cost", hint)
    homes = {site.lab for site in instance.sites.values()}
    for place, lab_id in enumerate(resale.labs):
        lab = instance.labs.get(lab_id)
        if lab is not None and lab_id not in homes:
            yield Fault((*path, "labs", place), f"{lab.name} has no site for used accelerators")
        elif lab is not None and chip.designer not in lab.designers:
            hint = f"add '{chip.designer}' to its 'designers'"
            yield Fault((*path, "labs", place), f"{lab.name} cannot use chips of '{chip.designer}'", hint)
    if not resale.labs and resale.moving_cost.value > 0.0:
        yield Fault((*path, "labs"), "a cost of moving has no effect without 'labs' that take them")


def _downgrades(instance: Instance) -> Iterator[Fault]:
    rest = {chip_id: chip.sells_as for chip_id, chip in instance.chips.items()}
    while ends := [name for name, lesser in rest.items() if not any(other in rest for other in lesser)]:
        for name in ends:
            del rest[name]
    if not rest:
        return
    # What is left leads into a circle: follow it until a name comes back.
    trail = [next(iter(rest))]
    while len(set(trail)) == len(trail):
        trail.append(next(other for other in rest[trail[-1]] if other in rest))
    circle = trail[trail.index(trail[-1]) :]
    chain = " sells as ".join(f"'{name}'" for name in circle)
    yield Fault(("chips", circle[0], "sells_as"), f"downgrading runs in a circle: {chain}")


def _demand_curve(instance: Instance) -> Iterator[Fault]:
    curve = instance.demand_curve
    if curve is None:
        if any(set(lab.demand.split) - set(served(lab.demand.tasks)) for lab in instance.labs.values()):
            yield Fault(("demand_curve",), "labs want compute, but the instance has no demand curve to value it")
        return
    for place, (before, after) in enumerate(pairwise(curve.breaks), start=1):
        if after <= before:
            yield Fault(("demand_curve", "breaks", place), f"the breaks must rise, but {after:g} follows {before:g}")


def _split(instance: Instance, path: Path, lab: Lab) -> Iterator[Fault]:
    """Shares of accelerator workloads add up to 1, at the horizon's start and wherever a share changes."""
    if not lab.demand.split or lab.demand.total is None:
        missing = "split" if lab.demand.total is not None else "total" if lab.demand.split else ""
        if missing:
            yield Fault((*path, "demand", missing), f"'total' and 'split' go together, and '{missing}' is missing")
        elif not lab.demand.tasks:
            yield Fault((*path, "demand"), f"{lab.name} wants nothing: give 'total' and 'split', or 'tasks'")
        return
    shares = {
        name: share
        for name, share in lab.demand.split.items()
        if name in instance.workloads and instance.workloads[name].compute_weight.value > 0
    }
    wrong = not_one(instance, shares)
    if wrong is not None:
        day, total = wrong
        message = f"on {day} the shares of accelerator workloads add up to {total:.4g}, not to 1"
        yield Fault((*path, "demand", "split"), message)


def _fleet(instance: Instance, path: Path, lab_id: str, lab: Lab) -> Iterator[Fault]:
    for site_id, chips in lab.fleet.items():
        site = instance.sites.get(site_id)
        if site is not None and site.lab != lab_id:
            yield Fault((*path, "fleet", site_id), f"the site '{site_id}' belongs to '{site.lab}'")
        for chip_id in chips:
            chip = instance.chips.get(chip_id)
            if chip is not None and not set(chip.performance) & set(lab.demand.workloads):
                yield Fault(
                    (*path, "fleet", site_id, chip_id),
                    f"{chip.name} runs none of the workloads that {lab.name} wants",
                    f"give the chip a performance on {' or '.join(lab.demand.workloads)}",
                )
