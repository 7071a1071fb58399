"""A decision that a plan may not take: how a recommendation is weighed against going without it."""

from __future__ import annotations

from dataclasses import dataclass, field

from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.perturbation import NOWHERE


@dataclass(frozen=True, eq=False, slots=True)
class Forbidden:
    """Something that may be signed, as the columns that are zero without it.

    Attributes
    ----------
    id, name
        Of the signature.
    kind
        What goods it is for, or what sort of signature it is: what may take its place is of the same kind.
    columns
        Columns of the program that nothing is done of when it is not signed; integers that would contradict that
        (lots, steps of what is bought) among them.
    free
        Integers that only count some of these together with others, and are not held.
    """

    id: str
    name: str
    kind: str
    columns: IntArray
    free: IntArray = field(default_factory=lambda: NOWHERE)

    def amount(self, x: Array) -> float:
        """Return what a plan [columns] does of it, summed over its columns."""
        return float(x[self.columns].sum())
