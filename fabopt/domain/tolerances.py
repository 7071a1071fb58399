"""Every tolerance of fabopt, with its meaning: what is rounding, what the solver can tell apart, what is worth telling.

All are shares, without a unit: a number is small only beside those that it was added up from, beside the unit in which
the solver counts it, or beside one. So a plan in millions of dollars and the same plan in cents, or in millionths of a
wafer, get the same answers. No other module writes such a number; a test holds that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

# -- rounding: of the sizes of what was added up -----------------------------------------------------------------------

DIGITS = 1e-15
"""The last digits of a number."""

ROUNDING = 1e-12
"""Numbers that a few operations on data give differ by less than this where they are the same."""

SAME = 1e-9
"""Sums over a plan that differ by less than this are the same; so are data that were read and added up. A dual below
this, in the units in which the solver works, is none."""

LINE = 1e-11
"""A value this close to a line is on it, of what the value is added up from."""

# -- integers and time --------------------------------------------------------------------------------------------

WHOLE = 1e-9
"""A count of units or lots that follows from data is whole if it is this close to an integer."""

NEGLIGIBLE = 1e-9
"""A part of a period below this is rounding of the dates, no part and no duration."""

# -- the solver: of sizes, or of the units in which it counts where those are larger -----------------------------------

FEASIBLE = 1e-6
"""A row or bound that is broken by less than this holds."""

INTEGER = 1e-6
"""An integer of the solver may be this far off: HiGHS' own tolerance."""

TIGHT = 1e-9
"""Rows, bounds and integers are asked for this closely where the solver's own tolerances are too wide."""

FINEST = 1e-10
"""Smallest tolerance of integers that HiGHS takes."""

COUNTS = 1e-7
"""Least gain, use, slack, reduced cost or dual that counts: the accuracy to which the solver keeps rows."""

# -- proofs ------------------------------------------------------------------------------------------------------------

EXACT = 1e-6
"""A relative gap up to this is none: the accuracy to which the solver keeps rows, bounds and integers."""

GAP = 1e-4
"""Relative gap at which a search ends where nobody asks for another."""

BEST = 1e-8
"""What prices prove may exceed the value of a plan that is best by this share of what the value is added up from."""

# -- what is told ------------------------------------------------------------------------------------------------------

CLOSE = 1e-6
"""Ends of an interval this close, of its size, are told as one number; a part this small of a whole is told as none."""

SHOWN = 1e-4
"""Numbers this close, of their size, look the same on paper."""

TIE = 1e-5
"""A chip whose price must fall by no more than this share ties with what the plan buys."""

MILD = 1e-4
"""Share of a plan's value that a signature's delay may cost where nothing else is asked."""

SHARES = 1e-3
"""Shares in an instance that should add up to 1 may be rounded, such as three times 33.3 %."""

OTHERS = 1e-3
"""What sellers earn counts for so much of itself beside what buyers get, where the plan is theirs: it tells apart what
is the same to them."""

# -- methods -----------------------------------------------------------------------------------------------------------

STEP = 1e-4
"""Share of the way by which a number is moved to find a slope."""

FALLS = 1e-6
"""A bound of a level that falls by less than this share of its size has not fallen."""

STILL = 1e-10
"""Newton's method on a price ends where the next step is no larger than this share of the price."""


def rounding(*sizes: float) -> float:
    """Return the largest difference that rounding may leave of numbers of some sizes."""
    return SAME * max(map(abs, sizes), default=0.0)


def same(a: float, b: float, *sizes: float) -> bool:
    """Return whether two numbers differ by rounding at most, of them or of what they were added up from."""
    return abs(a - b) <= rounding(a, b, *sizes)


def ranked(sizes: Mapping[str, float]) -> list[str]:
    """Return names by their sizes, the largest first; those whose sizes differ by rounding at most, by the alphabet."""
    out: list[list[str]] = []
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if out and math.isclose(sizes[out[-1][0]], sizes[name], rel_tol=SAME):
            out[-1].append(name)
        else:
            out.append([name])
    return [name for alike in out for name in sorted(alike)]


def above(number: float, limit: float, by: float = SAME) -> bool:
    """Return whether a number is larger than a limit by more than a share of them, that of rounding if not said."""
    room = by * max(abs(number), abs(limit)) if math.isfinite(limit) else 0.0
    return bool(number > limit + room)
