"""A frame of assumptions that was edited, given back: the rows that changed become settings of the instance.

What is edited holds, what is not edited stays. A number that takes the place of another is the reader's own, as with
any setting of a lever: range, source, date, confidence and note of the old one go, but for those that were edited in
the same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from numbers import Real
from typing import TYPE_CHECKING, Any

from fabopt.analysis.assumptions import ASSUMED, PUBLISHED, QUANTITIES, AssumptionRow, assumption_rows
from fabopt.domain.calendar import parse_when
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.io.levers import BEFORE, list_levers
from fabopt.io.load import apply_setting
from fabopt.io.problems import InstanceError, Place, Problem, brief, nearest
from fabopt.io.tree import Tree
from fabopt.io.validate import validate

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("value", "low", "high")
BESIDE = ("low", "high", "source", "as_of", "confidence", "note")
"""Columns that say something of a number and are kept where they are edited beside it."""
READ = ("value", "setting", "unit", *BESIDE, "basis")
"""Columns that are read back."""
EMPTIED = ("value", "setting", *BESIDE)
"""Columns in which an empty cell says something; in the others it says nothing."""
FOLLOW = {
    "name": "edit the record's name in the instance",
    "shape": "a series is written with with_({path: {'linear': {...}}})",
    "when": "the date of a point stands in its path",
    "range": "it is published where low and high are; edit these",
    "source_title": "write the ids of sources in the column 'source'",
}
"""Columns that follow from others, and what to do in their place."""
SHAPES = {
    "number": "a number",
    "list": "a list of numbers, such as '[0.5, 1.0]'",
    "date": "a date, such as '2027-07-01'",
    "choice": "one word of a list",
    "flag": "true or false",
}
"""What stands in a row of each shape that is no quantity."""


def with_edited(tree: Tree, data: Instance, frame: pd.DataFrame) -> Tree:
    """Return the tree of an instance with what was edited in a frame of its assumptions.

    Parameters
    ----------
    tree, data
        The instance.
    frame
        Any rows and columns of :func:`~fabopt.analysis.assumptions.assumption_frame` with the column `path`; columns
        that it does not have are the reader's own and are left alone.

    Raises
    ------
    InstanceError
        With all that is wrong in the rows, each with the row's label and its path.
    """
    if not hasattr(frame, "columns") or "path" not in frame.columns:
        raise InstanceError([Problem("", None, "", "the frame has no column 'path', in which the levers stand")])
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InstanceError([Problem("", None, "", f"the frame has two columns {brief(twice)}")])
    quantities = {lever.path: lever.quantity for lever in list_levers(data)}
    rows, problems = _rows(frame, {row.path: row for row in assumption_rows(data)})
    changed = [(row, edits) for row in rows if (edits := row.edits()) or row.now is None]
    # What holds before a series writes the whole of it, and goes first.
    for row, edits in sorted(changed, key=lambda pair: not pair[0].path.endswith(f"@{BEFORE}")):
        held = _held(quantities, row)
        faults = list(row.faults(edits, held))
        problems += faults
        if faults:
            continue
        setting, said = row.setting(edits, held)
        try:
            tree = apply_setting(tree, row.path, setting, Instance, row.place, said)
        except InstanceError as error:
            problems += [row.problem(problem.message) for problem in error.problems]
    if problems:
        raise InstanceError([*problems, *_also(tree)])
    return tree


def _also(tree: Tree) -> tuple[Problem, ...]:
    """Return what is wrong with the values of the rows that could be read."""
    try:
        validate(tree, Instance)
    except InstanceError as error:
        return error.problems
    return ()


def _rows(frame: pd.DataFrame, known: Mapping[str, AssumptionRow]) -> tuple[list[_Row], list[Problem]]:
    """Return the rows of a frame, and what is wrong with their paths."""
    rows: dict[str, _Row] = {}
    problems: list[Problem] = []
    for label, cells in zip(frame.index, frame.to_dict("records"), strict=True):
        path = _dated(str(_cell(cells["path"], "path") or ""))
        row = _Row(label, path, known.get(path), {str(name): cell for name, cell in cells.items()})
        if not path:
            problems.append(row.problem("'path' is empty", "expected the path of a lever"))
        elif path in rows:
            problems.append(row.problem(f"this path stands in row {rows[path].label} already; give it once"))
        elif row.now is None and not _may_be(path, known):
            problems.append(row.problem("there is no such path", nearest(path, known)))
        else:
            rows[path] = row
    return list(rows.values()), problems


def _may_be(path: str, known: Iterable[str]) -> bool:
    """Whether a path that has no row may be set: a field of a record that has rows, or a series as a whole."""
    record = path.rpartition(".")[0]
    return bool(record) and "@" not in path and any(other.startswith((f"{record}.", f"{path}@")) for other in known)


def _dated(path: str) -> str:
    """Return a path with the date of its point written in full."""
    lever, at, when = path.partition("@")
    try:
        return f"{lever}@{parse_when(when)}" if at and when != BEFORE else path
    except ValueError:
        return path


def _held(quantities: Mapping[str, Quantity], row: _Row) -> dict[str, Any]:
    """Return how the quantity of a row is written, of a point of a series that point; empty where none stands."""
    lever, at, when = row.path.partition("@")
    q = quantities.get(lever)
    if q is None or row.now is None or when == BEFORE:
        return {}
    if not at:  # 'assumed' follows where there is no source
        return {name: cell for name, cell in q.raw().items() if name != "assumed" or q.source}
    return {**q.raw()[q.shape][when], "unit": q.unit}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that was given back, and the row that stands in the instance; None where it has none."""

    label: object
    path: str
    now: AssumptionRow | None
    cells: Mapping[str, Any]

    @property
    def place(self) -> Place:
        return Place(f"row {self.label}")

    def problem(self, message: str, expected: str = "") -> Problem:
        return Problem(self.place.file, None, self.path, message, expected=expected)

    def edits(self) -> dict[str, Any]:
        """Return the cells that say something else than the instance, None for one that was emptied."""
        given = {name: _cell(self.cells[name], name) for name in (*READ, *FOLLOW) if name in self.cells}
        if self.now is None:
            return {name: cell for name, cell in given.items() if cell is not None and name in READ}
        now = {name: getattr(self.now, name) for name in given}
        other = {name: cell for name, cell in given.items() if not _same(cell, now[name])}
        return {name: cell for name, cell in other.items() if cell is not None or name in EMPTIED}

    def faults(self, edits: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what was edited that cannot be read; `held` is how the quantity is written."""
        for name in edits:
            if name in FOLLOW:
                yield self.problem(f"'{name}' follows from other columns and cannot be edited; {FOLLOW[name]}")
        value = edits.get("value", "")
        if self.now is None:
            if not {"value", "setting"} & edits.keys():
                yield self.problem("nothing stands here, so the row needs a value")
        elif self.now.shape not in QUANTITIES:
            yield from self._of_setting(self.now, edits)
        elif isinstance(value, str) and value[:1] in ("*", "+") and len(edits) > 1:
            others = ", ".join(name for name in edits if name != "value")
            yield self.problem(f"{brief(value)} keeps what stands there, so {others} cannot be edited beside it")
        else:
            yield from self._of_quantity(self.now, edits, held)

    def _of_setting(self, now: AssumptionRow, edits: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield faults of a row that is no quantity."""
        column, expected = "value" if now.shape == "number" else "setting", f"expected {SHAPES[now.shape]}"
        for name in edits:
            if name in ("unit", "basis", *BESIDE):
                yield self.problem(f"'{name}' is only of quantities; this is {SHAPES[now.shape]}")
            elif name in ("value", "setting") and name != column:
                yield self.problem(f"{brief(edits[name])} stands in '{name}'", f"{expected}, in '{column}'")
            elif name == column and (edits[name] is None or (name == "value" and not isinstance(edits[name], float))):
                yield self.problem(f"{brief(edits[name])} stands in '{name}'", expected)

    def _of_quantity(self, now: AssumptionRow, edits: Mapping[str, Any], held: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield faults of a row of a quantity."""
        expected = "expected a pure number" if now.unit == "1" else f"expected a number in {now.unit}"
        before = self.path.endswith(f"@{BEFORE}")
        for name, cell in edits.items():
            if name == "setting":
                yield self.problem(f"{brief(cell)} stands in 'setting'", f"{expected}, in 'value'")
            elif name == "value" and not isinstance(cell, float | str):
                yield self.problem(f"{brief(cell)} stands in 'value'", f"{expected}; leave out rows that stay")
            elif name in ("low", "high") and not (cell is None or isinstance(cell, float | str)):
                yield self.problem(f"{brief(cell)} stands in '{name}'", expected)
            elif name == "basis" and cell not in (PUBLISHED, ASSUMED):
                yield self.problem(f"{brief(cell)} stands in 'basis'", f"expected {PUBLISHED} or {ASSUMED}")
            elif name == "basis" and cell == PUBLISHED and not edits.get("source", now.source):
                yield self.problem("a published number names its source", "expected the id of one in 'source'")
            elif before and name in (*BESIDE, "basis"):
                yield self.problem(f"what holds before a series has no '{name}'; its points have")
            elif cell is None and now.when is not None and not held.get(name) and name not in ("low", "high"):
                yield self.problem(f"'{name}' is that of the whole series; no point can be without it")

    def setting(self, edits: Mapping[str, Any], held: Mapping[str, Any]) -> tuple[object, str]:
        """Return what the lever is set to, and that as text."""
        now, value = self.now, edits.get("value", edits.get("setting"))
        if now is not None and now.shape not in QUANTITIES:
            setting = int(value) if isinstance(value, float) and value.is_integer() else value
            return setting, str(setting)
        if (isinstance(value, str) and value[:1] in ("*", "+", "[", "{")) or (now is None and "unit" not in edits):
            return value, str(value)
        value = now.value if value is None and now else value
        unit = edits.get("unit", now.unit if now else None)
        said = f"{value:.15g} {unit}" if isinstance(value, float) else f"{value} ({unit})"
        if self.path.endswith(f"@{BEFORE}"):
            return (value if isinstance(value, str) else f"{value!r} {unit}"), said
        beside = {name: edits[name] for name in BESIDE if name in edits}
        if beside.get("source"):
            beside["source"] = [word.strip() for word in beside["source"].split(",")]
        if "basis" in edits:
            beside["assumed"] = edits["basis"] == ASSUMED
        if beside:
            said += f", with {', '.join(name for name in edits if name in (*BESIDE, 'basis'))}"
        number = {"value": value, "unit": unit}
        made = (number if {"value", "unit"} & edits.keys() else {**held}) | beside
        return {name: cell for name, cell in made.items() if cell is not None and cell is not False}, said


def _cell(cell: Any, name: str) -> Any:
    """Return a cell in plain types: None where it is empty, floats, flags and dates as instances have them."""
    if cell is None or cell != cell:
        return None
    if type(cell).__name__ in ("bool", "bool_"):
        return str(bool(cell)).lower() if name == "setting" else bool(cell)
    if isinstance(cell, Real):
        return float(cell) if name in NUMBERS else f"{float(cell):.15g}"
    if isinstance(cell, datetime | date):
        return str(cell.date() if isinstance(cell, datetime) else cell)
    if not isinstance(cell, str) or not (text := cell.strip()):
        return None if isinstance(cell, str) else cell
    if name in NUMBERS:
        with suppress(ValueError):
            return float(text)
    return text


def _same(cell: Any, now: Any) -> bool:
    """Whether a cell says what stands there."""
    if now is None or now == "":
        return cell is None
    if isinstance(now, float):
        return isinstance(cell, float) and cell == now
    return cell is not None and (str(cell) == str(now).strip() or str(cell).lower() == now)
