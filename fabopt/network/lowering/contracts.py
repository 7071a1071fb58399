r"""Contracts as records of the network: signatures, options, departures, unlocked capacity, reserves, payments.

* signature u (a unit ``sign:<contract>``, ordered once, between its dates), exercise w of an option
  (``exercise:<contract>``): :math:`\sum_{t' \le t} w \le \sum_{t' \le t} u`; departure v (``exit:<contract>``):
  :math:`A_t \ge 0`, so that only what is in force is left (`deal`).
* unlocked capacity: :math:`\sum_{t' \le t} y_{e,t'} \le \sum_q n_q \sum_{t' \le t} u_{q,t'}` over the contracts q that
  each allow n steps of unit e.
* reserve: :math:`U_b + i \ge \sum_q s_q K A_q` (or an amount instead of :math:`s K`), where :math:`i \ge 0` uses the
  resource and stands idle for b. Where capacity grows and A is a decision, :math:`K A` is written
  :math:`K - \overline K (1 - A)`, exact for whole A.

Prices between parties of the instance are noted as payments and are no cost; what a supplier outside is paid is the
cost of the decision that it is paid for. The cost of money is a cost in either case.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Literal

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.kinds import unlockable
from fabopt.domain.tolerances import SAME
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.contract_goods import materials_of, scope
from fabopt.network.lowering.contract_takes import LENDERS, add_takes, inside_takes, outside_take
from fabopt.network.lowering.deal import Deal, Linear, Records, in_force, may_begin
from fabopt.network.lowering.policy_scope import Expression, Scope, given_by
from fabopt.network.tables import CONTRACT, Agreement, Array, Budget, Network, Term, Unit, UnitMaterial, Use
from fabopt.network.tagged import tagged


def lower_contracts(chain: Chain, net: Network) -> Network:
    """Return the network with the contracts of the instance.

    Raises
    ------
    FieldProblem
        When more is reserved than there is, capacity without a limit is reserved by share, or in several such contracts
        for one buyer, or the steps of a unit without a limit are unlocked.
    """
    if not chain.instance.contracts:
        return net
    records, agreements = Records(), []
    deals = [_deal(chain, net, contract_id) for contract_id in chain.instance.contracts]
    scopes = {deal.id: scope(deal, net) for deal in deals if deal.kind and not deal.contract.goods.brought}
    deals = [_placed(deal, net, scopes.get(deal.id)) for deal in deals]
    for deal in deals:
        _decisions(records, deal)
    takes = _takes(records, deals, scopes, net)
    for deal in deals:
        if deal.id in takes and deal.contract.maximum is not None:
            add_takes(records, deal, takes[deal.id], net)
        agreements.append(_agreement(deal, takes.get(deal.id), records))
    inside = {deal.id for deal in deals if not deal.outside}
    paid = [p for key, payments in records.counted.items() if key in inside for p in payments if p.payee != LENDERS]
    _unlocked(records, deals, net)
    _reserves(records, deals, scopes, net)
    return replace(
        net,
        materials=(*net.materials, *records.materials),
        activities=(*net.activities, *records.activities),
        flows=(*net.flows, *records.flows),
        uses=(*net.uses, *records.uses),
        units=(*net.units, *records.units),
        unit_materials=(*net.unit_materials, *records.unit_materials),
        groups=(*net.groups, *records.groups),
        definitions=(*net.definitions, *records.definitions),
        agreements=tuple(agreements),
        payments=(*net.payments, *paid),
        budgets=tuple(_with_payments(budget, records) for budget in net.budgets),
    )


def _deal(chain: Chain, net: Network, contract_id: str) -> Deal:
    contract = chain.instance.contracts[contract_id]
    force, begun, possible = in_force(chain, contract_id, contract)
    kind = contract.goods.kind if contract.goods.kinds else ""
    held = [period for period in chain.periods if possible[period.index]]
    windows: tuple[tuple[int, ...], ...]
    if contract.by == "period":
        windows = tuple((period.index,) for period in held)
    elif contract.by == "year":
        years = groupby(held, key=lambda period: period.start.year)
        windows = tuple(tuple(period.index for period in group) for _, group in years)
    else:
        windows = (tuple(period.index for period in held),) if held else ()
    return Deal(chain, contract_id, contract, kind, force, begun, possible, windows)


def _placed(deal: Deal, net: Network, scope: Scope | None) -> Deal:
    """Return the contract with the stage and the unit of its goods."""
    if scope is not None:
        return replace(deal, stage=scope.tags.stage or CONTRACT, unit=scope.unit)
    if deal.kind:
        material = next(m for m in net.materials if m.id == materials_of(deal, net)[0])
        return replace(deal, stage=material.tags.stage or CONTRACT, unit=material.unit)
    return deal


def _decisions(records: Records, deal: Deal) -> None:
    """Add signature, exercise and departure, with what is paid for them and the rows that tie them together."""
    chain, contract = deal.chain, deal.contract
    n, option = chain.n, contract.option
    if not contract.offered:
        return
    if deal.sign:
        mask = (may_begin(chain, contract) if option is None else chain.window(contract.first, contract.last)).open
        pinned = None
        if contract.signed is not None:
            pinned = np.zeros(n)
            pinned[chain.calendar.period_index(contract.signed)] = 1.0
            mask = pinned
        cost = _prepaid(records, deal, deal.sign) if option is None else chain.flat(option.premium.value)
        if option is not None:
            deal.pay(records, "premium", ("unit", deal.sign, 0), cost)
            cost = cost if deal.outside else np.zeros(n)
        _unit(records, deal, deal.sign, "signing", "signature", mask, cost, pinned)
    if option is not None:
        cost = _prepaid(records, deal, deal.begin)
        _unit(records, deal, deal.begin, "exercising", "exercise", may_begin(chain, contract).open, cost)
        _tied(records, deal)
    if contract.exit is not None:
        leave = f"exit:{deal.id}"
        fee = chain.mean(contract.exit.fee)
        deal.pay(records, "exit fee", ("unit", leave, 0), fee)
        mask = chain.window(contract.exit.first, contract.exit.last).open
        _unit(records, deal, leave, "leaving", "exit", mask, fee if deal.outside else np.zeros(n))
        says = f"{deal.name}: left only while in force"
        periods = tuple((t,) for t in range(n))
        force = deal.in_force
        deal.row(records, "exit", says, ">=", force.terms, -force.constant, periods, unit="")


def _unit(
    records: Records, deal: Deal, unit_id: str, verb: str, instrument: Literal["signature", "exercise", "exit"],
    mask: Array, cost: Array, pinned: Array | None = None,
) -> None:  # fmt: skip
    lead = 0.0 if instrument == "exit" else deal.chain.lead(deal.contract.lead.value)
    records.units.append(
        Unit(
            unit_id, f"{verb} {deal.name}", "decision", deal.tags(instrument), cost=cost if np.any(cost) else None,
            upper=mask, total=1.0, pinned=pinned, lead=lead, instrument=instrument, bearer=deal.contract.buyer,
        )
    )  # fmt: skip


def _prepaid(records: Records, deal: Deal, unit: str) -> Array:
    """Note the prepayment made with a unit; return the cost of the unit to the whole ``[T]``."""
    contract, chain = deal.contract, deal.chain
    sum_ = contract.prepayment.value
    if sum_ == 0.0:
        return np.zeros(chain.n)
    paid = chain.flat(sum_)
    deal.pay(records, "prepayment", ("unit", unit, 0), paid)
    cost = paid if deal.outside else np.zeros(chain.n)
    if contract.credited:
        records.unit_materials.append(UnitMaterial(unit, f"prepaid:{deal.id}", 0, sum_))
        return cost
    # What is never credited is owed to lenders until the contract can no longer be in force.
    last = int(np.max(np.flatnonzero(deal.possible), initial=-1))
    discount = np.array([period.discount for period in chain.periods])
    years = discount * chain.years
    left = np.array([years[t : last + 1].sum() / discount[t] for t in range(chain.n)])
    interest = sum_ * contract.cost_of_money.value * left
    deal.pay(records, "cost of money", ("unit", unit, 0), interest, payee=LENDERS)
    return cost + interest


def _tied(records: Records, deal: Deal) -> None:
    """Add the rows by which an option is exercised only once it has been bought."""
    if not deal.sign:
        return
    n = deal.chain.n
    terms = Expression()
    for age in range(n):
        terms.add(("unit", deal.begin, age), np.ones(n))
        terms.add(("unit", deal.sign, age), -np.ones(n))
    periods = tuple((t,) for t in range(n))
    says = f"{deal.name}: exercised only once the premium is paid"
    deal.row(records, "option", says, "<=", terms, np.zeros(n), periods, unit="")


def _takes(records: Records, deals: list[Deal], scopes: dict[str, Scope], net: Network) -> dict[str, Linear]:
    linears: dict[str, Linear] = {}
    groups: dict[tuple[str, frozenset[str], str], list[Deal]] = {}
    for deal in deals:
        # Capacity of somebody outside is not used without a contract, even one that cannot be in force.
        if not deal.kind or not (deal.possible.any() or deal.contract.outside):
            continue
        if deal.contract.goods.brought:
            linears[deal.id] = outside_take(records, deal, net)
        elif deal.contract.maximum is not None:
            goods = frozenset(deal.contract.goods.names)
            groups.setdefault((deal.kind, goods, deal.contract.buyer), []).append(deal)
        else:
            used = scopes[deal.id]
            buyer = deal.contract.buyer
            linears[deal.id] = Linear(used.use[buyer], used.spent.get(buyer, np.zeros(deal.chain.n)))
    for (_, _, buyer), members in groups.items():
        used = scopes[members[0].id]
        linears |= inside_takes(records, members, used.use[buyer], used.spent.get(buyer, np.zeros(members[0].chain.n)))
    return linears


def _unlocked(records: Records, deals: list[Deal], net: Network) -> None:
    """Hold every unit that contracts unlock to the steps that signed ones allow."""
    units = {unit.id: unit for unit in net.units}
    by_unit: dict[str, list[Deal]] = {}
    for deal in deals:
        for kind, name in deal.contract.unlocks.named:
            for grows in _growing(net, kind, name, deal.contract.supplier):
                by_unit.setdefault(grows, []).append(deal)
    for unit_id, members in by_unit.items():
        unit, first, n = units[unit_id], members[0], members[0].chain.n
        terms = Expression({("unit", unit_id, age): np.ones(n) for age in range(n)})
        allowed = np.zeros(n)
        for deal in members:
            steps = float(deal.contract.unlocks.steps or unit.total)
            if not np.isfinite(steps):
                message = f"'{unit.name}' has no total, so the contract must say how many steps it allows"
                raise FieldProblem([Fault(("contracts", deal.id, "unlocks", "steps"), message)])
            terms = terms.plus(deal.begun.terms, -steps)
            allowed += steps * deal.begun.constant
        most = np.full(n, np.inf) if unit.upper is None else unit.upper
        periods = tuple((int(t),) for t in np.flatnonzero(most > 0.0))
        names = " and ".join(deal.name for deal in members)
        levers = tuple(lever for deal in members for lever in deal.levers)
        first.row(
            records, f"unlocks:{unit_id}", f"{names}: steps of {unit.name} against it", "<=", terms,
            allowed[most > 0.0], periods, family="contract_unlock", unit=unit.unit, levers=levers,
        )  # fmt: skip


def _growing(net: Network, section: str, name: str, owner: str) -> list[str]:
    """Return the units by which a thing that contracts may unlock grows: those of an owner."""
    kind = unlockable()[section]
    if kind.plain:
        return [name]
    alike = tagged(net.units, kind=kind.name, role="expansion", item=name)
    return [unit.id for unit in alike if unit.tags.owner in ("", owner)]


def _reserves(records: Records, deals: list[Deal], scopes: dict[str, Scope], net: Network) -> None:
    """Keep capacity for buyers: what one buyer's contracts reserve of a resource adds up."""
    groups: dict[tuple[str, str], list[Deal]] = {}
    for deal in deals:
        reserving = deal.contract.reserve is not None or deal.contract.reserve_amount is not None
        if reserving and deal.possible.any():
            resource = given_by(net, deal.contract.goods)[0].id
            groups.setdefault((resource, deal.contract.buyer), []).append(deal)
    for (resource, buyer), members in groups.items():
        _reserve(records, resource, buyer, members, scopes[members[0].id])


