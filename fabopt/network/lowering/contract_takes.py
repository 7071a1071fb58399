r"""What is taken under a contract, and what is paid for it.

With volumes :math:`x_k(t)` of the price tiers, take :math:`x = \sum_k x_k`, and windows W:

* maximum: :math:`\sum_W x \le \sum_W \overline m_t A_t`; in windows of several periods also
  :math:`x(t) \le \overline M_W A_t`, so that nothing is taken before the contract is in force.
* minimum: :math:`\sum_W x + f_W \ge \sum_W \underline m_t A_t`, with f paid for and not taken (no f where the minimum
  must be taken).
* tiers: :math:`\sum_W x_k \le w_k`, the width of tier k. Where a later tier is cheaper, or the money stays inside the
  instance, a binary z opens it: :math:`\sum_W x_k \le w_k z_k` and :math:`\sum_W x_{k-1} \ge w_{k-1} z_k`: no tier
  before the one below is full.
* goods from outside: x is an activity that makes them. Compute or running accelerators leased from a lab: x takes from
  what the lab has and gives it to the buyer. Goods of a party: :math:`x = U - e` where U is the buyer's use
  and :math:`e \ge 0` what it uses beyond its contracts, at list prices.
* credit: a prepayment P is a stock that the signature fills; :math:`r(t)` is taken from it, no more than what is owed
  for takes in t. What stays in it costs the cost of money.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fabopt.network.lowering.contract_goods import list_price, list_spending, materials_of, source_of
from fabopt.network.lowering.deal import Deal, Linear, Records
from fabopt.network.lowering.policy_scope import Expression
from fabopt.network.tables import Array, Flow, Material, Network, Unit

LENDERS = "lenders"
"""Who is paid the cost of money."""

Tiers = list[tuple[str, Array, Array]]
"""Activity, width per period ``[T]`` and price ``[T]`` of each tier."""


def tiers(deal: Deal) -> Tiers:
    """Return the tiers of a contract with a maximum."""
    contract, n = deal.contract, deal.chain.n
    assert contract.maximum is not None
    most = deal.amount(contract.maximum)
    first = np.zeros(n) if contract.price is None else deal.money(contract.price)
    starts = [np.zeros(n), *(np.minimum(deal.amount(tier.above), most) for tier in contract.tiers), most]
    prices = [first, *(deal.money(tier.price) for tier in contract.tiers)]
    ids = [f"take:{deal.id}"] if len(prices) == 1 else [f"take:{deal.id}:{k}" for k in range(1, len(prices) + 1)]
    return [(name, b - a, price) for name, (a, b), price in zip(ids, pairwise(starts), prices, strict=True)]


def outside_take(records: Records, deal: Deal, net: Network) -> Linear:
    """Add the activities by which goods come in from outside, or from a lab's fleet; return the take."""
    take = Expression()
    materials = materials_of(deal, net)
    sources = dict(zip(materials, source_of(deal, net), strict=False))
    for name, _, price in tiers(deal):
        for material in materials:
            one = name if len(materials) == 1 else f"{name}:{material}"
            says = f"{deal.name}: taken" if len(materials) == 1 else f"{deal.name}: {material} taken"
            _take(records, deal, name, one, says, price if deal.outside else None)
            records.flows.append(Flow(one, material, 0, np.ones(deal.chain.n)))
            if material in sources:
                records.flows.append(Flow(one, sources[material], 0, -np.ones(deal.chain.n)))
            take.add(("activity", one, 0), np.ones(deal.chain.n))
    return Linear(take, np.zeros(deal.chain.n))


def _take(records: Records, deal: Deal, tier: str, activity: str, says: str, cost: Array | None) -> None:
    deal.activity(records, "take", activity, says, cost=cost, upper=_open(deal))
    records.taking.setdefault(tier, []).append(activity)


def _open(deal: Deal) -> Array:
    """Return upper bounds: free in periods in which the contract can be in force."""
    return deal.chain.open_upper(deal.possible)


