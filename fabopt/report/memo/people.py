"""Numbers, money, dates and periods as people write them, in English and in Chinese.

Two significant digits are enough for a board (USD 1.2 bn, 3.4 GW, 12 %), three from a hundred on; the record keeps the
rest. A number and its range share one scale, so that they can be compared at a glance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fabopt.analysis.memo.records import Amount
from fabopt.domain.calendar import parse_last
from fabopt.report.memo.words import unit_name

NOTHING = "–"
"""What stands where there is no number."""

UNKNOWN = {"en": "an unknown amount", "zh": "未知数额"}
"""What stands where a number has no bound."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A way to write a unit: what the number is divided by, and the text around it.

    ``around`` has one place ``{}`` for the number, or for two with ``to`` between them; ``noun`` follows where the
    text around does not say what is counted.
    """

    divisor: float
    around: str
    noun: str = ""


Steps = Sequence[tuple[float, float, str]]
"""From which size on, divided by what, with which text around: largest first."""

_EN: Mapping[str, tuple[Steps, str]] = {
    "MUSD": (
        ((999_500, 1e6, "USD {} tn"), (999.5, 1e3, "USD {} bn"), (0.9995, 1, "USD {} m"), (0, 1e-3, "USD {} thousand")),
        "",
    ),
    "USD": (((999_500, 1e6, "USD {} m"), (0, 1, "USD {}")), ""),
    "GW": (((0.9995, 1, "{} GW"), (0, 1e-3, "{} MW")), ""),
    "MW": (((999.5, 1e3, "{} GW"), (0, 1, "{} MW")), ""),
    "kaccelerator": (((999.5, 1e3, "{} million"), (0.9995, 1, "{} thousand"), (0, 1e-3, "{}")), "accelerators"),
    "kH100e": (((999.5, 1e3, "{} million"), (0.9995, 1, "{} thousand"), (0, 1e-3, "{}")), "H100 equivalents"),
    "share": (((0, 0.01, "{} %"),), ""),
    "count": (((0, 1, "{}"),), ""),
}
_ZH: Mapping[str, tuple[Steps, str]] = {
    "MUSD": (
        ((999_500, 1e6, "{} 万亿美元"), (99.95, 1e2, "{} 亿美元"), (0.9995, 1e-2, "{} 万美元"), (0, 1e-6, "{} 美元")),
        "",
    ),
    "USD": (((99_950_000, 1e8, "{} 亿美元"), (999_500, 1e4, "{} 万美元"), (0, 1, "{} 美元")), ""),
    "GW": _EN["GW"],
    "MW": _EN["MW"],
    "kaccelerator": (((99_950, 1e5, "{} 亿"), (9.995, 10, "{} 万"), (0, 1e-3, "{} ")), "颗加速器"),
    "kH100e": (((99_950, 1e5, "{} 亿"), (9.995, 10, "{} 万"), (0, 1e-3, "{} ")), "颗 H100 当量"),
    "share": (((0, 0.01, "{}%"),), ""),
    "count": (((0, 1, "{}"),), ""),
}
_TABLES = {"en": _EN, "zh": _ZH}
_TIMES = {
    "en": {"month": ("month", "months"), "Q": ("quarter", "quarters"), "M": ("month", "months"), "Y": ("year", "years"),
           "": ("period", "periods")},
    "zh": {"month": ("个月", "个月"), "Q": ("个季度", "个季度"), "M": ("个月", "个月"), "Y": ("年", "年"),
           "": ("个时段", "个时段")},
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_THOUSAND = {"en": "thousand", "zh": "千"}
_QUARTERS = "一二三四"


@dataclass(frozen=True, slots=True)
class People:
    """Writes for people, in a language.

    Attributes
    ----------
    lang
        Code of the language.
    step
        How long the plan's periods are: ``Q``, ``M``, ``Y``, or empty where their labels do not say.
    """

    lang: str = "en"
    step: str = ""

    def amount(self, number: Amount, noun: bool = True) -> str:
        """Return the number with its unit: ``USD 1.2 bn``, ``690 thousand accelerators``."""
        return self._write(self._scale(number, (number.value,)), (number.value,), noun)

    def span(self, number: Amount, noun: bool = False) -> str:
        """Return what a number lies between: ``USD 0.3 to 0.9 bn``; the number where it is a point."""
        if number.low is None or number.high is None:
            return self.amount(number, noun)
        ends = (number.low, number.high)
        return self._write(self._scale(number, ends), ends, noun)

    def both(self, number: Amount, noun: bool = False) -> str:
        """Return a number with what it lies between: ``USD 0.6 (0.3 to 0.9) bn``."""
        if number.low is None or number.high is None:
            return self.amount(number, noun)
        ends = (number.low, number.high)
        if not all(map(math.isfinite, (number.value, *ends))):
            return self.amount(number, noun)
        scale = self._scale(number, (number.value, *ends))
        low, high = (digits(end / scale.divisor) for end in ends)
        said = digits(number.value / scale.divisor)
        within = said if said == low == high else f"{said} ({self.between(low, high)})"
        return self._finish(scale, within, noun)

    def between(self, low: str, high: str) -> str:
        """Return two written numbers as a range."""
        if low == high:
            return low
        return f"{low} to {high}" if self.lang == "en" else f"{low} 至 {high}"

    def time(self, count: float, unit: str = "period") -> str:
        """Return a duration in periods or months: ``3 quarters``."""
        one, more = _TIMES[self.lang]["month" if unit == "month" else self.step]
        said = digits(count)
        return f"{said} {one if said == '1' else more}"

    def one_step(self) -> str:
        """Return what one of the plan's periods is called: ``quarter``."""
        return _TIMES[self.lang][self.step][0]

    def seconds(self, value: float) -> str:
        """Return a duration in seconds or minutes."""
        minutes = value >= 99.5
        unit = ("min" if minutes else "s") if self.lang == "en" else ("分钟" if minutes else "秒")
        return f"{f'{value / 60.0:.0f}' if minutes else f'{value:.1f}'} {unit}"

    def period(self, label: str) -> str:
        """Return the label of a period: ``2027 Q3``, ``March 2027``."""
        if quarter := re.fullmatch(r"(\d{4})Q([1-4])", label):
            year, n = quarter.groups()
            return f"{year} Q{n}" if self.lang == "en" else f"{year} 年第{_QUARTERS[int(n) - 1]}季度"
        if half := re.fullmatch(r"(\d{4})H([12])", label):
            year, n = half.groups()
            return f"{year} H{n}" if self.lang == "en" else f"{year} 年{'上下'[int(n) - 1]}半年"
        if month := re.fullmatch(r"(\d{4})-?[M-]?(0[1-9]|1[0-2])", label):
            year, n = month.groups()
            return f"{_MONTHS[int(n) - 1]} {year}" if self.lang == "en" else f"{year} 年 {int(n)} 月"
        if re.fullmatch(r"\d{4}", label):
            return label if self.lang == "en" else f"{label} 年"
        return label or NOTHING

    def short_period(self, label: str) -> str:
        """Return the label of a period for a narrow column: ``2027 Q3`` in any language."""
        part = re.fullmatch(r"(\d{4})(Q[1-4]|H[12])", label)
        return f"{part[1]} {part[2]}" if part else self.period(label)

    def stretch(self, first: str, last: str) -> str:
        """Return some periods in a row for a narrow column: ``2027 Q3–2028 Q2``; ``2027`` where they are that year."""
        ends = re.fullmatch(r"(\d{4})Q1\1Q4", first + last)
        if ends or first == last:
            return ends[1] if ends else self.short_period(first)
        return f"{self.short_period(first)}–{self.short_period(last)}"

    def day(self, iso: str) -> str:
        """Return a date: ``1 October 2026``; a month or quarter as :meth:`period` does."""
        try:
            when = date.fromisoformat(iso)
        except ValueError:
            return self.period(iso)
        if self.lang == "zh":
            return f"{when.year} 年 {when.month} 月 {when.day} 日"
        return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"

    def last_day(self, label: str) -> str:
        """Return the last day of a period, by its label: ``31 December 2026``; empty where that does not say."""
        try:
            return self.day(parse_last(label).isoformat())
        except ValueError:
            return ""

    def listed(self, items: Sequence[str]) -> str:
        """Return texts as a list in a sentence: ``a, b and c``."""
        if self.lang == "zh":
            return "、".join(items)
        return items[0] if len(items) == 1 else ", ".join(items[:-1]) + f" and {items[-1]}" if items else ""

    def _scale(self, number: Amount, values: Sequence[float]) -> Scale:
        size = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
        table = _TABLES[self.lang]
        if number.unit in table:
            steps, noun = table[number.unit]
            divisor, around = next((d, a) for least, d, a in steps if size >= least or least == 0)
            return Scale(divisor, around if size else steps[-1][2].replace(" thousand", ""), noun)
        if number.unit in ("month", "period"):
            one, more = _TIMES[self.lang]["month" if number.unit == "month" else self.step]
            return Scale(1.0, f"{{}} {one if size == 1 else more}")
        if number.unit_text in ("MW", "GW"):
            return self._scale(replace(number, unit="MW" if number.unit_text == "MW" else "GW", unit_text=""), values)
        text = unit_name(self.lang, number.unit_text)
        many, things = (text[:1], text[1:]) if self.lang == "zh" else text.partition(" ")[::2]
        if number.unit_text[:1] == "k" and "/" not in number.unit_text and many == _THOUSAND[self.lang]:
            steps, _ = table["kaccelerator"]
            divisor, around = next((d, a) for least, d, a in steps if size >= least or least == 0)
            said = around.rstrip() if size else "{}"
            blank = " " if self.lang == "en" or said == "{}" else ""
            return Scale(divisor, f"{said}{blank}{things}")
        return Scale(1.0, "{}" if text in ("", "1") else f"{{}} {text.replace('{}', '')}")

    def _write(self, scale: Scale, values: Sequence[float], noun: bool) -> str:
        if not all(map(math.isfinite, values)):
            return UNKNOWN[self.lang]
        said = [digits(value / scale.divisor) for value in values]
        within = said[0] if len(said) == 1 else self.between(*said)
        return self._finish(scale, within, noun)

    def _finish(self, scale: Scale, within: str, noun: bool) -> str:
        written = scale.around.replace("{}", within)
        if not (noun and scale.noun):
            return written.strip()
        return f"{written.rstrip()} {scale.noun}" if self.lang == "en" else f"{written}{scale.noun}"


def step_of(labels: Sequence[str]) -> str:
    """Return how long periods are, by their labels; empty where those do not say."""
    for step, pattern in (("Q", r"\d{4}Q[1-4]"), ("M", r"\d{4}-?[M-]?\d\d"), ("Y", r"\d{4}")):
        if labels and all(re.fullmatch(pattern, label) for label in labels):
            return step
    return ""


def digits(value: float) -> str:
    """Write a finite number: two significant digits below a hundred, whole from there on, no trailing zeros."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 9.95:
        said = f"{size:,.0f}"
    else:
        places = max(1, 1 - math.floor(math.log10(size)))
        said = f"{size:.{min(places, 9)}f}".rstrip("0").rstrip(".")
    return f"−{said}" if value < 0 and said != "0" else said
