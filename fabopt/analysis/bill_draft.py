"""A bill of power under way: what every part of it needs to know, and the form of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from fabopt.analysis.explosion import Explosion
from fabopt.analysis.ranges import Range, exact, range_at
from fabopt.domain.components import Component
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity


@dataclass(frozen=True, slots=True)
class BillRow:
    """One line of a bill: what is needed, with its range and the arithmetic in words."""

    stage: str
    item: str
    quantity: float
    unit: str
    low: float
    high: float
    how: str


@dataclass(frozen=True, slots=True)
class Other:
    """A thing of a kind that no part of the bill speaks of: how much of it a thousand accelerators take, in its unit,
    its price and its cost in million dollars, and whether the buyer of the block pays for it.
    """

    section: str
    name: str
    unit: str
    each: Range
    price: Range
    cost: Range
    bought: bool

    @property
    def how(self) -> str:
        """The arithmetic in words."""
        return f"{self.each.value:.4g} an accelerator"


class Draft:
    """A bill under way: the explosion of one package, and how many accelerators the block takes."""

    others: tuple[Other, ...] = ()
    """What it takes of things that no part of the bill speaks of."""

    def __init__(self, instance: Instance, needs: Explosion, power_mw: float, it: bool, pue: Range) -> None:
        self.instance = instance
        self.needs = needs
        self.day = needs.day
        self.chip = instance.chips[needs.chip]
        self.bom = self.chip.boms[needs.bom]
        self.power_mw = power_mw
        self.it = it
        self.pue = pue
        self.it_power = range_at(self.chip.it_power, self.day)
        self.accelerators = exact(power_mw) / (self.it_power * pue)
        """Thousand accelerators: MW / (kW each)."""

    def thousands(self, per_package: Range) -> Range:
        """Return thousands of pieces for the whole block, from pieces per good package."""
        return per_package * self.accelerators

    def counted(self, component: Component, per_package: Range) -> Range:
        """Return how much of a component the whole block takes, in its unit, from pieces per good package."""
        return self.thousands(per_package).scaled(component.scale)

    def at(self, quantity: Quantity) -> Range:
        """Return a quantity and its range on the bill's date."""
        return range_at(quantity, self.day)


def make_row(stage: str, item: str, amount: Range, unit: str, how: str) -> BillRow:
    """Return a line of a bill from an amount with its range."""
    return BillRow(stage, item, amount.value, unit, amount.low, amount.high, how)
