"""Budgets of labs: a limit, by calendar year, on all that a lab pays.

What a lab pays is read from the network and from nothing else: the costs of activities, units and stocks that it bears,
and what it pays other parties (`fabopt.network.parties`). Whatever is added to the network for a lab is in its budget.
What belongs to a lab, such as a designer of its own, pays as the lab; what the lab pays it stays with the lab.

An order of the lab's own that is paid for over its lead time counts evenly over the periods of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from itertools import groupby

import numpy as np

from fabopt.domain.customers import Lab
from fabopt.network.lowering.builder import Chain
from fabopt.network.parties import parties_of, payments_between
from fabopt.network.tables import Array, Budget, Network, Tags, Term, Unit


def lower_budgets(chain: Chain, net: Network) -> Network:
    """Return the network with the budgets of the labs that state one, before those that it has."""
    limited = {lab_id: lab for lab_id, lab in chain.instance.labs.items() if lab.budget is not None}
    bills = paid(chain, net, limited.keys())
    own = tuple(_budget(chain, bills[lab_id], lab_id, lab) for lab_id, lab in limited.items())
    return replace(net, budgets=(*own, *net.budgets)) if own else net


def _budget(chain: Chain, bill: Iterable[Term], lab_id: str, lab: Lab) -> Budget:
    assert lab.budget is not None
    amounts = chain.mean(lab.budget) * chain.years - chain.kept.get(lab_id, 0.0)
    windows = tuple(tuple(p.index for p in group) for _, group in groupby(chain.periods, key=lambda p: p.start.year))
    return Budget(
        f"budget:{lab_id}",
        f"budget of {lab.name}",
        windows,
        np.array([amounts[list(w)].sum() for w in windows]),
        _together(bill),
        Tags(
            stage="cash",
            owner=lab_id,
            customer=lab_id,
            lab=lab_id,
            kind="lab",
            role="budget",
            field=f"labs.{lab_id}.budget",
        ),
    )


def paid(chain: Chain, net: Network, parties: Set[str]) -> dict[str, list[Term]]:
    """Return all that each of some parties pays, as terms in million dollars: one pass over the network for all."""
    bills: dict[str, list[Term]] = {party: [] for party in parties}
    if not bills:
        return bills
    for activity, bearer in zip(net.activities, parties_of(net, "activity"), strict=True):
        if bearer in bills:
            start = activity.start_cost
            bills[bearer] += _costs("activity", activity.id, activity.cost)
            bills[bearer] += _costs("on", activity.id, activity.fixed_cost)
            bills[bearer] += _costs("switch", activity.id, chain.flat(start) if start else None)
    for unit, bearer in zip(net.units, parties_of(net, "unit"), strict=True):
        if bearer in bills:
            bills[bearer] += _ordered(chain, unit)
    for material, holder in zip(net.materials, parties_of(net, "material"), strict=True):
        if holder in bills:
            bills[holder] += _costs("stock", material.id, material.carrying_cost)
    for payment in payments_between(net):
        if payment.payer in bills:
            bills[payment.payer].append(payment.money)
    return bills


def _ordered(chain: Chain, unit: Unit) -> Iterator[Term]:
    """Yield what is paid for the orders and the retirement of a unit."""
    if unit.id in chain.instalments:
        cost, fixed = chain.instalments[unit.id]
        for k, parts in enumerate(chain.lengths.instalments(unit.lead)):
            # The parts belong to the period of the order, the coefficient of a term to that of the payment.
            count = np.concatenate([np.repeat(parts[:1], k), parts[: chain.n - k]])
            ordered = np.concatenate([np.repeat(cost[:1], k), cost[: chain.n - k]])
            yield from _costs("unit", unit.id, ordered / count, k)
            yield from _costs("placed", unit.id, fixed / count, k)
    else:
        yield from _costs("unit", unit.id, unit.cost)
        yield from _costs("placed", unit.id, unit.fixed_cost)
    retiring = unit.retire_cost
    if unit.id in chain.upkeep:
        kept = chain.upkeep[unit.id]
        retiring, a_period = kept.retiring, kept.a_year * chain.years
        for age, stands in enumerate(kept.stands.T):
            yield from _costs("unit", unit.id, np.concatenate([np.zeros(age), stands[: chain.n - age]]) * a_period, age)
            yield from _costs("retire", unit.id, None if retiring is None else -a_period, age)
    yield from _costs("retire", unit.id, None if retiring is None else retiring * np.ones(chain.n))


def _costs(kind: str, key: str, cost: Array | None, shift: int = 0) -> Iterator[Term]:
    if cost is not None and cost.any():
        yield Term(kind, key, cost, shift)  # type: ignore[arg-type]


def _together(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return the terms with those on the same decisions of the same period added up."""
    by_decision: dict[tuple[str, str, int], Term] = {}
    for term in terms:
        key = term.kind, term.id, term.shift
        known = by_decision.get(key)
        by_decision[key] = term if known is None else replace(term, coefficient=known.coefficient + term.coefficient)
    return tuple(by_decision.values())
