r"""Published figures as sums over decisions: what a plan gives where a figure was published.

With the measure M(t) of :mod:`fabopt.network.lowering.measured`, the part :math:`h_t` of a period that a figure covers
and the length :math:`\ell_t` of a period

* an amount is :math:`\sum_t h_t M(t)`, a rate that over the time :math:`\sum_t h_t \ell_t` in its own unit of time;
* a level is its mean :math:`\sum_t h_t \ell_t M(t) / \sum_t h_t \ell_t`; what was added since a day is that less the
  level in the period of that day;
* a ratio is one such sum over another, and the marginal worth of compute is a price: no sums of decisions, so that they
  are compared with a solved plan and stand in no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.measured import MEASURED, MeasureName, Where
from fabopt.domain.outcomes import Outcome
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.limits import described, is_level, unit_faults, worded
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.tables import Array, Network, Observed, Tags

RATES = ("/month", "/year")


def lower_outcomes(chain: Chain, net: Network) -> Network:
    """Return the network with the section `outcomes`.

    Raises
    ------
    FieldProblem
        Where a tag is nobody's, nothing counts, units do not fit, or a figure lies outside the horizon.
    """
    planned = {k: v for k, v in chain.instance.outcomes.items() if not v.observed(chain.calendar.start)}
    if not planned:
        return net
    figures = Figures(chain, net)
    faults: list[Fault] = []
    for key, outcome in planned.items():
        faults += [fault.under("outcomes", key) for fault in figures.read(key, outcome)]
    if faults:
        raise FieldProblem(faults)
    return replace(net, outcomes=tuple(figures.rows), compared=tuple(figures.compared))


class Figures:
    """Reads published figures into what a plan is held against."""

    def __init__(self, chain: Chain, net: Network) -> None:
        self.chain, self.net, self.scope = chain, net, Scope(chain, net)
        self.rows: list[Observed] = []
        self.compared: list[Observed] = []

    def read(self, key: str, outcome: Outcome) -> Iterator[Fault]:
        """Add a figure; yield what is wrong with it."""
        whole = outcome.ratio_to
        part = self._measured(outcome.of, outcome.where, outcome.party)
        faults = [*self._faults(outcome.of, outcome.where, part), *self._covered(outcome, part)]
        if not faults and whole is None:
            faults = list(unit_faults(part, {("figure",): outcome.figure}))
        base = self._whole(outcome)
        if base is not None:
            faults += [fault.under("ratio_to") for fault in self._of_whole(outcome, base)]
        if faults:
            yield from faults
            return
        seen = self.seen(key, outcome, part)
        if base is not None:
            under = self.seen(key, base, self._measured(base.of, base.where, base.party))
            self.compared.append(replace(seen, unit="", over=under))
        elif MEASURED[outcome.of].after:
            self.compared.append(seen)
        else:
            self.rows.append(seen)

    def _whole(self, outcome: Outcome) -> Outcome | None:
        """Return what a figure is a ratio to, as a figure of its own."""
        given = outcome.ratio_to
        if given is None:
            return None
        times = {"since": given.since or outcome.since, "until": given.until or outcome.until}
        return outcome.model_copy(
            update={"of": given.of or outcome.of, "where": given.where or outcome.where, "ratio_to": None, **times}
        )

    def _of_whole(self, outcome: Outcome, base: Outcome) -> Iterator[Fault]:
        if outcome.figure.unit != "1":
            yield Fault((), f"the figure is a ratio, not a number of {outcome.figure.unit}", "give a share: 22 %")
        if MEASURED[outcome.of].after or MEASURED[base.of].after:
            yield Fault(("of",), "a price is compared by itself", "leave ratio_to out")
            return
        whole = self._measured(base.of, base.where, base.party)
        yield from self._faults(base.of, base.where, whole)
        yield from self._covered(base, whole)

    def _measured(self, of: MeasureName, where: Where, parties: tuple[str, ...]) -> Sum:
        if MEASURED[of].after:
            weighed = self.scope.measure("compute", [where])
            return replace(weighed, units=dict.fromkeys(MEASURED[of].units))
        total = Sum(self.chain.n)
        for party in parties or ("",):
            part = self.scope.measure(of, [where], party)
            total.terms = total.terms.plus(part.terms)
            for owner, there in part.standing.items():
                total.stands(owner, there)
            total.chosen += part.chosen
            total.units |= part.units
            total.opening = part.opening
        return total

    def _faults(self, of: MeasureName, where: Where, part: Sum) -> Iterator[Fault]:
        wrong = [fault.under("where") for fault in self.scope.faults(where)]
        yield from wrong
        if not wrong and not part.chosen:
            message = f"no record counts: {described(of, where.said)}, {MEASURED[of].by}"
            yield Fault(("where",), message, "look at the tags: the chain cannot make what the figure is of")

    def _covered(self, outcome: Outcome, part: Sum) -> Iterator[Fault]:
        start, end = self.chain.calendar.start, self.chain.calendar.end
        if not self._held(outcome).any():
            yield Fault(("since",), "the figure covers no part of the horizon", "leave it out, or state another time")
        elif not _is_mean(outcome, part) and (outcome.since < start or outcome.until >= end):
            message = f"an amount over {outcome.since} to {outcome.until} covers more than the horizon"
            yield Fault(("since",), message, "state the part inside it, or a rate")
        day = outcome.added_since
        if day is None:
            return
        if not is_level(outcome.of, part) or MEASURED[outcome.of].after:
            yield Fault(("added_since",), f"{MEASURED[outcome.of].says} are no level, of which some is added")
        elif not start - timedelta(days=1) <= day < outcome.since:
            hint = f"the first day that is known is {start - timedelta(days=1)}, of what stands when the plan begins"
            yield Fault(("added_since",), f"{day} lies before what is known, or after the figure begins", hint)

    def _held(self, outcome: Outcome) -> Array:
        return self.chain.window(outcome.since, outcome.until).share

    def seen(self, key: str, outcome: Outcome, part: Sum) -> Observed:
        """Return a figure of a sum of decisions, over the time that the outcome covers."""
        chain, figure, held = self.chain, outcome.figure, self._held(outcome)
        weights, constant = held, 0.0
        if is_level(outcome.of, part):
            weights = held * chain.years / (held * chain.years).sum()
        elif figure.unit.endswith(RATES):
            time = chain.years if figure.unit.endswith("/year") else chain.months
            weights = held / (held * time).sum()
        if outcome.added_since is not None:
            weights, constant = self._less(weights, outcome, part)
        low, high, _ = figure.low_high
        terms = part.terms.times(weights).rows()
        window = tuple(int(t) for t in np.flatnonzero(weights))
        return Observed(
            key,
            f"{key}: {outcome.name or _said(self.chain, outcome)}",
            figure.unit if figure.unit != "1" else next(iter(part.units)),
            window,
            terms,
            float((part.constant * weights).sum()) - constant,
            figure.value,
            low,
            high,
            Tags(kind="outcome", role="rule", item=key, field=f"outcomes.{key}.figure"),
            decided=any(term.coefficient[list(window)].any() for term in terms),
            priced=MEASURED[outcome.of].after,
        )

    def _less(self, weights: Array, outcome: Outcome, part: Sum) -> tuple[Array, float]:
        """Return weights from which the level at the day of `added_since` is taken off, and what else is."""
        assert outcome.added_since is not None
        if outcome.added_since < self.chain.calendar.start:
            return weights, part.opening or 0.0
        before = np.zeros(self.chain.n)
        before[self.chain.calendar.period_index(outcome.added_since)] = 1.0
        return weights - before, 0.0


def _is_mean(outcome: Outcome, part: Sum) -> bool:
    """Return whether a figure means the same over any part of its time."""
    return is_level(outcome.of, part) or outcome.figure.unit.endswith(RATES)


def _said(chain: Chain, outcome: Outcome) -> str:
    own = worded(chain, outcome.of, outcome.where, " and ".join(map(chain.called, outcome.party)))
    if outcome.added_since is not None:
        return f"{own}, added since {outcome.added_since}"
    whole = outcome.ratio_to
    if whole is None:
        return own
    what = worded(chain, whole.of or outcome.of, whole.where or outcome.where)
    return f"{own} over {what}" + (f" from {whole.since}" if whole.since is not None else "")
