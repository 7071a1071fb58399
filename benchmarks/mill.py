"""One model, written six ways: products made on lines that may be widened, for customers with two value steps.

Columns: starts x[p, t], orders y[r, t] (whole), stocks s[p, t], deliveries d[p, k, t]. Rows, by period:

- balance: ``s[p, t] - s[p, t-1] + sum_k d[p, k, t] - yield[p] * x[p, t-1] <= 0``
- capacity: ``sum_{p on r} use[p] * x[p, t] - size[r] * sum_{u <= t - lead} y[r, u] <= base[r, t]``
- demand: ``sum_k d[p, k, t] <= quantity[p, t]``, the first step by its bound as well
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Unit,
    UnitEffect,
    Use,
    ValueStep,
)

Array = NDArray[np.float64]
LEAD, MOST = 2, 3.0


@dataclass(frozen=True)
class Mill:
    """The data, as arrays by product [P], line [R], value step [2] and period [T]."""

    line: NDArray[np.int64]
    use: Array
    yields: Array
    cost: Array
    carrying: Array
    value: Array
    width: Array
    base: Array
    size: Array
    price: Array
    discount: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Products, lines and periods."""
        return len(self.line), *self.base.shape


def make(products: int, lines: int, periods: int, seed: int = 1) -> Mill:
    """Return a mill of a size; each line can make about half of what is wanted of it."""
    rng = np.random.default_rng(seed)
    width = rng.uniform(5, 15, (products, 2, periods))
    use = rng.uniform(0.5, 2, products)
    line = np.arange(products) % lines
    wanted = np.zeros((lines, periods))
    np.add.at(wanted, line, use[:, None] * width.sum(axis=1))
    high = rng.uniform(6, 9, products)
    return Mill(
        line=line,
        use=use,
        yields=rng.uniform(0.7, 0.95, products),
        cost=rng.uniform(1, 2, products),
        carrying=rng.uniform(0.01, 0.05, products),
        value=np.stack([high, 0.6 * high], axis=1),
        width=width,
        base=0.5 * wanted,
        size=0.1 * wanted.mean(axis=1),
        price=rng.uniform(3, 8, lines) * wanted.mean(axis=1),
        discount=0.99 ** np.arange(periods),
    )


def network(mill: Mill) -> Network:
    """Return the mill as the records that fabopt's lowering makes."""
    products, lines, count = mill.shape
    day, one = date(2026, 1, 1), np.ones(count)
    return Network(
        "mill",
        tuple(Period(t, f"P{t}", day, day, 0.25, float(mill.discount[t])) for t in range(count)),
        materials=tuple(
            Material(f"g{p}", f"Good {p}", "unit", storable=True, carrying_cost=one * mill.carrying[p])
            for p in range(products)
        ),
        activities=tuple(Activity(f"m{p}", f"Make {p}", "unit", cost=one * mill.cost[p]) for p in range(products)),
        flows=tuple(Flow(f"m{p}", f"g{p}", 1, one * mill.yields[p]) for p in range(products)),
        uses=tuple(Use(f"m{p}", f"r{mill.line[p]}", 0, one * mill.use[p]) for p in range(products)),
        resources=tuple(Resource(f"r{r}", f"Line {r}", "unit", "rate", mill.base[r]) for r in range(lines)),
        units=tuple(
            Unit(f"u{r}", f"Step {r}", "step", cost=one * mill.price[r], upper=one * MOST) for r in range(lines)
        ),
        unit_effects=tuple(UnitEffect(f"u{r}", f"r{r}", LEAD, mill.size[r : r + 1]) for r in range(lines)),
        demands=tuple(
            Demand(
                f"d{p}",
                f"Want {p}",
                f"g{p}",
                mill.width[p].sum(axis=0),
                tuple(ValueStep(mill.width[p, k], one * mill.value[p, k]) for k in range(2)),
            )
            for p in range(products)
        ),
    )
