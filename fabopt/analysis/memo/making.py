r"""How long making something takes, from the first start of any of its parts.

With :math:`\mu` the ages of an activity's inputs and outputs, and all parts begun as late as they may,

.. math:: L_i = \min_{a \to i} \Bigl( \max_{j \to a} (L_j - \alpha_{a,j})^+ + \alpha_{a,i} \Bigr)

over the activities a that make i and the materials j that go into a. The age :math:`\alpha`, in periods, at which an
activity takes or gives a material is the mean over the ages between which a lead time is split, so that 4.5 months are
1.5 quarters. What nothing makes is there, or never: it adds no time. Stocks and what is in work are left aside.
"""

from __future__ import annotations

import math

import numpy as np

from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.tables import Network


def making_time(net: Network) -> dict[str, float]:
    """Return the periods from the first start to its being there, for every material that some activity makes."""
    ages = _ages(net)
    taken: dict[str, list[tuple[str, float]]] = {}
    given: dict[str, list[tuple[str, float]]] = {}
    for (activity, material, out), age in ages.items():
        (given if out else taken).setdefault(activity, []).append((material, age))
    made = {material for things in given.values() for material, _ in things}
    found: dict[str, float] = {}
    changed = True
    while changed:
        changed = False
        for activity, things in given.items():
            wait = 0.0
            for part, age in taken.get(activity, ()):
                wait = max(wait, (found.get(part, math.inf) if part in made else 0.0) - age)
            for material, age in things:
                if wait + age < found.get(material, math.inf) - NEGLIGIBLE:
                    found[material] = wait + age
                    changed = True
    return found


def whole_periods(time: float) -> int:
    """Return a time in whole periods, rounded up."""
    return math.ceil(time - NEGLIGIBLE)


def _ages(net: Network) -> dict[tuple[str, str, bool], float]:
    """Return the mean age at which an activity takes (False) or gives (True) a material."""
    total: dict[tuple[str, str, bool], tuple[float, float]] = {}
    for flow in net.flows:
        for out in (False, True):
            amount = float(np.maximum(flow.amount if out else -flow.amount, 0.0).sum())
            if amount > 0.0:
                key = flow.activity, flow.material, out
                weight, sum_ = total.get(key, (0.0, 0.0))
                total[key] = weight + amount, sum_ + amount * flow.age
    return {key: sum_ / weight for key, (weight, sum_) in total.items()}
