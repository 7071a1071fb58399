r"""Profiles over age: how a duration that is no integer of periods falls on the periods of the model.

Time is measured in periods. A process that starts in period ``t`` starts evenly over that period, at
:math:`t + U` with :math:`U` uniform on :math:`[0, 1]`. What happens at elapsed time :math:`s` after the start
falls on age :math:`k` (the period ``t + k``) when :math:`k \le U + s < k + 1`. Every profile below is that
one rule:

lead time
    The whole amount arrives at :math:`s = L`. With :math:`L = n + f`, :math:`0 \le f < 1`, the share
    :math:`1 - f` falls on age :math:`n` and :math:`f` on age :math:`n + 1` (the fractional lead times of
    Hackman and Leachman, *Management Science* 35(4), 1989, 478-495).

spread
    The use is even over :math:`0 \le s \le L` (a wafer that comes back to the same tools layer after layer).
    The share of age :math:`k` is :math:`F(k + 1) - F(k)` with the distribution function of :math:`U + s`,

    .. math:: F(z) = \frac{H(z) - H(z - L)}{L}, \qquad
              H(z) = \int_{-\infty}^{z} \min(\max(v, 0), 1)\,dv,

    a trapezoid, a triangle where :math:`L = 1`. The mean age is :math:`L / 2`: the first and last period see
    less.

late opening
    Where starts open only after a part :math:`a` of the period, those that a rate of capacity holds are even over the
    rest, :math:`U` uniform on :math:`[a, 1]`; what no rate holds (a delivery, an order) is done as soon as it may be,
    as if the lead time were :math:`a + L`.

ramp
    Capacity that arrives after a lead time and then rises through the shares :math:`r_0, r_1, \dots` of full
    output: :math:`p_k = (1 - f)\,r_k + f\,r_{k-1}` from age :math:`n` on.

Where lengths differ :mod:`fabopt.network.lengths` has the same rule.
"""

from __future__ import annotations

import math

import numpy as np

from fabopt.domain.calendar import MOST_PERIODS
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.tables import Array


def split(lead_periods: float) -> tuple[int, float]:
    """Whole periods and remaining fraction of a duration, negligible fractions dropped."""
    if not math.isfinite(lead_periods) or lead_periods < 0:
        raise ValueError(f"A duration must be a finite number of periods, zero or more; got {lead_periods!r}.")
    whole = math.floor(lead_periods + NEGLIGIBLE)
    fraction = lead_periods - whole
    return whole, fraction if fraction > NEGLIGIBLE else 0.0


def lead_profile(lead_periods: float) -> tuple[int, Array]:
    """Split a lead time over the one or two ages at which the product arrives.

    Parameters
    ----------
    lead_periods
        Lead time in periods, zero or more.

    Returns
    -------
    first_age, weights
        Age of the first arrival, and the shares that arrive at it and at the next age: one entry where the
        lead time is whole, else two. They sum to 1 and their mean age is the lead time.

    Raises
    ------
    ValueError
        When the lead time is negative or not finite.

    Examples
    --------
    >>> first, weights = lead_profile(2.25)
    >>> first, weights.tolist()
    (2, [0.75, 0.25])
    """
    whole, fraction = split(lead_periods)
    return whole, np.array([1.0 - fraction, fraction] if fraction else [1.0])


