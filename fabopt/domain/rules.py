"""What must hold in an instance as a whole, beyond the form of each field; every fault at once.

The rules stand in three groups: dates, pins and rules on trade here, the supply side (scanners to
packages) in `rules_supply`, chips, buyers and sites in `rules_demand`. References come first: a rule says nothing about
a name that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar, Stretch
from fabopt.domain.instance import Instance
from fabopt.domain.plain_horizon import PeriodNames, horizon_faults
from fabopt.domain.references import dangling, nearest
from fabopt.domain.rules_components import component_faults
from fabopt.domain.rules_contracts import contract_faults
from fabopt.domain.rules_demand import demand_faults
from fabopt.domain.rules_diversity import diversity_faults
from fabopt.domain.rules_expansions import expansion_faults, expansions
from fabopt.domain.rules_limits import limit_faults
from fabopt.domain.rules_policies import policy_faults
from fabopt.domain.rules_predictions import prediction_faults
from fabopt.domain.rules_programmes import programme_faults
from fabopt.domain.rules_states import state_faults
from fabopt.domain.rules_supply import supply_faults
from fabopt.domain.stability import by_period_faults, stability_faults
from fabopt.domain.tastes import premium_faults, taste_faults
from fabopt.domain.units import CURRENCIES


def problems(instance: Instance) -> list[Fault]:
    """Return everything that is wrong with an instance whose fields are well formed.

    Parameters
    ----------
    instance
        A validated instance.

    Returns
    -------
    list of Fault
        Paths are relative to the instance; empty when it is sound.
    """
    problems = dangling(instance)
    horizon = instance.horizon
    try:
        calendar = horizon.calendar
    except ValueError as error:
        (count, length), *later = horizon.stretches
        begins = not later or not _fits(horizon.start, ((1, length),))
        problems.append(Fault(("horizon", "start" if begins else "periods"), str(error)))
        # The other rules are held against the horizon that begins nearest before.
        monday = horizon.start - timedelta(days=horizon.start.weekday())
        start = monday if length == "week" else date(horizon.start.year, 1, 1)
        if later or not _fits(start, ((count, length),)):
            return problems
        calendar = Calendar(start, ((count, length),))
    return [
        *problems,
        *_horizon(instance, calendar),
        *_dates(instance, calendar),
        *_currencies(instance),
        *_pins(instance, calendar),
        *stability_faults(instance.stability, calendar),
        *supply_faults(instance, calendar),
        *component_faults(instance, calendar),
        *demand_faults(instance, calendar),
        *expansion_faults(instance),
        *_barred(instance, calendar),
        *_plain(instance, calendar),
        *policy_faults(instance, calendar),
        *contract_faults(instance, calendar),
        *diversity_faults(instance, calendar),
        *programme_faults(instance, calendar),
        *limit_faults(instance, calendar),
        *prediction_faults(instance),
        *state_faults(instance, calendar),
        *taste_faults(instance.tastes, tuple(instance.labs)),
        *premium_faults(instance.premiums, _dearest(instance)),
    ]


def _dearest(instance: Instance) -> dict[str, float]:
    """Return the highest list price of each designer's accelerators, dollars."""
    dearest: dict[str, float] = {}
    for chip in instance.chips.values():
        dearest[chip.designer] = max(dearest.get(chip.designer, 0.0), *(point.value for point in chip.price.points))
    return dearest


def _fits(start: date, stretches: tuple[Stretch, ...]) -> bool:
    try:
        return bool(Calendar(start, stretches))
    except ValueError:
        return False


