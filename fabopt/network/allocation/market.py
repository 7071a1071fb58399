r"""Market clearing: capacity to the highest bids, and the interval of prices that clear.

:math:`\max \sum_j p_j q_j` over :math:`0 \le q_j \le Q_j`, :math:`\sum q \le K` fills bids in falling order of
price; bids at the price that is reached share in proportion. Any price between the highest bid that is left (in part)
unserved and the lowest that is served (in part) clears: the right and the left derivative of the surplus in K.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import ROUNDING
from fabopt.network.allocation.rules import priority
from fabopt.network.tables import Array


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a market gives: quantity by bid ``[J]``, surplus, and the prices that clear from low to high.

    The price is in the unit of the bids; high is infinite where nothing is served, low zero where nobody is left.
    """

    quantity: Array
    surplus: float
    low: float
    high: float


def clear(quantities: Sequence[float] | Array, prices: Sequence[float] | Array, capacity: float) -> Clearing:
    """Clear a market.

    Parameters
    ----------
    quantities, prices
        Of each bid ``[J]``.
    capacity
        What is sold, in the unit of the quantities.

    Examples
    --------
    >>> market = clear([80, 30, 20, 20], [10, 12, 6, 9], 110)
    >>> market.quantity.tolist(), market.surplus, market.low, market.high
    ([80.0, 30.0, 0.0, 0.0], 1160.0, 9.0, 10.0)
    """
    asked, price = np.asarray(quantities, dtype=np.float64), np.asarray(prices, dtype=np.float64)
    sold = priority(asked, -price, capacity)
    total = float(sold.sum())
    left, served = asked - sold > ROUNDING * asked, sold > ROUNDING * total
    spare = capacity - total > ROUNDING * total
    return Clearing(
        sold,
        float(price @ sold),
        float(price[left].max()) if left.any() else 0.0,
        0.0 if spare else float(price[served].min()) if served.any() else math.inf,
    )
