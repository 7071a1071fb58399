r"""Value functions: the objective and the plan against one number.

**Whole numbers held.** Where a number moves sides and bounds alone, and in proportion to itself, the value is concave
with finitely many straight pieces; where it moves costs alone, convex. Then its curve is traced exactly (F3): where the
tangents at two points meet, the value is either theirs, which makes a breakpoint, or not, and both halves are asked
again. Any other number bends the coefficients: the curve is solved at :data:`SAMPLES` equal steps, and said to be that.

**Whole numbers free.** Where a number only loosens limits as it moves, the value never falls, so that it is proven flat
between two points where what is proven of the further one is no more than what the nearer one has (F4); first gain and
saturation are single programs (:func:`~fabopt.analysis.choke.finite.value_curve`). Otherwise the points alone are
certified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.choke.bench import Effort
from fabopt.analysis.choke.finite import value_curve
from fabopt.analysis.choke.frames import frame_of
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.network.tables import Array
from fabopt.plan.groups import Relief
from fabopt.plan.problem import ChokeProblem, Interval
from fabopt.solve.matrices import Matrices
from fabopt.solve.noise import COUNTS, SAME, halfway
from fabopt.solve.patch import Patch, between
from fabopt.solve.whatif import Answer

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = 16
"""Equal steps at which a curve is solved that is not straight in pieces."""

CERTIFIED = 8
"""Equal steps at which the curve of the mixed-integer program is certified."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a curve with whole numbers held.

    Attributes
    ----------
    start, end
        Values of the number.
    first, last
        Objective at both.
    slope
        Change of the objective per unit of the number.
    choke
        Limit of which 10 % more earns most in the middle; empty where none earns anything.
    made
        What the plan in the middle delivers of each demand, over all periods.
    """

    start: float
    end: float
    first: float
    last: float
    slope: float
    choke: str
    made: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Certified:
    """The objective at a value of the number, whole numbers free: of the best plan found, and what none exceeds."""

    at: float
    objective: float
    bound: float


@dataclass(frozen=True, slots=True)
class ValueFunction:
    """The objective against one number.

    Attributes
    ----------
    path, unit, value
        The lever, its unit, and its value in the instance; of a series its first point, the others in proportion.
    objective_name, money
        What the objective is, and its unit.
    exact
        Whether the stretches end at the breakpoints of the curve; otherwise they are equal steps.
    stretches
        Parts of the curve with whole numbers held, from the least value of the number to the largest.
    points
        Whole numbers free; empty where that was not asked.
    flat
        Stretches on which the mixed-integer value is proven not to change.
    first_gain, saturates
        Value of the number, from its tight end, at which the mixed-integer value first gains, and from which it gains
        no more, each as (least, most); None where that was not asked or there is none.
    programs
        Number of programs that were solved with whole numbers held.
    source
        Ids of the sources of the number; empty for an assumption.
    """

    path: str
    unit: str
    value: float
    objective_name: str
    money: str
    exact: bool
    stretches: tuple[Stretch, ...]
    points: tuple[Certified, ...] = ()
    flat: tuple[tuple[float, float], ...] = ()
    first_gain: tuple[float, float] | None = None
    saturates: tuple[float, float] | None = None
    programs: int = 0
    source: tuple[str, ...] = ()

    @property
    def breakpoints(self) -> tuple[tuple[float, float], ...]:
        """Value of the number and objective at the ends of all stretches."""
        last = self.stretches[-1]
        return (*((s.start, s.first) for s in self.stretches), (last.end, last.last))

    def at(self, value: float) -> float:
        """Return the objective at a value of the number, whole numbers held, straight within a stretch."""
        x, y = zip(*self.breakpoints, strict=True)
        return float(np.interp(value, x, y))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stretch."""
        names = ("start", "end", "first", "last", "slope", "choke")
        return frame_of([{n: getattr(s, n) for n in names} for s in self.stretches])

    @property
    def plan(self) -> pd.DataFrame:
        """One row a stretch and demand: what the plan in its middle delivers over all periods."""
        return frame_of(
            [
                {"start": s.start, "end": s.end, "demand": demand, "delivered": amount}
                for s in self.stretches
                for demand, amount in s.made
            ]
        )


