r"""Process nodes, and the formulas from wafer geometry and defects to good dies.

Gross dies per wafer by the usual approximation (de Vries 2005, "Investigation of gross die per wafer formulas", IEEE
Trans. Semiconductor Manufacturing 18(1), formula with the edge-loss term):

.. math:: N = \frac{\pi (d/2 - e)^2}{A} - \frac{\pi (d - 2e)}{\sqrt{2 A}}

with wafer diameter d, edge exclusion e and die area A including the scribe lane. Yield of a die of area A (cm2) at
defect density D (1/cm2):

* Poisson  :math:`e^{-AD}`
* Murphy   :math:`\left(\frac{1 - e^{-AD}}{AD}\right)^2` (Murphy 1964, Proc. IEEE 52(12))
* Seeds    :math:`\frac{1}{1 + AD}` (Seeds 1967, in the exponential-density form given by Stapper 1983)
* negative binomial :math:`\left(1 + \frac{AD}{\alpha}\right)^{-\alpha}` (Stapper et al. 1983, Proc. IEEE 71(4))
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from fabopt.domain.base import LastDay, Named, Record, Slug, When
from fabopt.domain.quantity import Day, Quantity, constant
from fabopt.domain.quantity_field import In

YieldModel = Literal["poisson", "murphy", "seeds", "negative-binomial"]


def gross_dies_per_wafer(area_mm2: float, diameter_mm: float = 300.0, edge_mm: float = 3.0) -> float:
    """Return the gross dies of `area_mm2` (scribe lane included) on a wafer; never below 0 (dies)."""
    usable = diameter_mm - 2.0 * edge_mm
    dies = math.pi * (usable / 2.0) ** 2 / area_mm2 - math.pi * usable / math.sqrt(2.0 * area_mm2)
    return max(0.0, dies)


def die_yield(model: YieldModel, area_cm2: float, defects_per_cm2: float, clustering: float = 2.0) -> float:
    """Return the share of good dies under a yield model; formulas and sources in the module's docstring."""
    faults = area_cm2 * defects_per_cm2
    if faults == 0.0:
        return 1.0
    if model == "poisson":
        return math.exp(-faults)
    if model == "murphy":
        return ((1.0 - math.exp(-faults)) / faults) ** 2
    if model == "seeds":
        return 1.0 / (1.0 + faults)
    return float((1.0 + faults / clustering) ** (-clustering))


class Node(Record):
    """A process node, logic or DRAM: exposures per wafer, time in the fab, price, defects."""

    name: str
    """Display name."""
    kind: Literal["logic", "dram"] = "logic"
    """Logic or DRAM."""
    exposures: Named[Annotated[Quantity, In("exposure/wafer", ge=0, series=True)]] = Field(default_factory=dict)
    """Exposures per wafer by scanner class and date of the start; they rise as a mix of generations moves on."""
    bits_per_wafer: Annotated[Quantity, In("GB/wafer", gt=0, series=True)] | None = None
    """Memory that a started wafer yields, by date of the start: for markets that buy bits."""
    cycle_time: Annotated[Quantity, In("month", ge=0)]
    """Time from wafer start to finished wafer."""
    wafer_price: Annotated[Quantity, In("USD/wafer", ge=0, series=True)]
    """Price of a finished wafer."""
    gross_margin: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.5, "1"))
    """Fab owner's gross margin: the resource cost of a wafer is price x (1 - margin - depreciation)."""
    depreciation: Annotated[Quantity, In("1", ge=0, lt=1)] = Field(default=constant(0.0, "1"))
    """Share of the price that is depreciation of capacity: that is charged when capacity is ordered, and not again."""
    defect_density: Annotated[Quantity, In("1/cm2", ge=0, series=True)] = Field(default=constant(0.1, "1/cm2"))
    """Killer defects per cm2 by date."""
    yield_model: YieldModel = "negative-binomial"
    """Formula from defects and area to yield."""
    clustering: Annotated[Quantity, In("1", gt=0, usual=(0.05, 100))] = Field(default=constant(2.0, "1"))
    """Clustering parameter of the negative binomial model."""
    wafer_diameter: Annotated[Quantity, In("mm", gt=0)] = Field(default=constant(300.0, "mm"))
    """Wafer diameter."""
    edge_exclusion: Annotated[Quantity, In("mm", ge=0)] = Field(default=constant(3.0, "mm"))
    """Unusable rim of the wafer."""
    reticle_field: Annotated[Quantity, In("mm2", gt=0)] = Field(default=constant(858.0, "mm2"))
    """Largest area that one exposure prints (26 x 33 mm, half of it on High-NA tools); a larger die is stitched and
    must state its dies per wafer."""
    scribe: Annotated[Quantity, In("mm", ge=0)] = Field(default=constant(0.1, "mm"))
    """Width of the scribe lane between dies."""


class DieSource(Record):
    """A fab that makes a die."""

    available: When | None = None
    """First date of volume wafer starts (2027Q1); absent: at the decision date or before."""
    until: LastDay | None = None
    """Last date of wafer starts; absent: no end."""
    opening_share: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Share of the wafers in work at the decision date that are in this fab (shares of a die add up to 1)."""


class Die(Record):
    """A die design: who owns it, its node and geometry, and which fabs can make it from when."""

    name: str
    """Display name."""
    designer: Slug
    """Whose design it is."""
    node: Slug
    """Process node."""
    area: Annotated[Quantity, In("mm2", gt=0)]
    """Die area without scribe lane."""
    dies_per_wafer: Annotated[Quantity, In("die/wafer", gt=0)] | None = None
    """Gross dies per wafer where known (a wafer-scale part has 1); otherwise from geometry."""
    harvest: Annotated[Quantity, In("1", ge=0, le=1)] = Field(default=constant(0.0, "1"))
    """Share of the defective dies that can be sold all the same (redundant or fused-off cores)."""
    fixed_yield: Annotated[Quantity, In("1", gt=0, le=1, series=True)] | None = None
    """Yield where stated; otherwise from the node's defect density and yield model."""
    fabs: Named[DieSource]
    """Fabs that make it, each with the first date of volume starts (a port to another fab has a later date)."""
    bins: Named[Annotated[Quantity, In("1", gt=0, le=1)]] = Field(default_factory=dict)
    """Split of good dies into bins, best first, adding up to 1; a better bin may be downgraded to the next."""
    stock: Annotated[Quantity, In("kdie", ge=0)] = Field(default=constant(0.0, "kdie"))
    """Good dies in stock at the decision date (of the first bin where there are bins)."""

    def good_share(self, node: Node, first: Day, last: Day) -> float:
        """Return the mean share of sellable dies of wafers finished in [first, last), days or their numbers."""
        if self.fixed_yield is not None:
            base = self.fixed_yield.mean(first, last)
        else:
            defects = node.defect_density.mean(first, last)
            base = die_yield(node.yield_model, self.area.value / 100.0, defects, node.clustering.value)
        return base + (1.0 - base) * self.harvest.value

    def gross_dies(self, node: Node) -> float:
        """Return gross dies per wafer, stated or from geometry."""
        if self.dies_per_wafer is not None:
            return self.dies_per_wafer.value
        side = math.sqrt(self.area.value) + node.scribe.value
        return gross_dies_per_wafer(side * side, node.wafer_diameter.value, node.edge_exclusion.value)
