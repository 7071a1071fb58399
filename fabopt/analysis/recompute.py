r"""The plan's worth once more, from the tables on disk alone.

.. math::
   V = V_0 + \sum_t \delta_t \Big( \sum v\,d - \sum (c\,x + f\,w + g\,v) - \sum (c\,y + F\,z + r\,q) - \sum (h\,s + o\,w
   + p\,f) - \sum (\beta\,b + \lambda\,l) \Big) + \delta_{\text{end}} \sum (\text{amount} \times \text{worth})

Nothing here comes from the model, the network or the solver: only the tables of a result are read, with the
quantities and the prices that stand in them. When the sum equals the objective, the tables tell the whole plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fabopt.domain.tolerances import CLOSE, EXACT, OTHERS
from fabopt.plan.plan import Plan
from fabopt.solve.options import SYSTEM
from fabopt.solve.proof import Proof, proof
from fabopt.solve.results.folder import Read, ResultError
from fabopt.solve.results.parties import by_party, by_side
from fabopt.solve.solution import Status

DISCOUNTED: Mapping[str, tuple[tuple[float, str, str], ...]] = {
    "deliveries": ((1.0, "delivered", "unit_value"),),
    "activities": ((-1.0, "level", "unit_cost"), (-1.0, "on", "fixed_cost"), (-1.0, "switched_on", "start_cost")),
    "units": ((-1.0, "ordered", "unit_cost"), (-1.0, "placed", "fixed_cost"), (-1.0, "retired", "retire_cost")),
    "materials": (
        (-1.0, "stock", "carrying_cost"),
        (-1.0, "disposed", "disposal_cost"),
        (-1.0, "shortfall", "shortfall_cost"),
    ),
    "demands": (
        (-1.0, "backlog", "backlog_cost"),
        (-1.0, "unmet", "lost_cost"),
        (-1.0, "lost", "lost_cost"),
    ),
}
"""Table, then sign, quantity and price of each product in it, all of the row's own period."""


MOST_WANTED = ("value", "compute", "max_min")
"""Objectives of which more is better."""
MONEY = ("value", "least_cost")
"""Objectives that are money, as the tables have it."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The plan's worth from the tables, and the sizes of all its values and costs together, in the tables' money."""

    value: float
    gross: float


def recomputed(read: Read, constant: float = 0.0) -> Recomputed:
    """Return the discounted value of the plan that tables tell.

    Parameters
    ----------
    read
        Returns a table of a result by name (``core/units``).
    constant
        Worth that is there whatever is decided (`constant_value` in the manifest).
    """
    discount = read("core/periods").set_index("period")["discount"]
    total, gross = constant, abs(constant)
    for name, products in DISCOUNTED.items():
        rows = read(f"core/{name}")
        factor = rows["period"].map(discount).astype(float)
        for sign, quantity, price in products:
            money = sign * rows[quantity].astype(float) * rows[price] * factor
            total += float(money.sum())
            gross += float(money.abs().sum())
    end = read("core/terminal")
    money = end["amount"] * end["unit_worth"] * end["discount"]
    return Recomputed(total + float(money.sum()), gross + float(money.abs().sum()))


def check_agreement(plan: Plan, shown: object) -> None:
    """Refuse a result whose tables do not tell the plan that its manifest speaks of.

    Parameters
    ----------
    plan
        The plan of the result.
    shown
        What the result is called in a message: its folder.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When value, objective, bound and gap do not agree with the tables or with each other.
    """
    run, read = plan.run, plan.table
    again = recomputed(read, run.constant_value)
    terms = read("core/terms")
    added = float(terms.loc[terms["term"] == "added", "amount"].sum())  # by hooks, which no table tells of
    room = CLOSE * (again.gross + abs(added))

    def differ(one: float, other: float) -> bool:
        return not abs(one - other) <= room

    objective, bound, value = plan.objective, run.bound, plan.value
    if differ(again.value + added, value):
        _refuse(shown, f"its tables come to {again.value + added:,.8g}, and its manifest says {value:,.8g}")
    options, party = run.options, run.options.party
    if options.objective == "value" and not (party and added):
        own = _seen(plan, party)
        if differ(objective - run.premiums, own):
            steers = f" with premiums of {run.premiums:,.8g}" if run.premiums else ""
            _refuse(shown, f"its objective is {objective:,.8g}{steers}, and its plan is worth {own:,.8g}")
    if bound is not None:
        ahead = bound - objective if options.objective in MOST_WANTED else objective - bound
        if ahead < -CLOSE * max(abs(objective), abs(bound)):
            _refuse(shown, f"its objective {objective:,.8g} is better than its bound, {bound:,.8g}")
    _check_proof(plan, again.gross if options.objective in MONEY else 0.0, shown)


def _seen(plan: Plan, party: str) -> float:
    """Return what a plan comes to in the money that it was solved in, from its tables."""
    if plan.perspective == SYSTEM:
        return plan.value
    rows = plan.table("domain/perspective").to_dict("list")
    if party:
        return by_party(rows).get(party, 0.0)
    side = by_side(rows)
    return side["buyers"] + OTHERS * side["sellers"]


def _check_proof(plan: Plan, size: float, shown: object) -> None:
    """Refuse a gap that does not follow from objective and bound, and a status that says more than the gap.

    `size` is what the objective was added up from, where that is known.
    """
    objective, run = plan.objective, plan.run
    bound, gap, denominator = run.bound, run.gap, run.gap_denominator
    if bound is None or denominator is None:
        follows, proved = gap is None, Proof(math.inf, 0.0)
    else:
        proved = proof(objective, bound, objective - denominator, size)
        follows = math.isinf(proved.gap) if gap is None else abs(gap - proved.gap) <= EXACT * max(1.0, gap)
    if not follows:
        _refuse(shown, f"its gap {gap} does not follow from objective {objective:,.8g} and bound {bound}")
    reached = run.stages[0].objective if run.stages else None
    give = 0.0 if reached is None else run.options.tolerance.of(reached)
    meets = {Status.OPTIMAL: proved.exact, Status.WITHIN_GAP: proved.met(run.options.asked, give)}
    if not meets.get(run.status, True):
        _refuse(shown, f"its status '{run.status}' says more than its gap, {proved.gap:.3g}")


def _refuse(shown: object, why: str) -> None:
    raise ResultError(f"{shown} does not agree with itself: {why}; solve it again.")
