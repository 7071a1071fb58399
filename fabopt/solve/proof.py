"""What is proved of a plan: the one place where objective, bound and denominator become a gap.

Stages, solutions, what-ifs, sweeps and the live progress all ask here, so that a gap means the same everywhere. It is
(bound - objective) / denominator; the denominator is the part of the objective that the plan itself decides: without
the constant, and without what stands at the decision date and earns whatever is planned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fabopt.domain.tolerances import CLOSE, EXACT, ROUNDING


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a plan may be from the best.

    Attributes
    ----------
    gap
        |bound - objective| / denominator; infinite where the denominator is zero and the two differ.
    denominator
        |objective - constant_objective|, in the unit of the objective.
    """

    gap: float
    denominator: float

    @property
    def exact(self) -> bool:
        """Whether the plan is proved best."""
        return self.gap <= EXACT

    def within(self, asked: float) -> bool:
        """Return whether the gap is no wider than what was asked for."""
        return self.gap <= max(asked, EXACT)

    def met(self, asked: float, give: float) -> bool:
        """Return whether it is within what was asked for, when so much of the objective may be given up besides."""
        if self.within(asked):
            return True
        return give > 0.0 and self.gap * self.denominator <= (max(asked, EXACT) * self.denominator + give) * (1 + CLOSE)


def proof(objective: float, bound: float, constant_objective: float = 0.0, size: float = 0.0) -> Proof:
    """Return gap and denominator of a plan.

    Parameters
    ----------
    objective, bound
        Worth of the plan, and what no plan can exceed, both with the constant.
    constant_objective
        What proves nothing about the plan: the constant, and what stands at the decision date.
    size
        Sum of the sizes that the objective was added up from, where known: what differs by their rounding is the same.
    """
    distance, denominator = abs(bound - objective), abs(objective - constant_objective)
    if distance <= ROUNDING * max(abs(objective), abs(bound), abs(constant_objective), size):
        return Proof(0.0, denominator)
    return Proof(distance / denominator if denominator > 0 else math.inf, denominator)