# -- one number --------------------------------------------------------------------------------------------------------


class _Curve:
    """An instance along one number: each value lowered and solved once, whole numbers held."""

    def __init__(self, ends: Ends, path: str) -> None:
        self.ends, self.path = ends, path
        self.quantity = ends.numbers.quantity(path)
        self._known: dict[float, tuple[Instance, Answer]] = {}

    def data(self, at: float) -> Instance:
        """Return the instance with the number at a value.

        Raises
        ------
        StudyError
            If the rules of the instance refuse it.
        """
        points, first = self.quantity.points, self.quantity.value
        values = [p.value * at / first for p in points] if first else [at for _ in points]
        found = self.ends.numbers.set_to(self.path, values)
        if isinstance(found, str):
            raise StudyError(f"{self.path} cannot be {at:g} {self.quantity.unit}: {found}.")
        return found

    def __call__(self, at: float) -> Answer:
        if at not in self._known:
            data = self.data(at)
            self._known[at] = data, self.ends.held(data)
        return self._known[at][1]

    def choke(self, at: float) -> str:
        """Return the choke point at a value; it is asked of the session, which must stand there, so it is put back."""
        data = self._known[at][0]
        return self.ends.first(self.ends.held(data), data)

    @property
    def count(self) -> int:
        return len(self._known)


def value_function(
    ends: Ends, path: str, low: float | None = None, high: float | None = None, *, whole: bool = False, money: str = ""
) -> ValueFunction:
    """Return the objective and the plan against one number.

    Parameters
    ----------
    ends
        The instance and its plan.
    path
        The lever.
    low, high
        From where to where, in the unit of the number; its range when left out, as far as the rules allow it.
    whole
        Whether the mixed-integer value is certified too.
    money
        Unit of the objective.

    Raises
    ------
    StudyError
        If low lies above high, the number has no range and none is given, or no plan stands at an end.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest.
    """
    curve = _Curve(ends, path)
    a, b = interval_of(ends.numbers, path, low, high)
    for end in (a, b):
        if curve(end).objective is None:
            raise StudyError(f"No plan has the whole numbers of this one where {path} is {end:g}.")
    patch = straight(curve, a, b)
    breaks = _traced(curve, a, b, patch) if patch is not None else np.linspace(a, b, SAMPLES + 1).tolist()
    stretches = tuple(_stretch(curve, x, y) for x, y in pairwise(breaks))
    found = ValueFunction(
        path=path,
        unit=curve.quantity.unit,
        value=curve.quantity.value,
        objective_name=ends.plan.options.objective,
        money=money,
        exact=patch is not None,
        stretches=joined(stretches, COUNTS) if patch is not None else stretches,
        programs=curve.count,
        source=tuple(curve.quantity.source),
    )
    return _certified(ends, curve, found, a, b, patch) if whole else found


def interval_of(numbers: Numbers, path: str, low: float | None, high: float | None) -> tuple[float, float]:
    """Return from where to where a number is followed; errors as for :func:`value_function`."""
    quantity = numbers.quantity(path)
    if low is None or high is None:
        number = numbers[path]
        found = []
        for end, given in (("low", low), ("high", high)):
            moved = numbers.at(path, end) if given is None else None  # type: ignore[arg-type]
            share = 0.0 if moved is None or isinstance(moved, str) else moved.share
            ratio = number.shown(end, share) / number.value if number.value else 1.0  # type: ignore[arg-type]
            found.append(given if given is not None else quantity.value * ratio)
        low, high = found
    if not low < high:
        raise StudyError(f"The low of {path} must lie below its high: {low:g} and {high:g} do not.")
    return low, high


