r"""Progressive hedging (Rockafellar and Wets 1991) through mpi-sppy.

Each part decides by itself; what they decide is drawn to its mean :math:`\bar z` by prices :math:`w_b` and a quadratic
term, which mpi-sppy approaches by lines, since HiGHS takes no quadratic objective with integers:

.. math:: \max_z \; f_b(z) - w_b'z - \tfrac12 \rho \lVert z - \bar z \rVert^2,
          \qquad w_b \leftarrow w_b + \rho\,(z_b - \bar z)

The prices have the mean zero, so that what all parts earn together where each decides for itself at its price bounds
what any plan is worth from above (Gade and others 2016). From below: the mean with its integers rounded, and what each
part decides, each held for all parts; the best of them is the plan. With integers it is a heuristic between the two.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np
from scipy import sparse

from fabopt.domain.tolerances import CLOSE, FEASIBLE, GAP
from fabopt.errors import require
from fabopt.model.families import IntArray
from fabopt.network.tables import Array
from fabopt.solve.budget import TimeBudget
from fabopt.solve.decompose.parts import Ask, Decomposed, Part, Parts, Worth, answering, joined, with_first
from fabopt.solve.matrices import Matrices
from fabopt.solve.outcome import Ended, SolverError
from fabopt.solve.work.executor import Crew, Executor, Job, answers
from fabopt.solve.work.ranks import Ranks, mpi

ROUNDS = 60
"""Most rounds of hedging."""
STILL = 5
"""Rounds in which nothing moves after which it ends: lines are added to the quadratic term one a round."""
SOLVER = "appsi_highs"


def check_installed() -> None:
    """Refuse where mpi-sppy is not installed.

    Raises
    ------
    fabopt.errors.MissingExtraError
        With what to install.
    """
    require("decomposition")
    with contextlib.redirect_stdout(io.StringIO()):  # it says hello
        try:
            import_module("mpisppy.opt.ph")
        except RuntimeError:  # it takes mpi4py where that is installed
            mpi()


def hedged(parts: Parts, columns: int, gap: float, budget: TimeBudget, executor: Executor) -> Decomposed:
    """Return the plan that progressive hedging finds, with its bound; parameters as for :func:`.lshaped.lshaped`.

    Raises
    ------
    fabopt.errors.MissingExtraError
        If mpi-sppy is not installed.
    fabopt.solve.outcome.SolverError
        If a part has no end to what it earns.
    """
    check_installed()
    alone = tuple(with_first(parts, part) for part in parts.parts)
    n = len(parts.parts)
    with executor.crew(Job("branch of the states", answering, (*parts.parts, *alone))) as crew:
        seen = answers(crew, [Ask(n + b, None, whole=True) for b in range(n)])
        if any(w.ended is Ended.INFEASIBLE for w in seen):
            return Decomposed(None, -np.inf, -np.inf, 0, Ended.INFEASIBLE)
        plans = [w.x for w in seen if w.x is not None]
        if len(plans) < n:
            raise SolverError("A branch of the states has no end to what it earns, or none was found.")
        bound = sum(w.bound for w in seen)
        z = np.array([x[: len(parts.z)] for x in plans])
        if isinstance(executor, Ranks):
            agreed = executor.together(_hedge, alone, parts.root, z, budget.left, over_ranks=True)
        else:
            agreed = _hedge(alone, parts.root, z, budget.left)
        assert agreed is not None
        last = answers(crew, [Ask(n + b, None, tuple(w), whole=True) for b, w in enumerate(agreed.price)])
        bound = min(bound, sum(w.bound for w in last))
        best = Decomposed(None, -np.inf, bound, agreed.rounds, Ended.OPTIMAL)
        for one in _candidates(parts.root, agreed, z):
            value, x = evaluated(parts, crew, one, columns)
            if value > best.value:
                best = replace(best, value=value, x=x)
            if best.x is not None and bound - best.value <= max(gap, CLOSE) * abs(bound):
                break
    return best


def evaluated(parts: Parts, crew: Crew[Ask, Worth], z: Array, columns: int) -> tuple[float, Array | None]:
    """Return what first decisions are worth with the integers of all parts, and the plan; None where there is none."""
    worth = answers(crew, [Ask(b, tuple(z[p.first]), whole=True) for b, p in enumerate(parts.parts)])
    own = [w.x for w in worth if w.x is not None]
    if len(own) < len(worth):
        return -np.inf, None
    return float(parts.root.cost @ z) + sum(w.value for w in worth), joined(parts, z, own, columns)


def _candidates(root: Matrices, agreed: _Agreed, alone: Array) -> list[Array]:
    """Return first decisions that may be those of a good plan, each once."""
    rounded = [np.where(root.integer, np.round(z), z) for z in (agreed.mean, *agreed.each, *alone)]
    fits: list[Array] = []
    for z in rounded:
        z = np.clip(z, root.column_lower, root.column_upper)
        row = root.a @ z
        size = abs(root.a) @ np.abs(z) + 1.0
        held = (row >= root.row_lower - FEASIBLE * size) & (row <= root.row_upper + FEASIBLE * size)
        if held.all() and not any(np.array_equal(z, other) for other in fits):
            fits.append(z)
    return fits


# -- mpi-sppy ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What hedging came to: the mean, what each part decides, the price it pays by its probability, and the rounds."""

    mean: Array
    each: Array
    price: Array
    rounds: int


