r"""What every number is worth, from one solve: the difference of two lowerings, priced.

With the integers held, a small movement of a number changes costs, coefficients, sides of rows and bounds, and to
first order the objective by what these places are worth at a plan and its prices (:mod:`.places`). No program is solved
for it: the instance is lowered again with the number moved by a small step of the way to an end of its range, and only
where the tables differ is anything priced. What is returned is the change over the whole way: what the end of the
range would be worth if the value were a straight line.

Numbers that touch none of the same places are moved in one lowering (:mod:`.colouring`).

At a kink the prices of a plan are not unique, and the value has another slope to either side. Any optimal pair
:math:`(x, y)` gives a slope between the two; :mod:`.tornado` finds both for the numbers that matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.sensitivity.colouring import Group, Worth, coloured
from fabopt.analysis.sensitivity.numbers import End, Move, Number, Numbers
from fabopt.analysis.sensitivity.places import Change, Prices, change_of
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import ROUNDING, SAME, STEP
from fabopt.io.tree import Tree
from fabopt.model.collector import collector_off
from fabopt.model.tables import ModelTables
from fabopt.network.lowering.builder import Means
from fabopt.network.tables import Array
from fabopt.plan.plan import View
from fabopt.solve.budget import TimeBudget
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.noise import size_of
from fabopt.solve.objectives import Stage, stages
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import between, held, structure_change
from fabopt.solve.work.executor import Crew, Executor, InProcess, Job

if TYPE_CHECKING:
    from fabopt.model.build import Hook

BENT = 0.01
"""Slopes that differ by less than this share are those of one straight line."""

ENDS: tuple[End, End] = ("low", "high")
NO_TIME = "There was no time to price it."
JUMPS = "The value jumps where the number moves at all."

SMALL, CHUNK = 50, 4
"""Numbers up to which another process is not worth its start, and lowerings that a process does at a time."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What a number is worth by the adjoint.

    Attributes
    ----------
    path
        Its lever.
    low, high
        Change of the objective over the whole way to each end, as a straight line; by pair of plan and prices. None
        where the smallest movement makes or removes decisions or rows.
    reason
        Why there is none, or empty.
    """

    path: str
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    reason: str = ""


class Adjoint:
    """Prices small movements of the numbers of an instance.

    Parameters
    ----------
    numbers
        The numbers and their movements.
    name
        Name of the network.
    options
        Of the run that gave the plan.
    pairs
        Plans with their prices, the plan's own first.
    hooks
        Those that have changed the program; each movement is then compiled with them.
    """

    def __init__(
        self,
        numbers: Numbers,
        name: str,
        options: SolveOptions,
        pairs: Sequence[Prices],
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.numbers, self.name, self.options, self.pairs = numbers, name, options, tuple(pairs)
        self._hooks = tuple(hooks)
        self._means: Means = {}
        self._before, program, self._stage = self._programmed(numbers.data)
        self._program = held(program, pairs[0].x)
        self._size = size_of(self._program, pairs[0].x)

    def slope(self, path: str) -> Slope:
        """Return what a number is worth."""
        return slopes_of(self.numbers, [path], len(self.pairs), self.each)[0]

    def each(self, moves: Sequence[Move]) -> list[Worth]:
        """Return what each movement is worth by itself, or why it is no patch."""
        changes = [self.change((move,)) for move in moves]
        return [one if isinstance(one, str) else one.total for one in changes]

    def change(self, moves: Sequence[Move]) -> Change | str:
        """Return what small movements change together, place by place, or why a small movement is no patch."""
        moved = self.numbers.near(moves)
        if moved is None:
            return "The rules of the instance refuse the smallest movement."
        after, program, stage = self._programmed(moved)
        changed = structure_change(self._before, after)
        if changed is not None:
            return changed.reason
        if program.labels != self._program.labels or program.n_columns != self._program.n_columns:
            return "The rows that hooks have added differ."
        patch = between(self._program, held(program, self.pairs[0].x))
        least = ROUNDING * self._size * min(move.share for move in moves)  # the solver's noise in prices touches much
        return change_of(patch, self.pairs, stage.sign, stage.constant - self._stage.constant, least)

    def _programmed(self, data: Instance) -> tuple[ModelTables, Matrices, Stage]:
        """Return the tables of an instance, its program with the hooks in it, and its objective."""
        # Where a plan is only held against published figures, a lowering is a third shorter without them.
        aim = self.options.aim
        seen = data if aim.agreement else data.model_copy(update={"outcomes": {}})
        net = self.numbers.network(seen, self.name, self._means)
        made = formulate(net, aim, self._hooks, registry=False, relaxed=self.options.relaxed)
        stage = stages(made.tables, self.options, made.program.cost, made.program.offset)[0]
        return made.tables, replace(made.program, cost=stage.cost, offset=0.0), stage


# -- both ends of numbers ----------------------------------------------------------------------------------------------


def slopes_of(
    numbers: Numbers, paths: Sequence[str], pairs: int, ask: Callable[[Sequence[Move]], Sequence[Worth]]
) -> tuple[Slope, ...]:
    """Return what numbers are worth, in their order.

    Parameters
    ----------
    numbers, paths
        The numbers.
    pairs
        Pairs of plan and prices.
    ask
        Returns what each of some movements is worth by pair, or why it is no patch.
    """
    room = {path: {end: np.array(numbers[path].room(end)) for end in ENDS} for path in paths}
    first: dict[str, End] = {path: "high" if room[path]["high"].any() else "low" for path in paths}
    other: dict[str, End] = {path: "low" if end == "high" else "high" for path, end in first.items()}
    factor = {path: _opposite(room[path][first[path]], room[path][other[path]]) for path in paths}

    def all_of(ends: Mapping[str, End], step: float = STEP) -> dict[str, Worth]:
        # What was no patch one way is likely none the other, and many lowerings would be halved to find it again.
        moves = [Move(path, end, step, isinstance(one.get(path), str)) for path, end in ends.items()]
        pairs = zip(ends, ask(moves), strict=True)
        return {path: worth if isinstance(worth, str) else tuple(v / step for v in worth) for path, worth in pairs}

    one = dict[str, Worth]()
    one |= all_of(first)
    two = dict[str, Worth]()
    anew: dict[str, End] = {}
    for path, toward in one.items():
        scale = factor[path]
        if not _is_time(numbers[path]) and scale is not None and not isinstance(toward, str):
            two[path] = tuple(scale * value for value in toward)
        elif room[path][other[path]].any():
            anew[path] = other[path]
        else:
            two[path] = (0.0,) * pairs
    two |= all_of(anew)
    bent = [
        path
        for path in anew  # only durations were seen to jump
        if (_is_time(numbers[path]) or isinstance(one[path], str)) and _bends(one[path], two[path], factor[path])
    ]
    for ends, slopes in ((first, one), (other, two)):
        slope = {path: worth[0] for path in bent if not isinstance(worth := slopes[path], str) and worth[0]}
        for path, closer in all_of({path: ends[path] for path in slope}, STEP / 10).items():
            if isinstance(closer, str) or abs(closer[0]) > 2.0 * abs(slope[path]):
                slopes[path] = JUMPS
    return tuple(_slope(path, first[path], one[path], two[path]) for path in paths)


def _slope(path: str, first: End, one: Worth, two: Worth) -> Slope:
    said = next((worth for worth in (one, two) if isinstance(worth, str)), "")
    toward, back = (None if isinstance(worth, str) else worth for worth in (one, two))
    low, high = (back, toward) if first == "high" else (toward, back)
    return Slope(path, low, high, said)


def _bends(one: Worth, two: Worth, factor: float | None) -> bool:
    """Return whether both sides do not mirror each other: the value bends there or jumps."""
    if factor is None or isinstance(one, str) or isinstance(two, str):
        return True
    return abs(two[0] - factor * one[0]) > BENT * abs(two[0])


def _is_time(number: Number) -> bool:
    """Return whether a number is a duration or scales one."""
    return number.quantity.unit == "month" or number.path.endswith(".cycle_factor")


def _opposite(first: Array, other: Array) -> float | None:
    """Return the factor that makes the way to one end the way to the other, or None where there is none."""
    at = int(np.argmax(np.abs(first)))
    factor = float(other[at] / first[at])
    return factor if np.allclose(other, factor * first, rtol=SAME, atol=ROUNDING * float(np.abs(first[at]))) else None


# -- all of them -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a worker needs to price numbers."""

    tree: Tree
    data: Instance
    view: View | None
    name: str
    options: SolveOptions
    pairs: tuple[Prices, ...]
    hooks: tuple[Hook, ...]


