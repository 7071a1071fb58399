r"""What a recommendation is worth where a number of the data is another one, integers held.

With :math:`v(a)` the value of the plan's linear program where the number is :math:`a`, and :math:`v_s(a)` the same with
the columns of signature :math:`s` at zero, signing is worth :math:`v(a) - v_s(a)`. Both are solved exactly; the second
one from the basis of the first, from which it differs in a few bounds alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.sensitivity.adjoint import Adjoint
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import TRIED, End, Number, Numbers
from fabopt.analysis.sensitivity.places import Prices
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Point
from fabopt.network.tables import Array
from fabopt.solve.outcome import Outcome
from fabopt.solve.perturbation import bounds_at
from fabopt.solve.resolver import worth
from fabopt.solve.whatif import Answer


@dataclass(frozen=True, slots=True)
class Weighed:
    """The plan where a number is another one.

    Attributes
    ----------
    losses
        What it loses without each signature that was asked, by id; infinite where no plan does without it.
    without
        The plan without it [columns]; those without a plan left out.
    choke
        Label of the choke point there; None where it was not asked.
    structure
        Whether decisions or rows come or go there, so that nothing was weighed.
    """

    losses: Mapping[str, float]
    without: Mapping[str, Array]
    choke: str | None = None
    structure: bool = False


NOTHING = Weighed({}, {})
"""The number changes nothing of the program: all is as things are."""


class Scales:
    """Weighs signatures with a session of its own, one a thread.

    Parameters
    ----------
    ends
        The instance and its plan.
    """

    def __init__(self, ends: Ends) -> None:
        self.ends = copy(ends)
        self.ends.whatif = ends.whatif.twin()
        self._now = self.ends.whatif.held()

    def now(self, who: Sequence[Forbidden]) -> tuple[dict[str, float], dict[str, Outcome]]:
        """Return what the plan loses without each signature as things are, and the programs without them."""
        return self._without(self._now, who)

    def at(self, data: Instance, who: Sequence[Forbidden], choke: bool) -> Weighed | None:
        """Return the plan of an instance, with and without signatures; None where there is none.

        Parameters
        ----------
        data
            The instance with a number moved.
        who
            Signatures that are weighed.
        choke
            Whether the choke point is asked too.

        Returns
        -------
        Weighed or None
            :data:`NOTHING` where the program is that of the plan.
        """
        answer = self.ends.whatif.held(self.ends.net(data), far=True)
        if answer.cold is not None:
            return Weighed({}, {}, structure=True)
        if answer.objective is None:
            return None
        if not answer.change.size:
            return NOTHING
        losses, outcomes = self._without(answer, who)
        label = self.ends.first(answer, data) if choke else None
        return Weighed(losses, {id: o.x for id, o in outcomes.items() if o.x is not None}, label)

    def _without(self, answer: Answer, who: Sequence[Forbidden]) -> tuple[dict[str, float], dict[str, Outcome]]:
        """Ask for the plan of an answer without each signature."""
        assert answer.objective is not None
        whatif, stage, program = self.ends.whatif, answer.case.stage, answer.case.program
        value = stage.sign * (answer.objective - stage.constant)
        outcomes = dict[str, Outcome]()
        for one in who:
            none = np.zeros(len(one.columns))
            never = bounds_at(program, one.columns, none, none, one.free)
            outcomes[one.id] = whatif.resolver.ask(answer.change.then(never))
        return {id: value - worth(outcome) for id, outcome in outcomes.items()}, outcomes


class Slopes:
    """What a small movement of a number changes of the worth of signatures, by the prices of both plans.

    Parameters
    ----------
    ends
        The instance and its plan.
    who
        Signatures.
    outcomes
        The programs without each, by id.
    """

    def __init__(self, ends: Ends, who: Sequence[Forbidden], outcomes: Mapping[str, Outcome]) -> None:
        base = ends.base
        pairs = [_prices(base.x, base.row_price, base.column_price)]
        self.ids = []
        for one in who:
            out = outcomes[one.id]
            pair = _prices(out.x, out.row_price, out.column_price)
            if pair is not None:
                pair.column[one.columns] = 0.0  # they stay at zero, whatever their bounds are
                self.ids.append(one.id)
                pairs.append(pair)
        plan = ends.plan
        priced = [pair for pair in pairs if pair is not None]
        self._sign = plan.stage.sign
        self._adjoint = Adjoint(ends.numbers, plan.net.name, plan.options, priced, plan.hooks)

    def toward(self, path: str) -> Mapping[tuple[str, End], float]:
        """Return the change of each signature's worth over the whole way to each end, as a straight line.

        What has no slope, because the structure changes or there is no plan without a signature, is left out.
        """
        slope = self._adjoint.slope(path)
        slopes: dict[tuple[str, End], float] = {}
        for end, values in (("low", slope.low), ("high", slope.high)):
            for id, value in zip(self.ids, () if values is None else values[1:], strict=values is not None):
                assert values is not None
                slopes[id, end] = self._sign * (values[0] - value)  # type: ignore[index]
        return slopes


def _prices(x: Array | None, row: Array | None, column: Array | None) -> Prices | None:
    return None if x is None or row is None or column is None else Prices(x, row, column.copy())


class Line:
    """A number and how far it can be moved to either side.

    Within its range it moves as in a tornado, all points of a series by the same share of their way; beyond it in
    proportion.
    """

    def __init__(self, numbers: Numbers, number: Number, reach: float) -> None:
        self.numbers, self.number, self.reach = numbers, number, reach

    def data(self, at: float) -> Instance | str:
        """Return the instance with the number at a value, or in words why the rules refuse it."""
        return self.numbers.set_to(self.number.path, [point.value for point in self._points(at)])

    def _points(self, at: float) -> tuple[Point, ...]:
        number = self.number
        end: End = "low" if at < number.value else "high"
        edge = number.range[0 if end == "low" else 1]
        if number.value != edge and min(number.value, edge) <= at <= max(number.value, edge):
            return number.moved(end, (at - number.value) / (edge - number.value))
        return tuple(replace(p, value=p.value * at / edge) for p in number.moved(end, 1.0))

    def edge(self, end: End) -> tuple[float, Instance] | None:
        """Return the end of the range, as far as the rules allow it; None where the number stands there."""
        if not any(self.number.room(end)):
            return None
        moved = self.numbers.at(self.number.path, end)
        return None if isinstance(moved, str) else (self.number.shown(end, moved.share), moved.data)

    def far(self, end: End, start: float) -> tuple[float, Instance] | None:
        """Return the far end of the search, as far from ``start`` as the rules allow; None where they allow nothing."""
        value, limits = self.number.value, self.number.quantity.limits
        if value <= 0:
            return None
        goal = limits.clip(value / self.reach if end == "low" else value * self.reach, value)
        if (goal - start) * (-1 if end == "low" else 1) <= 0:
            return None
        for share in TRIED:
            at = start + share * (goal - start)
            data = self.data(at)
            if not isinstance(data, str):
                return at, data
        return None
