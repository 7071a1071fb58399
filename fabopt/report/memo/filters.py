"""What templates may call: numbers for people, dates, fixed words; every number that is written is remembered."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from fabopt.analysis.memo.records import Amount
from fabopt.report.memo.ledger import Ledger
from fabopt.report.memo.markdown import Md
from fabopt.report.memo.people import NOTHING, People, digits
from fabopt.report.memo.words import LISTS, all_undone, limit_name, origin_name, per_unit, word, words
from fabopt.report.text import clip

MARK = "†"
"""Stands after a number whose source is of low confidence, or that is assumed."""

WEAK = ("low", "assumption")
LONGEST = 240
"""Longest name in the text; the record has the whole name."""


class Writer:
    """Filters and functions of a template.

    Attributes
    ----------
    people
        How numbers are written.
    phrases
        Phrases of the template, by key; a place in braces is filled by the template.
    names
        What ids of signatures are called.
    ledger
        What was printed so far.
    """

    def __init__(self, people: People, names: Mapping[str, str] | None = None, ledger: Ledger | None = None) -> None:
        self.people, self.names = people, names or {}
        self.phrases: Mapping[str, str] = words(people.lang)["text"]
        self.ledger = Ledger() if ledger is None else ledger
        self._captions: dict[str, int] = {}

    @property
    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """The filters by name."""
        return {
            "amount": self.amount, "short": self.short, "span": self.span, "both": self.both, "ends": self.ends,
            "within": self.within, "counted": self.counted, "lasting": self.lasting, "seconds": self.seconds,
            "millions": self.millions,
            "period": self.people.period, "quarter": self.people.short_period, "day": self.people.day,
            "stretch": self.people.stretch, "last_day": self.people.last_day,
            "listed": self.listed, "limit": self.limit, "per": self.per, "word": self.word,
            "name": self.name, "how": self.how, "undone": self.undone,
        }  # fmt: skip

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The functions by name."""
        return {
            "say": self.say,
            "origins": self.ledger.fresh,
            "all_origins": lambda: [(n, origin_name(self.people.lang, said)) for n, said in self.ledger.origins],
            "table": lambda: self._next("table"),
            "figure": lambda: self._next("figure"),
            "step": self.people.one_step,
        }

    def _next(self, kind: str) -> int:
        """Return the number of the next caption of a kind: those that are printed are numbered in order."""
        self._captions[kind] = self._captions.get(kind, 0) + 1
        return self._captions[kind]

    def say(self, key: str, /, **places: Any) -> Md:
        """Write a phrase; what fills its places is escaped, unless it is Markdown itself."""
        if key not in self.phrases:
            near = difflib.get_close_matches(key, self.phrases, n=1)
            raise ValueError(f"there is no phrase '{clip(key, 60)}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        try:
            return Md(self.phrases[key]).format(**places)
        except KeyError as error:
            raise ValueError(
                f"the phrase '{key}' has a place {{{error.args[0]}}} that is not filled; "
                f"its places may be {', '.join(f'{{{name}}}' for name in places) or 'none'}"
            ) from error

    def amount(self, number: Amount | None) -> str:
        """Write a number with all that is needed in a sentence: ``690 thousand accelerators``."""
        return self._one(number, noun=True)

    def short(self, number: Amount | None) -> str:
        """Write a number for a table whose head says what is counted: ``690 thousand``."""
        return self._one(number, noun=False)

    def span(self, number: Amount | None, noun: bool = False) -> str:
        """Write what a number lies between: ``USD 0.3 to 0.9 bn``."""
        if number is None or number.low is None or number.high is None:
            return self._one(number, noun)
        text = self.people.span(number, noun)
        self._ends(text, number)
        return self._marked(text, number)

    def both(self, number: Amount | None, noun: bool = False) -> str:
        """Write a number with what it lies between: ``USD 0.6 (0.3 to 0.9) bn``."""
        if number is None or number.low is None or number.high is None:
            return self._one(number, noun)
        text = self.people.both(number, noun)
        self.ledger.add(text, number.value, _unit(number), number.origin)
        self._ends(text, number)
        return self._marked(text, number)

    def ends(self, low: float, high: float, like: Amount) -> str:
        """Write two numbers as a range in the unit of another."""
        return self.span(replace(like, low=low, high=high))

    def within(self, number: Amount, low: float, high: float) -> str:
        """Write a number with another range than its own: ``2 (1.4 to 2.6) USD``."""
        return self.both(replace(number, low=low, high=high))

    def counted(self, count: float, origin: str) -> str:
        """Write a plain number, saying where it comes from."""
        return self.short(Amount(float(count), "count", origin))

    def millions(self, number: Amount) -> str:
        """Write money to the million, for a table that adds up: ``8,683,101``."""
        text = digits(number.value)
        self.ledger.add(text, number.value, _unit(number), number.origin)
        return text

    def lasting(self, periods: float | None, origin: str) -> str:
        """Write a number of periods: ``3 quarters``."""
        if periods is None:
            return NOTHING
        text = self.people.time(periods)
        self.ledger.add(text, float(periods), "period", origin)
        return text

    def seconds(self, took: float, origin: str) -> str:
        """Write a duration in seconds."""
        text = self.people.seconds(took)
        self.ledger.add(text, took, "s", origin)
        return text

    def listed(self, items: Iterable[Any]) -> Md:
        """Write texts as a list in a sentence: ``a, b and c``."""
        return Md(self.people.listed([str(Md.escape(item)) for item in items]))

    def limit(self, label: str) -> str:
        """Write the name of a limit, an order or a contract."""
        return clip(limit_name(self.people.lang, self.names.get(label, label)), LONGEST) or NOTHING

    def per(self, relief: Any) -> str:
        """Write what the price of a limit is the price of one of."""
        return per_unit(self.people.lang, relief.family, relief.step.unit_text)

    def name(self, text: str, most: int = LONGEST) -> str:
        """Write a name, cut where it is longer than a table can hold."""
        return clip(text, most) or NOTHING

    def word(self, key: str, of: str) -> str:
        """Write a fixed word of one of the lists."""
        if of not in LISTS:
            raise ValueError(f"there is no list of words '{of}'; there are {', '.join(LISTS)}")
        return word(self.people.lang, of, key)

    def undone(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Write what the analyses left out, one text a line."""
        return all_undone(self.people.lang, texts, self.names)

    def how(self, text: str) -> str:
        """Write what makes another plan: ``chip: differs most``, ``chip: least falcon``."""
        kind, _, rest = text.rpartition(": ")
        name = clip(rest.removeprefix("least "), LONGEST)
        least = self.word("least" if rest.startswith("least ") else rest, "alternative")
        of = name if rest.startswith("least ") else self.word(kind, "mix_kind") if kind else ""
        if self.people.lang == "zh":
            return f"{of} {least}".strip()
        said = f"{least} {of}" if of == name else f"{least}{f' by {of}' if of else ''}"
        return said[:1].upper() + said[1:]

    def _one(self, number: Amount | None, noun: bool) -> str:
        if number is None:
            return NOTHING
        text = self.people.amount(number, noun)
        self.ledger.add(text, number.value, _unit(number), number.origin)
        return self._marked(text, number)

    def _ends(self, text: str, number: Amount) -> None:
        for value in (number.low, number.high):
            if value is not None:
                self.ledger.add(text, value, _unit(number), number.origin)

    def _marked(self, text: str, number: Amount) -> str:
        return f"{text} {MARK}" if number.confidence in WEAK else text


def _unit(number: Amount) -> str:
    return number.unit_text if number.unit == "as written" else number.unit
