"""What an objective needs of the model beyond the plan itself: a target to reach, or a share to raise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fabopt.network.tables import Network

Measure = Literal["cumulative", "rate"]


@dataclass(frozen=True, slots=True)
class Aim:
    """Extra columns and rows that an objective asks for.

    Attributes
    ----------
    target
        Compute whose date is sought (time-to-compute), or None.
    measure
        "cumulative": all compute delivered up to and including a period; "rate": the compute of that period alone.
    fairness
        Whether the least customer share is a column (max-min fairness).
    demands
        Ids of the demands that count; empty: all with a ``weight`` (compute), or all (fairness).
    agreement
        Whether what is missed of published outcomes is counted.
    """

    target: float | None = None
    measure: Measure = "cumulative"
    fairness: bool = False
    demands: tuple[str, ...] = ()
    agreement: bool = False


def counted(net: Network, demands: tuple[str, ...]) -> dict[int, float]:
    """Return the demands that count, by position, with the compute in one unit delivered.

    These are the demands named, or all with a weight. A demand that is named and has no weight counts by the unit.
    """
    if demands:
        named = set(demands)
        return {j: d.weight or 1.0 for j, d in enumerate(net.demands) if d.id in named}
    return {j: d.weight for j, d in enumerate(net.demands) if d.weight > 0}


def customers(net: Network, demands: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Return, by customer, the positions of the demands that count for fairness, in the order of the network.

    A demand's customer is its tag ``customer``, else its ``lab``, else the demand itself.
    """
    named = set(demands)
    groups: dict[str, list[int]] = {}
    for j, demand in enumerate(net.demands):
        if (named and demand.id not in named) or not 0 < float(demand.quantity.sum()) < math.inf:
            continue
        who = demand.tags.customer or demand.tags.lab or demand.id
        groups.setdefault(who, []).append(j)
    return {who: tuple(members) for who, members in groups.items()}