def inside_takes(records: Records, deals: list[Deal], use: Expression, spent: Array) -> dict[str, Linear]:
    """Return the takes of one buyer's contracts on the same goods of a party: parts of its use.

    Capacity of a party may be used beyond the contracts, at list prices; that of somebody outside may not.

    Parameters
    ----------
    records
        Where activities and rows are added.
    deals
        Contracts that count takes.
    use, spent
        The buyer's use of the goods, and that of what was in work at the decision date.
    """
    first, ones = deals[0], np.ones(deals[0].chain.n)
    outside = first.outside
    may = ones if outside else np.max([deal.possible for deal in deals], axis=0)
    rest, spent = Expression().plus(use, may), spent * may
    names = " and ".join(deal.name for deal in deals)
    if not outside:
        beyond = f"beyond:{first.id}"
        name = f"{first.buyer} beyond {names}"
        upper = first.chain.open_upper(may)
        first.activity(records, "beyond", beyond, name, upper=upper)
        rest = rest.plus(Expression({("activity", beyond, 0): -may}))
    periods = tuple((int(t),) for t in np.flatnonzero(may))
    says = f"{names}: what {first.buyer} uses"
    if len(deals) == 1 and len(tiers(first)) == 1 and not outside:
        first.row(records, "use", says, ">=", rest, -spent[may > 0.0], periods)
        return {first.id: Linear(rest, spent)}
    linears: dict[str, Linear] = {}
    for deal in deals:
        take = Expression()
        for name, _, price in tiers(deal):
            cost = price if outside else None
            _take(records, deal, name, name, f"{deal.name}: taken", cost)
            take.add(("activity", name, 0), ones)
        linears[deal.id] = Linear(take, np.zeros(deal.chain.n))
        rest = rest.plus(take, -1.0)
    first.row(records, "use", says, "==", rest, -spent[may > 0.0], periods)
    return linears


def add_takes(records: Records, deal: Deal, take: Linear, net: Network) -> None:
    """Add maximum, minimum, tiers, payments and credit of a contract whose takes are counted."""
    _maximum(records, deal, take)
    _tiers(records, deal)
    _minimum(records, deal, take)
    owed = _paid(records, deal, take, net)
    _credit(records, deal, owed)


def _maximum(records: Records, deal: Deal, take: Linear) -> None:
    assert deal.contract.maximum is not None
    most = deal.amount(deal.contract.maximum)
    force = deal.in_force
    terms = take.terms.plus(force.terms, -most)
    room = deal.total(most * force.constant - take.constant)
    name = f"{deal.name}: maximum take of {deal.buyer}"
    deal.row(records, "maximum", name, "<=", terms, room, deal.windows, family="contract_maximum", levers=deal.levers)
    if deal.contract.by == "period":
        return
    whole = deal.spread(deal.total(most))
    periods = tuple((t,) for window in deal.windows for t in window)
    at = [t for (t,) in periods]
    room = (whole * force.constant - take.constant)[at]
    name = f"{deal.name}: taken only while in force"
    deal.row(
        records, "force", name, "<=", take.terms.plus(force.terms, -whole), room, periods,
        levers=deal.levers,
    )  # fmt: skip


def _tier_level(deal: Deal, name: str, records: Records) -> Expression:
    ones = np.ones(deal.chain.n)
    return Expression({("activity", one, 0): ones for one in records.taking.get(name, ())})


def _tiers(records: Records, deal: Deal) -> None:
    steps = tiers(deal)
    if len(steps) == 1:
        return
    falls = any(bool(np.any(b < a)) for (_, _, a), (_, _, b) in pairwise(steps))
    ordered = falls or not deal.outside
    before: tuple[Expression, Array] | None = None
    for k, (name, width, _) in enumerate(steps, start=1):
        level, room = _tier_level(deal, name, records), deal.total(width)
        says = f"{deal.name}: volume of price tier {k}"
        if before is None or not ordered:
            deal.row(records, f"tier{k}", says, "<=", level, room, deal.windows)
        else:
            opened = _switch(records, deal, k)
            none = np.zeros(len(deal.windows))
            terms = level.plus(opened, -deal.spread(room))
            deal.row(records, f"tier{k}", says, "<=", terms, none, deal.windows)
            full = before[0].plus(opened, -deal.spread(before[1]))
            says = f"{deal.name}: price tier {k - 1} is full before tier {k}"
            deal.row(records, f"full{k - 1}", says, ">=", full, none, deal.windows)
        before = level, room


