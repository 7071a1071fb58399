"""When the plan begins, how time is cut up, and how money at different dates is compared."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from fabopt.domain.base import Fault, FieldProblem, Flag, Frozen, Record, When
from fabopt.domain.calendar import Calendar, Length, Stretch
from fabopt.domain.goals import ObjectiveName, goals_of
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In
from fabopt.domain.risk import risk_of
from fabopt.domain.text import printable

_MOST = 600
"""Most periods of a horizon."""
_STRETCH = re.compile(r"([+-]?[0-9]+(?:[./][0-9]+)?)\s*([^\d\s].*)")
_WORDS: dict[str, Length] = {word: length for length in get_args(Length) for word in (length, f"{length}s")}
_EXAMPLE = "write it like [9 quarters, 4 half-years, 3 years]"


class About(Record):
    """What the instance is, for people."""

    title: str = ""
    """Title of the instance."""
    description: str = ""
    """What it models and what it leaves out, in a few sentences."""
    source: str = ""
    """Where the problem was published, for textbook instances."""
    published_optimum: float | None = None
    """Optimal objective value in the publication, in the instance's money unit; tests compare with it."""


class SourceNote(Record):
    """A publication that numbers of the instance come from."""

    title: str
    """Title of the publication."""
    address: str = ""
    """Web address or other place where it can be found; empty where none was kept."""
    as_of: str = ""
    """Date of the publication, as precisely as known."""
    confidence: Literal["high", "medium", "low", "seed", "estimate", ""] = ""
    """How far the figure can be trusted: high (filing, named data set or house), medium, low, seed, estimate."""
    note: str = ""
    """What the source says, or how the figure was derived from it."""


def _stretches(raw: Any) -> Any:
    """Read a number of periods as it stands, and a list of stretches (or a text with commas) in one spelling."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        if not 1 <= raw <= _MOST:
            raise ValueError(f"a horizon has 1 to {_MOST} periods, not {raw}")
        return raw
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError(f"neither an integer nor a list of stretches of periods; {_EXAMPLE}")
    faults, stretches = [], []
    for place, part in enumerate(parts):
        try:
            stretches.append(_stretch(part))
        except ValueError as error:
            faults.append(Fault(() if isinstance(raw, str) else (place,), str(error), _EXAMPLE))
    total = sum(count for count, _ in stretches)
    if not faults and total > _MOST:
        faults.append(Fault((), f"a horizon has 1 to {_MOST} periods, not {total}"))
    if faults:
        raise FieldProblem(faults)
    return tuple(map(_spelled, stretches))


def _spelled(stretch: Stretch) -> str:
    count, length = stretch
    return f"{count} {length}{'' if count == 1 else 's'}"


def _stretch(raw: Any) -> Stretch:
    """Read one stretch: ``9 quarters``."""
    text = printable(str(raw)[:60]).strip()
    match = _STRETCH.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' does not say how many periods of which length")
    count, word = match[1], match[2].lower().replace(" ", "-")
    if word not in _WORDS:
        near = difflib.get_close_matches(word, _WORDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "a period is a week, or an integer of months:"
        raise ValueError(f"'{match[2]}' is no length of a period; {hint} {', '.join(get_args(Length))}")
    if not count.isdecimal() or int(count) < 1:
        raise ValueError(f"'{text}' is no integer of {_WORDS[word]}s from 1 on")
    return int(count), _WORDS[word]


class Horizon(Record):
    """Decision date, periods and discounting (DESIGN, section 3).

    The first period begins at the decision date: nothing is ordered before it and lead times count from it.
    """

    start: When
    """Decision date: first day of the first period (2026Q4, 2026-10-01)."""
    periods: Annotated[
        int | tuple[str, ...],
        BeforeValidator(_stretches),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": _MOST},
                    {"type": "array", "minItems": 1, "items": {"type": "string"}},
                    {"type": "string"},
                ]
            }
        ),
    ]
    """Number of periods; or a list of stretches with periods of unequal length: [9 quarters, 4 half-years, 3 years]."""
    period: Length | None = None
    """Length of every period, where their number is given: week, month, quarter (when left out), half-year or year.
    With a list it can only be that of the first."""
    reported_until: When | None = None
    """Last period that is reported (any date in it); the rest only keeps the end from distorting the plan."""
    discount_rate: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Discount rate per year (10 %); a party's own, in its perspective, stands in `parties`."""
    discounting: Literal["start", "middle", "end"] = "middle"
    """Where in a period its money falls, for discounting; what is left at the end is discounted from the end."""
    scanners_whole: Literal["owner-year", "fab-period", "never"] = "owner-year"
    """Whether scanners are integers per owner and calendar year, per fab and period (slower), or never: a part of one
    is then one that comes later in the year."""
    steps_whole: Flag = True
    """Whether steps of expansions come whole; if not, a part of one may be ordered at that part of its cost, as a
    phase is equipped in part. For chains of many owners, whose sizes of steps are guesses."""
    terminal_share: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.25, "1"))
    """Worth of a deployed accelerator at the end of the horizon as a share of what replacing it would cost."""

    @model_validator(mode="after")
    def _one_length(self) -> Horizon:
        first = self.stretches[0][1]
        if self.period not in (None, first):
            message = f"the periods are listed in 'periods', and the first is a {first}, not a {self.period}"
            raise FieldProblem([Fault(("period",), message, "leave 'period' out, or give 'periods' as a number")])
        return self

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """How many periods of which length, one stretch after the other."""
        if isinstance(self.periods, int):
            return ((self.periods, self.period or "quarter"),)
        return tuple(_stretch(text) for text in self.periods)

    @property
    def calendar(self) -> Calendar:
        """The periods on the calendar.

        Raises
        ------
        ValueError
            When they do not meet it.
        """
        return Calendar(self.start, self.stretches)

    @property
    def said(self) -> str:
        """The number and length of the periods in words."""
        return ", ".join(map(_spelled, self.stretches))


