"""What a sweep has found: a frozen record with frames, one row a case, and long tables by lab, chip and demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.sweep.design import Design, LeverColumn
from fabopt.analysis.sweep.figures import FIGURES, Row
from fabopt.solve.results.columns import Column, TableSpec, number, text

if TYPE_CHECKING:
    import pandas as pd

_CASE = Column("case", "whole", "", "number of the case, from 0")
_PERIOD = text("period", "last reported period of a year")
LONG = {
    "labs": TableSpec(
        "labs",
        "sweep",
        "a lab at the end of a year in a case",
        (
            _CASE,
            text("lab", "lab"),
            _PERIOD,
            number("accelerators", "thousand accelerators", "accelerators that run"),
            number("installed", "thousand accelerators", "accelerators installed in the year"),
            number("power", "GW facility", "facility power drawn"),
            number("compute", "thousand H100 equivalents", "compute"),
        ),
    ),
    "power": TableSpec(
        "power",
        "sweep",
        "a lab in a reported period of a case",
        (
            _CASE,
            text("lab", "lab"),
            text("period", "reported period"),
            number("power", "GW facility", "facility power drawn"),
        ),
    ),
    "chips": TableSpec(
        "chips",
        "sweep",
        "a chip at the end of a year in a case",
        (
            _CASE,
            text("chip", "chip"),
            _PERIOD,
            number("accelerators", "thousand accelerators", "accelerators that run"),
            number("compute", "thousand H100 equivalents", "compute"),
            number("share", "1", "share of all compute"),
        ),
    ),
    "demands": TableSpec(
        "demands",
        "sweep",
        "a demand in a year of a case",
        (
            _CASE,
            text("demand", "demand"),
            text("unit", "unit of the quantities"),
            _PERIOD,
            number("wanted", "as in column unit", "quantity wanted in the year"),
            number("delivered", "as in column unit", "quantity delivered in the year"),
        ),
    ),
}
"""Tables with several rows a case, by name."""

KEYS = TableSpec(
    "cases",
    "sweep",
    "a case; the columns that every sweep has",
    (_CASE, text("scenario", "scenario; base for the instance without one"), number("objective", "", "objective")),
)


Values = tuple[float | str | None, ...]
"""Values of levers, or None where one is not known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case.

    Attributes
    ----------
    case
        Its number.
    levers
        Values of the sweep's levers, in their order; None where one is not known.
    status, reason
        How it ended, and why there is no plan or no choke point.
    start
        How much of a start plan fitted.
    objective, bound, gap, gap_denominator, value, objective_unit
        As in :class:`~fabopt.solve.results.run_info.RunInfo`.
    choke, choke_gain
        The choke point, and what 10 % more of it gains.
    figures
        The figures of the sweep, in their order; empty without a plan.
    labs, power, chips, demands
        Rows of :data:`LONG` without the number of the case.
    """

    case: int
    levers: Values
    status: str
    reason: str = ""
    start: str = ""
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    gap_denominator: float | None = None
    value: float | None = None
    objective_unit: str = ""
    choke: str = ""
    choke_gain: float | None = None
    figures: tuple[float | None, ...] = ()
    labs: tuple[Row, ...] = ()
    power: tuple[Row, ...] = ()
    chips: tuple[Row, ...] = ()
    demands: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep, whole or as far as it came.

    Attributes
    ----------
    design
        What was asked: instance, levers, cases.
    outcomes
        What became of the cases that are finished, by their number.
    """

    design: Design
    outcomes: tuple[Outcome, ...]

    @property
    def complete(self) -> bool:
        """Whether all cases are finished."""
        return len(self.outcomes) == len(self.design.cases)

    @property
    def unit(self) -> str:
        """Unit of the objective."""
        units = (o.objective_unit for o in self.outcomes if o.objective is not None)
        return next(units, self.design.money)

    @property
    def spec(self) -> TableSpec:
        """The table of cases: a column for each lever and figure among others."""
        unit, money = self.unit, self.design.money
        return TableSpec(
            "cases",
            "sweep",
            "a case; numbers are NaN where they do not exist",
            (
                _CASE,
                text("scenario", "scenario; base for the instance without one"),
                *(_lever(lever) for lever in self.design.levers),
                text("status", "as of a result; invalid: the rules refuse the data; failed: the solver gave up"),
                text("reason", "why there is no plan"),
                number("objective", unit, "objective of the plan"),
                number("bound", unit, "what no plan exceeds"),
                number("gap", "1", "relative gap between them"),
                number("gap_denominator", unit, "what the gap is a share of"),
                number("value", money, "discounted value less cost"),
                text("choke", "choke point: the limit of which 10 % more earns most, integers held"),
                number("choke_gain", unit, "what 10 % more of it earns"),
                *(_figure(name) for name in self.design.spec.figures),
                text("start", "how much fits of the plan that the search began with; empty: it began with nothing"),
                text("settings", "what the case sets"),
            ),
        )

    @property
    def frame(self) -> pd.DataFrame:
        """One row a case: levers, status, objective, bound, gap, choke point, figures."""
        return _frame(self.spec, [self._row(o) for o in self.outcomes])

    @property
    def labs(self) -> pd.DataFrame:
        """One row a case, lab and year: accelerators, power, compute."""
        return self.table("labs")

    @property
    def power(self) -> pd.DataFrame:
        """One row a case, lab and reported period: facility power."""
        return self.table("power")

    @property
    def chips(self) -> pd.DataFrame:
        """One row a case, chip and year: accelerators, compute, share."""
        return self.table("chips")

    @property
    def demands(self) -> pd.DataFrame:
        """One row a case, demand and year: wanted, delivered."""
        return self.table("demands")

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables with several rows a case: labs, power, chips, demands."""
        return _frame(LONG[name], [[o.case, *row] for o in self.outcomes for row in getattr(o, name)])

    @property
    def tables(self) -> Iterator[tuple[TableSpec, pd.DataFrame]]:
        """Every table with its record."""
        yield self.spec, self.frame
        for name, spec in LONG.items():
            yield spec, self.table(name)

    def _row(self, outcome: Outcome) -> list[Any]:
        o, case = outcome, self.design.cases[outcome.case]
        figures = o.figures or (None,) * len(self.design.spec.figures)
        head = (case.number, self.design.scenarios[case.scenario], *o.levers, o.status, o.reason)
        worth = (o.objective, o.bound, o.gap, o.gap_denominator, o.value, o.choke, o.choke_gain)
        return [*head, *worth, *figures, o.start, case.said]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        spec = self.design.spec
        return {
            "instance": self.design.name,
            "method": spec.method,
            "scenarios": list(self.design.scenarios),
            "levers": [lever.path for lever in self.design.levers],
            "unit": self.unit,
            "runs": len(self.design.cases),
            "finished": len(self.outcomes),
            "cases": [_plain(self.spec.names, self._row(o)) for o in self.outcomes],
            **{name: [_plain(t.names, [o.case, *row]) for o in self.outcomes for row in getattr(o, name)]
               for name, t in LONG.items()},
        }  # fmt: skip


def _lever(lever: LeverColumn) -> Column:
    says = "value of the lever; of a series its first point"
    return number(lever.path, lever.unit, says) if lever.numeric else text(lever.path, "setting of the lever")


def _figure(name: str) -> Column:
    figure, _, period = name.partition("@")
    unit, says, _ = FIGURES[figure]
    return number(name, unit, f"{says}, in {period or 'the last reported period'}")


def _frame(spec: TableSpec, rows: list[list[Any]]) -> pd.DataFrame:
    import pandas as pd

    kinds = {"text": "object", "number": "float64", "whole": "int64"}
    frame = pd.DataFrame(rows, columns=spec.names)
    return frame.astype({column.name: kinds[column.kind] for column in spec.columns})


def _plain(names: list[str], row: list[Any]) -> dict[str, Any]:
    return dict(zip(names, row, strict=True))
