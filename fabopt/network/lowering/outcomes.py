r"""Published outcomes as sums over decisions: what a plan gives where a figure was published.

With the measure M(t) of :mod:`fabopt.network.lowering.measured`, the part :math:`h_t` of a period that a figure covers
and the length :math:`\ell_t` of a period

* an amount is :math:`\sum_t h_t M(t)`, a rate that over the time :math:`\sum_t h_t \ell_t` in its own unit of time;
* a level is its mean :math:`\sum_t h_t \ell_t M(t) / \sum_t h_t \ell_t`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.measured import MEASURED
from fabopt.domain.outcomes import Outcome
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.limits import described, is_level, unit_faults
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.tables import Array, Network, Observed, Tags


def lower_outcomes(chain: Chain, net: Network) -> Network:
    """Return the network with the section `outcomes`.

    Raises
    ------
    FieldProblem
        Where a tag is nobody's, nothing counts, units do not fit, or a figure lies outside the horizon.
    """
    if not chain.instance.outcomes:
        return net
    scope = Scope(chain, net)
    faults: list[Fault] = []
    observed: list[Observed] = []
    for key, outcome in chain.instance.outcomes.items():
        part = scope.measure(outcome.of, [outcome.where], outcome.party or "")
        wrong = list(_faults(chain, scope, outcome, part))
        faults += [fault.under("outcomes", key) for fault in wrong]
        if not wrong:
            observed.append(_observed(chain, key, outcome, part))
    if faults:
        raise FieldProblem(faults)
    return replace(net, outcomes=tuple(observed))


def _faults(chain: Chain, scope: Scope, outcome: Outcome, part: Sum) -> Iterator[Fault]:
    wrong = [fault.under("where") for fault in scope.faults(outcome.where)]
    yield from wrong
    if wrong:
        return
    if not part.chosen:
        message = f"no record counts: {described(outcome.of, outcome.where.said)}, {MEASURED[outcome.of].by}"
        yield Fault(("where",), message, "look at the tags: the chain cannot make what the figure is of")
    else:
        yield from unit_faults(part, {("figure",): outcome.figure})
    if not _covered(chain, outcome).any():
        yield Fault(("since",), "the figure covers no part of the horizon", "leave it out, or state another time")


def _covered(chain: Chain, outcome: Outcome) -> Array:
    return chain.window(outcome.since, outcome.until).share


def _observed(chain: Chain, key: str, outcome: Outcome, part: Sum) -> Observed:
    held, figure = _covered(chain, outcome), outcome.figure
    weights = held
    if is_level(outcome.of, part):
        weights = held * chain.years / (held * chain.years).sum()
    elif figure.unit.endswith(("/month", "/year")):
        time = chain.years if figure.unit.endswith("/year") else chain.months
        weights = held / (held * time).sum()
    low, high, _ = figure.low_high
    name = outcome.name or key
    return Observed(
        key,
        f"{name}: {described(outcome.of, outcome.where.said)}",
        figure.unit if figure.unit != "1" else next(iter(part.units)),
        tuple(int(t) for t in np.flatnonzero(held)),
        part.terms.times(weights).rows(),
        float((part.constant * weights).sum()),
        figure.value,
        low,
        high,
        Tags(kind="outcome", role="rule", item=key, field=f"outcomes.{key}.figure"),
    )