def _changes(plan: _Plan) -> Callable[[Sequence[Group]], list[Change | str]]:
    """Return what makes and prices some groups of movements."""
    made = Adjoint(Numbers(plan.tree, plan.data, plan.view), plan.name, plan.options, plan.pairs, plan.hooks)

    def changes(groups: Sequence[Group]) -> list[Change | str]:
        with collector_off():
            return [made.change(group) for group in groups]

    return changes


def slopes(
    numbers: Numbers,
    name: str,
    options: SolveOptions,
    pairs: Sequence[Prices],
    executor: Executor | None = None,
    count: Callable[[int, int, str], None] | None = None,
    hooks: Sequence[Hook] = (),
    budget: TimeBudget | None = None,
    only: Collection[str] | None = None,
) -> tuple[Slope, ...]:
    """Return what every number of an instance is worth, or some are, in their order.

    Parameters
    ----------
    numbers
        The numbers.
    name
        Name of the network.
    options
        Of the run that gave the plan.
    pairs
        Plans with their prices, integers held; the plan's own first.
    executor
        Where they are priced; in this process when left out, or where there is little to do.
    count
        Told how many are done, of how many, and the word for them.
    hooks
        Those that have changed the program; functions stay in this process.
    budget
        Time for it; without end when left out. What it does not allow has no slope, and :data:`NO_TIME` as the reason.
    only
        Levers of those that are looked at; all when left out.
    """
    budget = TimeBudget() if budget is None else budget
    paths = [path for path in numbers.found if only is None or path in only]
    job = Job(
        "group of numbers",
        _changes,
        _Plan(numbers.tree, numbers.data, numbers.view, name, options, tuple(pairs), tuple(hooks)),
    )
    done = None if count is None else lambda priced: count(priced, len(paths), "numbers priced")
    ask = partial(coloured, groupings=_groupings(numbers), done=done)
    alone = executor is None or hooks or len(paths) <= SMALL
    with (InProcess() if alone or executor is None else executor).crew(job) as crew:
        lowered = partial(_lowered, crew, budget, 1 if alone else CHUNK)
        return slopes_of(numbers, paths, len(pairs), partial(ask, lowered=lowered))


