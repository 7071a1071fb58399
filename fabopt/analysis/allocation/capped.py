r"""The best split under caps, floors and a least number of customers, as a small mixed-integer program.

.. math::
   \max \sum_v p_v a_v:\quad \sum_v \max(a_v, \varphi_v K) \le K,\; a_v \le \gamma_v K \text{ or }
   a_v \le \gamma_v \sum_w a_w,\; m z_v \le a_v \le o_v,\; \sum_v z_v \ge n,\; z \in \{0,1\}

Worked example, values (10, 8, 1), orders (80, 50, 20), K = 100: without a policy (80, 20, 0), value 960; nobody above
half of the capacity and three customers with at least 10 each, (50, 40, 10), value 830; nobody above 40 % of what is
allocated, (40, 40, 20), value 740; with 30 % only nothing fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fabopt.network.tables import Array


@dataclass(frozen=True, slots=True)
class Capped:
    """Caps and least number of a split.

    Attributes
    ----------
    caps
        Largest share of each customer ``[V]``; infinite where it has none.
    of_allocated
        Whether caps are shares of what is allocated instead of the capacity.
    customers, least
        At least so many customers get at least so much each.
    floors
        Share of the capacity that is kept for each customer ``[V]``, whether it takes it or not; empty where none.
    """

    caps: Array
    of_allocated: bool = False
    customers: int = 0
    least: float = 0.0
    floors: Array = field(default_factory=lambda: np.zeros(0))


def best_split(
    orders: Sequence[float] | Array, values: Sequence[float] | Array, capacity: float, rules: Capped
) -> Array | None:
    """Return the split ``[V]`` of most value, or None where the rules leave none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    asked, value = np.asarray(orders, dtype=np.float64), np.asarray(values, dtype=np.float64)
    size = asked.size
    upper = np.minimum(asked, capacity)
    kept = rules.floors * capacity if rules.floors.size else np.zeros(size)
    eye, one, none = np.eye(size), np.ones(size), np.zeros(size)  # columns: allocation, served, kept idle
    rows = [
        LinearConstraint(np.concatenate([one, none, one])[None], -np.inf, capacity),
        LinearConstraint(np.hstack([eye, 0.0 * eye, eye]), kept, np.inf),
        LinearConstraint(np.hstack([eye, -rules.least * eye, 0.0 * eye]), 0.0, np.inf),
        LinearConstraint(np.concatenate([none, one, none])[None], rules.customers, np.inf),
    ]
    capped = np.isfinite(rules.caps)
    if rules.of_allocated and capped.any():
        share = np.where(capped, rules.caps, 1.0)
        rows.append(LinearConstraint(np.hstack([eye - np.outer(share, one), 0.0 * eye, 0.0 * eye]), -np.inf, 0.0))
    else:
        upper[capped] = np.minimum(upper[capped], rules.caps[capped] * capacity)
    outcome = milp(
        np.concatenate([-value, none, none]),
        constraints=rows,
        bounds=Bounds(np.zeros(3 * size), np.concatenate([upper, one, capacity * one])),
        integrality=np.repeat([0, 1, 0], size),
        options={"mip_rel_gap": 0.0},
    )
    return None if outcome.x is None else np.asarray(outcome.x[:size])
