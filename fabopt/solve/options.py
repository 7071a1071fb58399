"""What to solve for, and how long: the options of a run."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypedDict

from fabopt.domain.goals import NOTHING, OBJECTIVES, Goal, ObjectiveName, Tolerance, goals_of
from fabopt.domain.tolerances import EXACT, GAP
from fabopt.errors import UserError
from fabopt.model.aim import Aim, Measure

Objectives = str | Sequence[str]
"""One objective, or several in order: ``["value:1%", "least_cost"]``."""

SYSTEM, BUYERS = "system", "buyers"
"""Perspectives of many: of all parties together, and of labs and other markets at list prices."""

KNOWN = "system, buyers, lab:NAME or owner:NAME"
"""The perspectives there are, in words."""

GapFrom = Literal["flag", "instance", "size"]

EASY = 1_000
"""Columns below which a program is small: it is solved in moments, without what the search does before the tree."""

LARGE = 10_000
"""Columns from which a program is large: solved by other methods, and studied with its integers held."""

GAPS = ((EASY, EXACT), (LARGE, GAP), (math.inf, 5e-4))
"""Columns below which a gap is asked for where nobody asks for another: a small program is proved best.

By size alone, so that every machine answers the same way. Measured: every shipped instance and scenario below 10,000
columns is proved to 1e-6 in at most a second; frontier, with 40,000, to 5e-4 in half a minute."""


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a program: its rows, columns, integer columns and nonzeros."""

    rows: int
    columns: int
    integers: int
    nonzeros: int

    @property
    def large(self) -> bool:
        """Whether the program is large: a function of its size, so that every machine answers the same way."""
        return self.columns >= LARGE


WAYS = ("relax-and-fix", "rolling")
"""Heuristics that go block by block (:mod:`fabopt.solve.blocks`)."""

BLOCKS, MOST_BLOCKS = 4, 600
"""Blocks of periods where nobody says how many, and the most."""


def party_of(perspective: str) -> str:
    """Return the party of a perspective; empty for those of many."""
    return perspective.partition(":")[2]


