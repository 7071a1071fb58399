"""What concerns a lab in the plans that are nearly as good: its orders and contracts, and how else it could be done."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fabopt.analysis.alternatives.records import Alternatives, Other, Spread
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Alternative, Amount, Choice
from fabopt.analysis.memo.signable import Signable

MOST = 5
"""Changes that are told of another plan."""


def choices(ground: Ground, alternatives: Alternatives, own: Iterable[Signable]) -> tuple[Choice, ...]:
    """Return the orders and contracts of the lab: whether all, some or none of the plans have them."""
    ids = {id for what in own for id in (what.id, *what.units)}
    return tuple(_choice(ground, spread) for spread in alternatives.spreads if spread.id in ids)


def _choice(ground: Ground, spread: Spread) -> Choice:
    def amount(value: float, low: float, high: float, what: str) -> Amount:
        return Amount(value, "as written", f"alternatives: {spread.id}, {what}", low, high, unit_text=spread.unit)

    least, most = spread.least, spread.most
    return Choice(
        name=spread.name,
        owner=ground.called(spread.owner),
        verdict=spread.verdict,
        now=Amount(spread.now, "as written", f"alternatives: {spread.id}, now", unit_text=spread.unit),
        least=amount(least.hi, least.lo, least.hi, "least"),
        most=amount(most.lo, most.lo, most.hi, "most"),
    )


def others(ground: Ground, alternatives: Alternatives, own: Iterable[Signable]) -> tuple[Alternative, ...]:
    """Return the other plans: what each is worth less, how much of the mix is elsewhere, and its largest changes.

    Changes of what the lab signs come first.
    """
    ids = {id for what in own for id in (what.id, *what.units)}
    return tuple(
        _other(ground, alternatives, mix.kind, other, ids) for mix in alternatives.mixes for other in mix.others
    )


def _other(ground: Ground, alternatives: Alternatives, kind: str, other: Other, own: Collection[str]) -> Alternative:
    origin = f"alternatives: mix by {kind}, {other.how}"
    changes = sorted(
        other.changes, key=lambda c: (c.id not in own, -abs(c.there - c.now) / (abs(c.there) + abs(c.now)))
    )
    return Alternative(
        how=f"{kind}: {other.how}",
        cost=ground.money(max(alternatives.objective - other.objective, 0.0), origin),
        moved=Amount(other.moved, "share", origin, other.moved, other.bound),
        changes=tuple(
            (
                change.name,
                Amount(change.now, "as written", f"{origin}, {change.id}", unit_text=change.unit),
                Amount(change.there, "as written", f"{origin}, {change.id}", unit_text=change.unit),
            )
            for change in changes[:MOST]
        ),
    )
