"""The choke point in words and tables: the sentence, the table of limits, what comes with it, and the runs behind it.

Numbers come from the records of the study (`fabopt.analysis.choke.records`); here they are only written down. Names
from an instance are wrapped and cleaned of control characters by the tables, and escaped where HTML is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.records import Certified, LimitRecord, Study, plain
from fabopt.analysis.choke.sentence import Name, Number, Part, Sentence, sentence
from fabopt.model.words import record_of
from fabopt.report.base import SavedReport, notes, with_rows
from fabopt.report.choke_method import method, runs_csv
from fabopt.report.csv_text import frame_csv
from fabopt.report.text import TextTable, amount, clip, money, percent, wrap

if TYPE_CHECKING:
    import pandas as pd

MOST = 8
"""Rows of the smaller tables."""

WAYS = 4
"""Sets of limits, and limits of a set, that are named; the records have all."""


class ChokeReport(SavedReport):
    """What holds a plan back: ``print`` it, or look at its parts.

    Attributes
    ----------
    study
        The records.
    """

    offers = ".study .frame .tables .save(folder)"
    name = "choke"

    def __init__(self, study: Study, top: int = 10) -> None:
        self.study, self.top = study, top

    @property
    def parts(self) -> Sentence:
        """The sentence as typed parts: each number with unit and origin."""
        return sentence(self.study)

    @property
    def sentence(self) -> str:
        """The causal sentence."""
        return written(self.parts)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit."""
        return self.study.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page; those without rows are left out."""
        made = (
            limit_table(self.study, self.top),
            obligation_table(self.study, self.top),
            step_table(self.study),
            whole_table(self.study),
            cascade_table(self.study),
            package_table(self.study),
            time_table(self.study),
            customer_table(self.study),
            rent_table(self.study),
            stability_table(self.study),
            layer_table(self.study),
            point_table(self.study),
        )
        return tuple(replace(table, wrap=True) for table in with_rows(*made))

    def below(self, width: int) -> list[str]:
        """Return which limits bind together, and what a reader must know."""
        joint = joint_lines(self.study)
        together = (
            ["", joint[0], *(f"  {part}" for text in joint[1:] for part in wrap(text, width - 2))] if joint else []
        )
        return [*together, *notes(method(self.study), width)]

    def records(self) -> Mapping[str, Any]:
        """Return the numbers of the sentence and the records as plain data."""
        return {"numbers": plain(self.parts.numbers), **plain(self.study)}

    def files(self) -> Mapping[str, str]:
        """Return the tables that are written, as CSV by file name."""
        limits = frame_csv(self.frame)
        return {"limits.csv": limits, "runs.csv": runs_csv(self.study)}

    def draw(self) -> Mapping[str, bytes]:
        """Return the pictures by file name."""
        from fabopt.report.charts.style import pictures
        from fabopt.report.choke_charts import charts

        return pictures(charts(self.study))


# -- the sentence ----------------------------------------------------------------------------------------------------


def written(parts: Sentence) -> str:
    """Return the sentence as text."""
    return "".join(_part(part) for part in parts.parts)


def _part(part: Part) -> str:
    if isinstance(part, Name):
        return clip(part.text, 80)
    if isinstance(part, Number):
        return _number(part)
    return part


def _number(number: Number) -> str:
    if number.style == "share":
        return percent(number.value)
    if number.style == "count":
        return f"{number.value:,.0f}"
    if number.style == "money":
        return (
            money(number.value, number.unit)
            if number.unit == "M USD"
            else f"{amount(number.value)} {number.unit}".rstrip()
        )
    low = amount(number.value)
    if number.high is not None and amount(number.high) != low:
        low = f"{low} and {amount(number.high)}"
    elif number.high is not None:
        low = f"{low} and {low}"
    return f"{low} {number.unit}".rstrip()


def _unit(study: Study) -> str:
    """Return the unit of gains, in words where an instance gives none."""
    return study.info.money or "in the unit of the objective"


# -- the tables ------------------------------------------------------------------------------------------------------


def limit_table(study: Study, top: int) -> TextTable:
    """Return the limits that gain most, with relief now and after its lead time."""
    rows = [_limit_row(study, r) for r in study.limits[:top] if r.gain > 0 and not r.obligation]
    return TextTable(
        f"Limits by what 10 % more in every counted period earns, {_unit(study)}"
        + (f", through {study.info.lab} alone" if study.info.lab else ""),
        ("limit", "owner", "status", "+10 %", "certified", "after lead", "order by", "do"),
        tuple(rows),
        left=3,
    )


def obligation_table(study: Study, top: int) -> TextTable:
    """Return what the plan must do, and what it gains where it need not do as much, or may do more of what is exact."""
    found = [r for r in study.limits if r.obligation and (r.gain > 0 or (r.less and r.state.status != "slack"))]
    rows = [
        (r.label, r.owner or "-", r.state.status, "10 % less" if r.less else "10 % more", amount(r.gain))
        for r in found[:top]
    ]
    title = (
        f"Obligations: what 10 % less of each in every counted period is worth, {_unit(study)} (0: the plan does it "
        "anyway); of what is exact, also 10 % more"
    )
    return TextTable(title, ("obligation", "owner", "status", "relief", "worth"), tuple(rows), left=4)


def _limit_row(study: Study, record: LimitRecord) -> tuple[str, ...]:
    relief, ten = record.relief, record.step("+10 %")
    late = "-" if relief is None or relief.gain_after_lead is None else amount(relief.gain_after_lead)
    if relief is not None and relief.too_late:
        late = "too late"
    by = "-" if relief is None or relief.act_by is None else study.info.periods[relief.act_by]
    mark = "*" if record.gain_basis == "relaxation" else ""
    return (
        record.label,
        record.owner or "-",
        record.state.status,
        amount(record.gain) + mark,
        _interval(None if ten is None else ten.certified),
        late,
        by,
        record.handling.instrument.name if record.handling else "-",
    )


def _interval(found: Certified | None) -> str:
    if found is None:
        return "-"
    low, high = amount(found.lo), amount(found.hi)
    return low if low == high else f"{low} to {high}"


def step_table(study: Study) -> TextTable:
    """Return price and finite steps of the first limits."""
    chosen = [r for r in study.limits[:5] if len(r.steps) > 1 and not r.obligation]
    names = [s.name for s in chosen[0].steps] if chosen else []
    rows = []
    for r in chosen:
        price = r.marginals[0] if r.marginals else None
        both = "-" if price is None else f"{amount(price.left)} / {amount(price.right)}"
        by_name = {s.name: amount(s.plan_gain) for s in r.steps}
        rows.append((r.label, record_of(r.family).per_unit(r.unit), both, *(by_name.get(name, "-") for name in names)))
    title = (
        f"Worth of one unit less / more in every counted period, and gains of finite steps, {_unit(study)}, whole "
        "numbers held"
    )
    return TextTable(title, ("limit", "unit", "one", *names), tuple(rows), left=2)


def whole_table(study: Study) -> TextTable:
    """Return what one more whole thing earns, the best period of each."""
    best: dict[tuple[str, int], tuple[str, ...]] = {}
    for w in study.whole:
        gain = "no room" if w.plan_gain is None else amount(w.plan_gain)
        cost = "-" if w.cost is None else amount(w.cost)
        best.setdefault((w.unit, w.count), (w.name, str(w.count), w.period, gain, _interval(w.certified), cost))
    title = f"One and two more of what comes whole, free and standing from its best period, {_unit(study)}"
    return TextTable(
        title, ("thing", "more", "from", "plan gain", "certified", "price"), tuple(best.values())[:MOST], left=1
    )


def cascade_table(study: Study) -> TextTable:
    """Return what binds next."""
    rows = [
        (
            f"{s.order}. {' with '.join(s.lifted)}",
            amount(s.gain),
            "-" if s.stand_alone is None else amount(s.stand_alone),
            "-" if s.cost is None else amount(s.cost),
            "-" if s.lead is None else f"{s.lead}",
        )
        for s in study.cascade
    ]
    title = f"What binds next when each is lifted; {_unit(study)}, lead in periods"
    return TextTable(title, ("lifted", "gain", "alone", "cost of 100 %", "lead"), tuple(rows), left=1)


def joint_lines(study: Study) -> list[str]:
    """Return which sets of limits reach a target when each is lifted, and without which nothing reaches it."""
    lines = []
    for j in study.joint:
        open_ = "" if j.complete else " (not all sets were found)"
        proven = j.proven or (True,) * len(j.blocking_sets)
        ways = ";  or ".join(" + ".join(names) for names in j.minimal_sets[:WAYS]) or "no set of these limits"
        if len(j.minimal_sets) > WAYS:
            ways += f";  or one of {len(j.minimal_sets) - WAYS} other sets"
        lines.append(f"{j.target}: reached by lifting {ways}{open_}.")
        for names, sure in zip(j.blocking_sets[:3], proven, strict=False):
            if names:
                held = "" if sure else " (whole numbers held)"
                more = f" and {len(names) - WAYS} more" if len(names) > WAYS else ""
                lines.append(f"{j.target}: not without one of {', '.join(names[:WAYS])}{more}{held}.")
        if () in j.blocking_sets:
            lines.append(f"{j.target}: out of reach with all of these limits lifted.")
    return ["Limits that help only together, and limits without which nothing helps", *lines] if lines else []


def package_table(study: Study) -> TextTable:
    """Return the cheapest relief by target, and the runner-up."""
    rows = []
    for p in study.packages:
        rows.append((p.target, _package(p.relief), "-" if p.cost is None else amount(p.cost)))
        if p.runner_up and p.runner_up_cost is not None:
            rows.append(("  else", _package(p.runner_up), amount(p.runner_up_cost)))
    title = f"Cheapest relief by target, by the price of its levers, {_unit(study)}"
    return TextTable(title, ("target", "more of", "cost"), tuple(rows), left=2)


def _package(relief: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{label} {100.0 * share:.1f} %" for label, share in relief)


def time_table(study: Study) -> TextTable:
    """Return which limit is the choke point when."""
    labels, rows = study.info.periods, []
    for turn in study.timeline:
        if turn.limit < 0:
            continue
        record = study.limits[turn.limit]
        span = labels[turn.first] if turn.first == turn.last else f"{labels[turn.first]} to {labels[turn.last]}"
        offset = "-" if record.offset is None else f"{record.offset} later"
        rows.append((span, record.label, record.owner or "-", offset))
    return TextTable(
        "Choke point by period, by the price of 10 % more; sales it costs, periods later",
        ("periods", "limit", "owner", "sale"),
        tuple(rows),
        left=3,
    )


def customer_table(study: Study) -> TextTable:
    """Return who gets what more of the choke point brings, and what the plan uses instead."""
    first = study.first
    if first is None:
        return TextTable("", (), ())
    rows = [(s.customer, amount(s.value), amount(s.amount)) for s in first.customers[:MOST]]
    return TextTable(
        f"Who gets what 10 % more of {first.label} brings: change of value ({_unit(study)}) and of amount",
        ("customer", "value", "amount"),
        tuple(rows),
    )


def rent_table(study: Study) -> TextTable:
    """Return who earns from scarcity."""
    rows = [(owner, amount(r.low), amount(r.high)) for owner, r in study.rents[:MOST]]
    title = f"Who earns from scarcity: price times use over the counted periods, {_unit(study)}"
    return TextTable(title, ("owner", "at least", "at most"), tuple(rows))


def stability_table(study: Study) -> TextTable:
    """Return how limits fare over draws of the data."""
    if study.draws is None or not study.draws.stood:
        return TextTable("", (), ())
    ordered = sorted((r for r in study.limits if r.stability), key=lambda r: -(r.stability.first if r.stability else 0))
    rows = []
    for r in ordered[:6]:
        s = r.stability
        if s is None or s.top3 == 0:
            continue
        quality = ", ".join(f"{count} {kind}" for kind, count in r.quality.items() if count) or "-"
        rows.append(
            (r.label, quality, percent(s.first), percent(s.top3), amount(s.low), amount(s.median), amount(s.high))
        )
    return TextTable(
        f"Over {study.draws.stood} draws of the data: ranks, and 10th, 50th, 90th percentile of the gain at +10 %",
        ("limit", "its data", "first", "top 3", "P10", "P50", "P90"),
        tuple(rows),
        left=2,
    )


def layer_table(study: Study) -> TextTable:
    """Return minimum cuts of single-commodity layers."""
    rows = []
    for layer in study.layers[:MOST]:
        cuts = layer.cuts
        rows.append((", ".join(layer.goods), ", ".join(cuts.source_most.nodes), f"{amount(cuts.flow)} {layer.unit}"))
        if not cuts.unique:
            rows.append(("", "and " + ", ".join(cuts.sink_most.nodes), ""))
    title = "Minimum cuts of layers with one commodity (a picture, no verdict: recipes and time are left out)"
    return TextTable(title, ("layer", "cut", "flow"), tuple(rows), left=2)


def point_table(study: Study) -> TextTable:
    """Return single points of failure."""
    chosen = [p for p in study.single_points if p.demands][:6]
    rows = [(p.kind, p.name, str(len(p.demands)), str(len(p.goods))) for p in chosen]
    title = "Single points of failure: demands and goods that could not be made at all without it"
    return TextTable(title, ("kind", "name", "demands", "goods"), tuple(rows), left=2)