def _hedge(alone: Sequence[Part], root: Matrices, z: Array, seconds: float, over_ranks: bool = False) -> _Agreed | None:
    """Hedge with mpi-sppy, which finds the parts by their names and says nothing on stdout.

    Over ranks each has some of the parts; None on a rank for which there is none.
    """
    comm = _ranks_of(len(alone), over_ranks)
    if not comm:
        return None
    names = {f"branch {b}": b for b in range(len(alone))}
    free = np.flatnonzero(root.column_lower < root.column_upper)
    rho = _rho(root, z)[free]
    share = np.array([part.probability for part in alone])
    options = {
        "solver_name": SOLVER, "PHIterLimit": ROUNDS, "defaultPHrho": 1.0, "verbose": False, "toc": False,
        "convthresh": -1.0, "display_progress": False, "display_timing": False,
        "display_convergence_detail": False, "iter0_solver_options": {},
        "iterk_solver_options": {}, "linearize_proximal_terms": True,
        "proximal_linearization_tolerance": GAP,
        "time_limit": seconds if np.isfinite(seconds) else None,
    }  # fmt: skip

    def create(name: str, **_: Any) -> Any:
        return _pyomo(alone[names[name]], len(root.cost), free)

    def rho_of(model: Any) -> list[tuple[int, float]]:
        return [(id(model.x[j]), float(r)) for j, r in zip(free.tolist(), rho, strict=True)]

    with contextlib.redirect_stdout(io.StringIO()):
        from mpisppy.opt.ph import PH

        converger = _still(float(np.abs(z).mean()))
        method = PH(options, list(names), create, mpicomm=comm, rho_setter=rho_of, ph_converger=converger)
        method.ph_main(finalize=False)
        price, each = np.zeros(z.shape), z.copy()
        mine = []
        for name, model in method.local_scenarios.items():
            held = model._mpisppy_data.nonant_indices.items()
            prices = [model._mpisppy_model.W[at].value for at, _ in held]
            mine.append((names[name], [free[place] for (_, place), _ in held], [v.value for _, v in held], prices))
        for b, at, values, prices in chain.from_iterable(comm.bcast(comm.gather(mine, root=0), root=0)):
            each[b, at], price[b, at] = values, prices
        rounds = int(method._PHIter)
    price -= share @ price / share.sum()  # its mean is zero but for rounding
    return _Agreed(share @ each / share.sum(), each, price * share[:, None], rounds)


def _ranks_of(parts: int, over_ranks: bool) -> Any:
    """Return the ranks that hedge, as many as there are parts at most; false on one that does not."""
    with contextlib.redirect_stdout(io.StringIO()):
        from mpisppy import MPI
    if not MPI.haveMPI:
        return MPI.COMM_WORLD
    if not over_ranks:
        return mpi().COMM_SELF
    world = mpi().COMM_WORLD
    return world.Split(0 if world.rank < parts else MPI.UNDEFINED, world.rank)


