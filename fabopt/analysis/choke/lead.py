r"""What relief still earns when it is ordered today (F13).

Relief of a limit that is there in every period is worth one thing; the same relief after its own lead time is worth
another, often nothing. With :math:`g(s)` the exact gain of a relief that stands in all counted periods from
:math:`s` on,

* the *gain if present* is :math:`g(0)`, the *gain after lead* :math:`g(\ell)`, with :math:`\ell` the lead time of the
  quickest lever in whole periods, its qualification included, counted from the decision date;
* the *relievable share* is :math:`g(\ell) / g(0)`;
* *act by* is the last period in which an order still keeps 90 % of :math:`g(\ell)`. :math:`g` does not rise with
  :math:`s`, so bisection finds it.

Relief that would come after the counted periods is too late: its gain is zero, and it is said, not dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fabopt.domain.tolerances import rounding
from fabopt.model.limits import Lever
from fabopt.network.tables import Network

KEEP = 0.9
"""Share of the gain after lead that an order as late as ``act_by`` still earns."""

Gain = Callable[[tuple[int, ...]], float]
"""Gain of a relief that stands in the given periods."""


@dataclass(frozen=True, slots=True)
class AfterLead:
    """Relief now, and relief after its lead time.

    Attributes
    ----------
    lever
        Id of the quickest unit that relieves the limit; empty where there is none.
    lead
        Its lead time in whole periods; None where there is none.
    gain_if_present
        Gain of the relief if it stood in every counted period.
    gain_after_lead
        Gain of the same relief from its lead time on; None where nothing relieves the limit.
    act_by
        Position of the last period in which an order keeps 90 % of the gain after lead; None where there is no gain.
    too_late
        Whether the relief earns nothing although it would if it were there.
    """

    lever: str
    lead: int | None
    gain_if_present: float
    gain_after_lead: float | None
    act_by: int | None
    too_late: bool

    @property
    def share(self) -> float | None:
        """Share of the gain that survives the lead time; None where nothing relieves the limit or nothing gains."""
        if self.gain_after_lead is None or self.gain_if_present <= 0:
            return None
        return self.gain_after_lead / self.gain_if_present


def first_effect(net: Network) -> dict[str, int]:
    """Return the age in whole periods at which each unit first adds to a capacity."""
    first_effect: dict[str, int] = {}
    for effect in net.unit_effects:
        if effect.gains:
            age = int(effect.begins(net.n_periods)[0])
            first_effect[effect.unit] = min(first_effect.get(effect.unit, age), age)
    return first_effect


def quickest(levers: Sequence[Lever], first: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the lever that acts first, with its lead time in whole periods; None without levers.

    Parameters
    ----------
    levers
        The units that relieve a limit.
    first
        Age at which each unit first adds to a capacity (:func:`first_effect`).
    """
    leads = [(first.get(lever.unit, math.ceil(lever.lead)), lever.unit) for lever in levers]
    if not leads:
        return None
    lead, unit = min(leads, key=lambda pair: pair[0])
    return unit, lead


def after_lead(
    gain: Gain, periods: Sequence[int], lever: tuple[str, int] | None, present: float | None = None
) -> AfterLead:
    """Return what a relief earns if present, after its lead time, and until when it should be ordered.

    Parameters
    ----------
    gain
        Gain of the relief that stands in the given periods.
    periods
        The counted periods, in order.
    lever
        The quickest lever and its lead time in periods; None where nothing relieves the limit.
    present
        The gain if present, where it is known already.
    """
    whole = tuple(periods)
    now = gain(whole) if present is None else present
    if lever is None:
        return AfterLead("", None, now, None, None, False)
    unit, lead = lever

    def ordered_in(period: int) -> float:
        left = tuple(t for t in whole if t >= period + lead)
        return gain(left) if left else 0.0

    late = min(ordered_in(0), now) if lead else now
    small = rounding(now)
    if late <= small:
        return AfterLead(unit, lead, now, max(late, 0.0), None, now > small)
    low, high = 0, max(whole[-1] - lead, 0)
    while low < high:
        middle = (low + high + 1) // 2
        if ordered_in(middle) >= KEEP * late - small:
            low = middle
        else:
            high = middle - 1
    return AfterLead(unit, lead, now, late, low, False)
