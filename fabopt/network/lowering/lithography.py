"""Scanners and fabs: exposures, wafer starts, tool places, and the orders that add to them.

Resources per fab: ``starts:<fab>`` (rate, kwafer), ``exposures:<class>:<fab>`` (rate, kexposure) and ``space:<fab>``
(level, tool places); per scanner class ``output:<class>`` (rate, tools): the maker's output that is neither reserved
nor in a firm order book. An order takes its tool from the output of the period of *delivery*, its place from delivery
on, and adds exposures after qualification.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from fabopt.domain.fabs import Fab, Fleet
from fabopt.domain.lithography import ScannerClass
from fabopt.network.lowering.builder import Chain, Goods
from fabopt.network.lowering.expansion import convert, expand
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Array, Resource, Tags, Term, Unit, UnitEffect, WholeGroup


def effective_passes(chain: Chain, fab: Fab, class_id: str, fleet: Fleet) -> float:
    """Return thousand exposures per tool and month in a fab: stated, set from its fleet, or the class's own figure."""
    scanner = chain.instance.scanners[class_id]
    if fleet.passes is not None:
        return fleet.passes.value
    node = chain.instance.nodes[fab.nodes[0]]
    first = chain.periods[0]
    starts, tools = fab.wafer_starts.mean(first.start, first.end), fleet.opening.at(first.start)
    exposures = node.exposures[class_id].mean(first.start, first.end) if class_id in node.exposures else 0.0
    if tools > 0.0 and starts * exposures > 0.0:
        return starts * exposures / (tools * fleet.utilisation.value)
    return scanner.passes.value


def lower_lithography(chain: Chain) -> None:
    """Add fabs, their fleets and expansions, and the makers' output of scanners."""
    for fab_id, fab in chain.instance.fabs.items():
        _fab(chain, fab_id, fab)
    convert(chain, "fabs", "starts")
    for class_id, scanner in chain.instance.scanners.items():
        _output(chain, class_id, scanner)
        for fab_id, fab in chain.instance.fabs.items():
            if class_id in fab.scanners:
                _fleet(chain, class_id, scanner, fab_id, fab)
        _follow(chain, class_id)
        if chain.instance.horizon.scanners_whole == "owner-year":
            _whole_per_owner_year(chain, class_id, scanner)


def _fab(chain: Chain, fab_id: str, fab: Fab) -> None:
    label = Tags(stage="wafer", owner=fab.owner, item=fab_id, region=fab.region, node=",".join(fab.nodes), kind="fab")
    starts = chain.per_period(fab.wafer_starts)
    of = label.of("wafer_starts", f"fabs.{fab_id}.wafer_starts")
    chain.build.resource(Resource(f"starts:{fab_id}", f"{fab.name} wafer starts", "kwafer", "rate", starts, of))
    if fab.scanners:
        free = chain.mean(fab.free_space)
        for class_id, fleet in fab.scanners.items():  # an old tool that is taken out leaves its place
            gone = fleet.opening.at(chain.periods[0].start) - chain.mean(fleet.opening)
            free = free + gone * chain.instance.scanners[class_id].space.value
        of = label.of("tool_places", f"fabs.{fab_id}.free_space")
        chain.build.resource(Resource(f"space:{fab_id}", f"{fab.name} tool places", "tool place", "level", free, of))
    step, places = fab.expansion, fab.expansion.space.value if fab.expansion is not None and fab.scanners else 0.0
    unit, of = f"expand:{fab_id}", label.of("expansion", f"fabs.{fab_id}.expansion")
    expand(chain, step, Growing(f"starts:{fab_id}", fab.name, of, unit, space=f"space:{fab_id}", places=places))


def booked(chain: Chain, fleet: Fleet) -> Array:
    """Return firm deliveries per period ``[T]`` (tools)."""
    deliveries = np.zeros(chain.n)
    for day, tools in fleet.order_book.items():
        index = chain.calendar.period_index(day)
        if 0 <= index < chain.n:
            deliveries[index] += tools.value
    return deliveries


def _qualified(chain: Chain, fleet: Fleet, months: float) -> Array:
    """Return tools of the order book that print in each period ``[T]``, for the part of it after qualification."""
    parts = [
        np.array(chain.calendar.shares(chain.calendar.after(chain.calendar.position(day), months), np.inf))
        * tools.value
        for day, tools in fleet.order_book.items()
    ]
    return np.asarray(np.sum([np.zeros(chain.n), *parts], axis=0))


def _output(chain: Chain, class_id: str, scanner: ScannerClass) -> None:
    firm = np.zeros(chain.n)
    for fab in chain.instance.fabs.values():
        if class_id in fab.scanners:
            firm += booked(chain, fab.scanners[class_id])
    free = (chain.mean(scanner.output) - chain.mean(scanner.reserved)) * chain.years - firm
    chain.build.resource(
        Resource(
            f"output:{class_id}",
            f"{scanner.name} output",
            "tool",
            "rate",
            np.maximum(free, 0.0),
            Tags(
                stage="lithography",
                owner=scanner.maker,
                item=class_id,
                region=scanner.region or "",
                kind="scanner",
                role="tool_output",
                field=f"scanners.{class_id}.output",
            ),
        )
    )


