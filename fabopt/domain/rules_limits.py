"""Rules of limits, charges, factors and lanes: what can be told of each without its network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from fabopt.domain.base import Fault, LastDay, When
from fabopt.domain.calendar import Calendar
from fabopt.domain.charges import Charge, Lane
from fabopt.domain.expectations import Expectation
from fabopt.domain.instance import Instance
from fabopt.domain.limits import Limit
from fabopt.domain.measured import MEASURED, MeasureName
from fabopt.domain.outcomes import Outcome
from fabopt.domain.parties import parties
from fabopt.domain.quantity import Quantity
from fabopt.domain.references import names, nearest

_MONEY = ("spending", "cash")


def limit_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with `limits`, `charges`, `factors` and `lanes`; tags are held to the network."""
    for key, limit in instance.limits.items():
        for fault in _limit(instance, calendar, limit):
            yield fault.under("limits", key)
    for key, charge in instance.charges.items():
        for fault in _charge(instance, calendar, charge):
            yield fault.under("charges", key)
    for key, outcome in instance.outcomes.items():
        for fault in _outcome(instance, calendar, outcome):
            yield fault.under("outcomes", key)
    for key, one in instance.expectations.items():
        for fault in _expectation(instance, calendar, one):
            yield fault.under("expectations", key)
    for key, factor in instance.factors.items():
        if factor.of == "emissions" or MEASURED[factor.of].party or MEASURED[factor.of].after:
            yield Fault(("factors", key, "of"), f"{MEASURED[factor.of].says} emit nothing", "name what does")
    yield from _lanes(instance)


def _limit(instance: Instance, calendar: Calendar, limit: Limit) -> Iterator[Fault]:
    yield from _measure(instance, limit.of, limit.party, party_may=True)
    yield from _window(calendar, limit.since, limit.until)
    yield from _money(limit.of, "price", limit.price)
    if limit.share_of is not None:
        for side in ("at_least", "at_most"):
            share: Quantity | None = getattr(limit, side)
            if share is not None and share.unit != "1":
                yield Fault((side,), f"it is a share of a whole, not a number of {share.unit}", "give a share: 60 %")
    least, most = limit.at_least, limit.at_most
    if (
        least is not None
        and most is not None
        and (least.unit, least.shape, most.shape) == (most.unit, "constant", "constant")
        and least.value > most.value
    ):
        yield Fault(("at_most",), f"at most {most.value:g} and at least {least.value:g} cannot both hold")
    change = limit.change
    at_once = limit.since is None or calendar.opens(limit.since) < 1.0
    if change is not None and at_once and change.start is None and not change.from_opening:
        yield Fault(
            ("change", "start"),
            "a change from the first period on needs to know what was before it",
            "give a start, say from_opening: true, or let the limit begin (since) after the first period",
        )


def _outcome(instance: Instance, calendar: Calendar, outcome: Outcome) -> Iterator[Fault]:
    for party in outcome.party or (None,):
        yield from _measure(instance, outcome.of, party, figure=True)
    observed = outcome.observed(calendar.start)
    # What was observed before the decision date stands in pictures.
    yield from _window(calendar, outcome.since, None if observed and outcome.until >= outcome.since else outcome.until)


def _expectation(instance: Instance, calendar: Calendar, one: Expectation) -> Iterator[Fault]:
    if one.of is not None:
        if MEASURED[one.of].party:
            message = f"{MEASURED[one.of].says} are somebody's, and no party is named here"
            yield Fault(("of",), message, "name another measure")
        else:
            yield from _measure(instance, one.of, None)
    yield from _window(calendar, one.since, one.until)
    for place, name in enumerate(one.outcomes):
        if name not in instance.outcomes:
            yield Fault(("outcomes", place), f"there is no outcome '{name}'", nearest(name, tuple(instance.outcomes)))
        elif instance.outcomes[name].observed(calendar.start):
            yield Fault(("outcomes", place), f"'{name}' ended before the decision date, so no plan can be near it")