def _reserve(records: Records, resource: str, buyer: str, members: list[Deal], held: Scope) -> None:
    first = members[0]
    n = first.chain.n
    may = np.max([deal.possible for deal in members], axis=0)
    names = " and ".join(deal.name for deal in members)
    idle = f"idle:{first.id}"
    first.activity(
        records, "idle", idle, f"{names}: kept idle for {first.chain.called(buyer)}", upper=first.chain.open_upper(may)
    )
    records.uses.append(Use(idle, resource, 0, np.ones(n)))
    terms = held.use[buyer].plus(Expression({("activity", idle, 0): np.ones(n)}))
    need = -held.spent.get(buyer, np.zeros(n))
    for deal in members:
        less, least = _kept(deal, held, len(members) == 1)
        terms, need = terms.plus(less, -1.0), need + least
    periods = tuple((int(t),) for t in np.flatnonzero(may))
    name = f"{names}: reserved for {first.chain.called(buyer)}"
    first.row(records, "reserve", name, ">=", terms, need[may > 0.0], periods, family="contract_reserve")


def _kept(deal: Deal, held: Scope, alone: bool) -> tuple[Expression, Array]:
    """Return what a contract reserves, as an expression and a constant ``[T]``.

    What others have in work at the decision date is not taken back, so that no more is reserved than it leaves.
    """
    contract, force = deal.contract, deal.in_force
    others = np.sum([np.zeros(deal.chain.n), *(s for v, s in held.spent.items() if v != contract.buyer)], axis=0)
    left = np.where(others > 0.0, held.base - others, np.inf)
    if contract.reserve_amount is not None:
        amount = np.minimum(deal.amount(contract.reserve_amount), left)
        if not held.grows:
            _enough(deal, held, amount)
        return Expression().plus(force.terms, amount), amount * force.constant
    assert contract.reserve is not None
    share = contract.reserve.value
    standing = np.minimum(share * held.base, left)
    if force.is_data:
        return Expression().plus(held.added, share * force.constant), standing * force.constant
    if not held.grows:
        return Expression().plus(force.terms, standing), standing * force.constant
    if not (np.isfinite(held.most).all() and alone):
        message = "a share of capacity without a limit, or together with another share for the same buyer, cannot be"
        hint = "give reserve_amount, limit the units that add to it, or sign the contract"
        raise FieldProblem([Fault(("contracts", deal.id, "reserve"), f"{message} reserved by a decision", hint)])
    most = share * held.most
    return Expression().plus(held.added, share).plus(force.terms, most), standing - most + most * force.constant


