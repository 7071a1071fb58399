"""How a plan under several states is judged: by its expected value, by its worst cases, or by what it regrets."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal, get_args

RiskName = Literal["expected", "cvar", "mean+cvar", "worst", "regret"]
RISKS: tuple[RiskName, ...] = get_args(RiskName)

_WRITTEN = {
    "expected": "expected",
    "cvar": "cvar LEVEL, such as cvar 0.9",
    "mean+cvar": "mean+cvar LEVEL WEIGHT, such as mean+cvar 0.9 0.5",
    "worst": "worst",
    "regret": "regret",
}


@dataclass(frozen=True, slots=True)
class Risk:
    """How a plan under several states is judged.

    Attributes
    ----------
    name
        ``expected``: the mean over the states. ``cvar``: the mean of the worst ``1 - level`` of them (conditional value
        at risk). ``mean+cvar``: ``1 - weight`` times the mean and ``weight`` times that. ``worst``: the worst state.
        ``regret``: the largest shortfall of a state behind the best plan for it alone, as small as it can be.
    level
        Share of the probability that is better than the worst cases; from 0, where all count, to below 1.
    weight
        Weight of the worst cases beside the mean.
    """

    name: RiskName = "expected"
    level: float = 0.0
    weight: float = 1.0

    @property
    def said(self) -> str:
        """As it is written."""
        numbers = {"cvar": (self.level,), "mean+cvar": (self.level, self.weight)}.get(self.name, ())
        return " ".join([self.name, *(f"{number:g}" for number in numbers)])


EXPECTED = Risk()
"""The mean over the states."""


def risk_of(text: str) -> Risk:
    """Read how a plan under several states is judged: ``cvar 0.9``.

    Raises
    ------
    ValueError
        With a sentence: there is no such measure (with the nearest), or its numbers make no sense.
    """
    name, *given = str(text).split()[:4] or [""]
    if name not in RISKS:
        near = difflib.get_close_matches(name, RISKS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"fabopt knows {', '.join(RISKS)}."
        raise ValueError(f"There is no risk measure {name[:40]!r}; {hint}")
    wanted = {"cvar": 1, "mean+cvar": 2}.get(name, 0)
    try:
        numbers = [float(number) for number in given]
    except ValueError:
        numbers = []
    if len(given) != wanted or len(numbers) != wanted:
        raise ValueError(f"{str(text)[:40]!r} is no risk measure: it is written {_WRITTEN[name]}.")
    level, weight = [*numbers, 1.0][:2] if numbers else (0.0, 1.0)
    if not 0.0 <= level < 1.0:
        raise ValueError(f"The level of {name} is a share from 0 to below 1, not {level:g}: 0.9 is the worst tenth.")
    if not 0.0 <= weight <= 1.0:
        raise ValueError(f"The weight of {name} is a share from 0 to 1, not {weight:g}.")
    return Risk(name, level, weight)
