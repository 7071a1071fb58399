"""How a capacity grows: one record for fabs, stacking and packaging lines, components and the power of sites.

A capacity grows in whole steps of one size, each at one cost, or in projects of any size whose cost lies on a curve:
the cost of a unit of capacity then falls with the size of the project.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Generic, TypeVar, get_args

from pydantic import Field

from fabopt.domain.base import MOST_COUNTED, Fault, Flag, Frozen, Named, Record, Slug, When
from fabopt.domain.quantity import Quantity, constant
from fabopt.domain.quantity_field import In
from fabopt.domain.tolerances import above, same

Size = TypeVar("Size", bound=Quantity)
Years = Annotated[Quantity, In("year", gt=0)]
Each = Annotated[Quantity, In("1", ge=0, series=True, usual=(1e-7, 1e6))]


class Retirement(Record):
    """How what stands can be taken down again, at the end of its life at the latest."""

    cost: Annotated[Quantity, In("MUSD", ge=0)] = Field(default=constant(0.0, "MUSD"))
    """Cost of taking down one step; of projects, one unit of capacity."""
    over: Annotated[Quantity, In("month", ge=0)] = Field(default=constant(0.0, "month"))
    """Months over which that is paid, from the retirement on."""
    for_good: Flag = False
    """Whether nothing is ordered again once something has been retired."""


class Expansion(Record, Generic[Size]):
    """How a capacity can grow, in whole steps or in projects of any size.

    ``curve`` gives the total cost of a project at a few sizes; between them cost is the lower envelope of straight
    lines (a concave piecewise linear cost): one option per segment with a fixed and a variable part, of which the
    optimiser picks the cheapest. A project larger than the last size is several of them.
    """

    step: Size | None = None
    """Capacity that one step adds."""
    cost: Annotated[Quantity, In("MUSD", ge=0, series=True)] | None = None
    """Cost of one step (of a fab: without lithography tools)."""
    curve: Frozen[Annotated[float, Field(gt=0, le=1e6)], Annotated[Quantity, In("MUSD", gt=0)]] = Field(
        default_factory=dict, max_length=100
    )
    """Instead of steps: size of a project in the unit of the capacity, then its total cost; cost per unit must fall
    with size."""
    least: Size | None = None
    """Least size of a project; absent: any size."""
    lead: Annotated[Quantity, In("month", ge=0)]
    """Months from decision to first output; of a site, to energised power."""
    ramp: tuple[Annotated[float, Field(ge=0, le=1)], ...] = (1.0,)
    """Share of it that runs in the first, second, ... period after the lead time; the last one holds."""
    max_steps: Annotated[int, Field(ge=0, le=MOST_COUNTED)] | None = None
    """Steps that there is room for, over the whole horizon; absent: what a period may start, growth and parts limit."""
    max_total: Size | None = None
    """Capacity that all projects together may add over the horizon; absent: only `growth` limits it."""
    max_per_period: Annotated[int, Field(ge=0, le=MOST_COUNTED)] = 1
    """Steps that may be started in one period; projects are not counted."""
    order_every: Annotated[int, Field(ge=1, le=MOST_COUNTED)] = 1
    """Steps and projects may be started every so many periods."""
    first: When | None = None
    """First date at which one may be started."""
    life: Years = Field(default=constant(10.0, "year"))
    """Life from the first output on: its capacity ends with it, and its worth falls to nothing in a straight line."""
    needs: Named[Each] = Field(default_factory=dict)
    """Pieces (or megawatts) of components in one step; of projects, in one unit of capacity."""
    upkeep: Annotated[Quantity, In("MUSD/year", ge=0)] = Field(default=constant(0.0, "MUSD/year"))
    """Fixed cost a year of one step (of projects, one unit of capacity) while it stands, used or not."""
    standing: Size | None = None
    """Part of the capacity of the decision date that bears upkeep and can be retired as well."""
    retirement: Retirement | None = None
    """How what stands can be retired; absent: it stands to the end of its life."""
    growth: Annotated[Quantity, In("1/year", gt=0, le=1000, usual=(0.01, 5))] | None = None
    """Share by which the capacity may grow in a year over what stood a year before; what is firm is not held to it."""

    @property
    def unit(self) -> str:
        """Unit of the capacity."""
        inside = (part for inner in get_args(type(self).model_fields["step"].annotation) for part in get_args(inner))
        unit = next(part.unit for part in inside if isinstance(part, In))
        return "unit" if unit == "1" else unit

    @property
    def points(self) -> list[tuple[float, float]]:
        """Return (size, million dollars) of the cost curve, by rising size."""
        return [(size, self.curve[size].value) for size in sorted(self.curve)]

    @property
    def most(self) -> float:
        """Most capacity that it may add over the horizon."""
        if self.curve:
            return math.inf if self.max_total is None else self.max_total.value
        return 0.0 if self.step is None else self.step.value * self.most_steps

    @property
    def most_steps(self) -> float:
        """Most steps over the horizon, infinite where nothing limits them in all; 0 for one that grows by projects."""
        if self.curve:
            return 0.0
        return math.inf if self.max_steps is None else float(self.max_steps)

    def faults(self) -> Iterator[Fault]:
        """Yield what does not fit together, at paths relative to the record."""
        steps = ("step", "cost")
        total = () if self.growth is not None else ("max_total",)
        wrong, needed = ((*steps, "max_steps"), total) if self.curve else (("least", "max_total"), steps)
        way = "projects on a cost curve" if self.curve else "whole steps"
        for name in wrong:
            if getattr(self, name) is not None:
                yield Fault((name,), f"an expansion by {way} has no '{name}'", "leave it out")
        for name in needed:
            if getattr(self, name) is None:
                hint = "give it, or 'growth'" if self.curve else "give it, or a 'curve' of what projects cost by size"
                yield Fault((name,), f"an expansion by {way} needs '{name}'", hint)
        if self.standing is not None and self.retirement is None and self.upkeep.value == 0.0:
            yield Fault(("standing",), "what stands has neither upkeep nor retirement", "give one of them")
        if self.standing is not None and self.step is not None and self.step.value > 0.0:
            number = self.standing.value / self.step.value
            if not same(number, round(number)):
                message = f"{self.standing.value:g} are {number:.4g} steps of {self.step.value:g}"
                yield Fault(("standing",), message, "whole steps are retired: give a multiple of the step")
        unit = self.unit
        if self.curve and self.least is not None and self.least.value > max(self.curve):
            message = f"a least size of {self.least.value:g} {unit} is more than the largest on the curve"
            yield Fault(("least",), message, f"the curve ends at {max(self.curve):g} {unit}")
        for (small, cheap), (large, dear) in pairwise(self.points):
            if above(dear / large, cheap / small):
                yield Fault(
                    ("curve",),
                    f"cost per {unit} must fall with size, but rises from {cheap / small:.4g} million dollars at "
                    f"{small:g} {unit} to {dear / large:.4g} at {large:g} {unit}",
                )
            elif dear < cheap:
                message = f"{large:g} {unit} cost {dear:g} million dollars, less than {small:g} {unit} do"
                yield Fault(("curve",), message)


class LineExpansion(Expansion[Annotated[Quantity, In("kwafer/month", gt=0)]]):
    """How a stacking or packaging line can grow."""

    life: Years = Field(default=constant(8.0, "year"))


class FabExpansion(Expansion[Annotated[Quantity, In("kwafer/month", gt=0)]]):
    """How cleanroom and non-lithography wafer starts can grow."""

    life: Years = Field(default=constant(15.0, "year"))
    space: Annotated[Quantity, In("1", ge=0, usual=(0.05, 1000))]
    """Tool places (cleanroom for scanners) that one step adds."""


class Conversion(Expansion[Annotated[Quantity, In("kwafer/month", gt=0)]]):
    """Capacity of this fab or line that is turned to what another one makes."""

    to: Slug
    """The fab or line that has the capacity afterwards."""
    keeps: Annotated[Quantity, In("1", gt=0, usual=(0.1, 2))] = Field(default=constant(1.0, "1"))
    """Capacity there for each unit of it that is turned."""
    loss: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(1.0, "1"))
    """Share of the step that is out of work from the order to the first output there; then all of it is gone here."""
    life: Years = Field(default=constant(15.0, "year"))


class SiteExpansion(Expansion[Annotated[Quantity, In("MW", gt=0)]]):
    """Power that can be added at a site."""

    life: Years = Field(default=constant(15.0, "year"))
