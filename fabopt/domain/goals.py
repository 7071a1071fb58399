"""Objectives in order, each with what later ones may give up of it: ``value:1%``, ``least_cost``."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

ObjectiveName = Literal["value", "compute", "time_to_compute", "least_cost", "max_min", "agreement"]
OBJECTIVES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)

_TOLERANCE = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)\s*(%?)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What later objectives may give up of one: a share of it, or an amount in its unit."""

    share: float = 0.0
    amount: float = 0.0

    def of(self, reached: float) -> float:
        """Return what may be given up of an objective that has reached so much, in its unit."""
        return self.share * abs(reached) + self.amount

    @property
    def said(self) -> str:
        """As it is written; empty where nothing may be given up."""
        return f"{100.0 * self.share:g}%" if self.share else f"{self.amount:g}" if self.amount else ""


NOTHING = Tolerance()
"""Nothing may be given up."""


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective, and what later ones may give up of it."""

    objective: ObjectiveName
    tolerance: Tolerance = NOTHING

    @property
    def said(self) -> str:
        """As it is written."""
        return f"{self.objective}:{self.tolerance.said}" if self.tolerance.said else self.objective


def goals_of(given: str | Sequence[str]) -> tuple[Goal, ...]:
    """Read one objective, or several in order.

    Raises
    ------
    ValueError
        With a sentence: an objective that there is none of (with the nearest), that stands twice, or a tolerance that
        makes no sense.
    """
    texts = (given,) if isinstance(given, str) else tuple(given)
    if not texts:
        raise ValueError("A list of objectives holds at least one.")
    goals = tuple(_goal(text) for text in texts)
    names = [goal.objective for goal in goals]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"The objective {twice} stands twice in the list.")
    if goals[-1].tolerance != NOTHING:
        raise ValueError(f"No objective comes after {names[-1]}, so nothing can be given up of it.")
    return goals


def _goal(text: str) -> Goal:
    name, colon, given = (part.strip() for part in str(text).partition(":"))
    if name not in OBJECTIVES:
        near = difflib.get_close_matches(name, OBJECTIVES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"fabopt knows {', '.join(OBJECTIVES)}."
        raise ValueError(f"There is no objective {name[:40]!r}; {hint}")
    if not colon:
        return Goal(name)
    goal = _TOLERANCE.fullmatch(given)
    amount = float(goal[1]) if goal else math.nan
    share = goal is not None and bool(goal[2])
    if not math.isfinite(amount) or (share and amount >= 100.0):
        raise ValueError(
            f"{given[:40]!r} is no tolerance of {name}: a share below 100% of it (1%), or an amount in its unit (250)."
        )
    if name == "max_min" and amount:
        raise ValueError("max_min takes no tolerance: it settles the share of every customer, not one figure.")
    if name == "time_to_compute" and share:
        raise ValueError("time_to_compute takes a number of periods as its tolerance, not a share.")
    return Goal(name, Tolerance(amount / 100.0) if share else Tolerance(0.0, amount))
