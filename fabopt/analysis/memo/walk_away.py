r"""Walk-away prices: how far each term of a signature may move, alone, before signing is worth nothing to the lab.

What signing is worth, :math:`V`, is what the lab loses if it never signs, everything else planned again (:mod:`.late`),
the least that is proved of it; of a contract in force, what it loses if that ends now. With payments :math:`c_t` for
:math:`q` pieces, discounted by :math:`\delta_t`, and :math:`D = \sum \delta_t c_t`:

============  =========================================  ===========================================================
term          walk away                                  because
============  =========================================  ===========================================================
price         above :math:`p (1 + V / D)`                each share more of the price costs that share of :math:`D`
volume        below :math:`q D / (D + V)`                :math:`D + V` is what the delivery is worth before it is paid
take or pay   above :math:`q (1 + V / D)`                a piece more that is of no use costs its price
prepayment    above the share                            what is due at t costs :math:`\delta_s - \delta_t` more at the
              :math:`V / \sum_{t > s} (\delta_s -        signature s
              \delta_t) c_t`
cancellation  above the chance :math:`V / (V + S)`       :math:`S` is what is paid before the first delivery,
                                                         discounted, and lost
date          after the last period in which signing     the plan is made again for each
              is worth more than the tolerance
============  =========================================  ===========================================================

What a delivery is worth grows ever more slowly with its volume, so that the volume is on the safe side: at
:math:`q D / (D + V)` signing is still worth something. Whether the lab's budget of a year holds a prepayment is not
asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.records import Amount, Signature, WalkAway

MEMORY = "hbm"
"""Memory, as the table ``transfers`` has it."""


def walk_away(signed: Signature, discount: Mapping[str, float], latest: str = "") -> WalkAway | None:
    """Return how far the terms of a signature may move.

    Parameters
    ----------
    signed
        The signature, weighed.
    discount
        Discount by label of period, of those that can still be decided.
    latest
        Label of the last period in which signing is worth more than the tolerance; empty where it was not run.

    Returns
    -------
    WalkAway or None
        None where nothing is proved of its worth, or nothing is paid for it.
    """
    loss, payments = signed.without, [(label, one) for label, one in signed.payments if label in discount]
    due = sum(discount[label] * amount.value for label, amount in payments)
    if not (signed.verdict == "sign" or signed.signed) or loss is None or not loss.low or due <= 0.0:
        return None
    worth, origin = loss.low, f"{loss.origin}, over what the term exposes"
    labels = list(discount)
    at = labels.index(signed.planned) if signed.planned else 0
    first = labels.index(signed.first) if signed.first in discount else 0 if signed.first else len(labels)
    sooner = before = 0.0
    for label, amount in payments:
        t = labels.index(label)
        sooner += max(discount[labels[at]] - discount[label], 0.0) * amount.value
        before += discount[label] * amount.value if t < first else 0.0
    ratio, one = 1.0 + worth / due, signed.amount

    def amount_of(value: float) -> Amount:
        return Amount(value, one.unit, f"{one.origin}, {origin}", unit_text=one.unit_text)

    return WalkAway(
        signature=signed.id,
        what=signed.what,
        supplier=signed.supplier,
        worth=Amount(worth, "MUSD", loss.origin),
        due=Amount(due, "MUSD", f"payments of {signed.id}, discounted"),
        price=None if signed.price is None else Amount(signed.price.value * ratio, "USD", origin),
        least=amount_of(one.value / ratio),
        most=amount_of(one.value * ratio),
        prepaid=Amount(min(worth / sooner, 1.0) if sooner > 0.0 else 1.0, "share", origin),
        cancelled=Amount(worth / (worth + before), "share", origin),
        latest=latest,
        order=signed.planned if signed.one_of_several else "",
        in_force=signed.signed,
        kind=signed.kind,
    )


def walk_aways(
    ground: Ground, signatures: tuple[Signature, ...], latest: Mapping[str, int | None]
) -> tuple[WalkAway, ...]:
    """Return how far the terms of a lab's signatures may move, of those that are advice or in force, and paid for.

    Power, chips, compute and memory come first, then the parts of sites and chips; in each the most expensive.

    Parameters
    ----------
    ground
        The lab's plan.
    signatures
        What is signed in it, weighed.
    latest
        Position of the last period in which signing is worth something, by id, where it was found.
    """
    periods = ground.net.periods
    discount = {period.label: period.discount for period in periods[ground.done :]}
    found = []
    for signed in signatures:
        at = latest.get(signed.id)
        terms = walk_away(signed, discount, "" if at is None else periods[at].label)
        if terms is not None:
            found.append((signed.kind == "capacity" and signed.goods != MEMORY, -terms.due.value, terms))
    return tuple(terms for *_, terms in sorted(found, key=lambda one: one[:2]))