def _enough(deal: Deal, held: Scope, amount: Array) -> None:
    """Refuse to reserve more than there is where nothing can be added."""
    short = np.flatnonzero((amount > held.base * (1.0 + SAME)) & (deal.possible > 0.0))
    if short.size:
        t = int(short[0])
        what = f"{amount[t]:.6g} {deal.unit} of {' and '.join(deal.contract.goods.names)}".replace("  ", " ")
        message = f"in {deal.chain.periods[t].label} it reserves {what}, but there are only {held.base[t]:.6g}"
        raise FieldProblem([Fault(("contracts", deal.id, "reserve_amount"), message)])


def _with_payments(budget: Budget, records: Records) -> Budget:
    """Return a party's budget with what it pays under contracts."""
    paid = []
    for payment in (p for payments in records.counted.values() for p in payments):
        if payment.payer == budget.tags.owner:
            term = payment.term
            price = 1.0 if payment.price is None else payment.price
            paid.append(replace(term, coefficient=term.coefficient * price))
    return replace(budget, terms=(*budget.terms, *paid)) if paid else budget


def _agreement(deal: Deal, take: Linear | None, records: Records) -> Agreement:
    contract, n = deal.contract, deal.chain.n
    none = np.zeros(n)
    unit = deal.unit
    if deal.kind and unit == "":
        unit = contract.goods.stake.unit.partition("/")[0] if contract.goods.stake.unit != "1" else ""
    terms: tuple[Term, ...] = () if take is None else take.terms.rows()
    has_short = any(activity.id == f"short:{deal.id}" for activity in records.activities)
    return Agreement(
        id=deal.id,
        name=deal.name,
        buyer=contract.buyer,
        supplier=contract.supplier,
        unit=unit,
        windows=deal.windows,
        take=terms,
        taken=none if take is None else take.constant,
        minimum=none if contract.minimum is None else deal.amount(contract.minimum),
        maximum=None if contract.maximum is None else deal.amount(contract.maximum),
        in_force=deal.in_force.terms.rows(),
        standing=deal.in_force.constant,
        sign=deal.sign if contract.offered else "",
        exercise=deal.begin if contract.option is not None and contract.offered else "",
        exit=f"exit:{deal.id}" if contract.exit is not None and contract.offered else "",
        short=f"short:{deal.id}" if has_short else "",
        signed="" if contract.signed is None else str(contract.signed),
        payments=tuple(records.paid.get(deal.id, ())),
    )