def _plain(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Lists and periods of the plain section that do not fit the horizon."""
    if instance.network is not None:
        names = PeriodNames(
            calendar.labels, tuple(span.start.year for span in calendar.spans), len(set(calendar.years)) == 1
        )
        for fault in horizon_faults(instance.network, names):
            yield replace(fault, path=instance.network.written(fault.path)).under("network")


def _horizon(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    until = instance.horizon.reported_until
    if until is None or calendar.holds(until):
        return
    where = "before the decision date" if until < calendar.start else "after the end of the horizon"
    yield Fault(
        ("horizon", "reported_until"),
        f"{until} lies {where}; the horizon runs from {calendar.start} to {_last(calendar)}",
    )


def _dates(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Dates that leave an entity without use: it would end before it begins, or begin after the horizon."""
    for path, first, last in _spans(instance):
        if first is not None and last is not None and last < first:
            yield Fault(path, f"it ends on {last}, before it begins on {first}")
    for path, first, what in _beginnings(instance):
        if first is not None and first >= calendar.end:
            yield Fault(
                path,
                f"{first} lies after the end of the horizon ({_last(calendar)}), so {what}",
                "correct the date, lengthen the horizon or leave it out",
            )


def _spans(instance: Instance) -> Iterator[tuple[Path, date | None, date | None]]:
    for die_id, die in instance.dies.items():
        for fab, source in die.fabs.items():
            yield ("dies", die_id, "fabs", fab, "until"), source.available, source.until
    for maker_id, maker in instance.memory_makers.items():
        for generation, offer in maker.offers.items():
            yield ("memory_makers", maker_id, "offers", generation, "until"), offer.available, offer.until
    for chip_id, chip in instance.chips.items():
        yield ("chips", chip_id, "last_start"), chip.available, chip.last_start
        for bom_id, bom in chip.boms.items():
            yield ("chips", chip_id, "boms", bom_id, "available"), bom.available, chip.last_start
    for place, rule in enumerate(instance.barred_flows):
        yield ("barred_flows", place, "until"), rule.since, rule.until


def _beginnings(instance: Instance) -> Iterator[tuple[Path, date | None, str]]:
    for chip_id, chip in instance.chips.items():
        yield ("chips", chip_id, "available"), chip.available, "the chip never comes"
        for bom_id, bom in chip.boms.items():
            path: Path = ("chips", chip_id, "boms", bom_id, "available")
            yield path, bom.available, "the bill of materials is never used"
    for die_id, die in instance.dies.items():
        if die.fabs and all(source.available is not None for source in die.fabs.values()):
            where, source = min(die.fabs.items(), key=lambda item: item[1].available or date.min)
            yield ("dies", die_id, "fabs", where, "available"), source.available, "no fab ever makes the die"
    for maker_id, maker in instance.memory_makers.items():
        for generation, offer in maker.offers.items():
            path = ("memory_makers", maker_id, "offers", generation, "available")
            yield path, offer.available, "the generation never comes from this maker"
    for component_id, component in instance.components.items():
        for source_id, maker_of in component.sources.items():
            path = ("components", component_id, "sources", source_id, "available")
            yield path, maker_of.available, "this source never delivers"
    for place, rule in enumerate(instance.barred_flows):
        yield ("barred_flows", place, "since"), rule.since, "the rule never holds"
    for path, expansion in expansions(instance):
        yield (*path, "first"), expansion.first, "no step or project can be started"


def _currencies(instance: Instance) -> Iterator[Fault]:
    for name in instance.currencies:
        if name not in CURRENCIES:
            yield Fault(("currencies", name), f"'{name}' is no currency", nearest(name, CURRENCIES))
        elif name == "USD":
            yield Fault(("currencies", name), "money is counted in US dollars; no rate is needed")


def _pins(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    sections: dict[str, Mapping[str, Mapping[str, float]]] = {
        "units": instance.pins.units,
        "activities": instance.pins.activities,
        "retired": instance.pins.retired,
        "deliveries": instance.pins.deliveries,
        "stocks": instance.pins.stocks,
    }
    for section, pinned in sections.items():
        for name, levels in pinned.items():
            yield from by_period_faults(("pins", section, name), levels, calendar)


def _barred(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    for place, rule in enumerate(instance.barred_flows):
        path: Path = ("barred_flows", place)
        if rule.destination is None and not rule.labs:
            message = "an export rule needs a 'destination', or the 'labs' that may not receive"
            yield Fault(path, message, "name a region, labs, or both")
        elif rule.destination is not None and rule.origin == rule.destination and not rule.limits:
            yield Fault((*path, "destination"), "a flow from a region to itself cannot be barred")
        if rule.until is not None and rule.until < calendar.start and (rule.since is None or rule.since <= rule.until):
            yield Fault((*path, "until"), f"{rule.until} lies before the decision date, so the rule never holds")
        named = [instance.chips[chip] for chip in rule.chips or instance.chips if chip in instance.chips]
        if rule.above is not None and named and all(chip.best <= rule.above.value for chip in named):
            best = max(chip.best for chip in named)
            message = f"no chip that it covers does more than {rule.above.value:g} H100e, so the rule says nothing"
            yield Fault((*path, "above"), message, f"the best does {best:g}")


def _last(calendar: Calendar) -> date:
    return calendar.end - timedelta(days=1)
