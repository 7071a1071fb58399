r"""The cheapest package of relief for a target, the runner-up, and the frontier of cost against gain (F8).

One program, not an enumeration: with :math:`r_k \in [0, R_k]` the share by which limit :math:`k` is moved,
:math:`q_k` the cost of moving it by its whole base and :math:`f_k` the cost of moving it at all,

.. math::
   \min \sum_k q_k r_k + f_k s_k \quad\text{s.t.}\quad
   Ax \le b + \sum_k r_k\, \mathrm{diag}(|b|)\, d_k, \quad r_k \le R_k s_k, \quad c'x \ge T, \quad s_k \in \{0, 1\}

The runner-up leaves out at least one limit of the first package: :math:`\sum_{k \in S} s_k \le |S| - 1`. Where moving
a limit at all costs nothing (:math:`f_k = 0`) and no package is left out yet, :math:`s_k` need not be whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from fabopt.analysis.choke.bench import Bench
from fabopt.analysis.choke.oracle import Basis, Oracle
from fabopt.analysis.choke.parametric import with_reliefs, with_target
from fabopt.analysis.frames import frame_of
from fabopt.domain.tolerances import COUNTS
from fabopt.plan.groups import Relief, together
from fabopt.solve.matrices import Matrices
from fabopt.solve.resolver import Mode
from fabopt.solve.session import Ended

if TYPE_CHECKING:
    import pandas as pd


_MODES: dict[Basis, Mode] = {"certified": "exact", "plan": "fixed"}


@dataclass(frozen=True, slots=True)
class ReliefCost:
    """What it costs to move a limit, in any one unit for all of them.

    Attributes
    ----------
    id
        Of the group.
    whole
        Cost of moving every counted entry by its whole base (100 %).
    fixed
        Cost of moving it at all.
    most
        Largest share that it can move by.
    """

    id: str
    whole: float
    fixed: float = 0.0
    most: float = 1.0


@dataclass(frozen=True, slots=True)
class Package:
    """A package of relief that reaches a target.

    Attributes
    ----------
    members
        Id of each limit that is moved, and the share of its base.
    cost
        What it costs.
    least
        What no such package can cost less than.
    """

    members: tuple[tuple[str, float], ...]
    cost: float
    least: float


@dataclass(frozen=True, slots=True)
class Packages:
    """The cheapest packages for a target.

    Attributes
    ----------
    target
        Value to be reached.
    found
        The cheapest first; each leaves out a limit of every one before it.
    reachable
        Whether some package reaches the target; None where time did not suffice to tell.
    exhausted
        Whether there is proven to be no further package.
    """

    target: float
    found: tuple[Package, ...]
    reachable: bool | None
    exhausted: bool

    @property
    def frame(self) -> pd.DataFrame:
        """One row a package and limit."""
        return frame_of(
            [
                {"target": self.target, "rank": rank, "cost": p.cost, "least": p.least, "id": id, "share": share}
                for rank, p in enumerate(self.found, 1)
                for id, share in p.members
            ]
        )


def cheapest_packages(
    oracle: Oracle, costs: Sequence[ReliefCost], target: float, count: int = 2, basis: Basis = "certified"
) -> Packages:
    """Return the cheapest packages that reach a target.

    Parameters
    ----------
    oracle
        With the plan.
    costs
        What may be moved, and at what cost.
    target
        Value to be reached.
    count
        How many packages.
    basis
        ``plan``: with the integers of the plan held.
    """
    return frontier(oracle, costs, [target], basis, count)[0]


def frontier(
    oracle: Oracle, costs: Sequence[ReliefCost], targets: Sequence[float], basis: Basis = "certified", count: int = 1
) -> tuple[Packages, ...]:
    """Return the cheapest packages for each target: the cost of relief against what it gains."""
    directions = [_by_base(oracle, cost.id) for cost in costs]
    return tuple(oracle.ask([partial(_packages, costs, directions, target, count, basis) for target in targets]))


def _packages(
    costs: Sequence[ReliefCost],
    directions: Sequence[Relief],
    target: float,
    count: int,
    basis: Basis,
    bench: Bench,
) -> Packages:
    m, mode = bench.problem.matrices, _MODES[basis]
    program = package_program(m, directions, costs, target)
    packages, label = list[Package](), together(directions).label
    while len(packages) < count:
        outcome = bench.once(program, label, mode)
        if outcome.x is None or outcome.objective is None:
            none = outcome.ended is Ended.INFEASIBLE
            return Packages(target, tuple(packages), True if packages else False if none else None, none)
        least = -np.inf if outcome.bound is None else -outcome.bound
        shares = outcome.x[m.n_columns : m.n_columns + len(costs)]
        moved = [(cost.id, float(r)) for cost, r in zip(costs, shares, strict=True) if r > COUNTS]
        packages.append(Package(tuple(moved), max(0.0, -outcome.objective), max(0.0, least)))
        if not moved:
            return Packages(target, tuple(packages), True, True)
        program = leaving_out(program, [i for i, r in enumerate(shares) if r > COUNTS], len(costs))
    return Packages(target, tuple(packages), True, False)


def _by_base(oracle: Oracle, id: str) -> Relief:
    """Return the direction in which one unit is the whole base; entries without a finite base stay."""
    group = oracle.problem.counted(oracle.problem.group(id))
    return group.by(np.where(np.isfinite(group.base), group.base, 0.0), group.label)


def package_program(m: Matrices, directions: Sequence[Relief], costs: Sequence[ReliefCost], target: float) -> Matrices:
    """Return the program whose cost is that of relief: its last columns are the shares, then whether each is moved.

    Parameters
    ----------
    m
        The program; its own objective is what has to reach the target.
    directions
        What each relief moves where its share is 1.
    costs
        What each costs, in the same order.
    target
        Value to be reached.
    """
    k = len(costs)
    most = np.array([cost.most for cost in costs])
    moved = with_target(with_reliefs(m, directions, most), m.cost, target - m.offset)
    n = m.n_columns
    link = sparse.hstack([sparse.csr_array((k, n)), sparse.eye_array(k), -sparse.diags_array(most)])
    rows = sparse.hstack([moved.a, sparse.csr_array((moved.n_rows, k))])
    return replace(
        moved,
        a=sparse.csc_array(sparse.vstack([rows, link])),
        row_lower=np.concatenate([moved.row_lower, np.full(k, -np.inf)]),
        row_upper=np.concatenate([moved.row_upper, np.zeros(k)]),
        column_lower=np.concatenate([moved.column_lower, np.zeros(k)]),
        column_upper=np.concatenate([moved.column_upper, np.ones(k)]),
        cost=-np.concatenate([np.zeros(n), [c.whole for c in costs], [c.fixed for c in costs]]),
        integer=np.concatenate([moved.integer, [c.fixed > 0 for c in costs]]),
        offset=0.0,
        labels=(*moved.labels, *(("link", (cost.id,)) for cost in costs)),
    )


def leaving_out(program: Matrices, members: Sequence[int], k: int) -> Matrices:
    """Return the program that leaves out at least one of the members: whether each is moved is then an integer."""
    row, integer = np.zeros(program.n_columns), program.integer.copy()
    at = program.n_columns - k + np.array(members)
    row[at], integer[at] = 1.0, True
    return replace(
        program,
        integer=integer,
        a=sparse.csc_array(sparse.vstack([program.a, sparse.csr_array(row.reshape(1, -1))])),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, len(members) - 1.0),
        labels=(*program.labels, ("another", ())),
    )
