"""A number that a memo may print: with its unit, the place that it comes from, and what it lies between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["", "high", "medium", "low", "assumption"]
"""How sure the source of a number is; empty for what the model found."""


Unit = Literal["GW", "MW", "MUSD", "USD", "kaccelerator", "kH100e", "share", "month", "count", "period", "as written"]
"""Units that templates know how to write for people; ``as written`` is followed by :attr:`Amount.unit_text`."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that a memo may print.

    Attributes
    ----------
    value, unit
        The number.
    origin
        Where it comes from: ``domain/power[lab=openai, period=2030Q4].used`` for cells of a result's table (summed
        over those rows), ``choke: ...``, ``tornado: ...``, ``re-solve: ...`` for a study, ``instance: PATH`` for a
        number of the data.
    low, high
        What it lies between, by proof or range; None where it is a point.
    confidence
        Of its source.
    unit_text
        The unit where ``unit`` is ``as written``.
    """

    value: float
    unit: Unit
    origin: str
    low: float | None = None
    high: float | None = None
    confidence: Confidence = ""
    unit_text: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a recommendation is withheld: the difference it rests on is smaller than what the proof leaves open."""

    difference: Amount
    doubt: Amount
