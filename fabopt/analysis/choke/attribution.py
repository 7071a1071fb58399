r"""How much of what relief gains is due to each limit (F9).

With :math:`w(S)` the gain of moving the limits of :math:`S`, K limits in all, the Shapley value and the pairwise
interaction index of Grabisch and Roubens are

.. math::
   \varphi_k = \sum_{S \not\ni k} \frac{|S|!\,(K-|S|-1)!}{K!} \bigl(w(S \cup k) - w(S)\bigr) \qquad
   I_{kl} = \sum_{S \not\ni k,l} \frac{|S|!\,(K-|S|-2)!}{(K-1)!}
   \bigl(w(S \cup kl) - w(S \cup k) - w(S \cup l) + w(S)\bigr)

:math:`\sum_k \varphi_k = w(\text{all})`; :math:`I > 0` are complements, :math:`I < 0` substitutes. Up to
:data:`EXACT` limits all :math:`2^K` values are taken, and each value enters with its interval. Above that, seeded
random orders are drawn: the mean of what a limit adds to those before it, with its standard error; neighbours in an
order give the interaction, each pair from as many orders as it met in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.choke.oracle import Basis, Oracle
from fabopt.analysis.frames import frame_of
from fabopt.plan.groups import LIFTED, Step
from fabopt.plan.problem import Interval

if TYPE_CHECKING:
    import pandas as pd

EXACT = 10
"""Most limits whose sets are all valued."""

Names = frozenset[str]
Values = Callable[[Sequence[Names]], Sequence[Interval]]


@dataclass(frozen=True, slots=True)
class Share:
    """What is due to a limit.

    Attributes
    ----------
    value
        Its Shapley value, of the best plans known.
    lo, hi
        What is proven of it (without the error of sampling).
    error
        Standard error of sampling; 0 where all sets were valued.
    """

    id: str
    value: float
    lo: float
    hi: float
    error: float


@dataclass(frozen=True, slots=True)
class Interaction:
    """How two limits work together: above 0 they are complements, below substitutes; from ``samples`` orders."""

    first: str
    second: str
    index: float
    samples: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """Shares of all limits, which sum to the gain of moving them all, and interactions of all pairs.

    Attributes
    ----------
    total
        Gain of moving all of them, of the best plans known.
    exact
        Whether all sets were valued.
    asked
        Number of sets that were valued.
    """

    shares: tuple[Share, ...]
    interactions: tuple[Interaction, ...]
    total: float
    exact: bool
    asked: int

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit."""
        return frame_of([{"id": s.id, "value": s.value, "lo": s.lo, "hi": s.hi, "error": s.error} for s in self.shares])

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair."""
        return frame_of(
            [{"first": i.first, "second": i.second, "index": i.index, "samples": i.samples} for i in self.interactions]
        )


def attribution(
    oracle: Oracle,
    ids: Sequence[str],
    step: Step = LIFTED,
    *,
    basis: Basis = "certified",
    orders: int = 50,
    seed: int = 0,
) -> Attribution:
    """Return what is due to each of some limits.

    Parameters
    ----------
    oracle
        With the plan.
    ids
        Groups that are moved.
    step
        By how much.
    basis
        ``plan``: with the integers of the plan held.
    orders
        Random orders, where there are too many limits to value all sets.
    seed
        Seed of the orders.

    Raises
    ------
    ValueError
        If moving them all gains without limit.
    fabopt.solve.budget.OutOfTimeError
        If time is over before all sets are valued.
    """

    def values(sets: Sequence[Names]) -> list[Interval]:
        return oracle.values([oracle.problem.relief([i for i in ids if i in s], step) for s in sets], basis)

    return shapley(ids, values, orders, seed)


def shapley(ids: Sequence[str], values: Values, orders: int = 50, seed: int = 0) -> Attribution:
    """Return shares and interactions of a game whose sets have interval values; see :func:`attribution`."""
    whole = frozenset(ids)
    ends = values([frozenset(), whole])
    if not np.isfinite(ends[1].lo):
        raise ValueError("Moving all these limits gains without limit; ask for a finite step instead.")
    known = dict(zip([frozenset(), whole], ends, strict=True))
    return _exact(ids, values, known) if len(ids) <= EXACT else _sampled(ids, values, known, orders, seed)


def _fill(known: dict[Names, Interval], sets: Sequence[Names], values: Values) -> None:
    fresh = list(dict.fromkeys(s for s in sets if s not in known))
    known.update(zip(fresh, values(fresh), strict=True))


def _exact(ids: Sequence[str], values: Values, known: dict[Names, Interval]) -> Attribution:
    n = len(ids)
    sets = [frozenset(s) for size in range(n, -1, -1) for s in combinations(ids, size)]
    _fill(known, sets, values)
    shares = []
    for k in ids:
        weight = {s: _weight(len(s - {k}), n) * (1 if k in s else -1) for s in sets}
        value = sum(w * known[s].lo for s, w in weight.items())
        lo = sum(w * (known[s].lo if w > 0 else known[s].hi) for s, w in weight.items())
        hi = sum(w * (known[s].hi if w > 0 else known[s].lo) for s, w in weight.items())
        shares.append(Share(k, value, lo, hi, 0.0))
    pairs = []
    for k, l in combinations(ids, 2):
        sign = {s: (-1) ** len({k, l} - s) * _weight(len(s - {k, l}), n - 1) for s in sets}
        pairs.append(Interaction(k, l, sum(w * known[s].lo for s, w in sign.items()), len(sets) // 4))
    total = known[frozenset(ids)].lo - known[frozenset()].lo
    return Attribution(tuple(shares), tuple(pairs), total, True, len(known))


def _weight(size: int, n: int) -> float:
    return math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)


def _sampled(ids: Sequence[str], values: Values, known: dict[Names, Interval], orders: int, seed: int) -> Attribution:
    dice = np.random.default_rng(seed)
    drawn = [[ids[i] for i in dice.permutation(len(ids))] for _ in range(orders)]
    _fill(known, [frozenset(order[:k]) for order in drawn for k in range(len(ids) + 1)], values)
    swapped = [frozenset([*order[:k], order[k + 1]]) for order in drawn for k in range(len(ids) - 1)]
    _fill(known, swapped, values)
    added: dict[str, list[tuple[float, float, float]]] = {id: [] for id in ids}
    met: dict[tuple[str, str], list[float]] = {pair: [] for pair in combinations(ids, 2)}
    place = {id: i for i, id in enumerate(ids)}
    for order in drawn:
        for k, id in enumerate(order):
            before, after = known[frozenset(order[:k])], known[frozenset(order[: k + 1])]
            added[id].append((after.lo - before.lo, after.lo - before.hi, after.hi - before.lo))
            if k + 1 < len(order):
                other = order[k + 1]
                alone = known[frozenset([*order[:k], other])].lo
                both = known[frozenset(order[: k + 2])].lo
                first, second = sorted((id, other), key=place.__getitem__)
                met[first, second].append(both - after.lo - alone + before.lo)
    shares = []
    for id in ids:
        sample = np.array(added[id])
        error = float(sample[:, 0].std(ddof=1) / math.sqrt(orders)) if orders > 1 else math.inf
        value, lo, hi = sample.mean(axis=0).tolist()
        shares.append(Share(id, value, lo, hi, error))
    pairs = tuple(Interaction(k, l, float(np.mean(m)), len(m)) for (k, l), m in met.items() if m)
    total = known[frozenset(ids)].lo - known[frozenset()].lo
    return Attribution(tuple(shares), pairs, total, False, len(known))