def _switch(records: Records, deal: Deal, k: int) -> Expression:
    """Add a binary a window (a unit that may be ordered once, in its first period); return it over the window."""
    first = np.zeros(deal.chain.n)
    first[[window[0] for window in deal.windows]] = 1.0
    unit_id = f"tier:{deal.id}:{k}"
    name = f"{deal.name}: price tier {k} is reached"
    records.units.append(Unit(unit_id, name, "decision", deal.tags("tier", "tiers"), upper=first, instrument="tier"))
    return Expression({("unit", unit_id, 0): first})


def _minimum(records: Records, deal: Deal, take: Linear) -> None:
    contract, force = deal.contract, deal.in_force
    if contract.minimum is None:
        return
    least = deal.amount(contract.minimum)
    terms = take.terms.plus(force.terms, -least)
    if not contract.must_take:
        last = np.zeros(deal.chain.n)
        last[[window[-1] for window in deal.windows]] = np.inf
        asked = contract.shortfall_price or contract.price
        price = np.zeros(deal.chain.n) if asked is None else deal.money(asked)
        short = f"short:{deal.id}"
        cost = price if deal.outside else None
        name = f"{deal.name}: paid for and not taken"
        deal.activity(records, "shortfall", short, name, cost=cost, upper=last)
        terms = terms.plus(Expression({("activity", short, 0): np.ones(deal.chain.n)}))
        deal.pay(records, "shortfall", ("activity", short, 0), np.ones(deal.chain.n), price=price)
    what = "minimum that must be taken" if contract.must_take else "take-or-pay minimum"
    need = deal.total(least * force.constant - take.constant)
    name = f"{deal.name}: {what} of {deal.buyer}"
    deal.row(records, "minimum", name, ">=", terms, need, deal.windows, family="contract_minimum")


def _paid(records: Records, deal: Deal, take: Linear, net: Network) -> Expression:
    """Note what is paid for takes; return what is owed, against which a prepayment may be credited."""
    if deal.contract.price is None:
        owed = Expression().plus(list_spending(deal, net), deal.possible)
        money = np.ones(deal.chain.n)
        for key, coefficient in owed.terms.items():
            deal.pay(records, "purchases", key, coefficient, price=money, listed=money)
        return owed
    unlisted = deal.outside or deal.leased or deal.kind == "resources"
    listed = None if unlisted else list_price(deal)
    steps, owed = tiers(deal), Expression()
    whole = len(steps) == 1 and ("activity", steps[0][0], 0) not in take.terms.terms
    for name, _, price in steps:
        # A take that is part of the buyer's use has no activity of its own, unless it comes from outside.
        level = take.terms if whole and not deal.outside else _tier_level(deal, name, records)
        owed = owed.plus(level, price)
        for key, coefficient in level.terms.items():
            deal.pay(records, "purchases", key, coefficient, price=price, listed=listed)
    return owed


def _credit(records: Records, deal: Deal, owed: Expression) -> None:
    contract, chain = deal.contract, deal.chain
    left = contract.prepaid.value
    if not contract.credited or (contract.prepayment.value == 0.0 and left == 0.0):
        return
    stock, use = f"prepaid:{deal.id}", f"credit:{deal.id}"
    lasting = np.arange(chain.n) <= np.max(np.flatnonzero(deal.possible), initial=-1)
    spread = np.where(lasting, contract.cost_of_money.value * chain.years, 0.0)
    records.materials.append(
        Material(
            stock, f"{deal.name}: prepaid and not yet credited", "M USD", deal.tags("prepaid", "prepayment"),
            storable=True, opening=left, carrying_cost=spread if np.any(spread) else None, disposal_cost=None,
        )
    )  # fmt: skip
    minus = -np.ones(chain.n)
    name = f"{deal.name}: credited from the prepayment"
    deal.activity(records, "credit", use, name, cost=minus if deal.outside else None, unit="M USD")
    records.flows.append(Flow(use, stock, 0, minus))
    terms = Expression({("activity", use, 0): np.ones(chain.n)}).plus(owed, -1.0)
    periods = tuple((t,) for t in range(chain.n))
    says = f"{deal.name}: no more is credited than is owed"
    deal.row(records, "credit", says, "<=", terms, np.zeros(chain.n), periods, unit="M USD")
    deal.pay(records, "credit", ("activity", use, 0), minus)
    deal.pay(records, "cost of money", ("stock", stock, 0), spread, payee=LENDERS)
