"""The choke point in words and tables: the sentence, the table of limits, what comes with it, and the runs behind it.

Numbers come from the records of the study (`fabopt.analysis.choke.records`); here they are only written down. Names
from an instance are wrapped and cleaned of control characters by the tables, and escaped where HTML is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fabopt.analysis.choke.records import Certified, LimitRecord, Study
from fabopt.analysis.choke.sentence import Name, Number, Sentence, sentence
from fabopt.analysis.frames import frame_of, plain
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.unit_words import with_unit
from fabopt.model.words import record_of
from fabopt.report.answer import percent_whole
from fabopt.report.choke_method import method
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, counted, few, listed, percent, plain_line, span, worth

MOST = 8
"""Rows of the smaller tables."""

MEMBERS = 6
"""Limits of a class that are shown."""

WAYS = 4
"""Sets of limits, and limits of a set, that are named; the records have all."""


def choke_report(
    study: Study, top: int = 10, names: Names = NO_NAMES, called: Callable[[str], str] = str
) -> Report[Study]:
    """Return what holds a plan back: the causal sentence, the limits, what comes with them, and the runs behind it."""
    parts = sentence(study)

    def charts() -> Mapping[str, Any]:
        from fabopt.report.choke_charts import charts

        return charts(study)

    return Report(
        "choke",
        study,
        (written(parts, names),),
        (
            limit_table(study, top, names),
            member_table(study, top),
            year_table(study),
            obligation_table(study, top),
            step_table(study),
            whole_table(study),
            cascade_table(study),
            package_table(study),
            time_table(study),
            customer_table(study),
            rent_table(study),
            stability_table(study),
            layer_table(study),
            point_table(study),
            joint_table(study),
        ),
        tuple(method(study, called, top)),
        {"limits": lambda: study.frame, "runs": lambda: frame_of(study.runs)},
        charts,
        lambda: {"numbers": parts.numbers, **plain(study)},
    )


# -- the sentence ----------------------------------------------------------------------------------------------------


def written(parts: Sentence, names: Names = NO_NAMES) -> str:
    """Return the sentence as text, with names in the place of ids."""
    return "".join(
        plain_line(names[part.text]) if isinstance(part, Name) else _number(part) if isinstance(part, Number) else part
        for part in parts.parts
    )


def _number(number: Number) -> str:
    if number.style == "share":
        return percent(number.value)
    if number.style == "count":
        return f"{number.value:,.0f}"
    if number.style == "money":
        return worth(number.value, number.unit)
    low = amount(number.value)
    both = low if number.high is None else f"{low} and {amount(number.high)}"
    return with_unit(both, number.unit)


def _counted(study: Study) -> str:
    """Return in which periods relief stands."""
    first, last = study.info.first_counted, study.info.last_counted
    return f"in {first}" if first == last else f"in every period from {first} to {last}"


def _unit(study: Study) -> str:
    """Return the unit of gains, in words where an instance gives none."""
    return study.info.money or "in the unit of the objective"


# -- the tables ------------------------------------------------------------------------------------------------------


def limit_table(study: Study, top: int, names: Names = NO_NAMES) -> Table:
    """Return the limits that gain most, with relief now and after its lead time."""
    rows = [_limit_row(study, r) for r in study.limits[:top] if r.gain > 0 and not r.obligation]
    title = f"Limits by what 10 % more {_counted(study)} earns, {_unit(study)}"
    title += f", through {names[study.info.lab]} alone" if study.info.lab else ""
    headers = ("limit", "owner", "status", "10 % more", "certified", "after lead", "order by", "how")
    return Table(title, headers, rows, left=3)


def member_table(study: Study, top: int) -> Table:
    """Return the limits of each class, with what each gains alone."""
    rows: list[tuple[object, ...]] = []
    for record in study.limits[:top]:
        if record.gain <= 0 or not record.members:
            continue
        ranked = sorted(record.members, key=lambda m: -(m.gain or 0.0))
        shown = ranked if len(ranked) <= MEMBERS + 1 else ranked[:MEMBERS]
        rows += [(record.label if n == 0 else "", m.label, m.owner or None, m.gain) for n, m in enumerate(shown)]
        if len(shown) < len(ranked):
            rows.append(("", f"... {len(ranked) - len(shown)} more", "", ""))
    title = f"Classes of limits that take each other's place: what 10 % more of each alone earns, {_unit(study)}"
    return Table(title, ("class", "limit", "owner", "alone"), rows, left=3)


def year_table(study: Study) -> Table:
    """Return what holds the plan back in each year."""
    rows = [
        (
            y.year, y.limit or "nothing", ", ".join(y.rivals[:WAYS]) or None, y.gain if y.limit else None,
            None if not y.limit else "above it" if y.told else "within it",
        )
        for y in study.years
    ]  # fmt: skip
    title = f"Choke point by year: what 10 % more in that year alone earns, {_unit(study)}, integers held"
    return Table(title, ("year", "limit", "may as well be", "10 % more", "against the gap"), rows, left=3)


def obligation_table(study: Study, top: int) -> Table:
    """Return what the plan must do, and what it gains where it need not do as much, or may do more of what is exact."""
    obligations = [r for r in study.limits if r.obligation and (r.gain > 0 or (r.less and r.state.status != "slack"))]
    rows = [
        (r.label, r.owner or None, r.state.status, "10 % less" if r.less else "10 % more", r.gain)
        for r in obligations[:top]
    ]
    title = (
        f"Obligations: what 10 % less of each {_counted(study)} is worth, {_unit(study)} (0: the plan does it "
        "anyway); of what is exact, also 10 % more"
    )
    return Table(title, ("obligation", "owner", "status", "relief", "worth"), rows, left=4)


def _owner(owner: str) -> str | None:
    """Write whose a limit is; of a class with many owners how many they are."""
    owners = owner.split(", ")
    return f"{len(owners)} owners" if len(owners) > 2 else owner or None


def _limit_row(study: Study, record: LimitRecord) -> tuple[object, ...]:
    relief, ten = record.relief, record.step("+10 %")
    return (
        record.label,
        _owner(record.owner),
        record.state.status,
        amount(record.gain) + ("*" if record.gain_basis == "relaxation" else ""),
        _interval(None if ten is None else ten.certified),
        None if relief is None else "too late" if relief.too_late else relief.gain_after_lead,
        None if relief is None or relief.act_by is None else study.info.periods[relief.act_by],
        record.handling.instrument.name if record.handling else None,
    )


def _interval(certified: Certified | None) -> str | None:
    return None if certified is None else span(certified.lo, certified.hi)


def step_table(study: Study) -> Table:
    """Return price and finite steps of the first limits."""
    chosen = [r for r in study.limits[:5] if len(r.steps) > 1 and not r.obligation]
    names = [s.name for s in chosen[0].steps] if chosen else []
    rows = []
    for r in chosen:
        both = " / ".join(amount(side) for price in r.marginals[:1] for side in (price.left, price.right))
        gains = {s.name: s.plan_gain for s in r.steps}
        rows.append((r.label, record_of(r.family).per_unit(r.unit), both or None, *map(gains.get, names)))
    title = f"Worth of one unit less / more {_counted(study)}, and gains of finite steps"
    return Table(f"{title}, {_unit(study)}, integers held", ("limit", "unit", "one less / more", *names), rows, left=2)


def whole_table(study: Study) -> Table:
    """Return what one more whole thing earns, the best period of each."""
    best: dict[tuple[str, int], tuple[object, ...]] = {}
    for w in study.whole:
        gain = "no room" if w.plan_gain is None else w.plan_gain
        best.setdefault((w.unit, w.count), (w.name, w.count, w.period, gain, _interval(w.certified), w.cost))
    title = f"One and two more of what comes whole, free and standing from its best period, {_unit(study)}"
    headers = ("thing", "more", "from", "plan gain", "certified", "price")
    return Table(title, headers, list(best.values()), most=MOST)


def cascade_table(study: Study) -> Table:
    """Return what binds next."""
    rows = [(f"{s.order}. {' with '.join(s.lifted)}", s.gain, s.stand_alone, s.cost, s.lead) for s in study.cascade]
    title = f"What binds next when each is lifted, one after the other; {_unit(study)}"
    return Table(title, ("lifted", "gain", "gain alone", "cost of 100 %", "lead, periods"), rows)


def joint_table(study: Study) -> Table:
    """Return which sets of limits reach a target when each is lifted, and without which nothing reaches it."""
    rows = []
    for j in study.joint:
        ways = "; or ".join(" + ".join(names) for names in j.minimal_sets[:WAYS]) or ""
        if len(j.minimal_sets) > WAYS:
            ways += f"; or one of {len(j.minimal_sets) - WAYS} other sets"
        some = "" if j.complete else " (not all sets were found)"
        none = "no set of these limits was found that reaches it when lifted"
        rows.append((j.target, f"reached by lifting {ways}{some}" if ways else none))
        for names, sure in zip(j.blocking_sets[:3], j.proven or (True,) * len(j.blocking_sets), strict=False):
            if names:
                held = "" if sure else " (integers held)"
                rows.append(("", f"not without one of {listed(few(names, WAYS))}{held}"))
        if () in j.blocking_sets:
            rows.append(("", "out of reach with all of these limits lifted"))
    title = "Limits that help only together, and limits without which nothing helps"
    return Table(title, ("target", "is"), rows, left=2)


def package_table(study: Study) -> Table:
    """Return the cheapest relief by target, and the runner-up."""
    rows: list[tuple[object, ...]] = []
    for p in study.packages:
        rows.append((p.target, _package(p.relief), p.cost))
        if p.runner_up and p.runner_up_cost is not None:
            rows.append(("  else", _package(p.runner_up), p.runner_up_cost))
    title = f"Cheapest relief by target, by the price of its levers, {_unit(study)}"
    return Table(title, ("target", "more of", "cost"), rows, left=2)


def _package(relief: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{label} {100.0 * share:.1f} %" for label, share in relief)


def time_table(study: Study) -> Table:
    """Return which limit is the choke point when."""
    labels, rows = study.info.periods, []
    for turn in study.timeline:
        if turn.limit >= 0:
            record, first, last = study.limits[turn.limit], labels[turn.first], labels[turn.last]
            offset = (
                None if record.offset is None else "at once" if not record.offset else counted(record.offset, "period")
            )
            when = first if first == last else f"{first} to {last}"
            rows.append((when, record.label, _owner(record.owner), offset))
    title = "Choke point by period, by the price of 10 % more; how long after it binds the sales are lost"
    return Table(title, ("periods", "limit", "owner", "sales lost after"), rows, left=3)


def customer_table(study: Study) -> Table:
    """Return who gets what more of the choke point brings, and what the plan uses instead."""
    first = study.first
    rows = [] if first is None else [(s.customer, s.value, s.amount, s.unit) for s in first.customers]
    label = "" if first is None else first.label
    title = f"Who gets what 10 % more of {label} brings: change of value and of what is delivered, over all periods"
    return Table(title, ("customer", f"value, {_unit(study)}", "delivered", "unit"), rows, most=MOST)


def rent_table(study: Study) -> Table:
    """Return who earns from scarcity."""
    rows = [(owner, r.low, r.high) for owner, r in study.rents]
    title = f"Who earns from scarcity: price times use over the counted periods, {_unit(study)}"
    return Table(title, ("owner", "at least", "at most"), rows, most=MOST)


def stability_table(study: Study) -> Table:
    """Return how limits fare over draws of the data."""
    known = [(r, r.stability) for r in study.limits if r.stability is not None and r.stability.top3]
    rows = [
        (
            r.label, ", ".join(f"{count} {kind}" for kind, count in r.quality.items() if count) or None,
            percent_whole(s.first), percent_whole(s.top3), s.low, s.median, s.high,
        )
        for r, s in sorted(known, key=lambda pair: -pair[1].first)[:6]
    ]  # fmt: skip
    stood = 0 if study.draws is None else study.draws.stood
    title = f"Over {stood} draws of the data: how often it gains most, how often it is among three, and what 10 % more "
    title += f"gains in the 10th, 50th and 90th percentile, {_unit(study)}"
    headers = ("limit", "its numbers", "first", "top 3", "P10", "P50", "P90")
    return Table(title, headers, rows if stood else (), left=2)


def layer_table(study: Study) -> Table:
    """Return minimum cuts of single-commodity layers."""
    rows: list[tuple[str, ...]] = []
    for layer in study.layers[:MOST]:
        cuts = layer.cuts
        rows.append(
            (", ".join(layer.goods), ", ".join(cuts.source_most.nodes), with_unit(amount(cuts.flow), layer.unit))
        )
        rows += [] if cuts.unique else [("", "and " + ", ".join(cuts.sink_most.nodes))]
    title = "Narrowest place of each layer with one good (a picture, no verdict: recipes and time are left out)"
    return Table(title, ("layer", "narrowest at", "most that flows"), rows, left=2)


def point_table(study: Study) -> Table:
    """Return single points of failure."""
    rows = [(p.kind, p.name, len(p.demands), len(p.goods)) for p in study.single_points if p.demands]
    title = "Single points of failure: demands and goods that could not be made at all without it"
    return Table(title, ("kind", "name", "demands", "goods"), rows, left=2, most=MOST)
