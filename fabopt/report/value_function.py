"""Value functions and phase diagrams in words, tables and pictures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fabopt.analysis.sensitivity.curve import Stretch, ValueFunction
from fabopt.analysis.sensitivity.phases import Phases
from fabopt.analysis.sensitivity.value_function import joined
from fabopt.domain.tolerances import SHOWN
from fabopt.report.base import SavedReport
from fabopt.report.csv_text import frame_csv
from fabopt.report.text import TextTable, amount
from fabopt.report.tornado import worth

if TYPE_CHECKING:
    import pandas as pd

ROWS, NAMED = 20, 6
"""Most rows of a curve that are printed, and most breakpoints that a sentence names."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class CurveReport(SavedReport):
    """What the reports of one number or two share: a frame and a picture."""

    offers = ".frame .chart() .save(folder)"
    found: Any

    @property
    def frame(self) -> pd.DataFrame:
        """The records as a frame."""
        frame: pd.DataFrame = self.found.frame
        return frame

    @abstractmethod
    def chart(self) -> Any:
        """Return the picture as an Altair chart."""

    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""
        return asdict(self.found)

    def files(self) -> Mapping[str, str]:
        """Return the tables that are written, as CSV by file name."""
        return {f"{self.name}.csv": frame_csv(self.frame)}

    def draw(self) -> Mapping[str, bytes]:
        """Return the picture by file name."""
        from fabopt.report.charts.style import pictures

        return pictures({self.name: self.chart()})


class ValueReport(CurveReport):
    """The objective against one number: ``print`` it, or look at its parts."""

    name = "value"

    def __init__(self, found: ValueFunction) -> None:
        self.found: ValueFunction = found

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        f = self.found
        (a, v), *_, (b, w) = f.breakpoints
        inside = [s.start for s in f.stretches[1:]]
        text = (
            f"With whole numbers held, the {f.objective_name} goes from {worth(v, f.money)} to {worth(w, f.money)} as "
            f"{f.lever.path} goes from {amount(a)} to {amount(b)}{_unit(f.lever.unit)}"
        )
        if not f.exact:
            text += f", solved at {len(f.stretches) + 1} values, for it is not straight in pieces"
        elif inside:
            text += f", straight in {len(f.stretches)} pieces"
            text += f" that meet at {', '.join(_place(t) for t in inside)}" if len(inside) <= NAMED else ""
        else:
            text += ", in one straight line"
        chokes = list(dict.fromkeys(s.choke or "nothing" for s in f.stretches))
        text += f"; what holds it back is {', then '.join(chokes)}"
        return f"{text}."

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The stretches, and what is certified with whole numbers free."""
        f = self.found
        money = f", {f.money}" if f.money else ""
        shown = fewer(f.stretches)
        rows = tuple(
            (s.choke or "none", _place(s.start), _place(s.end), amount(s.first), amount(s.last), amount(s.slope))
            for s in shown
        )
        heads = ("choke point", "from", "to", "at first", "at last", "per unit")
        title = f"The {f.objective_name}{money} against {f.lever.label}; it is {amount(f.lever.value)} in the instance"
        if len(shown) < len(f.stretches):
            title += f"; {len(f.stretches)} pieces, the least bends joined"
        made = [TextTable(title, heads, rows)]
        if f.points:
            points = tuple((amount(p.at), amount(p.objective), amount(p.bound), self._flat(p.at)) for p in f.points)
            made.append(
                TextTable(
                    f"Whole numbers free: best plan found, and what none exceeds{money}",
                    ("at", "plan", "bound", "proven flat from here to"),
                    points,
                    left=0,
                )
            )
        return tuple(made)

    def _flat(self, at: float) -> str:
        return next((amount(b) for a, b in self.found.flat if a <= at < b), "")

    def chart(self) -> Any:
        """Return the picture as an Altair chart."""
        from fabopt.report.tornado_chart import value_chart

        return value_chart(self.found)


class PhaseReport(CurveReport):
    """The choke point against two numbers: ``print`` it, or look at its parts."""

    name = "phases"

    def __init__(self, found: Phases) -> None:
        self.found: Phases = found

    @property
    def letters(self) -> dict[str, str]:
        """A letter for each choke point, by how many cells it has."""
        count: dict[str, int] = {}
        for cell in self.found.cells:
            if cell.objective is not None:
                count[cell.choke] = count.get(cell.choke, 0) + 1
        order = sorted(count, key=lambda choke: -count[choke])
        return {choke: LETTERS[i % len(LETTERS)] for i, choke in enumerate(order)}

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        f = self.found
        solved = [cell for cell in f.cells if cell.objective is not None]
        if not solved:
            return f"No plan has the whole numbers of this one anywhere between {f.x.path} and {f.y.path}."
        parts = [f"{choke or 'nothing'} in {sum(c.choke == choke for c in solved)}" for choke in self.letters]
        against = f"Against {f.x.path} and {f.y.path}, whole numbers held"
        return f"{against}, the choke point is {_and(parts)} of {len(solved)} cells."

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The map, largest y at the top, and its legend."""
        f = self.found
        xs, ys = sorted({c.x for c in f.cells}), sorted({c.y for c in f.cells}, reverse=True)
        at = {(c.x, c.y): c for c in f.cells}
        rows = tuple(
            (amount(y), *(self.letters[at[x, y].choke] if at[x, y].objective is not None else "-" for x in xs))
            for y in ys
        )
        title = f"Choke point: {f.x.label} to the right, {f.y.label} upwards; - no plan"
        legend = tuple((letter, choke or "none") for choke, letter in self.letters.items())
        refused = tuple(dict.fromkeys(c.note for c in f.cells if c.note))
        tables = [
            TextTable(title, ("", *(amount(x) for x in xs)), rows),
            TextTable("", ("letter", "choke point"), legend, left=2),
        ]
        if refused:
            tables.append(TextTable("Cells without a plan", ("why",), tuple((text,) for text in refused[:5])))
        return tuple(tables)

    def chart(self) -> Any:
        """Return the picture as an Altair chart."""
        from fabopt.report.tornado_chart import phase_chart

        return phase_chart(self.found, self.letters)


def fewer(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches joined where a curve bends least, so that they fit a page."""
    bend, found = SHOWN, tuple(stretches)
    while len(found) > ROWS and bend < 1e6:
        found, bend = joined(stretches, bend), 2.0 * bend
    return found


def _place(value: float) -> str:
    """Write a place on a curve: neighbours near 1 are told apart."""
    return f"{value:.3f}" if 0.0995 <= abs(value) < 9.995 else amount(value)


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _unit(unit: str) -> str:
    return "" if unit == "1" else f" {unit}"
