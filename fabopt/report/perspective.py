"""A plan from one party's perspective in words: what it is worth to it, and who gains and loses by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from fabopt.domain.names import Names, display_names
from fabopt.domain.tolerances import same
from fabopt.report.report import Report
from fabopt.report.text import Table, in_unit, money, signed
from fabopt.solve.options import BUYERS, SYSTEM, party_of
from fabopt.solve.results.parties import by_side

if TYPE_CHECKING:
    from fabopt.plan.plan import Plan

R = TypeVar("R")

WHOSE = "Worths are in the money of the buyers: labs and other markets, who pay list prices."
"""What an answer about a plan for the buyers says of its money."""


def whose(perspective: str, names: Names) -> str:
    """Return whose value counts, in words: ``all together``, ``the buyers``, or the name of a party."""
    return {SYSTEM: "all together", BUYERS: "the buyers"}.get(perspective) or names[party_of(perspective)]


def seen_sentence(plan: Plan) -> str:
    """Return what the plan is worth to the party of the perspective, and to all, against the plan that was given."""
    given, unit, called = plan.run.given or {}, plan.unit, whose(plan.perspective, display_names(plan.data))
    own = _compared(plan.objective, given.get(plan.run.options.party, 0.0), unit)
    rest = _compared(plan.value, sum(given.values()), unit)
    return (
        f"With the others held to the given plan, the best plan for {called} is worth {money(plan.objective, unit)} to "
        f"it, {own} that plan; to all parties together it is worth {money(plan.value, unit)}, {rest} that plan."
    )


def buyers_sentence(plan: Plan) -> str:
    """Return what the plan is worth to the buyers at list prices, to those who sell to them, and to all."""
    side = by_side(plan.table("domain/perspective").to_dict("list"))
    buyers, sellers, everybody = (money(v, plan.run.money_unit) for v in (side["buyers"], side["sellers"], plan.value))
    return (
        f"To labs and other markets, who pay list prices, the plan is worth {buyers}; those who sell to them earn "
        f"{sellers}, so to all together it is worth {everybody}."
    )


def in_whose_money(report: Report[R], *perspectives: str) -> Report[R]:
    """Return what a verb answers of plans in some perspectives: where all are the buyers', that worths are theirs."""
    if any(perspective != BUYERS for perspective in perspectives):
        return report
    return replace(report, said=(f"{report.said[0]} {WHOSE}", *report.said[1:]))


def ledger(plan: Plan, most: int) -> Table:
    """Return what each party pays, is paid and has of a plan, in millions of dollars, largest first.

    Parameters
    ----------
    plan
        The plan.
    most
        Number of parties shown.
    """
    title = f"Who pays whom{in_unit(plan.run.money_unit)}, discounted: a maker's margin is no buyer's"
    return Table(title, LEDGER, ledger_rows(plan), most=most)


LEDGER = ("party", "counts with", "own worth and cost", "pays", "is paid", "has")
"""Columns of what each party pays, is paid and has."""


def ledger_rows(plan: Plan) -> list[tuple[str, str, float, float, float, float]]:
    """Return the rows of :data:`LEDGER`, the party that has or owes most first; parties without money are left out."""
    table, size = plan.table("domain/perspective"), 0.0
    rows: dict[tuple[str, str], list[float]] = {}
    for party, side, transfer, amount in table[["party", "side", "transfer", "amount"]].itertuples(index=False):
        row = rows.setdefault((party, side), [0.0, 0.0, 0.0])
        row[0 if not transfer else 1 if amount < 0.0 else 2] += amount
        size += abs(amount)
    shown = [
        (party, side, own, pays, paid, own + pays + paid)
        for (party, side), (own, pays, paid) in rows.items()
        if not same(max(abs(own), abs(pays), abs(paid)), 0.0, size)
    ]
    return sorted(shown, key=lambda row: -abs(row[-1]))


def _compared(here: float, given: float, unit: str) -> str:
    change = here - given
    if same(here, given):
        return "as much as in"
    return f"{money(abs(change), unit)} {'more' if change > 0 else 'less'} than in"


def gains(plan: Plan, most: int) -> Table:
    """Return who gains and loses most against the plan that was given, in millions of dollars.

    Parameters
    ----------
    plan
        One that is seen by a party.
    most
        Number of parties shown.
    """
    table, given, unit = plan.table("domain/perspective"), plan.run.given or {}, plan.unit
    here = {str(party): float(value) for party, value in table.groupby("party", sort=False)["amount"].sum().items()}
    change = {party: here.get(party, 0.0) - given.get(party, 0.0) for party in {**given, **here}}
    size = max(map(abs, (*given.values(), *here.values())), default=0.0)
    moved = sorted((p for p in change if not same(change[p], 0.0, size)), key=lambda p: -abs(change[p]))
    rows = [(p, given.get(p, 0.0), here.get(p, 0.0), signed(change[p])) for p in moved]
    title = f"Who gains and loses{in_unit(unit)}: values and costs with payments between parties"
    return Table(title, ("party", "given plan", "this plan", "change"), rows, most=most)