class Party(Record):
    """What is known of a party beside what it owns, buys and makes."""

    name: str = ""
    """Display name, where it is no lab, designer or market, which have their own; absent: its id as words."""
    discount_rate: Annotated[Quantity, In("1", ge=0, le=1)] | None = None
    """Its own discount rate per year, by which all is weighed in its perspective; absent: the horizon's."""


def _in_order(given: object) -> object:
    """Read one objective as a list of one, and refuse what are none."""
    listed = (given,) if isinstance(given, str) else given
    if isinstance(listed, list | tuple) and listed:
        goals_of(listed)
    return listed


def _judged(given: object) -> object:
    """Refuse what is no risk measure."""
    if isinstance(given, str):
        risk_of(given)
    return given


class Solving(Record):
    """How the instance is solved unless a run says otherwise."""

    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Relative gap at which a plan is good enough (0.005 is half a per cent); absent: by the size of the program."""
    time_limit: Annotated[float, Field(gt=0)] | None = None
    """Seconds for the solver; absent: no limit."""
    objectives: Annotated[tuple[str, ...], BeforeValidator(_in_order)] = ()
    """Objectives in order, each with what later ones may give up of it: [value:1%, least_cost]; absent: value."""
    expansions_earn: Flag = False
    """Whether owners order only steps that their own margin at list prices, or a prepayment, covers: steps of the plan
    that lose money are forbidden and it is solved again, up to three times."""
    risk: Annotated[str, BeforeValidator(_judged)] | None = None
    """How a plan under states is judged: expected (absent), cvar LEVEL, mean+cvar LEVEL WEIGHT, worst, regret."""
    perspective: Literal["system", "buyers"] | None = None
    """Whose value counts: system, all parties together (absent); buyers, labs and other markets at list prices."""

    @property
    def first(self) -> ObjectiveName:
        """The objective that comes first."""
        return goals_of(self.objectives)[0].objective if self.objectives else "value"


class Actual(Record):
    """Something that happened, beside what was planned of it."""

    what: str
    """What is counted: a measure (docs/limits.md), or ``number`` for a number of the instance."""
    name: str
    """What it is of."""
    period: str
    """Label of its period."""
    planned: float
    """What the plan before had, in `unit`."""
    happened: float
    """What happened, in `unit`."""
    unit: str = ""
    """Unit of both."""
    worth: float | None = None
    """What the difference is worth to all at the prices of the plan before, at the margin, before costs: millions."""
    source: str = ""
    """Where it is known from."""


class Pins(Record):
    """Decisions that are no longer open, by period label: the optimiser keeps them."""

    units: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Orders of units: unit id, then period label, then number ordered."""
    activities: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Levels of activities: activity id, then period label, then level in the activity's unit."""
    retired: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Units retired: unit id, then period label, then number retired."""
    deliveries: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """What demands get: demand id, then period label, then quantity in the demand's unit."""
    stocks: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Stocks at the end of periods: material id, then period label, then quantity in the material's unit."""
    done_until: When | None = None
    """What is pinned before this date is done: capacity from then on is never less than what such work still needs."""
    actuals: tuple[Actual, ...] = ()
    """What happened before that date and was told to `fabopt roll`, beside what was planned; it decides nothing."""
    orders_before: Frozen[str, Frozen[str, float]] = Field(default_factory=dict)
    """Orders that the plan before had from that date on, beside actuals: a memo tells what changed; decides nothing."""
