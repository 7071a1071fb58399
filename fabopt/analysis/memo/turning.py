"""What a memo's advice rests on: its assumptions, and where each of them would turn it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fabopt.analysis.choke.records import Study
from fabopt.analysis.memo.assumptions import all_assumptions, key_assumptions, near_numbers
from fabopt.analysis.memo.flips import Search, flips
from fabopt.analysis.memo.forbidden import Forbidden
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Amount, Assumption, Flip, Indicator, Signature
from fabopt.analysis.memo.signable import AGREEMENTS, Signable
from fabopt.analysis.memo.watch import indicators
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.records import Tornado
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.analysis.sensitivity.verb import tornado_of
from fabopt.solve.budget import TimeBudget

TORNADO_MINUTES, NEAR_MINUTES, WIDEST = 11.0, 1.5, 5
"""What a tornado of all numbers of a large program is given at least, and one of those near to the lab, as numbers are
priced all at once; and how many of them are then solved again. With two processes on 33,000 rows, 210 numbers take
1.8 minutes; 2,520 had not ended after 9, in more lowerings than it takes now: what all of them take is an estimate."""

MOST = 10
"""Assumptions that are told as those that matter most."""

CHIPS = 6
"""Chips that count among the numbers near to a lab with all of theirs: those that give most of its compute."""

ADVICE = 6
"""Signatures whose flip points are searched, the most expensive first; last the parts that everything needs."""


@dataclass(frozen=True, slots=True)
class Turning:
    """The assumptions that matter most, those that the memo names at all, the flip points, and what to watch."""

    key: tuple[Assumption, ...]
    all: tuple[Assumption, ...]
    flips: tuple[Flip, ...]
    watch: tuple[Indicator, ...]


def tornado_for(
    ground: Ground,
    study: Study | None,
    signables: Sequence[Signable],
    chips: Sequence[str],
    *,
    asked: TornadoOptions,
    budget: TimeBudget,
) -> Tornado | None:
    """Return what the numbers of the instance are worth; None, listed as left out, where the time does not allow it.

    Of a large program where time is short, the numbers near to the lab alone (:func:`.assumptions.near_numbers`).

    Parameters
    ----------
    ground, study
        The result, and its choke points for the lab.
    signables, chips
        What the lab may sign, and ids of the chips that it takes, those first that give most of its compute.
    asked
        How many numbers are solved again, and by how many workers.
    budget
        Time that it may take.
    """
    large = ground.plan.program.large
    if budget.over or (large and budget.left < 60.0 * NEAR_MINUTES):
        budget.leave_out("tornado: the assumptions are those of the limits that hold back most")
        return None
    if large:
        asked = replace(asked, top=min(asked.top, WIDEST))
    if large and budget.left < 60.0 * TORNADO_MINUTES:
        numbers = numbers_of(ground.of)
        own = {ground.lab, *chips[:CHIPS], *(what.item for what in signables if what.kind in (*AGREEMENTS, "power"))}
        near = near_numbers(numbers, study, own, {what.item for what in signables if what.taken(ground.plan)})
        far, every = len(numbers.found) - len(near), len(numbers.found)
        budget.leave_out(
            f"tornado: {far:,} of {every:,} numbers, of neither the lab, its purchases nor what holds it back"
        )
        asked = replace(asked, only=near)
    clock = budget.sub()
    try:
        return tornado_of(ground.of, asked, clock)
    finally:
        for what in clock.left_out:
            budget.leave_out(what)


def turning(
    ground: Ground,
    study: Study,
    tornado: Tornado | None,
    signatures: Sequence[Signature],
    signables: Sequence[Signable],
    *,
    search: Search,
) -> Turning:
    """Return what the advice rests on.

    Parameters
    ----------
    ground
        The result.
    study
        Its choke points for the lab.
    tornado
        What its numbers are worth; None where time did not allow it.
    signatures, signables
        What is signed in the plan, in the order of its weight, and all that may be.
    search
        Tolerance, time and workers of flip points.
    """
    numbers = numbers_of(ground.of)
    bought = [what.item for what in signables if what.kind == "accelerators" and what.taken(ground.plan)]
    key = key_assumptions(numbers, tornado, study, MOST)
    advice, others = _advice(ground, signatures, signables)
    ends = Ends(numbers, ground.plan, budget=search.budget)
    turning = flips(ends, key, advice, search=search, tornado=tornado, others=others)
    for lost in turning.left_out:
        search.budget.leave_out(f"{lost.recommendation} against {lost.path} ({lost.why})")
    every = all_assumptions(numbers, tornado, study, bought)
    watch = indicators(numbers, every, turning.found, search.tolerance)
    return Turning(key, every, turning.found, watch)


def with_changes(signatures: Sequence[Signature], flips: Sequence[Flip]) -> tuple[Signature, ...]:
    """Return signatures with the values at which each would turn, the nearest to its range first."""
    turned = [flip for flip in flips if flip.at is not None and flip.distance is not None]
    turned.sort(key=lambda flip: flip.distance.value if flip.distance is not None else 0.0)

    def changes(signed: Signature) -> tuple[tuple[str, Amount], ...]:
        return tuple((f.name, f.at) for f in turned if f.recommendation == signed.whole and f.at is not None)

    return tuple(replace(signed, changes=changes(signed)) for signed in signatures)


def _advice(
    ground: Ground, signatures: Sequence[Signature], signables: Sequence[Signable]
) -> tuple[list[Forbidden], list[Forbidden]]:
    """Return the signatures that are advice, the most expensive first and parts last, and what else might be signed."""
    by_id = {what.id: what for what in signables}
    names = {advice.whole: advice.what for advice in signatures}
    advised = sorted((one for one in signatures if one.verdict == "sign"), key=lambda one: one.kind == "capacity")
    signed = dict.fromkeys(advice.whole for advice in advised)
    first = [id for id in signed if by_id[id].taken(ground.plan)][:ADVICE]

    def never(id: str) -> Forbidden:
        return by_id[id].never(ground.plan, names.get(id, ground.called(by_id[id].item)))

    return [never(id) for id in first], [never(id) for id in by_id if id not in first]
