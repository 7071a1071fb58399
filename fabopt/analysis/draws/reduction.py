r"""A few representatives of many draws: those whose distance to all draws, by transport, is least.

Of draws i of equal weight, at points :math:`z_i` (each number's deviation from its mean in units of its spread), k are
kept, and each other one counts for the nearest that is. What is left out is the Kantorovich distance of the reduced
to the full set,

.. math:: D(K) = \frac{1}{n} \sum_i \min_{j \in K} \lVert z_i - z_j \rVert .

Fast forward selection (Heitsch and Roemisch 2003) takes one draw after the other, each the one that leaves least; then
a kept draw is exchanged for another as long as that leaves less. The relative error is :math:`D(K) / D(\{j^*\})` with
the best single draw: 0 where nothing is lost, 1 where the tree says no more than one draw does. These are a few lines
of numpy; a library for k-medoids would have brought neither weights nor the error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import SAME
from fabopt.network.tables import Array


@dataclass(frozen=True, slots=True)
class Reduction:
    """Draws that stand for all.

    Attributes
    ----------
    kept
        Their positions, ascending.
    weights
        Share of the draws that each stands for.
    distance, relative
        Kantorovich distance to all draws, and its share of that of the best single draw.
    """

    kept: tuple[int, ...]
    weights: tuple[float, ...]
    distance: float
    relative: float


def reduced(points: Array, keep: int) -> Reduction:
    """Return the draws that stand for all.

    Parameters
    ----------
    points
        A row a draw ``[n, d]``.
    keep
        How many are kept, at most n.
    """
    n = len(points)
    apart = np.sqrt(np.maximum(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2), 0.0))
    near, kept = np.full(n, np.inf), list[int]()
    alone = float(apart.mean(axis=0).min())
    for _ in range(min(keep, n)):
        left = np.minimum(near[:, None], apart).mean(axis=0)
        left[kept] = np.inf
        kept.append(int(np.argmin(left)))
        near = np.minimum(near, apart[:, kept[-1]])
    kept = _exchanged(apart, kept)
    owner = np.argmin(apart[:, sorted(kept)], axis=1)
    distance = float(apart[:, kept].min(axis=1).mean())
    weights = np.bincount(owner, minlength=len(kept)) / n
    return Reduction(tuple(sorted(kept)), tuple(weights.tolist()), distance, distance / alone if alone > 0.0 else 0.0)


def _exchanged(apart: Array, kept: list[int]) -> list[int]:
    """Return draws after exchanges, each the best there is, until none leaves less."""
    best = float(apart[:, kept].min(axis=1).mean())
    while len(kept) < len(apart):
        tries = []
        for place in range(len(kept)):
            others = kept[:place] + kept[place + 1 :]
            near = apart[:, others].min(axis=1) if others else np.full(len(apart), np.inf)
            left = np.minimum(near[:, None], apart).mean(axis=0)
            left[others] = np.inf
            tries.append((float(left.min()), place, int(np.argmin(left))))
        least, place, instead = min(tries)
        if least >= best * (1.0 - SAME):
            break
        kept, best = [*kept[:place], instead, *kept[place + 1 :]], least
    return kept
