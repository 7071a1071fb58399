"""Rules of the allocation policies: each in itself, and several on the same thing against each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import combinations

from fabopt.domain.base import Fault, Path, each_alone
from fabopt.domain.calendar import Calendar
from fabopt.domain.instance import Instance
from fabopt.domain.kinds import splittable
from fabopt.domain.policies import NEEDS_ORDERS, Claim, Policy
from fabopt.domain.quantity import Quantity
from fabopt.domain.references import nearest
from fabopt.domain.tolerances import SHARES
from fabopt.domain.users import TECHNOLOGIES, in_unit, users_of


def policy_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the policies of an instance.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    sound = yield from each_alone("policies", instance.policies, partial(_of_one, instance, calendar))
    for (first_id, first), (second_id, second) in combinations(sound.items(), 2):
        if _meet(first, second):
            yield from _against_each_other(calendar, first_id, first, second_id, second)


def _of_one(instance: Instance, calendar: Calendar, policy: Policy) -> Iterator[Fault]:
    if len(policy.splits.kinds) != 1:
        said = " and ".join(policy.splits.kinds) or "nothing"
        yield Fault(("splits",), f"a policy splits one kind of thing, but this one names {said}", "one of " + _kinds())
        return
    yield from _window(calendar, policy)
    users = users_of(instance, policy.splits)
    if users is None:
        return
    if not users:
        yield Fault(("splits",), f"nobody uses {' or '.join(policy.splits.names)}, so there is nothing to split")
        return
    for customer in policy.customers:
        if customer not in users:
            what = " and ".join(policy.splits.names)
            message = f"'{customer}' is no customer of {what}"
            yield Fault(("customers", customer), message, nearest(customer, users))
    if policy.rule != "value" and not policy.customers and policy.orders == "stated":
        yield Fault(("customers",), f"the rule '{policy.rule}' has no customers to split anything among")
        return
    yield from _inputs(instance, policy)
    yield from _parts(policy)
    left_out = [user for user in users if user not in policy.customers]
    if left_out and policy.orders == "stated" and not _leaves_room(calendar, policy):
        names = ", ".join(f"'{user}'" for user in left_out)
        yield Fault(("customers",), f"{names} would get nothing, since the others have a right to everything",
                    "name every customer, with an order or share of 0 where it should get nothing")  # fmt: skip
    yield from _shares(calendar, policy, len(users))


def _parts(policy: Policy) -> Iterator[Fault]:
    """What a policy on each line or technology cannot be."""
    if policy.each is None:
        return
    if policy.rule not in ("shares", "value"):
        message = f"the rule '{policy.rule}' goes by amounts, which no customer states for each {policy.each}"
        yield Fault(("each",), message, "use 'shares', or write a policy for each")
    if any(claim.order is not None or claim.commitment.value > 0.0 for claim in policy.customers.values()):
        message = f"orders and commitments are amounts, which no customer states for each {policy.each}"
        yield Fault(("each",), message, "leave them out, or write a policy for each")
    if policy.orders == "demand" or policy.splits.kind == "chips":
        yield Fault(("each",), "it is for shares of capacity, not for orders or chips", "leave 'each' out")
    elif policy.each == "technology" and policy.splits.kind not in TECHNOLOGIES:
        which = ", ".join(TECHNOLOGIES)
        yield Fault(("each",), f"{policy.splits.kind} make no technologies", f"of {which} it can be said")


def _kinds() -> str:
    return ", ".join(splittable())


def _window(calendar: Calendar, policy: Policy) -> Iterator[Fault]:
    if policy.since is not None and policy.until is not None and policy.until < policy.since:
        yield Fault(("until",), f"it ends on {policy.until}, before it begins on {policy.since}")
    elif policy.since is not None and policy.since >= calendar.end:
        yield Fault(("since",), f"{policy.since} lies after the end of the horizon, so the policy never holds")
    elif policy.until is not None and policy.until < calendar.start:
        yield Fault(("until",), f"{policy.until} lies before the decision date, so the policy never holds")


def _inputs(instance: Instance, policy: Policy) -> Iterator[Fault]:
    """What the rule needs of each customer, and amounts in the wrong unit."""
    kind, unit = policy.splits.kind, splittable()[policy.splits.kind][1].unit
    fields = {"shares": "share", "priority": "rank", "turn-and-earn": "past"}
    for customer, claim in policy.customers.items():
        path: Path = ("customers", customer)
        needed = fields.get(policy.rule)
        if needed is not None and getattr(claim, needed) is None:
            yield Fault((*path, needed), f"the rule '{policy.rule}' needs '{needed}' of every customer")
        if policy.rule in NEEDS_ORDERS and policy.orders == "stated" and claim.order is None:
            yield Fault((*path, "order"), f"the rule '{policy.rule}' needs an order of every customer")
        if policy.orders == "demand" and claim.order is not None:
            yield Fault((*path, "order"), "an order is stated where orders follow demand", "state it as a commitment")
        if policy.rule == "market" and not claim.bids:
            yield Fault((*path, "bids"), "a market needs bids of every customer")
        for name, amount in _amounts(claim):
            if not in_unit(instance, policy.splits, amount, unit):
                message = f"an amount in {amount.unit} stands where {unit} is meant"
                yield Fault((*path, name), message, f"the policy splits {kind.replace('_', ' ')}")
    if policy.orders == "demand" and kind in ("resources", "scanners"):
        yield Fault(("orders",), f"orders for {kind} cannot follow demand for compute", "state them")
    if policy.orders == "demand" and policy.rule == "market":
        yield Fault(("orders",), "a market goes by bids, not by demand", "give orders: stated")
    if policy.exact and policy.rule == "value":
        yield Fault(("exact",), "where value decides there is nothing to hold exactly")
    if policy.exact and policy.returns.value > 0.0:
        yield Fault(("returns",), "what everybody gets exactly cannot be given back")


def _amounts(claim: Claim) -> Iterator[tuple[str, Quantity]]:
    for name in ("order", "need", "commitment", "past"):
        amount = getattr(claim, name)
        # A commitment that nobody stated is zero in any unit.
        if amount is not None:
            yield name, amount
    for bid in claim.bids:
        yield "bids", bid.quantity


def _leaves_room(calendar: Calendar, policy: Policy) -> bool:
    """Whether customers that are not named can get anything."""
    if policy.rule == "value":
        return True
    total = max(_total(policy, "share", span.start, span.end) for span in calendar.spans)
    return policy.rule == "shares" and total < 1.0 - SHARES


def _total(policy: Policy, field: str, start: date, end: date) -> float:
    shares = (getattr(claim, field) for claim in policy.customers.values())
    return float(sum(share.mean(start, end) for share in shares if share is not None))


def _shares(calendar: Calendar, policy: Policy, users: int) -> Iterator[Fault]:
    """Shares, floors, caps and least numbers that cannot all hold, in the first period in which they do not."""
    least = policy.least
    if least is not None and least.customers > users:
        message = f"{least.customers} customers are to get a share at least, but there are only {users}"
        yield Fault(("least", "customers"), message)
        return
    if least is not None and least.customers * least.share.value > 1.0 + SHARES:
        share = least.share.value
        yield Fault(("least", "share"), f"{least.customers} shares of {share:.0%} are more than the capacity")
    for span in calendar.spans:
        if not holds(policy, span.start, span.end):
            continue
        shares = list(_shares_at(policy, users, span.label, span.start, span.end))
        if shares:
            yield from shares
            return


def _shares_at(policy: Policy, users: int, when: str, start: date, end: date) -> Iterator[Fault]:
    if policy.rule == "shares":
        total = _total(policy, "share", start, end)
        if total > 1.0 + SHARES:
            yield Fault(("customers",), f"in {when} the shares add up to {total:.4g}, more than 1")
        if policy.exact and total < 1.0 - SHARES and len(policy.customers) == users:
            yield Fault(("exact",), f"in {when} the shares add up to {total:.4g}, so they cannot be all that is used")
        kept = sum(
            max(claim.floor.mean(start, end), 0.0 if claim.share is None else claim.share.mean(start, end))
            for claim in policy.customers.values()
        )
        if total <= 1.0 + SHARES < kept:
            message = f"in {when} shares, and the floors that lie above them, add up to {kept:.4g}, more than 1"
            yield Fault(("customers",), message)
    floors = _total(policy, "floor", start, end)
    if floors > 1.0 + SHARES:
        yield Fault(("customers",), f"in {when} the floors add up to {floors:.4g} of the capacity, more than there is")
    caps: list[float] = []
    for customer, claim in policy.customers.items():
        cap = cap_at(policy, customer, start, end)
        caps.append(cap)
        floor = claim.floor.mean(start, end)
        if floor > cap + SHARES:
            message = f"in {when} its floor of {floor:.4g} lies above its cap of {cap:.4g}"
            yield Fault(("customers", customer, "floor"), message)
        share = claim.share.mean(start, end) if policy.rule == "shares" and claim.share is not None else 0.0
        if share > cap + SHARES:
            message = f"in {when} its share of {share:.4g} lies above its cap of {cap:.4g}"
            yield Fault(("customers", customer, "share"), message)
    if policy.least is not None:
        room = sorted([*caps, *[cap_at(policy, "", start, end)] * (users - len(caps))], reverse=True)
        cap, share = room[policy.least.customers - 1], policy.least.share.value
        if share > cap + SHARES and policy.cap_of == "capacity":
            yield Fault(
                ("least", "share"), f"in {when} a share of {share:.4g} at least lies above the cap of {cap:.4g}"
            )
    if policy.cap_of == "allocated" and policy.cap is not None:
        most = sum(min(cap, 1.0) for cap in caps) + (users - len(caps)) * policy.cap.mean(start, end)
        if most < 1.0 - SHARES:
            message = (
                f"{users} customers with at most {policy.cap.value:.4g} of what is allocated can get nothing at all"
            )
            yield Fault(("cap",), message, "raise the cap")


def cap_at(policy: Policy, customer: str, start: date, end: date) -> float:
    """Return the largest share that a customer may have, infinite where there is no cap."""
    claim = policy.customers.get(customer)
    cap = policy.cap if claim is None or claim.cap is None else claim.cap
    return math.inf if cap is None else cap.mean(start, end)


def holds(policy: Policy, start: date, end: date) -> bool:
    """Return whether a policy holds on any day from `start` up to, not including, `end`."""
    return (policy.since is None or policy.since < end) and (policy.until is None or policy.until >= start)


def _meet(first: Policy, second: Policy) -> bool:
    """Whether two policies split the same thing."""
    return first.splits.kind == second.splits.kind and set(first.splits.names) == set(second.splits.names)


def _against_each_other(
    calendar: Calendar, first_id: str, first: Policy, second_id: str, second: Policy
) -> Iterator[Fault]:
    """What two policies on the same thing say that cannot both hold; each fault names both."""
    path: Path = ("policies", second_id)
    if first.exact and second.exact:
        yield Fault((*path, "exact"), f"'{first_id}' and '{second_id}' both say exactly who gets what")
        return
    for span in calendar.spans:
        if not (holds(first, span.start, span.end) and holds(second, span.start, span.end)):
            continue
        start, end, names = span.start, span.end, {**first.customers, **second.customers}
        kept = {name: max(floor_of(first, name, start, end), floor_of(second, name, start, end)) for name in names}
        if sum(kept.values()) > 1.0 + SHARES:
            message = f"in {span.label} the floors of '{first_id}' and '{second_id}' add up to {sum(kept.values()):.4g}"
            yield Fault(path, f"{message} of the capacity")
            return
        for one_id, one, other_id, other in (
            (first_id, first, second_id, second),
            (second_id, second, first_id, first),
        ):
            for name in names:
                floor, most = floor_of(one, name, start, end), most_of(other, name, start, end)
                if floor > most + SHARES:
                    message = f"in {span.label} '{one_id}' keeps {floor:.4g} for '{name}', but '{other_id}' gives it"
                    yield Fault(path, f"{message} at most {most:.4g}")
                    return
            if one.least is not None and other.cap is not None:
                share, cap = one.least.share.value, other.cap.mean(start, end)
                if share > cap + SHARES and other.cap_of == "capacity":
                    message = f"'{one_id}' gives customers at least {share:.4g}, but '{other_id}' at most {cap:.4g}"
                    yield Fault(path, f"in {span.label} {message}")
                    return


def floor_of(policy: Policy, customer: str, start: date, end: date) -> float:
    """Share that a policy keeps for a customer: its floor, or an exact share."""
    claim = policy.customers.get(customer)
    if claim is None:
        return 0.0
    held = claim.share.mean(start, end) if policy.exact and policy.rule == "shares" and claim.share else 0.0
    return max(claim.floor.mean(start, end), held)


def most_of(policy: Policy, customer: str, start: date, end: date) -> float:
    """Largest share that a policy leaves a customer."""
    claim = policy.customers.get(customer)
    share = math.inf
    if policy.rule == "shares" and claim is not None and claim.share is not None and policy.returns.value == 0.0:
        share = claim.share.mean(start, end)
    cap = cap_at(policy, customer, start, end) if policy.cap_of == "capacity" else math.inf
    return min(share, cap)
