r"""Value functions: the objective and the plan against one number, its value or, of a series, a factor or an addition.

**Integers held.** Where a number moves sides and bounds alone, and in proportion to itself, the value is concave
with finitely many straight pieces; where it moves costs alone, convex. Then its curve is traced exactly (F3): where the
tangents at two points meet, the value is either theirs, which makes a breakpoint, or not, and both halves are asked
again. Any other number bends the coefficients: the curve is solved at :data:`SAMPLES` equal steps, and said to be that.

**Integers free.** What is proven then stands in :mod:`.certified`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from fabopt.analysis.sensitivity.certified import certified
from fabopt.analysis.sensitivity.curve import Curve, Stretch, ValueFunction
from fabopt.analysis.sensitivity.dial import Setting, dials_of
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.places import prices_of, worth_of
from fabopt.analysis.sensitivity.straight import straight
from fabopt.domain.tolerances import COUNTS, SAME
from fabopt.errors import StudyError
from fabopt.solve.perturbation import Perturbation
from fabopt.solve.whatif import Answer

BREAKS, CHOKES = "all breakpoints", "the choke points along the curve"
"""What time may not allow."""

SAMPLES = 16
"""Equal steps at which a curve is solved that is not straight in pieces."""


def value_function(
    ends: Ends,
    path: str,
    low: Setting | None = None,
    high: Setting | None = None,
    *,
    whole: bool = False,
    money: str = "",
) -> ValueFunction:
    """Return the objective and the plan against one number.

    Parameters
    ----------
    ends
        The instance and its plan.
    path
        The lever.
    low, high
        From where to where, as for :func:`~fabopt.analysis.sensitivity.dial.dial_of`: a series by a factor or by what
        is added to it; its range when left out, as far as the rules allow it.
    whole
        Whether the mixed-integer value is certified too.
    money
        Unit of the objective.

    Raises
    ------
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended it before a part of the curve was known.
    StudyError
        If low lies above high, the rules refuse an end, or no plan stands at one.
    fabopt.io.levers.LeverError
        If there is no such lever, with the nearest; it has no range and none is given; or an end is none for it.
    """
    (dial,) = dials_of(ends.numbers, {path: (low, high)})
    curve, a, b = Curve(ends, dial), dial.low, dial.high
    for end in (a, b):
        if curve(end).objective is None:
            raise StudyError(f"No plan has the integers of this one where {curve.said(end)}.")
    budget, patch = ends.budget, _patch(curve)
    breaks = _traced(curve, a, b, patch) if patch is not None else np.linspace(a, b, SAMPLES + 1).tolist()
    stretches = _stretches(curve, breaks)
    if not stretches:
        raise budget.out_of_time(f"the objective against {path}")
    traced = patch is not None and BREAKS not in budget.left_out
    value_function = ValueFunction(
        lever=dial,
        objective_name=ends.plan.options.objective,
        money=money,
        exact=traced,
        stretches=joined(stretches, COUNTS) if traced else stretches,
        programs=curve.count,
        source=tuple(ends.numbers.quantity(path).source),
    )
    if whole:
        with budget.attempt("the value with integers free"):
            value_function = certified(curve, value_function, patch)
    return replace(value_function, notes=tuple(budget.said_left_out()))


def _patch(curve: Curve) -> Perturbation | None:
    """Return what turns the program at the low end into that at the high end; None where the curve bends on the way."""
    a, b = curve.dial.low, curve.dial.high
    answers = [curve(a), curve((a + b) / 2), curve(b)]
    if any(answer.cold is not None or answer.objective is None for answer in answers):
        return None
    patch = straight(*(answer.case.program for answer in answers))
    if patch is None or answers[0].case.stage.constant != answers[2].case.stage.constant:
        return None
    return None if len(patch.costs) and (len(patch.rows) or len(patch.columns)) else patch


def _traced(curve: Curve, a: float, b: float, patch: Perturbation) -> list[float]:
    """Return the ends of the straight pieces."""
    sign = curve.ends.plan.stage.sign
    breaks = {a, b}

    def asked(at: float) -> tuple[float, float]:
        answer = curve(at)
        if answer.objective is None:
            raise StudyError(f"No plan has the integers of this one where {curve.said(at)}.")
        return answer.objective, sign * worth_of(patch, prices_of(answer)) / (b - a)

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

    with curve.ends.budget.attempt(BREAKS):
        split(a, b)
    return sorted(breaks)


def _stretches(curve: Curve, breaks: Sequence[float]) -> tuple[Stretch, ...]:
    """Return the parts of the curve between values, from the first on as far as time allows."""
    stretches = list[Stretch]()
    with curve.ends.budget.attempt("the rest of the curve"):
        for a, b in pairwise(breaks):
            stretches.append(_stretch(curve, a, b))
    return tuple(stretches)


def _stretch(curve: Curve, a: float, b: float) -> Stretch:
    first, last = curve(a).objective, curve(b).objective
    choke, delivered, stands = "", tuple[tuple[str, float], ...](), True
    with curve.ends.budget.attempt(CHOKES):
        middle = curve((a + b) / 2)
        stands = middle.objective is not None
        if stands:
            choke, delivered = curve.choke((a + b) / 2), made(middle)
    if first is None or last is None or not stands:
        raise StudyError(f"No plan has the integers of this one somewhere from {a:g} on where {curve.said(b)}.")
    return Stretch(a, b, first, last, (last - first) / (b - a), choke, delivered)


def made(answer: Answer) -> tuple[tuple[str, float], ...]:
    """Return what a plan delivers of each demand over all periods."""
    tables = answer.case.tables
    assert tables is not None
    assert answer.x is not None
    delivered = tables.columns["deliver"].values(answer.x).sum(axis=(1, 2))
    return tuple((d.id, float(v)) for d, v in zip(tables.net.demands, delivered, strict=True))


def joined(stretches: Sequence[Stretch], bend: float) -> tuple[Stretch, ...]:
    """Join neighbours of one choke point whose slopes differ by no more than a bend, relative to the steepest."""
    merged, steepest = list[Stretch](), max((abs(s.slope) for s in stretches), default=0.0)
    for s in stretches:
        before = merged[-1] if merged else None
        if before is not None and before.choke == s.choke and abs(before.slope - s.slope) <= bend * steepest:
            slope = (s.last - before.first) / (s.end - before.start)
            merged[-1] = replace(before, end=s.end, last=s.last, slope=slope)
        else:
            merged.append(s)
    return tuple(merged)