def _lowered(
    crew: Crew[Sequence[Group], list[Change | str]], budget: TimeBudget, size: int, groups: Sequence[Group]
) -> Iterator[Change | str]:
    """Yield what groups change, in their order, as long as there is time; those that are left are not made."""
    chunks = [groups[first : first + size] for first in range(0, len(groups), size)]
    found: dict[int, list[Change | str]] = {}
    asked = crew.run(chunks)
    for place, chunk in enumerate(chunks):
        while place not in found and not budget.over:
            found.update([next(asked)])
        yield from found.pop(place, [NO_TIME] * len(chunk))


def _groupings(numbers: Numbers) -> tuple[Callable[[Move], Hashable], ...]:
    """Return by what movements are grouped: by the field of a section's records, then by record, one of each section.

    Durations are apart from other fields: they are what may be no patch.
    """
    place: dict[str, dict[str, int]] = defaultdict(dict)
    for path in numbers.found:
        section, record, *_ = (*path.split("."), "")
        place[section].setdefault(record, len(place[section]))

    def field_of(move: Move) -> Hashable:
        parts = move.path.split(".")
        field = (parts[0], parts[2] if len(parts) > 2 else parts[-1], _is_time(numbers[move.path]))
        return move.path if move.alone or move.single else field

    def record_of(move: Move) -> Hashable:
        section, record, *_ = (*move.path.split("."), "")
        return move.path if move.alone or move.single else place[section][record]

    return field_of, record_of