def _still(size: float) -> Any:
    """Return what ends hedging: parts that agree, in what they agreed on before; mpi-sppy's own looks at one of both.

    Parameters
    ----------
    size
        How large first decisions are.
    """
    from mpisppy.convergers.converger import Converger

    class Still(Converger):  # type: ignore[misc]
        def __init__(self, method: Any) -> None:
            super().__init__(method)
            self.method, self.before, self.times = method, np.zeros(0), 0

        def is_converged(self) -> bool:
            models = self.method.local_scenarios.values()
            each = np.array([[v.value for v in m._mpisppy_data.nonant_indices.values()] for m in models])
            mean = np.array(
                [[m._mpisppy_model.xbars[at].value for at in m._mpisppy_data.nonant_indices] for m in models]
            )
            comm, (before, self.before) = self.method.mpicomm, (self.before, mean[0])
            apart = comm.allreduce(np.abs(each - mean).sum()) / comm.allreduce(each.size)
            still = before.shape == mean[0].shape and bool(max(apart, np.abs(mean[0] - before).mean()) <= CLOSE * size)
            self.times = self.times + 1 if comm.bcast(still, root=0) else 0
            return self.times >= STILL

    return Still


def _rho(root: Matrices, z: Array) -> Array:
    """Return how hard each first column is drawn to its mean: by its cost, and how far the parts are apart in it."""
    cost = np.abs(root.cost)
    usual = float(cost[cost > 0].mean()) if (cost > 0).any() else 1.0
    apart = z.max(axis=0) - z.min(axis=0) + root.integer
    size = np.maximum(np.abs(z).max(axis=0), root.integer)
    apart = np.where(apart > 0, apart, np.where(size > 0, size, 1.0))
    return np.maximum(np.where(cost > 0, cost, usual), 0.0) / apart


def _pyomo(part: Part, first: int, free: IntArray) -> Any:
    """Return a part as mpi-sppy takes it: what it loses by its own probability, less is better."""
    from mpisppy.scenario_tree import ScenarioNode
    from pyomo import environ
    from pyomo.core.expr import numeric_expr

    pyo: Any = environ
    expression: Any = numeric_expr.LinearExpression

    program, share = part.program, part.probability
    model: Any = pyo.ConcreteModel()
    ends = [
        (None if not np.isfinite(low) else low, None if not np.isfinite(high) else high)
        for low, high in zip(program.column_lower.tolist(), program.column_upper.tolist(), strict=True)
    ]
    whole = program.integer.tolist()
    model.x = pyo.Var(
        range(program.n_columns),
        bounds=lambda _, j: ends[j],
        domain=lambda _, j: pyo.Integers if whole[j] else pyo.Reals,
    )
    by_row = sparse.csr_array(program.a)

    def line(coefficients: Any, columns: Any) -> Any:
        return expression(
            constant=0, linear_coefs=coefficients.tolist(), linear_vars=[model.x[j] for j in columns.tolist()]
        )

    def row(_: Any, i: int) -> Any:
        at = slice(by_row.indptr[i], by_row.indptr[i + 1])
        low, high = float(program.row_lower[i]), float(program.row_upper[i])
        if at.start == at.stop or not (np.isfinite(low) or np.isfinite(high)):
            return pyo.Constraint.Skip
        body = line(by_row.data[at], by_row.indices[at])
        return (
            body == low
            if low == high
            else pyo.inequality(low if np.isfinite(low) else None, body, high if np.isfinite(high) else None)
        )

    model.rows = pyo.Constraint(range(program.n_rows), rule=row)
    earns = np.flatnonzero(program.cost)
    now, later = earns[earns < first], earns[earns >= first]
    model.first = pyo.Expression(expr=line(-program.cost[now] / share, now))
    model.loss = pyo.Objective(expr=model.first + line(-program.cost[later] / share, later))
    model._mpisppy_probability = share
    model._mpisppy_node_list = [ScenarioNode("ROOT", 1.0, 1, model.first, [model.x[j] for j in free.tolist()], model)]
    return model