def straight(curve: _Curve, a: float, b: float) -> Patch | None:
    """Return what turns the program at ``a`` into that at ``b`` where the curve is straight in pieces, else None."""
    answers = [curve(a), curve((a + b) / 2), curve(b)]
    if any(answer.cold is not None or answer.objective is None for answer in answers):
        return None
    one, middle, two = (answer.case.program for answer in answers)
    patch, half = between(one, two), between(one, middle)
    bends = len(patch.entries) or len(half.entries) or (len(patch.costs) and (len(patch.rows) or len(patch.columns)))
    if bends or not _halfway(one, middle, two) or answers[0].case.stage.constant != answers[2].case.stage.constant:
        return None
    return patch


def _halfway(one: Matrices, middle: Matrices, two: Matrices) -> bool:
    """Return whether every number of a program lies half-way between those of two others."""
    for name in ("cost", "row_lower", "row_upper", "column_lower", "column_upper"):
        a, m, b = (getattr(program, name) for program in (one, middle, two))
        finite = np.isfinite(a)
        if not (np.array_equal(finite, np.isfinite(m)) and np.array_equal(finite, np.isfinite(b))):
            return False
        if not halfway(a[finite], m[finite], b[finite]):
            return False
    return True


def _traced(curve: _Curve, a: float, b: float, patch: Patch) -> list[float]:
    """Return the ends of the straight pieces."""
    sign = curve.ends.plan.stage.sign
    breaks = {a, b}

    def asked(at: float) -> tuple[float, float]:
        answer = curve(at)
        if answer.objective is None:
            raise StudyError(f"No plan has the whole numbers of this one where {curve.path} is {at:g}.")
        return answer.objective, sign * slope_of(patch, answer) / (b - a)

    def split(x: float, y: float) -> None:
        (v, g), (w, h) = asked(x), asked(y)
        small = curve.ends.plan.problem.near(v, w)
        if abs(v + g * (y - x) - w) <= small or abs(w - h * (y - x) - v) <= small or abs(g - h) * (y - x) <= small:
            return
        t = (w - h * y - v + g * x) / (g - h)
        if not x < t < y or min(t - x, y - t) <= SAME * (b - a):
            return
        if abs(asked(t)[0] - (v + g * (t - x))) > small:
            split(x, t)
            split(t, y)
        breaks.add(t)

    split(a, b)
    return sorted(breaks)


def slope_of(patch: Patch, answer: Answer) -> float:
    """Return what a patch changes of the maximised value to first order, at a plan and its prices."""
    assert answer.x is not None
    assert answer.row_price is not None
    assert answer.column_price is not None
    total = float((patch.costs.new - patch.costs.old) @ answer.x[patch.costs.at])
    for moved, price in ((patch.rows, answer.row_price), (patch.columns, answer.column_price)):
        y = price[moved.at]
        for k, mine in ((0, y < 0), (1, y > 0)):
            total += float(y[mine] @ (moved.new[mine, k] - moved.old[mine, k]))
    return total


def _stretch(curve: _Curve, a: float, b: float) -> Stretch:
    middle = curve((a + b) / 2)
    first, last = curve(a).objective, curve(b).objective
    if first is None or last is None or middle.objective is None:
        raise StudyError(f"No plan has the whole numbers of this one somewhere from {a:g} to {b:g} of {curve.path}.")
    return Stretch(a, b, first, last, (last - first) / (b - a), curve.choke((a + b) / 2), made(middle))


def made(answer: Answer) -> tuple[tuple[str, float], ...]:
    """Return what a plan delivers of each demand over all periods."""
    tables = answer.case.tables
    assert tables is not None
    assert answer.x is not None
    delivered = tables.columns["deliver"].values(answer.x).sum(axis=(1, 2))
    return tuple((d.id, float(v)) for d, v in zip(tables.net.demands, delivered, strict=True))


