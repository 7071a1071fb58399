"""The time example: capacity is used two periods before the sale, stock waits at a cost, relief comes from period 4 on.

Eight in each of the periods 0 to 5, wanted 0, 0, 4, 6, 10, 14, 13, 13; a unit sells for 5 and waits for 0.1 a period.
Solved here by scipy alone, so that what fabopt says is held against something that is not fabopt.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from scipy.optimize import linprog

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

T, CYCLE = 8, 2
CAPACITY = np.array([8.0] * 6 + [0.0] * 2)
WANTED = np.array([0.0, 0.0, 4.0, 6.0, 10.0, 14.0, 13.0, 13.0])
PRICE, HOLDING = 5.0, 0.1


def worth(capacity: np.ndarray) -> float:
    """Best value with a capacity by period: starts x[t], sales d[t]; a unit waits from its completion to its sale."""
    sold_after_made = np.zeros((T, 2 * T))
    for t in range(T):
        sold_after_made[t, : max(t - CYCLE + 1, 0)] = -1.0
        sold_after_made[t, T : T + t + 1] = 1.0
    starts = np.hstack([np.eye(T), np.zeros((T, T))])
    cost = [-HOLDING * (T - (j + CYCLE)) if j + CYCLE < T else -1.0 for j in range(T)]
    gain = [PRICE + HOLDING * (T - j) for j in range(T)]
    bounds = [(0, None)] * T + [(0, float(w)) for w in WANTED]
    answer = linprog(
        -np.array(cost + gain),
        A_ub=np.vstack([starts, sold_after_made]),
        b_ub=np.concatenate([capacity, np.zeros(T)]),
        bounds=bounds,
    )
    assert answer.status == 0
    return -float(answer.fun)


def gain(periods: tuple[int, ...], step: float = 1.0) -> float:
    """Exact gain of so much more capacity in the given periods."""
    more = CAPACITY.copy()
    more[list(periods)] += step
    return worth(more) - worth(CAPACITY)


def offsets_net(reported: int, T: int = 6) -> Network:
    """Wafers take 2 periods, packages 1 more; a tool ordered now exposes 3 periods later and leaves its maker at 2."""
    periods = tuple(
        Period(t, f"P{t}", date(2026 + t, 1, 1), date(2027 + t, 1, 1), 1.0, 1.0, t < reported) for t in range(T)
    )
    one = np.ones(T)
    return Network(
        name="offsets",
        periods=periods,
        materials=(Material("die", "die", "piece", storable=True), Material("chip", "chip", "piece")),
        activities=(Activity("wafer", "wafer", "piece"), Activity("pack", "pack", "piece")),
        flows=(
            Flow("wafer", "die", 2, one),
            Flow("pack", "die", 0, -one),
            Flow("pack", "chip", 1, one),
        ),
        uses=(
            Use("wafer", "starts", 0, one),
            Use("wafer", "exposures", 1, one),
            Use("pack", "line", 0, one),
        ),
        resources=tuple(
            Resource(r, r, "piece", "rate", one) for r in ("starts", "exposures", "line", "output", "unused")
        ),
        units=(Unit("tool", "tool", "tool", lead=3.0),),
        unit_effects=(
            UnitEffect("tool", "exposures", 3, np.array([1.0])),
            UnitEffect("tool", "output", 2, np.array([-1.0]), persistent=False),
        ),
        demands=(Demand("buyers", "buyers", "chip", one, (ValueStep(one, one),)),),
    )