def _fleet(chain: Chain, class_id: str, scanner: ScannerClass, fab_id: str, fab: Fab) -> None:
    fleet = fab.scanners[class_id]
    passes = effective_passes(chain, fab, class_id, fleet) * chain.months
    delivery = chain.lead(scanner.delivery_lead.value)
    qualification = chain.lead(scanner.qualification_lead.value)
    standing = chain.mean(fleet.opening) + _qualified(chain, fleet, scanner.qualification_lead.value)
    label = Tags(stage="lithography", owner=fab.owner, item=class_id, region=fab.region, site=fab_id, kind="scanner")
    resource_id = f"exposures:{class_id}:{fab_id}"
    chain.build.resource(
        Resource(
            resource_id,
            f"{scanner.name} exposures at {fab.name}",
            "kexposure",
            "rate",
            standing * passes,
            label.of("exposures", f"fabs.{fab_id}.scanners.{class_id}.opening"),
        )
    )
    if not fleet.buys:
        return
    total_lead = delivery + qualification
    life = chain.lead(scanner.life.value * 12.0)
    first, profile = chain.lengths.lasting(total_lead, np.ones(1), max(life - qualification, 0.0))
    resource_cost = chain.mean(scanner.price) * (1.0 - scanner.gross_margin.value)
    unit_id = f"scanner:{class_id}:{fab_id}"
    chain.build.unit(
        Unit(
            unit_id,
            f"{scanner.name} for {fab.name}",
            "tool",
            label.of("tool_order", f"scanners.{class_id}"),
            cost=chain.progress_payment(resource_cost, delivery),
            upper=chain.order_upper(total_lead, np.inf),
            whole=chain.instance.horizon.scanners_whole == "fab-period",
            lead=total_lead,
            terminal_value=chain.unit_worth(resource_cost, delivery, scanner.life.value),
            bearer=scanner.maker,
        )
    )
    price, made = (chain.progress_payment(one, delivery) for one in (chain.mean(scanner.price), resource_cost))
    goods = Goods("unit", unit_id, chain.flat(1.0), price, "tool", made)
    chain.pay(fab.owner, scanner.maker, "scanners", class_id, goods)
    effects = chain.build.unit_effects
    effects.append(chain.lengths.effect(unit_id, resource_id, first, profile, passes))
    first, shares = chain.lengths.arrive(delivery)
    effects.append(chain.lengths.effect(unit_id, f"output:{class_id}", first, -shares, persistent=False))
    first, there = chain.lengths.lasting(delivery, np.ones(1), life)
    effects.append(UnitEffect(unit_id, f"space:{fab_id}", first, -there * scanner.space.value))


def _follow(chain: Chain, class_id: str) -> None:
    """Let the scanners of capacity that is turned to another fab go with it, in proportion to the opening fleet."""
    first = chain.periods[0].start
    for fab_id, fab in chain.instance.fabs.items():
        fleet, starts = fab.scanners.get(class_id), fab.wafer_starts.at(first)
        if fleet is None or starts == 0.0:
            continue
        tools = fleet.opening.at(first) / starts
        for name, way in fab.conversions.items():
            there = chain.instance.fabs[way.to]
            moved = {fab_id: tools * effective_passes(chain, fab, class_id, fleet)}
            if class_id in there.scanners:
                passes = effective_passes(chain, there, class_id, there.scanners[class_id])
                moved[way.to] = tools * passes / way.keeps.value
            units = {u.id for u in chain.build.units.values() if u.tags.field == f"fabs.{fab_id}.conversions.{name}"}
            for effect in [e for e in chain.build.unit_effects if e.unit in units]:
                for place, exposures in moved.items():
                    if effect.resource == f"starts:{place}":
                        exposes, profile = f"exposures:{class_id}:{place}", effect.profile * exposures
                        chain.build.unit_effects.append(replace(effect, resource=exposes, profile=profile))


def _whole_per_owner_year(chain: Chain, class_id: str, scanner: ScannerClass) -> None:
    buyers: dict[str, list[str]] = {}
    for fab_id, fab in chain.instance.fabs.items():
        unit = chain.build.units.get(f"scanner:{class_id}:{fab_id}")
        if unit is not None and unit.upper is not None and unit.upper.any():
            buyers.setdefault(fab.owner, []).append(unit.id)
    windows = tuple(tuple(p.index for p in group) for _, group in groupby(chain.periods, key=lambda p: p.start.year))
    for owner, units in buyers.items():
        terms = tuple(Term("unit", unit_id, chain.flat(1.0)) for unit_id in units)
        open_windows = tuple(w for w in windows if any(_open(chain, unit_id, t) for unit_id in units for t in w))
        chain.build.whole_groups.append(
            WholeGroup(
                f"whole:{class_id}:{owner}",
                f"{scanner.name} orders of {chain.called(owner)}",
                "tool",
                open_windows,
                terms,
                tags=Tags(
                    stage="lithography",
                    owner=owner,
                    item=class_id,
                    kind="scanner",
                    role="rule",
                    field=f"scanners.{class_id}",
                ),
            )
        )


def _open(chain: Chain, unit_id: str, t: int) -> bool:
    upper = chain.build.units[unit_id].upper
    return upper is None or upper[t] > 0.0