def part_profile(lead_periods: float, opens: Array, even: bool) -> tuple[int, Array]:
    """Split a lead time over ages where a period opens only after a part of it.

    Parameters
    ----------
    lead_periods
        Lead time in periods, zero or more.
    opens
        ``[T]``: part of each period, 0 up to 1, that has gone by when starts open.
    even
        Whether starts are even over the rest of the period, as a rate of capacity makes them; else they are made as
        soon as they may be, and the lead time counts from then.

    Returns
    -------
    first_age, weights
        Age of the first arrival, and the shares ``[K, T]`` that arrive at each age from it on, by period of the start.
        Where nothing opens late they are those of :func:`lead_profile`.

    Examples
    --------
    >>> first, weights = part_profile(0.5, np.array([0.0, 0.25]), even=False)
    >>> first, weights.T.tolist()
    (0, [[0.5, 0.5], [0.25, 0.75]])
    """
    whole, fraction = split(lead_periods)
    if not opens.any():
        first, weights = lead_profile(lead_periods)
        return first, np.repeat(weights[:, None], opens.size, axis=1)
    ages = np.arange(3.0)[:, None]
    if not even:
        return whole, sound(1.0 - np.abs(ages - (fraction + opens)))
    before, after = np.clip(ages - fraction, opens, 1.0), np.clip(ages + 1.0 - fraction, opens, 1.0)
    return whole, sound((after - before) / (1.0 - opens))


def sound(shares: Array) -> Array:
    """Return shares ``[K, T]`` of sum 1 without those that are rounding."""
    kept = np.where(shares > NEGLIGIBLE, shares, 0.0)
    return np.asarray(kept / kept.sum(axis=0))


def spread_profile(duration_periods: float, most: int = MOST_PERIODS, opens: float = 0.0) -> Array:
    """Share of an even use over ``[0, duration]`` that falls on each age 0, 1, 2...

    Parameters
    ----------
    duration_periods
        Time from the start over which the use is even (a cycle time), in periods, zero or more.
    most
        Highest age; what falls beyond it is put on it.
    opens
        Part of the period of the start, 0 up to 1, that has gone by when starts open; they are even over the rest.

    Returns
    -------
    Array
        Shares by age, from age 0, of sum 1; no more than ``ceil(duration) + 1`` of them.

    Raises
    ------
    ValueError
        When the duration is negative or not finite.

    Examples
    --------
    >>> spread_profile(1.0).tolist()
    [0.5, 0.5]
    >>> spread_profile(2.0).tolist()
    [0.25, 0.5, 0.25]
    """
    whole, fraction = split(duration_periods)
    length = whole + fraction
    if length == 0.0:
        return np.array([1.0])
    edges = np.arange(min(math.ceil(length), most) + 2, dtype=np.float64)
    done = (ramp_integral(edges, opens) - ramp_integral(edges - length, opens)) / length
    done[-1] = 1.0
    return np.diff(done)


def ramp_profile(lead_periods: float, ramp: Array, *, persistent: bool = True) -> tuple[int, Array]:
    """Capacity by age of a unit that arrives after a lead time and then follows a ramp.

    Parameters
    ----------
    lead_periods
        Time from the order to the first output, in periods, zero or more.
    ramp
        ``[n]``, n >= 1: output in the first, second... period after arrival, as a share of a unit or in any
        unit.
    persistent
        True where the last entry of the ramp holds for ever after; False where output ends with the ramp.

    Returns
    -------
    first_age, profile
        Age of the first entry and the entries from there on. With ``persistent`` the last entry of the
        profile is the last of the ramp.

    Raises
    ------
    ValueError
        When the lead time is negative or not finite, or the ramp is empty or not one-dimensional.

    Examples
    --------
    >>> first, profile = ramp_profile(1.5, np.array([0.5, 1.0]))
    >>> first, profile.tolist()
    (1, [0.25, 0.75, 1.0])
    """
    values = np.asarray(ramp, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("A ramp needs at least one entry: the output in the first period after arrival.")
    whole, fraction = split(lead_periods)
    if not fraction:
        return whole, values.copy()
    after = values[-1] if persistent else 0.0
    return whole, (1.0 - fraction) * np.append(values, after) + fraction * np.insert(values, 0, 0.0)


def ramp_integral(z: Array, opens: float | Array) -> Array:
    """Integral from minus infinity to ``z`` of what rises from 0 at ``opens`` to 1 at 1."""
    inside = np.clip(z, opens, 1.0) - opens
    return np.asarray(0.5 * inside**2 / (1.0 - opens) + np.maximum(z - 1.0, 0.0), dtype=np.float64)
