"""The value of the mixed-integer program against one number: what is proven of it.

Where a number only loosens limits as it moves, the value never falls, so that it is proven flat between two points
where what is proven of the further one is no more than what the nearer one has (F4); first gain and saturation are
single programs (:func:`~fabopt.analysis.choke.finite.value_curve`). Otherwise the points alone are certified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fabopt.analysis.choke.bench import Effort
from fabopt.analysis.choke.finite import value_curve
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.sensitivity.curve import Certified, Curve, ValueFunction
from fabopt.analysis.sensitivity.straight import relief_of
from fabopt.errors import StudyError
from fabopt.plan.groups import Relief
from fabopt.plan.problem import ChokeProblem, Interval
from fabopt.solve.perturbation import Perturbation

CERTIFIED = 8
"""Equal steps at which the curve of the mixed-integer program is certified."""


def certified(curve: Curve, value_function: ValueFunction, patch: Perturbation | None) -> ValueFunction:
    """Return a value function with what is certified of it with integers free.

    Parameters
    ----------
    curve
        The instance along the number.
    value_function
        What is known with integers held.
    patch
        What turns the program at the low end into that at the high end where the curve is straight in pieces.
    """
    ends, a, b = curve.ends, curve.dial.low, curve.dial.high
    tight, direction = (a, None) if patch is None else _loosening(curve, patch)
    if direction is None:
        points = [_point(curve, float(at)) for at in np.linspace(a, b, CERTIFIED + 1)]
        return replace(value_function, points=tuple(points))
    plan, start = ends.plan, curve(tight)
    whole = ends.whatif.full(ends.net(curve.data(tight)))
    problem = ChokeProblem(start.case.program, (), x=whole.x, standing=start.case.stage.standing)
    with Oracle(problem, Effort(gap=plan.options.asked, seed=plan.options.seed)) as oracle:
        measured = value_curve(oracle, direction, 1.0, CERTIFIED)
    along: Callable[[float], float] = lambda t: tight + t * (a + b - 2 * tight)  # noqa: E731
    stage = start.case.stage

    def told(i: Interval | None) -> tuple[float, float] | None:
        return None if i is None else (along(i.lo), along(i.hi))

    return replace(
        value_function,
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


def _point(curve: Curve, at: float) -> Certified:
    answer = curve.ends.whatif.full(curve.ends.net(curve.data(at)))
    if answer.objective is None or answer.bound is None:
        raise StudyError(f"There is no plan where {curve.said(at)}.")
    return Certified(at, answer.objective, answer.bound)


def _loosening(curve: Curve, patch: Perturbation) -> tuple[float, Relief | None]:
    """Return the tight end and the relief of the whole way from it, or None where not all limits loosen one way."""
    for tight, way in ((curve.dial.low, patch), (curve.dial.high, patch.reversed())):
        relief = relief_of(curve.dial.path, way)
        if relief is not None and relief.loosens:
            return tight, relief
    return curve.dial.low, None