class OptionError(UserError):
    """An option makes no sense; the message is a full sentence."""


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Options of a run.

    Attributes
    ----------
    objective
        ``value``: discounted value less cost. ``compute``: the most compute by a date. ``time_to_compute``: the
        earliest period that reaches ``target``. ``least_cost``: least discounted cost for required demand.
        ``max_min``: the fairest split among customers. After any other objective comes value, and last a fixed
        tie-break.
    tolerance
        What the objectives that come after it may give up of it.
    then
        Objectives that come after it, in order, each with its own tolerance.
    relaxed
        Whether integers are dropped: the linear program that is left is solved, whose plan is no plan of the instance.
    heuristic
        Instead of the tree, for programs that it does not close: "relax-and-fix" or "rolling", with the number of
        blocks of periods where it is not four ("rolling:8"); the gap that is reported is the one that is proved.
        Empty: the tree.
    by
        Label of the period by whose end compute counts (``compute``); None: the last period that is reported.
    target
        Compute to be reached (``time_to_compute``).
    measure
        "cumulative": all compute delivered up to and including a period; "rate": the compute of that period alone.
    demands
        Ids of the demands that count for compute or fairness; empty: all with a weight, or all customers.
    perspective
        Whose value counts: "system", all parties together; "buyers", labs and other markets at list prices;
        "lab:NAME" or "owner:NAME", what that party gets, and the value of all together only among plans that are as
        good for it; "rest:NAME", what all others get.
    time_limit
        Seconds for the whole run.
    gap
        Relative gap at which a plan is good enough; None: by the size of the program (:data:`GAPS`).
    gap_from
        Who asks for the gap: "flag", the run; "instance"; "size", nobody. Where the gap is None it is "size".
    threads
        Threads of the solver; 0 leaves the number to HiGHS.
    seed
        Random seed of the solver.
    through_pyomo
        Whether the program is compiled from the Pyomo model even where no hook sees it; the answer is the same.
    """

    objective: ObjectiveName = "value"
    by: str | None = None
    target: float | None = None
    measure: Measure = "cumulative"
    demands: tuple[str, ...] = ()
    perspective: str = SYSTEM
    time_limit: float = math.inf
    gap: float | None = None
    gap_from: GapFrom = "flag"
    threads: int = 0
    seed: int = 0
    through_pyomo: bool = False
    tolerance: Tolerance = NOTHING
    then: tuple[Goal, ...] = ()
    relaxed: bool = False
    heuristic: str = field(default="", metadata={"later": True})  # results that were saved before it had none

    def __post_init__(self) -> None:
        """Refuse options that make no sense."""
        if self.objective not in OBJECTIVES:
            raise OptionError(f"There is no objective {self.objective!r}; fabopt knows {', '.join(OBJECTIVES)}.")
        named = {goal.objective for goal in self.goals}
        if "time_to_compute" in named and self.relaxed:
            raise OptionError("The objective time_to_compute needs its integers: each date is a yes or a no.")
        if "time_to_compute" in named and not (self.target is not None and 0 < self.target < math.inf):
            raise OptionError("The objective time_to_compute needs a target: a positive amount of compute.")
        if self.measure not in ("cumulative", "rate"):
            raise OptionError(f"Compute is measured as 'cumulative' or 'rate', not {self.measure!r}.")
        kind, _, name = self.perspective.partition(":")
        if self.perspective not in (SYSTEM, BUYERS) and not (kind in ("lab", "owner", "rest") and name):
            raise OptionError(f"A perspective is {KNOWN}, not {self.perspective!r}.")
        if self.perspective != SYSTEM and (self.objective != "value" or self.then):
            raise OptionError(f"The perspective {self.perspective} has the objective value, not {self.sought}.")
        if not self.time_limit > 0:
            raise OptionError(f"The time limit must be a positive number of seconds, not {self.time_limit:g}.")
        if self.gap is None:
            object.__setattr__(self, "gap_from", "size")
        elif not 0 <= self.gap < 1:
            raise OptionError(f"The gap must be a share from 0 to below 1, not {self.gap:g}.")
        self.by_blocks  # noqa: B018 (it is read, so that it is refused)
        if self.threads < 0 or self.seed < 0:
            raise OptionError("The number of threads and the seed must not be negative.")

    def sized(self, columns: int) -> SolveOptions:
        """Return the options for a program of so many columns: with a gap."""
        if self.gap is not None:
            return self
        gap = next(gap for below, gap in GAPS if columns < below)
        return replace(self, gap=gap, gap_from="size")

    @property
    def by_blocks(self) -> tuple[str, int] | None:
        """Heuristic and number of blocks; None for the tree."""
        name, colon, number = self.heuristic.partition(":")
        if not self.heuristic:
            return None
        if name not in WAYS:
            raise OptionError(f"There is no heuristic {name!r}; fabopt knows {' and '.join(WAYS)}.")
        if colon and not (number.isdecimal() and 1 <= int(number) <= MOST_BLOCKS):
            raise OptionError(f"{name} goes by 1 to {MOST_BLOCKS} blocks of periods, not by {number!r}.")
        return name, int(number) if colon else BLOCKS

    @property
    def asked(self) -> float:
        """Gap asked for, of options that know the program."""
        if self.gap is None:
            raise OptionError("The gap is not known before the size of the program is.")
        return self.gap

    @property
    def party(self) -> str:
        """Party of the perspective; empty for the whole system."""
        return party_of(self.perspective)

    def in_perspective(self, stated: str | None) -> SolveOptions:
        """Return the options in the perspective that an instance states; only discounted value alone has one."""
        alone = self.goals == (Goal("value"),)
        return replace(self, perspective=stated) if alone and stated is not None else self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """All objectives in order, each with what later ones may give up of it."""
        return (Goal(self.objective, self.tolerance), *self.then)

    @property
    def sought(self) -> str:
        """What was sought, as one would ask for it: ``value:1%, least_cost``."""
        return ", ".join([*(goal.said for goal in self.goals), *(["relaxed"] if self.relaxed else [])])

    @property
    def unstudied(self) -> str:
        """Why nothing that is solved again says anything about such a plan, as a clause; empty where it does."""
        if self.relaxed:
            return "the result is of the LP relaxation, whose plan may take parts of what comes whole"
        if any(goal.tolerance != NOTHING for goal in self.goals):
            return "the result gives up some of an objective for a later one, so it is the best plan of neither"
        return ""

    @property
    def aim(self) -> Aim:
        """What the objectives ask of the model."""
        named = {goal.objective for goal in self.goals}
        return Aim(
            target=self.target if "time_to_compute" in named else None,
            measure=self.measure,
            fairness="max_min" in named,
            demands=self.demands,
            agreement="agreement" in named,
        )

    def check_demands(self, known: Iterable[str]) -> None:
        """Refuse ids of demands that are not in the network.

        Raises
        ------
        OptionError
            With the nearest id that is.
        """
        ids = list(known)
        for demand in self.demands:
            if demand not in ids:
                near = difflib.get_close_matches(demand, ids, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                raise OptionError(f"There is no demand {demand!r} in the network{hint}")

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain data."""
        return asdict(self)


class RunOptions(TypedDict, total=False):
    """Options of a run by name, as :meth:`fabopt.api.Instance.solve` takes them: those of :class:`SolveOptions`."""

    by: str | None
    target: float | None
    measure: Measure
    demands: tuple[str, ...]
    perspective: str
    time_limit: float
    gap: float | None
    gap_from: GapFrom
    threads: int
    seed: int
    through_pyomo: bool
    relaxed: bool
    heuristic: str


def run_options(objective: Objectives, given: RunOptions) -> SolveOptions:
    """Return the options of a run.

    Parameters
    ----------
    objective
        One objective, or several in order: ``["value:1%", "least_cost"]``.
    given
        The others, by name.

    Raises
    ------
    OptionError
        If one makes no sense, or there is none of its name, with the nearest.
    """
    for name in given:
        if name not in RunOptions.__annotations__:
            near = difflib.get_close_matches(name, RunOptions.__annotations__, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(RunOptions.__annotations__)}."
            raise OptionError(f"There is no option {name!r}; {hint}")
    try:
        first, *then = goals_of(objective)
    except ValueError as error:
        raise OptionError(str(error)) from error
    return SolveOptions(objective=first.objective, tolerance=first.tolerance, then=tuple(then), **given)