def _charge(instance: Instance, calendar: Calendar, charge: Charge) -> Iterator[Fault]:
    yield from _measure(instance, charge.of, charge.party)
    yield from _window(calendar, charge.since, charge.until)
    yield from _money(charge.of, "per_unit", charge.per_unit)
    for who in ("payer", "payee"):
        name: str | None = getattr(charge, who)
        if name is not None and name not in parties(instance):
            hint = nearest(name, parties(instance)) or "leave it out where nobody of the instance is paid"
            yield Fault((who,), f"there is no party '{name}'", hint)
    if charge.of == "cash" and charge.payee is not None:
        yield Fault(("payee",), "a tax on what a party earns goes to somebody outside the instance", "leave it out")
    if charge.payer is not None and charge.payer == charge.payee:
        yield Fault(("payee",), f"'{charge.payee}' pays itself")
    if MEASURED[charge.of].party and charge.share is None:
        yield Fault(("per_unit",), f"a charge on {MEASURED[charge.of].says} is a share of it", "give 'share'")


def _measure(
    instance: Instance, of: MeasureName, party: str | None, party_may: bool = False, figure: bool = False
) -> Iterator[Fault]:
    known = parties(instance)
    if MEASURED[of].after and not figure:
        message = f"the {MEASURED[of].says} comes out of a solved plan"
        yield Fault(("of",), message, "hold it against a published figure in the section 'outcomes'")
    if party is not None and party not in known:
        yield Fault(("party",), f"there is no party '{party}'", nearest(party, known))
    elif MEASURED[of].party and party is None:
        yield Fault(("party",), f"{MEASURED[of].says} are somebody's", "name the party whose money it is")
    elif party is not None and not MEASURED[of].party and not party_may:
        yield Fault(("party",), f"{MEASURED[of].says} are no money of a party", "choose records with 'where'")
    if of == "emissions" and not instance.factors:
        yield Fault(("of",), "no factor says what emits", "state the section 'factors'")


def _money(of: MeasureName, field: str, money: Quantity | None) -> Iterator[Fault]:
    wanted = MEASURED[of].price
    if money is not None and money.unit not in ("1", wanted):
        bare = "a bare number (million dollars a unit)"
        hint = f"give {bare}" if wanted == "1" else f"give a number in {wanted}, or {bare}"
        yield Fault((field,), f"{MEASURED[of].says} are not priced in {money.unit}", hint)


def _window(calendar: Calendar, first: When | None, last: LastDay | None) -> Iterator[Fault]:
    if first is not None and last is not None and last < first:
        yield Fault(("until",), f"it ends on {last}, before it begins on {first}")
    elif first is not None and first >= calendar.end:
        yield Fault(("since",), f"{first} lies after the end of the horizon, so it never holds")
    elif last is not None and last < calendar.start:
        yield Fault(("until",), f"{last} lies before the decision date, so it never holds")


def _lanes(instance: Instance) -> Iterator[Fault]:
    known = names(instance)["regions"]
    for key, lane in instance.lanes.items():
        for side in ("origins", "destinations"):
            for place, region in enumerate(getattr(lane, side)):
                if region not in known:
                    yield Fault(("lanes", key, side, place), f"there is no region '{region}'", nearest(region, known))
        for goods, charge in lane.goods.items():
            wanted = f"USD/{goods.removesuffix('s')}"
            if charge.unit not in ("1", wanted):
                yield Fault(
                    ("lanes", key, "goods", goods), f"{goods} are not charged in {charge.unit}", f"give {wanted}"
                )
        if lane.carrier is not None and lane.carrier not in parties(instance):
            hint = nearest(lane.carrier, parties(instance)) or "leave it out where nobody of the instance is paid"
            yield Fault(("lanes", key, "carrier"), f"there is no party '{lane.carrier}'", hint)
    for (one_id, one), (two_id, two) in combinations(instance.lanes.items(), 2):
        if _meet(one, two):
            message = f"'{one_id}' carries the same goods between the same regions"
            yield Fault(("lanes", two_id), message, "leave one of them out")


def _meet(one: Lane, two: Lane) -> bool:
    same = (set(one.origins) & set(two.origins), set(one.destinations) & set(two.destinations))
    return all(same) and bool(set(one.goods) & set(two.goods))
