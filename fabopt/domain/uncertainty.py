"""What is known of how numbers are uncertain: the distributions they are drawn from, and how they go together.

Ranges stand with the numbers themselves. No plan depends on this part: draws of the data do (docs/uncertainty.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from fabopt.domain.base import Fault, FieldProblem, Record
from fabopt.domain.measured import several
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.tolerances import SHARES

Paths = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=300)], ...], BeforeValidator(several), Field(min_length=1)
]
"""Lever paths; ``*`` stands for any text: ``fabs.*.capacity``."""

WITHIN = 0.9
"""Chance that a lognormal number lies between its low and its high, where none is stated."""

Shape = Literal["triangular", "uniform", "lognormal", "discrete"]


class Weighted(Record):
    """A value that a number may have, and how likely it is beside the others."""

    value: float | str
    """A number in the unit of the lever, a text with unit, or a factor of it (``*0.8``); of a series a factor."""
    weight: Annotated[Quantity, In("1", gt=0)]
    """How likely it is beside the others; weights need not add up to one."""


class Distribution(Record):
    """How numbers are drawn; without one, from the triangular distribution over their range."""

    of: Paths
    """Which numbers: paths of levers, ``*`` for any text. A path without ``*`` goes before one with."""
    shape: Shape = "triangular"
    """triangular: the number itself is the mode. uniform: anything between low and high alike. lognormal: the number is
    the median, and low and high are the ends of the middle share `within`. discrete: one of `values`."""
    within: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of lognormal: the chance that the number lies between its low and its high (0.9 when left out)."""
    values: tuple[Weighted, ...] = ()
    """Of discrete: the values with their weights."""
    note: str = ""
    """Where that comes from."""

    @model_validator(mode="after")
    def _fits(self) -> Distribution:
        if (self.shape == "discrete") != bool(self.values):
            message = "a discrete distribution needs values" if not self.values else f"{self.shape} takes no values"
            raise FieldProblem(
                [Fault(("values",), message, "values: [{value: 0.5, weight: 1}, ...] and shape: discrete")]
            )
        if self.shape != "lognormal" and self.within is not None:
            raise FieldProblem([Fault(("within",), f"'within' belongs to lognormal, not to {self.shape}")])
        return self


class Correlation(Record):
    """Rank correlations (Spearman's) between numbers that are drawn, by a Gaussian copula."""

    of: Paths
    """Which numbers: paths of levers, ``*`` for any text."""
    rank: Annotated[Quantity, In("1", ge=-1, le=1)] | None = None
    """Rank correlation of every two of the numbers."""
    matrix: tuple[tuple[Annotated[float, Field(ge=-1, le=1)], ...], ...] = ()
    """Rank correlations between the entries of `of`, in their order; the numbers of one entry move as one."""
    note: str = ""
    """Where that comes from."""

    @model_validator(mode="after")
    def _is_one(self) -> Correlation:
        if (self.rank is None) != bool(self.matrix):
            raise FieldProblem([Fault((), "a correlation states either 'rank' or 'matrix'")])
        faults = list(_matrix_faults(self.matrix, len(self.of))) if self.matrix else []
        if faults:
            raise FieldProblem(faults)
        return self


def _matrix_faults(matrix: tuple[tuple[float, ...], ...], size: int) -> Iterator[Fault]:
    """Yield why numbers are no correlation matrix."""
    if len(matrix) != size or any(len(row) != size for row in matrix):
        shape = f"{len(matrix)} rows of {', '.join(str(n) for n in dict.fromkeys(map(len, matrix)))}"
        message = f"the matrix has {shape}, and 'of' has {size} entries"
        yield Fault(("matrix",), message, f"give {size} rows of {size} numbers")
        return
    for i, row in enumerate(matrix):
        if row[i] != 1.0:
            yield Fault(("matrix", i, i), f"{row[i]:g} on the diagonal of a correlation matrix must be 1")
        for j in range(i):
            if row[j] != matrix[j][i]:
                message = f"the matrix is not symmetric: {row[j]:g} here and {matrix[j][i]:g} in row {j + 1}"
                yield Fault(("matrix", i, j), message, "what one goes with another, the other goes with the one")
    if (reason := impossible(matrix)) and all(matrix[i][j] == matrix[j][i] for i in range(size) for j in range(i)):
        yield Fault(("matrix",), reason, "bring the numbers nearer to 0")


def impossible(matrix: Sequence[Sequence[float]]) -> str:
    """Return why no numbers have these rank correlations by a Gaussian copula; empty where some have."""
    ranks = np.array(matrix)
    for given, what in ((ranks, "the matrix"), (of_normal(ranks), "the Gaussian copula of the matrix")):
        least = float(np.linalg.eigvalsh(given)[0])
        if least < -SHARES:
            return f"no numbers go together like this: {what} is not positive semidefinite (eigenvalue {least:.3g})"
    return ""


def of_normal(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return the correlations of normal variables that have these rank correlations: :math:`2 \sin(\pi \rho / 6)`."""
    return np.asarray(2.0 * np.sin(np.pi / 6.0 * ranks))
