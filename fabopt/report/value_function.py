"""Value functions and phase diagrams in words, tables and pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fabopt.analysis.lever_names import lever_phrase
from fabopt.analysis.sensitivity.curve import Stretch, ValueFunction
from fabopt.analysis.sensitivity.dial import Dial
from fabopt.analysis.sensitivity.phases import Phases
from fabopt.analysis.sensitivity.value_function import joined
from fabopt.domain.tolerances import SHOWN
from fabopt.domain.unit_words import unit_words, with_unit
from fabopt.report.report import Report
from fabopt.report.text import Table, amount, in_unit, listed, worth

ROWS, NAMED = 20, 6
"""Most rows of a curve that are printed, and most breakpoints that a sentence names."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def value_report(curve: ValueFunction, called: Callable[[str], str] = str) -> Report[ValueFunction]:
    """Return the objective against one number: its stretches, and what is certified with integers free.

    Parameters
    ----------
    curve
        What was found.
    called
        What a number is called, by its path.
    """
    unit, per = unit_words(curve.lever.unit), unit_words(curve.lever.unit, one=True)
    money = in_unit(curve.money)
    shown = fewer(curve.stretches)
    rows = [(s.choke or "none", _place(s.start), _place(s.end), s.first, s.last, s.slope) for s in shown]
    heads = ("choke point", "from", "to", "at first", "at last", f"per {per}" if per else "per unit")
    title = f"The {curve.objective_name}{money} against {_label(curve.lever, called)}; it is "
    title += f"{amount(curve.lever.value)}{f' {unit}' if unit else ''} in the instance"
    if len(shown) < len(curve.stretches):
        title += f"; {len(curve.stretches)} pieces, the least bends joined"
    points = [(p.at, p.objective, p.bound, _flat(curve, p.at)) for p in curve.points]
    free = f"Integers free: best plan found, and what none exceeds{money}"
    tables = (
        Table(title, heads, rows),
        Table(free, ("at", "plan", "bound", "proven flat from here to"), points, left=0),
    )

    def charts() -> dict[str, Any]:
        from fabopt.report.tornado_chart import value_chart

        return {"value": value_chart(curve, called)}

    return Report(
        "value",
        curve,
        (_value_sentence(curve, called),),
        tables,
        curve.notes,
        {"value": lambda: curve.frame},
        charts,
    )


def _label(dial: Dial, called: Callable[[str], str]) -> str:
    """Write what a number is called, its path, and the unit in which it is moved."""
    return f"{_named(dial.path, called)}{in_unit(dial.unit)}"


def _named(path: str, called: Callable[[str], str]) -> str:
    name = lever_phrase(called(path))
    return name if name == path else f"{name} ({path})"


def _value_sentence(f: ValueFunction, called: Callable[[str], str]) -> str:
    (a, v), *_, (b, w) = f.breakpoints
    inside = [s.start for s in f.stretches[1:]]
    text = (
        f"With integers held, the {f.objective_name} goes from {worth(v, f.money)} to {worth(w, f.money)} as "
        f"{lever_phrase(called(f.lever.path))} goes from {with_unit(f'{amount(a)} to {amount(b)}', f.lever.unit)}"
    )
    if not f.exact and f.notes:
        text += f", as far as it was solved: at {len(f.stretches) + 1} values"
    elif not f.exact:
        text += f", solved at {len(f.stretches) + 1} values, for it is not straight in pieces"
    elif inside:
        text += f", straight in {len(f.stretches)} pieces"
        text += f" that meet at {', '.join(_place(t) for t in inside)}" if len(inside) <= NAMED else ""
    else:
        text += ", in one straight line"
    chokes = list(dict.fromkeys(s.choke or "nothing" for s in f.stretches))
    return f"{text}; what holds it back is {', then '.join(chokes)}."


def _flat(curve: ValueFunction, at: float) -> str:
    return next((amount(b) for a, b in curve.flat if a <= at < b), "")


def phase_report(phases: Phases, called: Callable[[str], str] = str) -> Report[Phases]:
    """Return the choke point against two numbers: the map, largest y at the top, and its legend.

    Parameters
    ----------
    phases
        What was found.
    called
        What a number is called, by its path.
    """
    letters = _letters(phases)
    xs, ys = sorted({c.x for c in phases.cells}), sorted({c.y for c in phases.cells}, reverse=True)
    at = {(c.x, c.y): None if c.objective is None else letters[c.choke] for c in phases.cells}
    rows = [(amount(y), *(at[x, y] for x in xs)) for y in ys]
    title = f"Choke point: to the right {_label(phases.x, called)}; upwards {_label(phases.y, called)}; - no plan"
    refused = [(text,) for text in dict.fromkeys(c.note for c in phases.cells if c.note)]
    tables = (
        Table(title, ("", *map(amount, xs)), rows),
        Table("", ("letter", "choke point"), [(letter, choke or "none") for choke, letter in letters.items()], left=2),
        Table("Cells without a plan", ("why",), refused, most=5),
    )

    def charts() -> dict[str, Any]:
        from fabopt.report.tornado_chart import phase_chart

        return {"phases": phase_chart(phases, letters, called)}

    said = (_phase_sentence(phases, letters, called),)
    return Report("phases", phases, said, tables, (), {"phases": lambda: phases.frame}, charts)


def _letters(phases: Phases) -> dict[str, str]:
    """Return a letter for each choke point, by how many cells it has."""
    count = Counter(cell.choke for cell in phases.cells if cell.objective is not None)
    return {choke: LETTERS[i % len(LETTERS)] for i, (choke, _) in enumerate(count.most_common())}


def _phase_sentence(f: Phases, letters: Mapping[str, str], called: Callable[[str], str]) -> str:
    x, y = (lever_phrase(called(dial.path)) for dial in (f.x, f.y))
    solved = [cell for cell in f.cells if cell.objective is not None]
    if not solved:
        return f"No plan has the integers of this one anywhere between {x} and {y}."
    parts = [f"{choke or 'nothing'} in {sum(c.choke == choke for c in solved)}" for choke in letters]
    against = f"Against {x} and {y}, integers held"
    return f"{against}, the choke point is {listed(parts)} of {len(solved)} cells."


def fewer(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches joined where a curve bends least, so that they fit a page."""
    bend, kept = SHOWN, tuple(stretches)
    while len(kept) > ROWS and bend < 1e6:
        kept, bend = joined(stretches, bend), 2.0 * bend
    return kept


def _place(value: float) -> str:
    """Write a place on a curve: neighbours near 1 are told apart."""
    return f"{value:.3f}" if 0.0995 <= abs(value) < 9.995 else amount(value)
