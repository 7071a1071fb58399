"""Measures of what a plan is worth over several states, from the figure of each: no program is solved for them."""

from __future__ import annotations

from collections.abc import Sequence

from fabopt.domain.risk import Risk
from fabopt.domain.tolerances import ROUNDING


def mean(probabilities: Sequence[float], worth: Sequence[float]) -> float:
    """Return the mean of some figures."""
    return sum(p * v for p, v in zip(probabilities, worth, strict=True))


def tail_mean(probabilities: Sequence[float], worth: Sequence[float], level: float) -> float:
    """Return the mean of the worst ``1 - level`` of the probability; more is better.

    Parameters
    ----------
    probabilities, worth
        Of each state; the probabilities add up to one.
    level
        From 0, where all counts, to below 1.
    """
    left = tail = 1.0 - level
    total = 0.0
    for value, share in sorted(zip(worth, probabilities, strict=True)):
        part = min(share, left)
        total += part * value
        left -= part
        if left <= ROUNDING:
            break
    return total / tail


def measured(
    risk: Risk, probabilities: Sequence[float], worth: Sequence[float], sign: float = 1.0, best: Sequence[float] = ()
) -> float:
    """Return the figure by which a plan is judged, as a person sees it.

    Parameters
    ----------
    risk
        How it is judged.
    probabilities, worth
        Of each state: its probability, and the objective as a person sees it.
    sign
        1 where more is better, -1 where less is.
    best
        For ``regret``: what the best plan for each state alone has.
    """
    wanted = [sign * value for value in worth]
    if risk.name == "expected":
        return mean(probabilities, worth)
    if risk.name == "worst":
        return sign * min(wanted)
    if risk.name == "regret":
        return max(sign * high - value for high, value in zip(best, wanted, strict=True))
    tail = sign * tail_mean(probabilities, wanted, risk.level)
    return (1.0 - risk.weight) * mean(probabilities, worth) + risk.weight * tail
