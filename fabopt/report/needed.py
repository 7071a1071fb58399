"""What would have to be true for a target, in words and tables."""

from __future__ import annotations

from collections.abc import Callable

from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.targets.records import Move, Needed, Way
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.tolerances import SHOWN
from fabopt.domain.unit_words import with_unit
from fabopt.plan.problem import Interval
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, listed, signed, span, thousands, worth

KINDS = {"package": "levers, each as needed", "together": "all, same part of way", "alone": "alone"}


def target_report(needed: Needed, names: Names = NO_NAMES, called: Callable[[str], str] = str) -> Report[Needed]:
    """Return what would have to be true for a target: the ways to it, and what does not reach it.

    Parameters
    ----------
    needed
        What was found.
    names
        What things and parties are called, by id.
    called
        What a number is called, by its path.
    """
    tables = _ways(needed, called), _short(needed, called)
    return Report(
        "target",
        needed,
        (sentence(needed, names, called),),
        tables,
        tuple(method(needed, called)),
        {"target": lambda: needed.frame},
        data=needed.as_dict,
    )


def sentence(needed: Needed, names: Names = NO_NAMES, called: Callable[[str], str] = str) -> str:
    """Return the answer in one sentence."""
    target, best = needed.target, needed.best
    what = {"power": " of facility power in use", "compute": " of compute", "value": " of value"}[target.measure]
    goal = f"{_amount(needed, target.amount)}{what}"
    goal += f" in {target.by}" if target.by else ""
    goal += f" for {names[target.lab]}" if target.lab else ""
    plan = f"the plan has {_amount(needed, needed.planned)}"
    if needed.value_now is not None:
        if needed.planned >= target.amount:
            return f"Nothing has to change for {goal}: {plan}."
        less = worth(needed.objective - needed.value_now, needed.unit)
        return f"Nothing has to change for {goal}: {plan}, and one that reaches it gives up {less} of the value."
    now = f"{plan}, and no plan more than {_amount(needed, needed.possible.hi)} as things are"
    if best is not None:
        moves = " and ".join(_moved(needed, move, called) for move in best.moves)
        count = "least cost" if needed.counted == "cost" else "smallest change"
        text = f"For {goal} ({now}), the {count} that was found is {moves}"
        if best.kind == "alone" and len(needed.levers) > 1:
            text += ", alone"
        return f"{text}; {_then(needed, best)}."
    if needed.reachable is False and needed.ends is not None:
        most = _amount(needed, needed.ends.hi)
        return f"No plan reaches {goal} with these levers: with all of them at their ends it is at most {most} ({now})."
    return f"No way to {goal} was found with these levers, and none is proven impossible ({now})."


def _then(needed: Needed, way: Way) -> str:
    if way.value is None:
        return way.note or "no plan was found there"
    return f"the best plan that then reaches it is worth {worth(way.value, needed.unit)}, {_against(needed, way.value)}"


def _against(needed: Needed, value: float) -> str:
    more = value - needed.objective
    return f"{worth(abs(more), needed.unit)} {'more' if more >= 0 else 'less'} than the plan"


def _moved(needed: Needed, move: Move, called: Callable[[str], str]) -> str:
    ends = with_unit(f"{amount(move.now)} to {amount(move.to)}", move.unit)
    text = f"{lever_phrase(called(move.path))} from {ends}"
    by = _change(move)
    return f"{text} ({f'{amount(move.cost)} M USD' if move.cost is not None else by})"


def _change(move: Move) -> str:
    return "-" if move.share is None else f"{signed(100.0 * move.share)} %"


def _amount(needed: Needed, value: float) -> str:
    if needed.target.measure == "power":
        return f"{amount(value / 1000.0)} GW" if abs(value) >= 1000.0 else f"{amount(value)} MW"
    return f"{thousands(value)} H100 equivalents" if needed.target.measure == "compute" else worth(value, needed.unit)


def _ways(needed: Needed, called: Callable[[str], str]) -> Table:
    """Return the ways that reach the target, each lever with how far it moves."""
    rows: list[tuple[object, ...]] = []
    for way in needed.ways:
        for i, move in enumerate(way.moves):
            price = (move.cost if move.cost is not None else "",) if needed.counted == "cost" else ()
            value = ("",) if i else (way.value,)
            kind = "" if i else KINDS[way.kind]
            rows.append((kind, called(move.path), move.unit, move.now, move.to, _change(move), *price, *value))
    title = f"What would have to be true; {needed.objective_name} of the best plan that then reaches it"
    cost = ("cost",) if needed.counted == "cost" else ()
    heads = ("moved", "lever", "unit", "now", "to", "change", *cost, needed.objective_name)
    return Table(title + in_unit(needed.unit), heads, rows, left=3)


def _short(needed: Needed, called: Callable[[str], str]) -> Table:
    """Return what does not reach the target: how far it gets."""
    ends = {lever.path: with_unit(amount(lever.to), lever.unit) for lever in needed.levers}
    rows = [
        (called(way.levers[0]), ends[way.levers[0]], _reach(way.reach), way.note)
        if way.kind == "alone"
        else ("all together", "their ends", _reach(way.reach), way.note)
        for way in needed.ways
        if not way.moves
    ]
    title = f"What does not reach it: the most with the lever at its end{in_unit(needed.target.unit)}"
    return Table(title, ("lever", "end", "most", ""), rows)


def _reach(reach: Interval | None) -> str | None:
    if reach is None:
        return None
    near = reach.hi - reach.lo <= SHOWN * abs(reach.hi)
    return amount(reach.hi) if near else span(reach.lo, reach.hi)


def method(needed: Needed, called: Callable[[str], str] = str) -> list[str]:
    """Return what a reader must know, one text a line."""
    least = "the cost of the levers" if needed.counted == "cost" else "the sum of relative changes"
    lines = [
        f"From {needed.held}; a target is reached when some plan reaches it, whatever it is worth. Least is {least}."
    ]
    if any(way.found_by == "search" and way.moves for way in needed.ways):
        lines.append(
            "Levers that change coefficients were moved and solved again, taken that what is reached is not lost "
            "further on."
        )
    for way in needed.ways:
        if way.size is not None and way.least is not None and way.size - way.least > 2e-3 * way.size:
            less = "proven no less than" if way.found_by == "program" else "does not suffice:"
            lines.append(
                f"{_all(way, called)}, {KINDS[way.kind]}: found {amount(way.size)}, {less} {amount(way.least)}."
            )
        if way.note and way.moves:
            lines.append(f"{_all(way, called)}: {way.note}.")
    return [*lines, *needed.notes]


def _all(way: Way, called: Callable[[str], str]) -> str:
    return listed([lever_phrase(called(path)) for path in way.levers])
