"""Units: one strict pattern for what a user writes, a whitelist of names, and exact conversion factors.

A quantity in text is a number, optionally a prefix word, and a unit::

    180 kwafer/month      12 bn USD      62 %      1.2 million wafer/year      2.5 USD/H100e/h

A unit is one or more names joined by ``/`` and ``*``, read from left to right, so ``USD/H100e/h`` is dollars
per H100-equivalent and hour. A name is a word of :data:`NAMES`, an alias of it, or one of these behind a
prefix letter (``k M G T P E``) where the name takes one. Nothing else is understood: text never reaches an
expression parser, since pint's would evaluate ``9**9**9``, read ``k`` as Boltzmann's constant and ``quarter``
as a mass.

Time is nominal: a year is 365.25 days of 24 hours, a month a twelfth and a quarter a fourth of it. Conversion
factors are fractions, so that 57 % is 0.57 and not 0.5700000000000001. Money is counted in US dollars; other
currencies convert at the rates that the instance gives.

Units are cached by their text, and pint is loaded when the first one is read.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fabopt.domain.text import printable

if TYPE_CHECKING:
    from pint import UnitRegistry

PREFIXES: Mapping[str, Fraction] = {
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
}
"""Prefix letters, glued to a name that takes prefixes."""

PREFIX_WORDS: Mapping[str, str] = {
    "k": "k",
    "M": "M",
    "G": "G",
    "thousand": "k",
    "million": "M",
    "mn": "M",
    "billion": "G",
    "bn": "G",
    "trillion": "T",
    "trn": "T",
}
"""Words that may stand between the number and the unit, and the prefix letter that each one means."""

CURRENCIES = ("USD", "EUR", "KRW", "NTD", "CNY", "JPY")
"""Currencies that an instance may use; all but USD need a rate in the section ``currencies``."""

COUNTED: Mapping[str, tuple[str, ...]] = {
    "wafer": ("wafers",),
    "die": ("dies",),
    "stack": ("stacks",),
    "interposer": ("interposers",),
    "substrate": ("substrates",),
    "package": ("packages",),
    "accelerator": ("accelerators", "GPU", "GPUs", "chip", "chips", "XPU", "XPUs"),
    "tool": ("tools", "scanner", "scanners", "system", "systems"),
    "exposure": ("exposures", "pass", "passes"),
    "defect": ("defects",),
    "reticle": ("reticles",),
    "layer": ("layers",),
    "rack": ("racks",),
    "server": ("servers",),
    "core": ("cores",),
    "lot": ("lots",),
    "site": ("sites",),
    "unit": ("units",),
    "piece": ("pieces",),
    "customer": ("customers", "user", "users"),
    "task": ("tasks", "query", "queries"),
    "token": ("tokens",),
    "H100e": (),
}
"""Things that are counted, each a dimension of its own, with their aliases."""

# Definitions in pint's own language; the only text it ever parses.
_DEFINITIONS = (
    *(f"{name} = [{name}]" for name in COUNTED if name != "defect"),
    "defect = []",  # defects are events: 0.1 defect/cm2 is a density of 0.1 per cm2
    *(f"{name} = [money_{name}]" for name in CURRENCIES),
    "percent = 1/100",
    "day = [time]",
    "hour = day / 24",
    "minute = hour / 60",
    "second = hour / 3600",
    "week = 7 day",
    "year = 1461/4 day",
    "quarter = year / 4",
    "month = year / 12",
    "watt = [power]",
    "watthour = watt * hour",
    "bit = [data]",
    "byte = 8 bit",
    "flop = [operations]",
    "metre = [length]",
    "centimetre = metre / 100",
    "millimetre = metre / 1000",
    "square_metre = metre ** 2",
    "square_centimetre = centimetre ** 2",
    "square_millimetre = millimetre ** 2",
)

_PLAIN: Mapping[str, str] = {
    "%": "percent",
    "percent": "percent",
    "s": "second",
    "second": "second",
    "seconds": "second",
    "minute": "minute",
    "minutes": "minute",
    "h": "hour",
    "hr": "hour",
    "hour": "hour",
    "hours": "hour",
    "day": "day",
    "days": "day",
    "week": "week",
    "weeks": "week",
    "month": "month",
    "months": "month",
    "quarter": "quarter",
    "quarters": "quarter",
    "year": "year",
    "years": "year",
    "yr": "year",
    "m": "metre",
    "cm": "centimetre",
    "mm": "millimetre",
    "m2": "square_metre",
    "cm2": "square_centimetre",
    "mm2": "square_millimetre",
}

_PREFIXABLE: Mapping[str, str] = {
    "W": "watt",
    "Wh": "watthour",
    "B": "byte",
    "b": "bit",
    "FLOP": "flop",
    **{name: name for name in CURRENCIES},
    **{name: name for name in COUNTED},
    **{alias: name for name, aliases in COUNTED.items() for alias in aliases},
}

NAMES: Mapping[str, str] = {**_PLAIN, **_PREFIXABLE}
"""Every name that a unit may use without a prefix, and what it stands for."""

_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(.*?)\s*\Z", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*|%|1")
_LONGEST_TEXT = 80
_LARGEST = 1e30
_MOST_FACTORS = 6


class UnitError(ValueError):
    """A text that is no unit or no quantity, or a unit of the wrong dimension; it says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the whitelist, ready for conversion.

    Attributes
    ----------
    text
        As written, without blanks.
    factor
        One such unit in base units (watt, day, bit, metre, single things, the currency itself).
    dimension
        Base dimensions and their exponents, sorted; money is one dimension whatever the currency.
    currencies
        Currencies other than the dollar, with their exponents.
    """

    text: str
    factor: Fraction
    dimension: tuple[tuple[str, int], ...]
    currencies: tuple[tuple[str, int], ...] = ()


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[Any]:
    import pint

    registry: UnitRegistry[Any] = pint.UnitRegistry(None, non_int_type=Fraction)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


def _name(token: str, whole: str) -> tuple[Fraction, str | None]:
    """Prefix factor and registry name of one word of a unit; the word ``1`` has no name."""
    if token == "1":
        return Fraction(1), None
    if token in NAMES:
        return Fraction(1), NAMES[token]
    if token[0] in PREFIXES and token[1:] in _PREFIXABLE:
        return PREFIXES[token[0]], _PREFIXABLE[token[1:]]
    near = _meant(token)
    hint = f"; did you mean '{near}'?" if near else ""
    within = f" in '{whole}'" if whole != token else ""
    raise UnitError(f"'{token}'{within} is no unit that fabopt knows{hint}")


_SHORT: Mapping[str, str] = {
    **dict.fromkeys(("mo", "mos", "mon", "mth", "mths"), "month"),
    **dict.fromkeys(("wk", "wks"), "week"),
    **dict.fromkeys(("d", "dy"), "day"),
    **dict.fromkeys(("hrs",), "hour"),
    **dict.fromkeys(("min", "mins"), "minute"),
    **dict.fromkeys(("sec", "secs"), "second"),
    **dict.fromkeys(("q", "qtr", "qtrs"), "quarter"),
    **dict.fromkeys(("y", "yrs", "a", "pa"), "year"),
    **dict.fromkeys(("wspm", "wpm"), "wafer/month"),
    **dict.fromkeys(("wph",), "wafer/h"),
    **dict.fromkeys(("pct", "pc", "percentage"), "%"),
    **dict.fromkeys(("pcs", "ea", "each"), "piece"),
    **dict.fromkeys(("kpcs",), "kpiece"),
    **dict.fromkeys(("dollar", "dollars"), "USD"),
    "euro": "EUR",
    "sqmm": "mm2",
    "sqcm": "cm2",
}
"""Abbreviations in use elsewhere, in lower case, and the unit of ours that each stands for."""

_COMMON = ("kwafer", "kW", "MW", "GW", "GWh", "MWh", "kWh", "GB", "TB", "MUSD", "kUSD", "GUSD", "TFLOP", "kH100e")


def _meant(token: str) -> str:
    """Return the unit that a word which is none was most likely meant for, or an empty text.

    An abbreviation goes before another case of letters (``mW`` for MW: nothing here is counted in thousandths), and
    that before a likeness of spelling, which of one or two letters says nothing.
    """
    if token.lower() in _SHORT:
        return _SHORT[token.lower()]
    cased = [*_COMMON, *NAMES, *(letter + name for letter in PREFIXES for name in _PREFIXABLE)]
    same = [name for name in cased if name.lower() == token.lower()]
    if same:
        return same[0]
    near = difflib.get_close_matches(token, [*NAMES, *_COMMON], n=1) if len(token) > 2 else []
    return near[0] if near else ""


_SIGNS: Mapping[str, str] = {"²": "2", "^2": "2", "**2": "2", "·": "*", "×": "*", "$": "USD", "€": "EUR"}


def _rewritten(text: str) -> str:
    """Return a unit in the notation of elsewhere (brackets, powers, signs of money) in ours; empty where it is none."""
    plain = text
    for sign, ours in _SIGNS.items():
        plain = plain.replace(sign, ours)
    # What stands in brackets below a stroke is divided by, name after name.
    plain = re.sub(r"/\(([^()]*)\)", lambda found: "/" + found[1].replace("*", "/"), plain)
    plain = re.sub(r"(^|\*)\(([^()]*)\)", r"\1\2", plain)
    if plain == text:
        return ""
    try:
        unit(plain)
    except UnitError:
        return ""
    return plain


@lru_cache(maxsize=4096)
def unit(text: str) -> Unit:
    """Read a unit.

    Parameters
    ----------
    text
        Names joined by ``/`` and ``*``, such as ``kwafer/month`` or ``USD/H100e/h``; ``1`` is dimensionless.

    Raises
    ------
    UnitError
        When the text is no unit of the whitelist; it names the nearest known one.
    """
    compact = "".join(text.split(" "))
    if len(compact) > _LONGEST_TEXT:
        raise UnitError(f"a unit has at most {_LONGEST_TEXT} characters, this text has {len(compact)}")
    parts = re.split(r"([*/])", compact)
    if len(parts) > 2 * _MOST_FACTORS - 1:
        raise UnitError(f"a unit has at most {_MOST_FACTORS} names, '{compact}' has {(len(parts) + 1) // 2}")
    factor, exponents = Fraction(1), dict[str, int]()
    for position in range(0, len(parts), 2):
        token = parts[position]
        if not _TOKEN.fullmatch(token):
            ours = _rewritten(compact)
            hint = f"write {ours}" if ours else "a unit is written like kwafer/month or USD/GB"
            raise UnitError(f"'{_shown(text)}' is no unit; {hint}")
        sign = -1 if position and parts[position - 1] == "/" else 1
        prefix, name = _name(token, compact)
        factor *= prefix**sign
        if name is not None:
            exponents[name] = exponents.get(name, 0) + sign
    return _assemble(compact, factor, exponents)


def _assemble(text: str, factor: Fraction, exponents: Mapping[str, int]) -> Unit:
    from pint.util import UnitsContainer

    registry = _registry()
    container = UnitsContainer(dict(exponents), non_int_type=Fraction)
    scale, _ = registry.get_root_units(container)
    dimension: dict[str, int] = {}
    currencies: dict[str, int] = {}
    for base, power in registry.get_dimensionality(container).items():
        exponent = int(str(power))
        plain = base.strip("[]")
        if plain.startswith("money_"):
            code = plain.removeprefix("money_")
            plain = "money"
            if code != "USD":
                currencies[code] = exponent
        dimension[plain] = dimension.get(plain, 0) + exponent
    kept = tuple(sorted((base, power) for base, power in dimension.items() if power))
    return Unit(text, factor * Fraction(str(scale)), kept, tuple(sorted(currencies.items())))


def conversion(source: str, target: str, rates: Mapping[str, float] | None = None) -> tuple[float, float]:
    """How to convert numbers from one unit to another: multiply by the first float, divide by the second.

    Parameters
    ----------
    source, target
        Units in text.
    rates
        US dollars for one unit of each other currency.

    Raises
    ------
    UnitError
        When one text is no unit, the dimensions differ, or a rate is missing.
    """
    if source == target:
        return 1.0, 1.0
    a, b = unit(source), unit(target)
    if a.dimension != b.dimension:
        raise UnitError(f"'{a.text}' is {_spelled(a)}, but this number is counted in '{b.text}'")
    ratio = a.factor / b.factor
    times, over = float(ratio.numerator), float(ratio.denominator)
    powers: dict[str, int] = dict(a.currencies)
    for code, power in b.currencies:
        powers[code] = powers.get(code, 0) - power
    for code, power in powers.items():
        if power and (not rates or code not in rates):
            raise UnitError(f"'{a.text}' needs the rate of {code}: give it in the section 'currencies'")
        if power and rates:
            times *= rates[code] ** power
    return times, over


def convert(value: float, source: str, target: str, rates: Mapping[str, float] | None = None) -> float:
    """Convert one number; see :func:`conversion`."""
    times, over = conversion(source, target, rates)
    return value * times / over


def split_text(text: str) -> tuple[float, str]:
    """Split a quantity in text into its number and its unit (empty when it has none).

    Raises
    ------
    UnitError
        When the text does not begin with a plain number, or the number is too large or too small to mean
        anything.
    """
    if len(text) > _LONGEST_TEXT:
        raise UnitError(f"a quantity has at most {_LONGEST_TEXT} characters, this text has {len(text)}")
    match = _NUMBER.match(text)
    if match is None:
        raise UnitError(f"'{_shown(text)}' is no quantity; write a number and a unit, like '180 kwafer/month'")
    value = checked_number(float(match[1]), match[1])
    rest = match[2]
    if rest.startswith((",", "_", "'")):
        raise UnitError(f"'{_shown(text)}' has a separator inside its number; write it without")
    word, blank, tail = rest.partition(" ")
    if blank and word in PREFIX_WORDS:
        letter = PREFIX_WORDS[word]
        value = checked_number(value * float(PREFIXES[letter]), match[1])
        rest = tail.strip()
    elif rest in PREFIX_WORDS and rest not in NAMES:
        raise UnitError(f"'{_shown(text)}' has no unit behind '{rest}'")
    return value, rest


def checked_number(value: float, shown: str) -> float:
    """Return the number when it is finite and of a sane size, else raise `UnitError`."""
    if not math.isfinite(value) or abs(value) > _LARGEST or 0 < abs(value) < 1 / _LARGEST:
        raise UnitError(f"{_shown(shown)} is no number between 1e-30 and 1e30 in size")
    return value


def _spelled(spelled: Unit) -> str:
    if not spelled.dimension:
        return "a pure number"
    above = [_power(base, power) for base, power in spelled.dimension if power > 0]
    below = [_power(base, -power) for base, power in spelled.dimension if power < 0]
    return (" x ".join(above) or "1") + (" per " + " and ".join(below) if below else "")


def _power(base: str, power: int) -> str:
    return base if power == 1 else f"{base}^{power}"


def _shown(text: str) -> str:
    """Return the text short enough and plain enough for a message."""
    plain = printable(text)
    return plain if len(plain) <= 40 else plain[:37] + "..."
