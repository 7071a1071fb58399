"""What a plan under several states says of a memo's advice: the regret of a signature, and what to wait for.

It is read from what ``fabopt hedge`` has found, where that was run. A hedge is of what is ordered before anything is
known, by whoever it is for: what is told of a signature is told of its orders of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fabopt.analysis.hedge.records import WAIT, Decision, Hedge
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Amount, Hedged, Hedging, Signature, StateRegret, Wait
from fabopt.analysis.memo.signable import Signable
from fabopt.errors import StudyError
from fabopt.plan.plan import Plan


def check_hedge(hedge: Hedge, plan: Plan) -> None:
    """Refuse a hedge that is of other data than a plan, or judged in another unit.

    Raises
    ------
    StudyError
        If it is.
    """
    if hedge.input_hash != plan.run.input_hash:
        raise StudyError(
            f"The hedge is one of {hedge.name} with other data than those of the result of {plan.run.instance}: solve "
            "the same instance with --states, with the same scenario and settings, and hedge that."
        )
    if hedge.objective_name != plan.run.options.objective:
        raise StudyError(f"The hedge is for {hedge.objective_name}, the result for {plan.run.options.objective}.")


def hedging(hedge: Hedge, own: Iterable[Signable]) -> Hedging:
    """Return what a hedge says of all together, and what a lab should wait for."""
    mine = {id for what in own for id in (what.id, *what.units)}

    def money(value: float | None, what: str) -> Amount | None:
        return None if value is None else Amount(value, "MUSD", f"hedge: {what}")

    known, waiting = hedge.information, hedge.waiting
    return Hedging(
        states=tuple((name, Amount(p, "share", f"hedge: {name}")) for name, p in hedge.probabilities.items()),
        known=hedge.known,
        knowing=money(known.perfect_information, "perfect information"),
        planning=money(known.stochastic_solution, "stochastic solution"),
        held="" if waiting is None else waiting.held,
        holding=None if waiting is None else money(waiting.loss, f"orders of {waiting.held} held back"),
        regrets=tuple(
            StateRegret(one.plan, one.state, money(one.regret, f"regret of {one.plan} in {one.state}"))
            for one in hedge.regrets
        ),
        waits=tuple(Wait(one.name, one.until) for one in hedge.decisions if one.id in mine and one.verdict == WAIT),
    )


def hedged(
    ground: Ground, signatures: Sequence[Signature], hedge: Hedge, own: Iterable[Signable]
) -> tuple[Signature, ...]:
    """Return signatures with what a hedge says of them: of those that are signed before anything is known."""
    labels = [period.label for period in ground.net.periods]
    known = labels.index(hedge.known) if hedge.known in labels else len(labels)
    units = {what.id: (what.id, *what.units) for what in own}
    decisions = {one.id: one for one in hedge.decisions}

    def with_hedge(signed: Signature) -> Signature:
        there = [decisions[id] for id in units.get(signed.whole, ()) if id in decisions]
        if signed.signed or not there or not signed.planned or labels.index(signed.planned) >= known:
            return signed
        return replace(signed, hedge=_hedged(max(there, key=lambda one: one.cost)))

    return tuple(map(with_hedge, signatures))


def _hedged(one: Decision) -> Hedged:
    lost = None if one.waiting is None else Amount(one.waiting, "MUSD", f"hedge: {one.id} held back")
    return Hedged(one.verdict, one.until, lost)
