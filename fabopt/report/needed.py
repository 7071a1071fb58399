"""What would have to be true for a target, in words and tables."""

from __future__ import annotations

from fabopt.analysis.targets.records import Move, Needed, Way
from fabopt.domain.tolerances import SHOWN
from fabopt.plan.problem import Interval
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, span, thousands, worth

KINDS = {"package": "levers, each as needed", "together": "all, same part of way", "alone": "alone"}


def target_report(found: Needed) -> Report[Needed]:
    """Return what would have to be true for a target: the ways to it, and what does not reach it."""
    tables = _ways(found), _short(found)
    return Report(
        "target",
        found,
        (sentence(found),),
        tables,
        tuple(method(found)),
        {"target": lambda: found.frame},
        data=found.as_dict,
    )


def sentence(found: Needed) -> str:
    """Return the answer in one sentence."""
    target, best = found.target, found.best
    what = {"power": " of facility power in use", "compute": " of compute", "value": " of value"}[target.measure]
    goal = f"{_amount(found, target.amount)}{what}"
    goal += f" in {target.by}" if target.by else ""
    goal += f" for {target.lab}" if target.lab else ""
    plan = f"the plan has {_amount(found, found.planned)}"
    if found.value_now is not None:
        if found.planned >= target.amount:
            return f"Nothing has to change for {goal}: {plan}."
        less = worth(found.objective - found.value_now, found.unit)
        return f"Nothing has to change for {goal}: {plan}, and one that reaches it gives up {less} of the value."
    now = f"{plan}, and no plan more than {_amount(found, found.possible.hi)} as things are"
    if best is not None:
        moves = " and ".join(_moved(found, move) for move in best.moves)
        count = "least cost" if found.counted == "cost" else "smallest change"
        text = f"For {goal} ({now}), the {count} that was found is {moves}"
        if best.kind == "alone" and len(found.levers) > 1:
            text += ", alone"
        return f"{text}; {_then(found, best)}."
    if found.reachable is False and found.ends is not None:
        most = _amount(found, found.ends.hi)
        return f"No plan reaches {goal} with these levers: with all of them at their ends it is at most {most} ({now})."
    return f"No way to {goal} was found with these levers, and none is proven impossible ({now})."


def _then(found: Needed, way: Way) -> str:
    if way.value is None:
        return way.note or "no plan was found there"
    return f"the best plan that then reaches it is worth {worth(way.value, found.unit)}, {_against(found, way.value)}"


def _against(found: Needed, value: float) -> str:
    more = value - found.objective
    return f"{worth(abs(more), found.unit)} {'more' if more >= 0 else 'less'} than the plan"


def _moved(found: Needed, move: Move) -> str:
    unit = "" if move.unit == "1" else f" {move.unit}"
    text = f"{move.path} from {amount(move.now)} to {amount(move.to)}{unit}"
    by = _change(move)
    return f"{text} ({f'{amount(move.cost)} M USD' if move.cost is not None else by})"


def _change(move: Move) -> str:
    return "-" if move.share is None else f"{100.0 * move.share:+.3g} %"


def _amount(found: Needed, value: float) -> str:
    if found.target.measure == "power":
        return f"{amount(value / 1000.0)} GW" if abs(value) >= 1000.0 else f"{amount(value)} MW"
    return f"{thousands(value)} H100 equivalents" if found.target.measure == "compute" else worth(value, found.unit)


def _ways(found: Needed) -> Table:
    """Return the ways that reach the target, each lever with how far it moves."""
    rows: list[tuple[object, ...]] = []
    for way in found.ways:
        for i, move in enumerate(way.moves):
            unit = "" if move.unit == "1" else move.unit
            price = (move.cost if move.cost is not None else "",) if found.counted == "cost" else ()
            value = ("",) if i else (way.value,)
            kind = "" if i else KINDS[way.kind]
            rows.append((kind, move.path, unit, move.now, move.to, _change(move), *price, *value))
    title = f"What would have to be true; {found.objective_name} of the best plan that then reaches it"
    cost = ("cost",) if found.counted == "cost" else ()
    heads = ("moved", "lever", "unit", "now", "to", "change", *cost, found.objective_name)
    return Table(title + in_unit(found.unit), heads, rows, left=3)


def _short(found: Needed) -> Table:
    """Return what does not reach the target: how far it gets."""
    ends = {lever.path: lever.to for lever in found.levers}
    rows = [
        (way.levers[0], ends[way.levers[0]], _reach(way.reach), way.note)
        if way.kind == "alone"
        else ("all together", "their ends", _reach(way.reach), way.note)
        for way in found.ways
        if not way.moves
    ]
    title = f"What does not reach it: the most with the lever at its end, {_unit(found)}"
    return Table(title, ("lever", "end", "most", ""), rows)


def _unit(found: Needed) -> str:
    return found.target.unit or "in the unit of the value"


def _reach(reach: Interval | None) -> str | None:
    if reach is None:
        return None
    near = reach.hi - reach.lo <= SHOWN * abs(reach.hi)
    return amount(reach.hi) if near else span(reach.lo, reach.hi)


def method(found: Needed) -> list[str]:
    """Return what a reader must know, one text a line."""
    least = "the cost of the levers" if found.counted == "cost" else "the sum of relative changes"
    lines = [
        f"From {found.held}; a target is reached when some plan reaches it, whatever it is worth. Least is {least}."
    ]
    if any(way.found_by == "search" and way.moves for way in found.ways):
        lines.append(
            "Levers that change coefficients were moved and solved again, taken that what is reached is not lost "
            "further on."
        )
    for way in found.ways:
        if way.size is not None and way.least is not None and way.size - way.least > 2e-3 * way.size:
            less = "proven no less than" if way.found_by == "program" else "does not suffice:"
            lines.append(f"{', '.join(way.levers)}, {KINDS[way.kind]}: found {way.size:.4g}, {less} {way.least:.4g}.")
        if way.note and way.moves:
            lines.append(f"{', '.join(way.levers)}: {way.note}.")
    return [*lines, *found.notes]
