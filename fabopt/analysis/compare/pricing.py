r"""What each changed input is worth to the first plan: at its prices, and solved again with its integers held.

Let :math:`x` be the plan and :math:`y, z` the prices of its rows and bounds, its integers held. Another instance
whose lowering has the same rows and columns has other costs, coefficients, sides and bounds, and at these prices is
worth more by

.. math:: \Delta c'x + \Delta v_0 + \sum_i y_i (\Delta b_i - \Delta A_i x) + \sum_j z_j\, \Delta\bar x_j

where :math:`b_i` is the side that a price belongs to and :math:`v_0` what counts whatever is decided. That is what the
value changes by for a small change. Where limits alone move, the value is concave in them: what is lost is no less than
the prices say, what is gained no more. So the changes that are worth most at prices are also solved: the linear program
of the changed instance, with the integers of the first plan (a number that it forbids goes to the nearest that it
allows).

One input after the other is put into the first instance, the others as they were; so what they are worth need not add
up to what all of them together are worth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fabopt.analysis.sensitivity.places import Prices, worth_of
from fabopt.domain.base import Path as Keys
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.domain.rules import problems
from fabopt.io.difference import Difference
from fabopt.io.levers import list_levers, with_quantities
from fabopt.io.problems import InstanceError
from fabopt.io.shape import locate
from fabopt.io.tree import Tree
from fabopt.io.validate import validate
from fabopt.io.write import instance_json
from fabopt.network.lower import lower
from fabopt.network.lowering.builder import Means
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import SolverError
from fabopt.solve.perturbation import between, held
from fabopt.solve.whatif import WhatIf

MOST_PRICED = 60
"""Inputs of a plan that are priced; where more differ, the rest is listed without."""

SOLVED, SOLVED_LARGE = 12, 4
"""Inputs of a plan that are solved, and that many where the program is large (about ten seconds each)."""

_ABSENT = object()


NO_TIME = "The comparison was stopped before it was priced."


@dataclass(frozen=True, slots=True)
class Worth:
    """What a change is worth to the first plan.

    Attributes
    ----------
    at_prices
        At its prices (M USD); None where they cannot tell.
    held
        Solved again with its integers held (M USD); None where it was not solved, or no plan has them.
    reason
        Why there is no worth at prices, or none with integers held; empty where nothing is to be said.
    """

    at_prices: float | None
    held: float | None = None
    reason: str = ""

    @property
    def size(self) -> float:
        """How much is worth to be told of it."""
        return abs(self.at_prices or 0.0) if self.held is None else abs(self.held)


class Pricing:
    """Tells what other instances would be worth to a plan.

    Parameters
    ----------
    source
        The solved plan; it was solved for the value of the whole.
    budget
        Time for it; once it is over, what is left has no worth, and a reason.
    """

    def __init__(self, source: Plan, budget: TimeBudget) -> None:
        plan, self._budget = source.of_system("inputs are priced in the system's plan").solved, budget
        self._tree, self.data, self._plan = source.tree, source.data, plan
        self._means: Means = {}
        self._quantities, self._large = _quantities(self.data), plan.program.large
        options = replace(plan.options, threads=1)
        self._whatif = WhatIf(plan.net, options, plan=plan.x, basis=plan.basis, extra=plan.hooks, budget=budget)

    def worths(self, differences: Sequence[Difference], other: Instance) -> tuple[list[Worth], Worth]:
        """Return what each of the differences to another instance is worth alone, and what all are worth together."""
        there = _quantities(other)
        with self._budget.timed("inputs at prices"):
            changed = [
                self.with_change(one, other, there) if n < MOST_PRICED else None for n, one in enumerate(differences)
            ]
            worths = [self._priced(data) for data in changed]
        order = sorted(range(len(differences)), key=lambda n: (worths[n].at_prices == 0.0, -worths[n].size))
        with self._budget.timed("inputs solved"):
            for n in order[: SOLVED_LARGE if self._large else SOLVED]:
                data = changed[n]
                if isinstance(data, Instance):
                    worths[n] = self._solved(data, worths[n])
            together = worths[0] if len(worths) == 1 else self._solved(other, self._priced(other))
        return worths, together

    def _net(self, data: Instance) -> Network:
        return lower(data, self._plan.net.name, self._means)

    def _priced(self, data: Instance | str | None) -> Worth:
        """Return what an instance is worth at the prices, with all that differs in it."""
        if not isinstance(data, Instance):
            return Worth(None, reason=data or f"More than {MOST_PRICED} inputs differ.")
        if self._budget.over:
            return Worth(None, reason=NO_TIME)
        case, changed = self._whatif.case(self._net(data))
        if changed:
            return Worth(None, reason=changed)
        plan, base = self._plan, self._whatif.base
        pair = Prices(plan.x, plan.row_price, plan.column_price)
        priced = worth_of(between(held(base.program, plan.x), held(case.program, plan.x)), pair)
        if not np.isfinite(priced):
            return Worth(None, reason="A limit comes or goes altogether.")
        return Worth(priced + case.stage.constant - base.stage.constant)

    def _solved(self, data: Instance, worth: Worth) -> Worth:
        """Return what an instance is worth with the integers of the plan, besides what it is worth at prices."""
        if self._large and worth.at_prices is None:  # another structure, solved from nothing: minutes
            return worth
        if self._budget.over:
            return replace(worth, reason=worth.reason or NO_TIME)
        try:
            before = self._whatif.held().objective
            after = self._whatif.held(self._net(data), far=True).objective
        except OutOfTimeError:
            return replace(worth, reason=worth.reason or NO_TIME)
        except SolverError as error:
            return replace(worth, reason=worth.reason or str(error))
        if before is None or after is None:
            return replace(worth, reason=worth.reason or "No plan has the same integers there.")
        return replace(worth, held=after - before)

    def with_change(
        self, difference: Difference, other: Instance, there: Mapping[str, Quantity] | None = None
    ) -> Instance | str:
        """Return the instance with one difference to another one put into it, or why it cannot be."""
        path, _, when = difference.path.partition("@")
        there = _quantities(other) if there is None else there
        mine, theirs = self._quantities.get(path), there.get(path)
        try:
            if mine is not None and theirs is not None:
                return self._with(path, _at(mine, theirs, when))
            return self._edited(path, other)
        except InstanceError as error:
            return f"It does not stand alone: {error.problems[0].message}."

    def _with(self, path: str, quantity: Quantity) -> Instance:
        changed = with_quantities(self.data, {path: quantity})
        if problems(changed):  # the full message comes from validation
            return validate(_tree(self._tree, json.loads(instance_json(changed))), Instance)
        return changed

    def _edited(self, path: str, other: Instance) -> Instance:
        """Return the instance with what stands at a path of the other one, or without it."""
        raw, theirs = (json.loads(instance_json(data)) for data in (self.data, other))
        keys, there = locate(Instance, raw, path), locate(Instance, theirs, path)
        return validate(_tree(self._tree, _put(raw, keys, _get(theirs, there))), Instance)


def _quantities(data: Instance) -> dict[str, Quantity]:
    return {lever.path: lever.quantity for lever in list_levers(data)}


def _at(mine: Quantity, theirs: Quantity, when: str) -> Quantity:
    """Return the other quantity, or one's own with the other's point of a date."""
    if not when:
        return theirs
    points = zip(mine.points, theirs.points, strict=True)
    return replace(mine, points=tuple(b if str(b.when) == when else a for a, b in points))


def _tree(tree: Tree, raw: dict[str, Any]) -> Tree:
    return replace(tree, raw=raw)


def _get(raw: Any, keys: Keys) -> Any:
    for key in keys:
        there = key in raw if isinstance(raw, Mapping) else isinstance(raw, list) and int(key) < len(raw)
        if not there:
            return _ABSENT
        raw = raw[key]
    return raw


def _put(raw: Any, keys: Keys, value: Any) -> Any:
    """Return raw data with a value at a path, or without what stands there."""
    key, rest = keys[0], keys[1:]
    below = value if not rest else _put(_get(raw, (key,)), rest, value)
    if isinstance(raw, list):
        place = int(key)
        return [*raw[:place], *([] if below is _ABSENT else [below]), *raw[place + 1 :]]
    kept = dict(raw) if isinstance(raw, Mapping) else {}
    if below is _ABSENT:
        kept.pop(str(key), None)
        return kept
    return {**kept, str(key): below}
