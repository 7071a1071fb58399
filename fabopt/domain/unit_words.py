"""Units as people read them: ``thousand wafers a month`` for ``kwafer/month``.

Files, frames and JSON keep units as they are written in an instance; what is printed for people comes through here.
"""

from __future__ import annotations

import re

from fabopt.domain.units import COUNTED, CURRENCIES

PREFIXES = {"k": "thousand", "M": "million", "G": "billion"}
"""Words for the letters before what is counted."""

TIMES = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
SPANS = {"s": "second", "h": "hour", **{name: name for name in TIMES[3:]}}
"""Times that a rate may count by, and their words."""

WHOLE = ("step",)
"""What is counted whole beside what a unit may name."""

POWERS = ("facility", "IT")
"""Words behind a unit of power that say which."""

_THINGS = "|".join(name for name in COUNTED if name != "H100e")
_PLAIN = re.compile(rf"(?:{_THINGS}|{'|'.join((*WHOLE, *TIMES))})")
_MANY = re.compile(rf"([kMG])({_THINGS}|H100e|[a-z]+(?:-[a-z]+)+)")  # a component may be counted in worker-months
_MONEY = re.compile(rf"([kMG])({'|'.join(CURRENCIES)})")
_WRITTEN = re.compile(r"[\w%*-]+(?:/[\w-]+)*")


def unit_words(unit: str, one: bool = False) -> str:
    """Return a unit in words: ``thousand wafers``, ``tools``, ``USD per H100e and hour``; what is none as it stands.

    Parameters
    ----------
    unit
        The unit, with words behind it or not: ``kwafer wanted``. A pure number has none.
    one
        Whether it stands behind "per" or the number 1: ``tool``, ``thousand wafers``.
    """
    if unit in ("", "1"):
        return ""
    first, blank, rest = unit.partition(" ")
    if not _WRITTEN.fullmatch(first):
        return unit
    over, *under = first.split("/")
    text = _over(over, one)
    if under:
        head, *more = under
        text += f" a {SPANS[head]}" if head in SPANS and head != "h" else f" per {_under(head)}"
        text += "".join(f" and {_under(part)}" for part in more)
    if rest in POWERS:
        return f"{text} of {rest} power"
    return f"{text}{blank}{re.sub(r'(?<=per )[^ ]+', lambda found: unit_words(found[0], one=True), rest)}"


def with_unit(number: str, unit: str) -> str:
    """Return a number as it is written with its unit in words: ``1 step``, ``2 steps``, ``0 tools``."""
    return f"{number} {unit_words(unit, one=number in ('1', '-1'))}".rstrip()


def one_unit(unit: str, way: str) -> str:
    """Return one unit more, or less, in words: ``one more MW``, ``one thousand more wafers``."""
    text = unit_words(unit, one=True) or "unit"
    many, _, things = text.partition(" ")
    return f"one {many} {way} {things}" if many in PREFIXES.values() else f"one {way} {text}"


def _over(name: str, one: bool) -> str:
    if found := _MANY.fullmatch(name):
        return f"{PREFIXES[found[1]]} {found[2]}{'' if found[2] == 'H100e' else 's'}"
    if found := _MONEY.fullmatch(name):
        return {"k": "thousand ", "M": "M ", "G": "bn "}[found[1]] + found[2]
    return f"{name}s" if _PLAIN.fullmatch(name) and not one else name


def _under(name: str) -> str:
    return SPANS.get(name) or _over(name, one=True)
