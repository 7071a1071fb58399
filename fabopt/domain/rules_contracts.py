"""Rules of contracts: dates, goods and parties, volumes and prices, money, each contract by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

from fabopt.domain.base import Fault, Path, each_alone
from fabopt.domain.calendar import Calendar, Span
from fabopt.domain.contracts import LEASED, Contract, Goods, money_scale
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import tradable, unlockable
from fabopt.domain.parties import owners, parties
from fabopt.domain.quantity import Quantity
from fabopt.domain.references import names, nearest
from fabopt.domain.rules_contract_pairs import pair_faults
from fabopt.domain.tolerances import above
from fabopt.domain.users import in_unit, may_buy, users_of


def contract_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the contracts of an instance.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    sound = yield from each_alone("contracts", instance.contracts, partial(_of_one, instance, calendar))
    yield from pair_faults(instance, calendar, sound)


def _of_one(instance: Instance, calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    if len(contract.goods.kinds) > 1:
        said = " and ".join(contract.goods.kinds)
        yield Fault(("goods",), f"a contract is about one kind of goods, but this one names {said}")
        return
    yield from _signature(calendar, contract)
    yield from _deliveries(calendar, contract)
    yield from _option_and_exit(calendar, contract)
    yield from _unlocks(instance, contract)
    yield from _money(instance, calendar, contract)
    if contract.goods.kinds:
        yield from _parties(instance, contract)
        yield from _units(instance, contract)
        yield from _volumes(instance, calendar, contract)
        yield from _reserve(contract)
    else:
        yield from _without_goods(instance, contract)


def _without_goods(instance: Instance, contract: Contract) -> Iterator[Fault]:
    for name in ("minimum", "maximum", "price", "shortfall_price", "reserve", "reserve_amount"):
        if getattr(contract, name) is not None:
            yield Fault((name,), f"'{name}' stands in a contract without goods", "name the goods")
    if not contract.unlocks.named:
        yield Fault(("goods",), "the contract is about nothing", "name goods, or what it unlocks")
    elif contract.supplier not in parties(instance) and not contract.outside:
        message = f"there is no party '{contract.supplier}'"
        yield Fault(("supplier",), message, nearest(contract.supplier, parties(instance)) or "or say outside: true")


def _signature(calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    first, last, signed = contract.first, contract.last, contract.signed
    if signed is not None:
        for name in ("first", "last"):
            if getattr(contract, name) is not None:
                yield Fault((name,), f"it is signed on {signed}, so there is no date left to choose")
        if not contract.offered:
            yield Fault(("offered",), f"it is signed on {signed}, so it cannot be withdrawn", "leave one of them out")
        if signed >= calendar.end:
            yield Fault(("signed",), f"{signed} lies after the end of the horizon ({_last(calendar)})")
        return
    if first is not None and last is not None and last < first:
        yield Fault(("last",), f"the last date to sign, {last}, lies before the first, {first}")
    if last is not None and last < calendar.start:
        yield Fault(("last",), f"{last} lies before the decision date {calendar.start}, so it can never be signed",
                    "give 'signed' if it was signed, or offered: false")  # fmt: skip
    if first is not None and first >= calendar.end:
        yield Fault(("first",), f"{first} lies after the end of the horizon ({_last(calendar)})")


def _begins(calendar: Calendar, contract: Contract) -> float:
    """Return the position from which anything can be delivered, but for `since`."""
    begun = contract.signed or max(contract.first or calendar.start, calendar.start)
    if contract.option is not None and contract.option.first is not None:
        begun = max(begun, contract.option.first)
    return calendar.after(calendar.position(begun), contract.lead.value)


def _deliveries(calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    since, until = contract.since, contract.until
    if since is not None and until is not None and until < since:
        yield Fault(("until",), f"deliveries end on {until}, before they begin on {since}")
        return
    if since is not None and since >= calendar.end:
        yield Fault(("since",), f"{since} lies after the end of the horizon ({_last(calendar)})")
        return
    if until is not None and until < calendar.start:
        yield Fault(("until",), f"{until} lies before the decision date, so nothing is ever delivered")
        return
    first = _begins(calendar, contract)
    begins = calendar.day_at(first)
    if first >= calendar.periods:
        message = f"deliveries cannot begin before {begins}, after the end of the horizon ({_last(calendar)})"
        yield Fault(("lead",), message, "lengthen the horizon, or leave the contract out")
    elif first >= calendar.closes(until):
        yield Fault(("until",), f"deliveries cannot begin before {begins}, but they end on {until}")
    if contract.signed is not None and contract.duration is not None and contract.option is None:
        ended = calendar.after(first, contract.duration.value)
        if ended <= 0.0:
            yield Fault(
                ("duration",),
                f"deliveries ended on {calendar.day_at(ended)}, before the decision date {calendar.start}",
            )


def _option_and_exit(calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    option, leave = contract.option, contract.exit
    bought = contract.signed or max(contract.first or calendar.start, calendar.start)
    if option is not None:
        if option.first is not None and option.last is not None and option.last < option.first:
            path: Path = ("option", "last")
            yield Fault(path, f"the last date of exercise, {option.last}, lies before the first, {option.first}")
        elif option.last is not None and option.last < bought:
            message = f"it can be exercised until {option.last}, before the premium is paid on {bought}"
            yield Fault(("option", "last"), message)
        elif option.last is not None and option.last < calendar.start:
            yield Fault(("option", "last"), f"{option.last} lies before the decision date {calendar.start}")
        if option.first is not None and option.first >= calendar.end:
            yield Fault(("option", "first"), f"{option.first} lies after the end of the horizon ({_last(calendar)})")
    if leave is None:
        return
    if leave.first is not None and leave.last is not None and leave.last < leave.first:
        yield Fault(("exit", "last"), f"the last date of leaving, {leave.last}, lies before the first, {leave.first}")
    elif leave.last is not None and leave.last < max(bought, calendar.start):
        yield Fault(("exit", "last"), f"it can be left until {leave.last}, before it is signed or decided on")
    if leave.first is not None and leave.first >= calendar.end:
        yield Fault(("exit", "first"), f"{leave.first} lies after the end of the horizon ({_last(calendar)})")
    open_ = contract.signed is None or option is not None
    if contract.duration is not None and open_:
        message = "a contract that is still open cannot have both a duration and an exit"
        yield Fault(("duration",), message, "give 'until' instead")


def _parties(instance: Instance, contract: Contract) -> Iterator[Fault]:
    goods, buyer, supplier = contract.goods, contract.buyer, contract.supplier
    known, things = parties(instance), " and ".join(goods.names)
    if buyer == supplier:
        yield Fault(("supplier",), f"'{buyer}' would buy from itself")
        return
    if goods.brought:
        if goods.kind in LEASED and supplier in instance.labs:
            yield from _leased(instance, contract)
        elif goods.kind == "rented":
            message = f"'{supplier}' is no lab of the instance, so it has no fleet to let"
            yield Fault(("supplier",), message, nearest(supplier, instance.labs) or "lease compute from outside")
        elif supplier in known:
            message = f"'{supplier}' is a party of the instance, so what it sells comes out of its own capacity"
            yield Fault(("supplier",), message, "name that capacity under goods, or another supplier")
        if contract.outside:
            yield Fault(("outside",), "who brings such goods is known by the supplier", "leave it out")
        yield from _fits(instance, contract)
        return
    users = users_of(instance, goods)
    if users is not None and buyer in known and buyer not in users:
        yield Fault(("buyer",), f"'{buyer}' is no customer of {things}", nearest(buyer, users))
    if contract.outside:
        if goods.kind != "resources":
            message = f"what {goods.kind.replace('_', ' ')} cost is counted already, so they cannot be bought outside"
            yield Fault(("outside",), message, "leave it out, or buy plain resources")
        elif supplier in known and supplier not in owners(instance, goods.kind, goods.names):
            yield Fault(("supplier",), f"'{supplier}' is a party of the instance and not outside it")
        return
    owned = owners(instance, goods.kind, goods.names)
    if owned and owned != (supplier,):
        who = " and ".join(f"'{owner}'" if owner else "nobody" for owner in owned)
        message = f"'{supplier}' does not own {things}: {who} does"
        hint = nearest(supplier, [owner for owner in owned if owner])
        yield Fault(("supplier",), message, hint or "tag the resource with its owner, or say outside: true")


def _leased(instance: Instance, contract: Contract) -> Iterator[Fault]:
    """Whether a lab has what it lets another have."""
    goods, supplier = contract.goods, contract.supplier
    for place, name in enumerate(goods.names):
        path: Path = ("goods", goods.kind, place)
        if goods.kind == "compute":
            if name in instance.workloads and name not in instance.labs[supplier].demand.workloads:
                hint = "give it a share in its 'demand.split', with a 'total' of 0 if it wants none itself"
                yield Fault(path, f"'{supplier}' makes no compute of '{name}'", hint)
        elif name in instance.chips and not _may_have(instance, supplier, name):
            yield Fault(path, f"'{supplier}' has no '{name}', and may buy none")


def _may_have(instance: Instance, lab_id: str, chip_id: str) -> bool:
    """Return whether a lab has accelerators of a chip in the field, may buy them, or is handed used ones."""
    lab, chip = instance.labs[lab_id], instance.chips[chip_id]
    fielded = any(chip_id in fleet for fleet in lab.fleet.values())
    handed = chip.resale is not None and lab_id in chip.resale.labs
    return fielded or handed or may_buy(instance, lab_id, chip_id)


def _fits(instance: Instance, contract: Contract) -> Iterator[Fault]:
    """Whether the buyer has a use for goods from outside."""
    goods, buyer = contract.goods, contract.buyer
    known = names(instance)
    group = goods.stake.group or tradable()[goods.kind][0].section
    for place, name in enumerate(goods.names):
        path: Path = ("goods", goods.kind, place)
        if name not in known[group] or buyer not in known["parties"]:
            continue
        if goods.kind == "compute" and not (buyer in instance.labs and name in instance.labs[buyer].demand.workloads):
            yield Fault(path, f"'{buyer}' is no lab that wants '{name}'")
        if goods.kind == "rented" and buyer not in instance.labs:
            yield Fault(path, f"'{buyer}' is no lab that could run '{name}'")
        if goods.kind == "dies":
            makers = {d.designer for key, d in instance.dies.items() if name in (tuple(d.bins) or (key,))}
            if makers and buyer not in makers:
                yield Fault(path, f"'{name}' is a die of {' and '.join(sorted(makers))}, not of '{buyer}'")
        if goods.kind == "components" and buyer not in (users_of(instance, Goods.of("components", (name,))) or ()):
            yield Fault(path, f"'{buyer}' takes no '{name}'")
        if goods.kind == "components" and instance.components[name].local:
            yield Fault(path, f"'{name}' is local: only sources in the region of a site serve it")
        if goods.kind == "hbm":
            boms = [bom for chip in instance.chips.values() if chip.designer == buyer for bom in chip.boms.values()]
            if not any(name in bom.hbm for bom in boms):
                yield Fault(path, f"no chip of '{buyer}' takes '{name}'")


def _units(instance: Instance, contract: Contract) -> Iterator[Fault]:
    kind, stake = contract.goods.kind, contract.goods.stake
    given: list[tuple[Path, Quantity | None, str]] = [
        *(((name,), getattr(contract, name), stake.unit) for name in ("minimum", "maximum", "reserve_amount")),
        *(((name,), getattr(contract, name), stake.price) for name in ("price", "shortfall_price")),
    ]
    for place, tier in enumerate(contract.tiers):
        given.append((("tiers", place, "above"), tier.above, stake.unit))
        given.append((("tiers", place, "price"), tier.price, stake.price))
    for path, quantity, unit in given:
        if quantity is not None and not in_unit(instance, contract.goods, quantity, unit):
            said = "a plain number" if unit == "1" else unit
            yield Fault(path, f"{quantity.unit} stands where {said} is meant", f"goods are {kind.replace('_', ' ')}")


def _volumes(instance: Instance, calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    minimum, maximum, kind = contract.minimum, contract.maximum, contract.goods.kind
    counted = [name for name in ("minimum", "price", "tiers") if getattr(contract, name)]
    if contract.goods.brought or contract.outside:
        for name in ("maximum", "price"):
            if getattr(contract, name) is None:
                who = "a lease" if contract.supplier in instance.labs else "a supplier outside the instance"
                yield Fault((name,), f"{who} needs a {name}")
    elif counted and maximum is None:
        yield Fault(("maximum",), f"'{counted[0]}' needs a maximum, so that it is known what counts as a take")
    if maximum is None:
        return
    if minimum is not None:
        for span in calendar.spans:
            least, most = minimum.mean(span.start, span.end), maximum.mean(span.start, span.end)
            if above(least, most):
                message = f"in {span.label} the minimum take of {least:.6g} lies above the maximum of {most:.6g}"
                yield Fault(("minimum",), message)
                break
        if contract.must_take and contract.shortfall_price is not None:
            yield Fault(
                ("shortfall_price",), "a minimum that must be taken cannot be paid off", "leave one of them out"
            )
        elif not contract.must_take and contract.price is None and contract.shortfall_price is None:
            message = "without a price it is not known what is paid for what is not taken"
            yield Fault(("shortfall_price",), message, "give it, a price, or must_take: true")
    else:
        for name in ("must_take", "shortfall_price"):
            if getattr(contract, name):
                yield Fault((name,), f"'{name}' needs a minimum")
    if contract.price is not None and not _one_list_price(instance, contract):
        message = f"{kind.replace('_', ' ')} with several list prices cannot have one contract price"
        hint = "name one thing with one price, or leave the price out: list prices hold"
        yield Fault(("price",), message, hint)
    yield from _tiers(calendar, contract, maximum)


def _one_list_price(instance: Instance, contract: Contract) -> bool:
    goods = contract.goods
    if goods.brought or goods.kind == "resources":
        return True
    if len(goods.names) > 1:
        return False
    if goods.kind == "fabs":
        return goods.names[0] not in instance.fabs or len(instance.fabs[goods.names[0]].nodes) == 1
    return goods.stake.listed != ""


def _tiers(calendar: Calendar, contract: Contract, maximum: Quantity) -> Iterator[Fault]:
    if contract.tiers and contract.price is None:
        yield Fault(("price",), "tiers need the price below the first of them")
    for span in calendar.spans:
        heights = [tier.above.mean(span.start, span.end) for tier in contract.tiers]
        faults = list(_heights(span, heights, maximum.mean(span.start, span.end)))
        if faults:
            yield from faults
            return


def _heights(span: Span, heights: list[float], most: float) -> Iterator[Fault]:
    if heights and heights[0] <= 0.0:
        yield Fault(("tiers", 0, "above"), f"in {span.label} the first tier begins at {heights[0]:.6g}, not above 0")
    for place, (low, high) in enumerate(pairwise(heights), start=1):
        if high <= low:
            message = f"in {span.label} tier {place + 1} begins at {high:.6g}, not above the one before ({low:.6g})"
            yield Fault(("tiers", place, "above"), message, "write the tiers in order")
    if heights and max(heights) >= most > 0.0:
        place = heights.index(max(heights))
        message = f"in {span.label} a tier begins at {heights[place]:.6g}, but at most {most:.6g} can be taken"
        yield Fault(("tiers", place, "above"), message)


def _reserve(contract: Contract) -> Iterator[Fault]:
    goods = contract.goods
    names = [name for name in ("reserve", "reserve_amount") if getattr(contract, name) is not None]
    if len(names) > 1:
        yield Fault(("reserve_amount",), "give either a share or an amount that is reserved, not both")
    if names and (goods.brought or goods.kind == "chips"):
        what = goods.kind.replace("_", " ")
        yield Fault((names[0],), f"{what} are no capacity that could be reserved", "state a minimum, or a policy")
    elif names and len(goods.names) > 1:
        yield Fault((names[0],), "capacity is reserved thing by thing", "write one contract for each")
    nothing = not goods.brought and contract.maximum is None and not names and not contract.unlocks.named
    if nothing and contract.prepayment.value == contract.prepaid.value == 0.0:
        yield Fault((), "the contract binds nobody", "give a maximum take, a reserve, or what it unlocks")


def _unlocks(instance: Instance, contract: Contract) -> Iterator[Fault]:
    unlocks = contract.unlocks
    if unlocks.steps is not None and not unlocks.named:
        yield Fault(("unlocks", "steps"), "steps of nothing: no capacity is named")
    for kind, name in unlocks.named:
        path: Path = ("unlocks", kind)
        if kind == "units":
            if instance.network is None or name not in instance.network.units:
                continue
            total = instance.network.units[name].total
            most = None if total is None else total.value
            if most is None and unlocks.steps is None:
                message = f"'{name}' has no total, so the contract must say how many it allows"
                yield Fault(("unlocks", "steps"), message)
        else:
            of = unlockable()[kind]
            record = of.records(instance).get(name)
            if record is None:
                continue
            growing = of.holders(record)
            steps = [each.expansion for each in growing if len(growing) == 1 or each.owner == contract.supplier]
            most = max((float(step.most_steps) for step in steps if step is not None), default=0.0)
            if not most:
                yield Fault(path, f"'{name}' has no expansion that could be unlocked")
                continue
        if most is not None and unlocks.steps is not None and unlocks.steps > most:
            yield Fault(("unlocks", "steps"), f"{unlocks.steps} steps of '{name}' are more than the {most:g} there are")
        owned = owners(instance, kind, [name])
        if owned and not {"", contract.supplier} & set(owned):
            yield Fault(path, f"'{name}' is built by '{owned[0]}', not by '{contract.supplier}'")


def _money(instance: Instance, calendar: Calendar, contract: Contract) -> Iterator[Fault]:
    before = contract.signed is not None and contract.signed < calendar.start and contract.option is None
    if contract.prepaid.value > 0.0 and not before:
        message = "only a contract signed before the decision date has a prepayment left"
        yield Fault(("prepaid",), message, "give 'prepayment'")
    if contract.prepayment.value > 0.0 and before:
        message = f"it was signed on {contract.signed}, so its prepayment is no decision any more"
        yield Fault(("prepayment",), message, "give 'prepaid': what is left of it")
    both = contract.prepayment.value + contract.prepaid.value
    if contract.cost_of_money.value > 0.0 and both == 0.0:
        yield Fault(("cost_of_money",), "nothing is prepaid that could cost money")
    if both == 0.0 or not contract.credited:
        return
    if not contract.goods.kinds or contract.maximum is None:
        message = "a prepayment without a maximum take cannot be credited against anything"
        yield Fault(("credited",), message, "say credited: false, or how much may be taken")
        return
    if contract.goods.kind == "resources" and contract.price is None:
        yield Fault(("credited",), "without a price there is nothing to credit it against", "give a price")
    total = _most_paid(instance, calendar, contract)
    if total is not None and above(both, total):
        message = f"{both:.6g} million dollars are prepaid, more than all that can be bought costs ({total:.6g})"
        yield Fault(("prepayment" if contract.prepayment.value else "prepaid",), message)


def _most_paid(instance: Instance, calendar: Calendar, contract: Contract) -> float | None:
    """Return what the largest take costs in all, million dollars; None where list prices hold."""
    if contract.price is None or contract.maximum is None:
        return None
    per = contract.goods.stake.unit.rpartition("/")[2]
    scale = money_scale(contract.goods, instance.components)
    first, total = max(_begins(calendar, contract), calendar.opens(contract.since)), 0.0
    open_ = calendar.shares(first, calendar.closes(contract.until))
    for span, share in zip(calendar.spans, open_, strict=True):
        if share == 0.0:
            continue
        price = max(q.mean(span.start, span.end) for q in (contract.price, *(t.price for t in contract.tiers)))
        length = {"month": span.years * 12.0, "year": span.years}.get(per, 1.0)
        time = {"h": 8766.0, "month": 12.0}.get(contract.goods.stake.price.rpartition("/")[2])
        price *= scale * (1.0 if time is None else time * span.years)
        total += contract.maximum.mean(span.start, span.end) * length * share * price
    return total


def _last(calendar: Calendar) -> date:
    return calendar.end - timedelta(days=1)
