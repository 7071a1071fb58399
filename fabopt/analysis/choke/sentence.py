"""The causal sentence: one line that says what holds a plan back, made of typed parts.

Every number in it is a :class:`Number` with its unit and its origin (the field of the record, and the run behind it),
every name a :class:`Name`; only a report turns them into text. A clause that was not explored is left out, so the
sentence never says more than the study knows; only a certified interval is called proven.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fabopt.analysis.choke.records import Certified, LimitRecord, Study
from fabopt.domain.tolerances import SHOWN
from fabopt.model.words import priced

NAMED = 4
"""Most limits that are named side by side."""

Style = Literal["money", "share", "amount", "count"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name from the data; a report escapes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the sentence.

    Attributes
    ----------
    value
        The number; the lower end of a range.
    unit
        Its unit; empty for shares and counts.
    origin
        Field of the study that it stands in, and the runs behind it.
    style
        How it is written.
    high
        Upper end of a range, or None.
    """

    value: float
    unit: str
    origin: str
    style: Style = "amount"
    high: float | None = None


Part = str | Name | Number


@dataclass(frozen=True, slots=True)
class Sentence:
    """The parts of the sentence in order."""

    parts: tuple[Part, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every number in it."""
        return tuple(part for part in self.parts if isinstance(part, Number))


def sentence(study: Study) -> Sentence:
    """Return the causal sentence of a study."""
    first = study.first
    if first is None:
        return Sentence(tuple(_nothing(study)))
    if not study.told:
        return Sentence((*_open(study, first), *_years(study)))
    clauses = [
        _head(study, first),
        _proof(first),
        _next(study, first),
        _rivals(study),
        _members(study, first),
        _blocking(study, first),
        _together(study, first),
        _whole(study, first),
        _lead(study, first),
        _draws(study, first),
        _price(study, first),
        _years(study),
    ]
    return Sentence(tuple(part for clause in clauses for part in clause))


def _nothing(study: Study) -> Iterable[Part]:
    yield "Nothing holds this plan back within the relief that was asked: no limit gains anything at +10 %"
    yield " alone, nor lifted together." if study.joint and not any(j.minimal_sets for j in study.joint) else " alone."


def _open(study: Study, first: LimitRecord) -> Iterable[Part]:
    """Say that no choke point can be told, and which limits would be it."""
    money, some = study.info.money, (first, *study.rivals[: NAMED - 1])
    yield "No choke point can be told: "
    if math.isinf(study.doubt):
        yield "nothing is known of how much better a plan could be"
    else:
        yield "the gap of the plan leaves "
        yield Number(study.doubt, money, "info.value_hi - info.value_lo", "money")
        yield " open, and no 10 % more of a limit is known to add more"
    yield ". Of those that add most with this plan's integers held, "
    for n, record in enumerate(some):
        yield "" if n == 0 else " and " if n == len(some) - 1 else ", "
        yield Name(record.label)
        yield " ("
        yield Number(record.gain, money, _origin(record, "gain"), "money")
        yield ")"
    more = len(study.rivals) + 1 - len(some)
    yield f" and {more} more" if more else ""
    yield " cannot be told apart" if len(some) > 1 else " alone comes near it"
    yield "; a plan with a closer gap may tell. "


def _rivals(study: Study) -> Iterable[Part]:
    rivals = study.rivals[: NAMED - 1]
    if study.doubt > 0.0 and rivals:
        yield " Within what the gap leaves open it cannot be told from "
        yield from _names([record.label for record in rivals])
        yield f" and {len(study.rivals) - len(rivals)} more" if len(study.rivals) > len(rivals) else ""
        yield "."


def _members(study: Study, first: LimitRecord) -> Iterable[Part]:
    known = sorted((m for m in first.members if m.gain is not None), key=lambda m: -(m.gain or 0.0))
    if not known:
        return
    yield " Its limits take each other's place; alone, 10 % more of "
    for n, member in enumerate(known[:NAMED]):
        yield "" if n == 0 else ", of "
        yield Name(member.label)
        yield " adds "
        yield Number(member.gain or 0.0, study.info.money, f"limits[{first.id}].members[{member.id}].gain", "money")
    yield f", of {len(known) - NAMED} others less" if len(known) > NAMED else ""
    yield "."


def _years(study: Study) -> Iterable[Part]:
    told = [year for year in study.years if year.limit]
    if len(study.years) < 2 or not told:
        return
    yield " By year: "
    for n, year in enumerate(told):
        yield "" if n == 0 else "; "
        yield f"{year.year} "
        yield Name(year.limit)
        if len(year.rivals) == 1:
            yield " or "
            yield Name(year.rivals[0])
        elif year.rivals:
            yield f" or {len(year.rivals)} others"
        yield "" if year.told else " (within the gap)"
    yield "."


def _head(study: Study, first: LimitRecord) -> Iterable[Part]:
    yield Name(first.label)
    if first.owner and not first.members:
        yield " ("
        yield Name(first.owner)
        yield ")"
    yield " is the choke point"
    if first.episodes:
        start, end = first.episodes[0].first, first.episodes[-1].last
        labels = study.info.periods
        yield f" from {labels[start]} to {labels[end]}" if start != end else f" in {labels[start]}"
    step = first.step("+10 %")
    if step is None:
        return
    yield f": {first.handling.instrument.verb if first.handling else 'having'} 10 % more adds "
    yield Number(first.gain, study.info.money, _origin(first, "gain"), "money")
    if study.info.value_lo > 0:
        yield " ("
        yield Number(first.gain / study.info.value_lo, "", _origin(first, "gain"), "share")
        yield ")"


def _proof(first: LimitRecord) -> Iterable[Part]:
    step = first.step("+10 %")
    if step is None or step.certified is None:
        return
    yield from _certified(step.certified, first)


def _certified(certified: Certified, first: LimitRecord) -> Iterable[Part]:
    origin = f"limits[{first.id}].steps[+10 %].certified, run {certified.run}"
    if certified.proof == "proven positive" and certified.hi - certified.lo <= SHOWN * certified.hi:
        yield ", proven exactly"
    elif certified.proof == "proven positive":
        yield ", proven to lie between "
        yield Number(certified.lo, "", origin, "amount", certified.hi)
    elif certified.proof == "undecided":
        yield " with this plan's integers held (certified only as at most "
        yield Number(certified.hi, "", origin, "amount")
        yield ")"


def _next(study: Study, first: LimitRecord) -> Iterable[Part]:
    if len(study.cascade) < 2 or first.label not in study.cascade[0].lifted:
        yield "."
        return
    second = study.cascade[1]
    yield ". With it lifted, "
    yield from _names(second.lifted)
    yield " binds next (" if len(second.lifted) == 1 else " bind next ("
    if math.isinf(second.gain):
        yield "with it lifted too, nothing limits the value)"
    else:
        yield Number(second.gain, study.info.money, "cascade[2].gain", "money")
        yield " more)"
    if len(study.cascade) > 2:
        yield ", then "
        yield from _names(study.cascade[2].lifted)
    yield "."


def _blocking(study: Study, first: LimitRecord) -> Iterable[Part]:
    for joint in study.joint:
        if (first.label,) in joint.blocking_sets and joint.gain > 0:
            others = len(joint.searched) - 1
            yield " Without it the other "
            if others > 1:
                yield Number(others, "", "joint.searched", "count")
            yield (
                f" limits searched do not reach {joint.target} even together"
                if others > 1
                else (f"limit searched does not reach {joint.target}")
            )
            proven = joint.basis == "certified" or joint.proven[joint.blocking_sets.index((first.label,))]
            yield "." if proven else ", this plan's integers held."
            return


def _together(study: Study, first: LimitRecord) -> Iterable[Part]:
    partners = [s for j in study.joint for s in j.minimal_sets if first.label in s and len(s) > 1]
    alone = any(s == (first.label,) for j in study.joint for s in j.minimal_sets)
    if not partners or alone:
        return
    yield " It reaches "
    yield next(j.target for j in study.joint if partners[0] in j.minimal_sets)
    yield " only together with "
    yield from _names([label for label in partners[0] if label != first.label])
    yield "."


def _whole(study: Study, first: LimitRecord) -> Iterable[Part]:
    units = {lever for lever in ((first.relief.lever,) if first.relief else ()) if lever}
    for thing in study.whole:
        if thing.unit in units and thing.count == 1 and thing.plan_gain:
            yield " One more "
            yield Name(thing.name)
            yield f" from {thing.period} would add "
            yield Number(
                thing.plan_gain, study.info.money, f"whole[{thing.unit}, {thing.period}, 1].plan_gain", "money"
            )
            yield "."
            return


def _lead(study: Study, first: LimitRecord) -> Iterable[Part]:
    relief = first.relief
    if relief is None:
        return
    if relief.gain_after_lead is None:
        yield " Nothing in the data can be ordered to relieve it."
        return
    origin = _origin(first, "relief")
    effect = first.handling.earliest_effect if first.handling else ""
    if relief.too_late:
        yield " Ordered today, relief comes too late to earn anything"
        yield f" (not before {effect})." if effect else "."
        return
    yield f" Ordered today it takes effect in {effect} and still earns " if effect else " Ordered today it still earns "
    yield Number(relief.gain_after_lead, study.info.money, origin, "money")
    if relief.share is not None:
        yield ", "
        yield Number(relief.share, "", origin, "share")
        yield " of what it would earn now"
    if first.handling is not None and first.handling.cost is not None:
        yield ", for about "
        yield Number(first.handling.cost, study.info.money, _origin(first, "handling.cost"), "money")
    if relief.act_by is not None:
        yield f"; order by {study.info.periods[relief.act_by]}"
    yield "."


def _draws(study: Study, first: LimitRecord) -> Iterable[Part]:
    if study.draws is None or first.stability is None or not study.draws.stood:
        return
    origin = f"limits[{first.id}].stability"
    yield " First in "
    yield Number(round(first.stability.first * study.draws.stood), "", origin, "count")
    yield " of "
    yield Number(study.draws.stood, "", "draws.stood", "count")
    yield " draws of the data."


def _price(study: Study, first: LimitRecord) -> Iterable[Part]:
    marginal, info = next(iter(first.marginals), None), study.info
    if marginal is None or marginal.range_up is None:
        return
    origin = f"limits[{first.id}].marginals[0]"
    said = priced(first.family, "{}", first.unit, info.first_counted, info.last_counted, less=first.less)
    before, after = said.split("{}")
    yield f" The value of {before}"
    yield Name(first.label)
    yield f"{after}, "
    yield Number(marginal.right, info.money, origin, "amount")
    if math.isinf(marginal.range_up):
        yield ", holds however much more there is."
        return
    yield ", holds for the next "
    yield Number(marginal.range_up, first.unit, origin, "amount")
    yield " only."


def _names(labels: Sequence[str]) -> Iterable[Part]:
    for n, label in enumerate(labels):
        if n:
            yield " and " if n == len(labels) - 1 else ", "
        yield Name(label)


def _origin(record: LimitRecord, what: str) -> str:
    return f"limits[{record.id}].{what}" + (f", runs {', '.join(record.runs[:3])}" if record.runs else "")
