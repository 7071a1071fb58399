"""A plan from one party's perspective in words: what it is worth to it, and who gains and loses by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fabopt.domain.tolerances import same
from fabopt.report.text import Table, in_unit, money, signed

if TYPE_CHECKING:
    from fabopt.plan.plan import Plan


def seen_sentence(plan: Plan) -> str:
    """Return what the plan is worth to the party of the perspective, and to all, against the plan that was given."""
    party, given, unit = plan.run.options.party, plan.run.given or {}, plan.unit
    own = _compared(plan.objective, given.get(party, 0.0), unit)
    rest = _compared(plan.value, sum(given.values()), unit)
    return (
        f"With the others held to the given plan, the best plan for {party} is worth {money(plan.objective, unit)} to "
        f"it, {own} that plan; to all parties together it is worth {money(plan.value, unit)}, {rest} that plan."
    )


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