def joined(stretches: Sequence[Stretch], bend: float) -> tuple[Stretch, ...]:
    """Join neighbours of one choke point whose slopes differ by no more than a bend, relative to the steepest."""
    found, steepest = list[Stretch](), max((abs(s.slope) for s in stretches), default=0.0)
    for s in stretches:
        before = found[-1] if found else None
        if before is not None and before.choke == s.choke and abs(before.slope - s.slope) <= bend * steepest:
            slope = (s.last - before.first) / (s.end - before.start)
            found[-1] = replace(before, end=s.end, last=s.last, slope=slope)
        else:
            found.append(s)
    return tuple(found)


# -- whole numbers free ------------------------------------------------------------------------------------------------


def _certified(
    ends: Ends, curve: _Curve, found: ValueFunction, a: float, b: float, patch: Patch | None
) -> ValueFunction:
    tight, direction = (a, None) if patch is None else _loosening(curve, a, b, patch)
    if direction is None:
        points = [_point(ends, curve, float(at)) for at in np.linspace(a, b, CERTIFIED + 1)]
        return replace(found, points=tuple(points))
    plan, start = ends.plan, curve(tight)
    whole = ends.whatif.full(ends.net(curve.data(tight)))
    problem = ChokeProblem(start.case.program, (), x=whole.x, standing=start.case.stage.standing)
    oracle = Oracle(problem, Effort(gap=plan.options.asked, seed=plan.options.seed))
    measured = value_curve(oracle, direction, 1.0, CERTIFIED)
    along: Callable[[float], float] = lambda t: tight + t * (a + b - 2 * tight)  # noqa: E731
    stage = start.case.stage

    def told(i: Interval | None) -> tuple[float, float] | None:
        return None if i is None else (along(i.lo), along(i.hi))

    return replace(
        found,
        points=tuple(
            sorted(
                (Certified(along(p.t), stage.reported(p.lo), stage.reported(p.hi)) for p in measured.points),
                key=lambda p: p.at,
            )
        ),
        flat=tuple(sorted((min(along(x), along(y)), max(along(x), along(y))) for x, y in measured.flat)),
        first_gain=told(measured.first_gain),
        saturates=told(measured.saturates),
    )


def _point(ends: Ends, curve: _Curve, at: float) -> Certified:
    answer = ends.whatif.full(ends.net(curve.data(at)))
    if answer.objective is None or answer.bound is None:
        raise StudyError(f"There is no plan where {curve.path} is {at:g}.")
    return Certified(at, answer.objective, answer.bound)


def _loosening(curve: _Curve, a: float, b: float, patch: Patch) -> tuple[float, Relief | None]:
    """Return the tight end and the relief of the whole way from it, or None where not all limits loosen one way."""
    for tight, p in ((a, patch), (b, patch.reversed())):
        up = _change(p.rows.old[:, 1], p.rows.new[:, 1])
        down = -_change(p.rows.old[:, 0], p.rows.new[:, 0])
        top = _change(p.columns.old[:, 1], p.columns.new[:, 1])
        kept = np.array_equal(p.columns.old[:, 0], p.columns.new[:, 0]) and not len(p.costs)
        if kept and all((part >= 0).all() for part in (up, down, top)):
            rows, columns = p.rows.at.tolist(), p.columns.at.tolist()
            return tight, Relief(
                curve.path,
                {i: v for i, v in zip(rows, up.tolist(), strict=True) if v},
                {i: v for i, v in zip(rows, down.tolist(), strict=True) if v},
                {j: v for j, v in zip(columns, top.tolist(), strict=True) if v},
            )
    return a, None


def _change(old: Array, new: Array) -> Array:
    """Return how far sides move; what has no side does not."""
    moved, there = np.zeros(len(old)), np.isfinite(old)
    moved[there] = new[there] - old[there]
    return moved
