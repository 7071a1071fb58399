"""The numbers of the data that a memo rests on: what they are, whose word they are, and what they change.

The numbers that matter most are those of the tornado, widest first: solved again at both ends of their range. Behind
them stand numbers that the adjoint alone has priced. Where no tornado was made, they are the numbers by which the
limits of the choke-point study are stated, in the order of these limits, and nothing is said of what they change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from fabopt.analysis.choke.records import Study
from fabopt.analysis.lever_names import lever_name
from fabopt.analysis.memo.records import Amount, Assumption, Confidence
from fabopt.analysis.sensitivity.numbers import Number, Numbers
from fabopt.analysis.sensitivity.records import Bar, EndValue, NumberSlope, Tornado
from fabopt.domain.instance import Instance

MOST = 10
"""Assumptions that a memo names before its appendix."""

LIMITS = 3
"""First limits of the choke-point study whose numbers a memo rests on."""

MONEY = ("M USD", "million dollars")
"""Units of an objective that is money."""

SURE: Mapping[str | None, Confidence] = {
    "high": "high",
    "medium": "medium",
    "low": "low",
    "seed": "low",
    "estimate": "low",
}
"""Confidence of a memo by that of a source."""


def key_assumptions(
    numbers: Numbers, tornado: Tornado | None, study: Study | None, most: int = MOST
) -> tuple[Assumption, ...]:
    """Return the assumptions that matter most, those first that move the plan most.

    Parameters
    ----------
    numbers
        The numbers of the instance.
    tornado
        What they are worth; None where that was not asked.
    study
        Choke points of the plan, whose limits stand in for a tornado; None where there is none.
    most
        How many.
    """
    if tornado is None:
        paths = [] if study is None else _of_limits(numbers, study, len(study.limits))
    else:
        moving = [s.path for s in tornado.slopes if s.at_low or s.at_high]
        paths = [bar.number.path for bar in tornado.bars] + moving
    return described(numbers, tornado, paths)[:most]


def all_assumptions(
    numbers: Numbers, tornado: Tornado | None, study: Study | None, bought: Sequence[str]
) -> tuple[Assumption, ...]:
    """Return every number with a range that a memo rests on.

    These are the numbers that were solved again, those that state the first limits of the choke-point study, and the
    prices of the chips that are bought.

    Parameters
    ----------
    numbers, tornado, study
        As for :func:`key_assumptions`.
    bought
        Ids of the chips that are bought.
    """
    paths = [] if tornado is None else [bar.number.path for bar in tornado.bars]
    paths += [] if study is None else _of_limits(numbers, study, LIMITS)
    paths += [path for chip in bought if (path := f"chips.{chip}.price") in numbers.found]
    return described(numbers, tornado, paths)


def near_numbers(numbers: Numbers, study: Study | None, own: Collection[str], goods: Collection[str]) -> frozenset[str]:
    """Return the numbers with a range that a lab's plan rests on most directly.

    These are those that state the limits of the choke-point study, those of records of its own, the prices of what it
    buys, and what is one number for the whole instance: the discount rate, the price of compute.

    Parameters
    ----------
    numbers, study
        As for :func:`key_assumptions`.
    own
        Ids of records that count with all their numbers: the lab, its sites and contracts, the chips that it takes.
    goods
        Ids of records that count with their prices.
    """

    def near(path: str) -> bool:
        _, record, *rest = path.split(".")
        return not rest or record in own or (record in goods and rest[-1].endswith("price"))

    limits = [] if study is None else _of_limits(numbers, study, len(study.limits))
    return frozenset(limits) | {path for path in numbers.found if near(path)}


def _of_limits(numbers: Numbers, study: Study, most: int) -> list[str]:
    """Return the numbers with a range by which the first limits that hold the plan back are stated."""
    limits = [limit for limit in study.limits if limit.gain > 0][:most]
    fields = [field for limit in limits for field in limit.levers_in_data]
    return [path for field in fields for path in numbers.found if path == field or path.startswith(f"{field}.")]


def described(numbers: Numbers, tornado: Tornado | None, paths: Iterable[str]) -> tuple[Assumption, ...]:
    """Return numbers as assumptions, each once, with what a tornado found of them."""
    bars = {} if tornado is None else {bar.number.path: bar for bar in tornado.bars}
    slopes = {} if tornado is None else {slope.path: slope for slope in tornado.slopes}
    unit = "" if tornado is None else tornado.unit
    choke = "" if tornado is None else tornado.choke
    return tuple(
        _assumption(numbers, path, bars.get(path), slopes.get(path), unit, choke) for path in dict.fromkeys(paths)
    )  # fmt: skip


def _assumption(
    numbers: Numbers, path: str, bar: Bar | None, slope: NumberSlope | None, unit: str, choke: str
) -> Assumption:
    number = numbers[path]
    ends = [None, None] if bar is None else [bar.low, bar.high]
    if bar is not None:
        low, high = (None if e is None or e.change is None else _change(path, e, unit) for e in ends)
    else:
        assumption = (None, None) if slope is None else (slope.at_low, slope.at_high)
        low, high = (None if v is None else worth(v, unit, f"tornado: {path}, adjoint") for v in assumption)
    chokes = ["" if e is None else e.choke for e in ends]
    return Assumption(
        path=path,
        name=lever_name(numbers.data, path),
        value=number_amount(number, numbers.data),
        at_low=low,
        at_high=high,
        solved=bar is not None,
        choke_low=chokes[0],
        choke_high=chokes[1],
        choke_now=choke,
        information=None if bar is None else worth(bar.information, unit, f"tornado: {path}, information"),
        sources=sources(number, numbers.data),
        as_of=as_of(number, numbers.data),
    )


def _change(path: str, end: EndValue, unit: str) -> Amount:
    assert end.change is not None
    return worth(end.change, unit, f"tornado: {path} at {end.value:g}")


def worth(value: float, unit: str, origin: str) -> Amount:
    """Return an amount in the unit of the objective."""
    if unit in MONEY:
        return Amount(value, "MUSD", origin)
    return Amount(value, "as written", origin, unit_text=unit)


def number_amount(number: Number, data: Instance) -> Amount:
    """Return a number of the data in its own unit, with its range; of a series the first point that has one."""
    low, high = number.range
    return Amount(
        value=number.value,
        unit="as written",
        origin=f"instance: {number.path}",
        low=low,
        high=high,
        confidence=confidence(number, data),
        unit_text=number.quantity.unit,
    )


def confidence(number: Number, data: Instance) -> Confidence:
    """Return how sure a number is: as it says itself, else as the least sure of its sources."""
    quantity = number.quantity
    if quantity.assumed or not quantity.source:
        return "assumption"
    own = next((p.confidence for p in quantity.points if p.confidence), quantity.confidence)
    if own is not None:
        return SURE[own]
    order: tuple[Confidence, ...] = ("low", "medium", "high")
    given = {SURE.get(data.sources[id].confidence, "") for id in quantity.source if id in data.sources}
    return next((one for one in order if one in given), "")


def sources(number: Number, data: Instance) -> tuple[str, ...]:
    """Return titles of the sources of a number, each once, with their date."""
    notes = [data.sources[id] for id in number.quantity.source if id in data.sources]
    return tuple(dict.fromkeys(f"{note.title} ({note.as_of})" if note.as_of else note.title for note in notes))


def as_of(number: Number, data: Instance) -> str:
    """Return the date of a number: its own, else that of its youngest source; empty where there is none."""
    own = [p.as_of for p in number.quantity.points if p.as_of] or [number.quantity.as_of or ""]
    return max(own) or max(_dates(number, data), default="")


def _dates(number: Number, data: Instance) -> Iterator[str]:
    return (data.sources[id].as_of for id in number.quantity.source if id in data.sources)
