"""What the lab should sign in this plan: how much of what, from whom, when, at which price, and until when.

Amounts are those of the reported periods that can still be decided, from the tables of the lab's plan; dates and losses
come from :mod:`.late`.
A *break-even price* is what one may cost before this schedule is worth no more than going without: the price, and what
the lab loses without the schedule over the sum of its pieces, each discounted as its payment.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fabopt.analysis.memo.assumptions import confidence
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.late import Delay
from fabopt.analysis.memo.losses import lost_value
from fabopt.analysis.memo.origin import Cells, amount, cells
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.parts import Bought
from fabopt.analysis.memo.records import Amount, Signature, Together, Unit, Verdict
from fabopt.analysis.memo.signable import AGREEMENTS, COMPUTE, Several, Signable
from fabopt.analysis.replan import Again, Answer
from fabopt.analysis.sensitivity.numbers import Number
from fabopt.domain.tolerances import rounding

if TYPE_CHECKING:
    import pandas as pd

UNITS: Mapping[str, Unit] = {"kaccelerator": "kaccelerator", "MW": "MW"}
"""Units of tables that templates know how to write."""


def signature(
    ground: Ground, what: Signable, cash: Cash | None = None, bought: Bought | None = None
) -> Signature | None:
    """Return what is to be signed, without its dates; None where the reported periods have nothing of it.

    Parameters
    ----------
    ground
        The lab's plan.
    what
        What may be signed.
    cash
        What the lab pays in it; read from the plan when left out.
    bought
        What it buys to build with in it; read from the plan when left out.
    """
    cash, bought = Cash.of(ground) if cash is None else cash, Bought.of(ground) if bought is None else bought
    if what.kind in AGREEMENTS:
        return _contract(ground, what, cash)
    if not what.taken(ground.plan):
        return None  # what the solver leaves of nothing
    made = _order(ground, what, cash) if what.units else _purchase(ground, what)
    return None if made is None else replace(made, parts=bought.parts(what), serves=bought.serves(what))


def dated(ground: Ground, signature: Signature, delay: Delay, again: Again, tolerance: float) -> Signature:
    """Return a signature with its last responsible date, what waiting costs, and whether it is proved worth it."""
    labels = [p.label for p in ground.net.periods]

    def lost(answer: Answer, when: str) -> Amount:
        return lost_value(ground, again, answer, f"re-solve: {signature.id} not signed {when}, {again.how}")

    late = tuple(
        (labels[t], lost(answer, f"before {labels[t]}")) for t, answer in delay.late.items() if answer.x is not None
    )
    next_one = labels.index(signature.planned) + 1 if signature.planned else len(labels)
    signature = replace(
        signature,
        decide_by="" if delay.decide_by is None else labels[delay.decide_by],
        late=late,
        waiting=dict(late).get(labels[next_one]) if next_one < len(labels) else None,
    )
    without = delay.without
    if without is None:
        return signature
    least, most = loss_within(ground, again, without)
    verdict: Verdict = "sign" if least > tolerance else "leave" if most <= tolerance else "undecided"
    verdict = signature.verdict if signature.signed else verdict
    if not math.isfinite(least):
        return replace(signature, verdict=verdict)  # nothing of the plan stands without it
    origin = f"re-solve: {signature.id} {'ended' if signature.signed else 'not signed at all'}, {again.how}"
    loss = _loss(again, without, (least, most), origin)
    return replace(signature, without=loss, verdict=verdict, break_even=_break_even(ground, signature, loss))


def together(ground: Ground, some: Several, delay: Delay, again: Again, tolerance: float) -> Together | None:
    """Return purchases that can be left alone but, as is proved, not together; None where they can, or it is open."""
    if delay.without is None:
        return None
    within = loss_within(ground, again, delay.without)
    if within[0] <= tolerance:
        return None
    origin = f"re-solve: {', '.join(one.id for one in some.members)} not signed at all, {again.how}"
    return Together(
        goods=some.what,
        signatures=some.told,
        without=_loss(again, delay.without, within, origin) if math.isfinite(within[0]) else None,
        decide_by="" if delay.decide_by is None else ground.net.periods[delay.decide_by].label,
    )


def _loss(again: Again, without: Answer, within: tuple[float, float], origin: str) -> Amount:
    """Return what is lost without something, between what is proved of it."""
    least, most = within
    loss = Amount(least if math.isinf(most) else most, "MUSD", origin, least, None if math.isinf(most) else most)
    return replace(loss, value=max(again.base - without.value, 0.0)) if math.isfinite(without.value) else loss


def loss_within(ground: Ground, again: Again, without: Answer) -> tuple[float, float]:
    """Return what is proved of a loss: the least and the most that the best plan may lose, M USD."""
    near = again.plan.problem.near()
    best = again.base + (ground.doubt if ground.doubt > near else 0.0)
    bound = without.value if without.bound - without.value <= near else without.bound
    return max(again.base - bound, 0.0), max(best - without.value, 0.0)


def _break_even(ground: Ground, signature: Signature, loss: Amount) -> Amount | None:
    """Return the price of one at which its schedule is worth no more than going without."""
    price, paid = signature.price, signature.paid
    if price is None or paid is None or paid.value <= 0.0 or price.value <= 0.0:
        return None
    discount = {period.label: period.discount for period in ground.net.periods}
    due = sum(discount[label] * amount.value for label, amount in signature.payments)
    if due <= 0.0:
        return None

    def at(lost: float) -> float:
        return price.value * (1.0 + lost / due)

    assert loss.low is not None
    origin = f"{price.origin} x (1 + loss / discounted payments), {loss.origin}"
    return Amount(at(loss.low), "USD", origin, at(loss.low), None if loss.high is None else at(loss.high))


def _purchase(ground: Ground, what: Signable) -> Signature | None:
    """Return a purchase: accelerators by their shipments, what is made for own chips by what is paid for."""
    own = {"payer": ground.lab, "payee": what.supplier, "what": what.what, "item": what.item}
    if what.kind == "accelerators":
        where = {"lab": ground.lab, "chip": what.item}
        table, column = "domain/shipments", "kaccelerator"
    else:
        where, table, column = own, "domain/transfers", "quantity"
    rows = _some(cells(table, column, **where, **ground.open).rows(ground.read), column)
    if rows.empty:
        return None
    unit = column if table == "domain/shipments" else str(rows["unit"].iloc[0])
    paid = cells("domain/transfers", "amount", **own, **ground.open)
    due = _some(paid.rows(ground.read), "amount")
    purchase = _made(
        ground,
        what,
        unit,
        cells(table, column, **where, **ground.open),
        [(label, cells(table, column, **where, period=label)) for label in _in_order(ground, rows["period"])],
        price=_price(ground, own),
        paid=None if due.empty else amount(paid, "MUSD", ground.read),
        payments=tuple(
            (label, amount(cells("domain/transfers", "amount", **own, period=label), "MUSD", ground.read))
            for label in _in_order(ground, due["period"])
        ),
    )
    price = purchase.price
    if price is not None and what.kind == "accelerators":
        number = Number(f"chips.{what.item}.price", ground.data.chips[what.item].price)
        price = replace(price, confidence=confidence(number, ground.data))
    return replace(purchase, price=price, under=_under(ground, what))


def _some(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of which there is more than what rounding leaves of nothing."""
    return rows[rows[column] > rounding(float(rows[column].sum()))]


def _in_order(ground: Ground, labels: Iterable[str]) -> list[str]:
    """Return the periods that labels name, each once and in order."""
    named = set(labels)
    return [period.label for period in ground.net.periods if period.label in named]


def _under(ground: Ground, what: Signable) -> tuple[str, ...]:
    """Return the contracts of the plan under which something is taken of what is bought."""
    taken = ground.read("domain/contracts")
    used = set(taken.loc[(taken["taken"] > 0.0) & (taken["signed"] != ""), "contract"])
    return tuple(
        contract.name or id
        for id, contract in ground.data.contracts.items()
        if id in used
        and contract.buyer == ground.lab
        and contract.goods.kind == "chips"
        and what.item in contract.goods.names
    )


def _price(ground: Ground, own: Mapping[str, str]) -> Amount | None:
    """Return the mean price of one piece over what is bought, between the least and the largest."""
    cells = Cells("domain/transfers", (*own.items(), *ground.open.items()), "price", "quantity")
    rows = cells.rows(ground.read)
    if rows.empty or float(rows["quantity"].sum()) <= 0.0:
        return None
    price = amount(cells, "USD", ground.read)
    return replace(price, low=float(rows["price"].min()), high=float(rows["price"].max()))


def _order(ground: Ground, what: Signable, cash: Cash) -> Signature | None:
    """Return one order of a site's power, or of whatever else the lab builds, or all of them, by their first effect."""
    read = ground.read
    when = ground.open if what.at is None else {"period": ground.net.periods[what.at].label}
    where = {"id": "|".join(what.units), **when}
    rows = cells("domain/orders", "ordered", **where).rows(read)
    rows = rows[rows["ordered"] > 0.0]
    if rows.empty:
        return None
    ordered = cells("domain/orders", "ordered", **where)
    acts = [label for label in _in_order(ground, rows["effective"]) if label]
    labels = [p.label for p in ground.net.periods]
    placed = sorted({labels.index(label) for label in rows["period"]})
    due = np.sum([cash.of_order(what.units, t) for t in placed], axis=0)
    origin = f"paid by {ground.lab}: orders of {what.id}"
    unit, number = str(rows["unit"].iloc[0]), ordered.value(read)
    paid = Amount(float(due.sum()), "MUSD", origin)
    made = _made(
        ground,
        what,
        unit,
        ordered,
        [(label, cells("domain/orders", "ordered", **where, effective=label)) for label in acts],
        price=Amount(paid.value * 1e6 / number, "USD", f"{origin} / {ordered}"),
        paid=paid,
        payments=cash.by_period(due, origin),
    )
    last = ground.reported[-1].index
    return replace(made, beyond=not any(labels.index(label) <= last for label in acts))


def _contract(ground: Ground, what: Signable, cash: Cash) -> Signature | None:
    """Return a contract: signed already, or an option that the plan takes."""
    read = ground.read
    row = cells("domain/contracts", "taken", contract=what.id).rows(read).iloc[0]
    if not row["signed"]:
        return None
    windows = cells("domain/contract_windows", "taken", contract=what.id).rows(read)
    labels = [p.label for p in ground.net.periods]
    unit = str(row["unit"])
    own = {"contract": what.id}
    total = cells("domain/contracts", "taken" if unit else "prepaid", **own)
    prepaid = amount(cells("domain/contracts", "prepaid", **own), "MUSD", read)
    purchases, taken = float(row["purchases"]), float(row["taken"])
    price = None
    if taken > 0.0 and purchases > 0.0:
        origin = f"{cells('domain/contracts', 'purchases', **own)} / {cells('domain/contracts', 'taken', **own)}"
        price = Amount(purchases * 1e6 / (taken * (1e3 if unit.startswith("k") else 1.0)), "USD", origin)
    before = row["signed"] not in labels or labels.index(row["signed"]) < what.since
    signed = not what.units or before or what.pinned(ground.plan)
    firsts = _in_order(ground, windows["first"])
    contract = _made(
        ground,
        what,
        f"{unit} x period" if unit == COMPUTE else unit or "M USD",
        total,
        [(label, cells("domain/contract_windows", "taken", **own, first=label)) for label in firsts if unit],
        price=price,
        paid=amount(cells("domain/contracts", "paid", **own), "MUSD", read),
        payments=cash.by_period(cash.of_contract(what.id), f"paid by {ground.lab}: contract {what.id}"),
        prepayment=prepaid if prepaid.value > 0.0 else None,
        name=str(row["name"]),
    )
    return replace(contract, signed=signed)


def _made(
    ground: Ground,
    what: Signable,
    unit: str,
    total: Cells,
    schedule: Sequence[tuple[str, Cells]],
    *,
    price: Amount | None,
    paid: Amount | None,
    payments: tuple[tuple[str, Amount], ...],
    prepayment: Amount | None = None,
    name: str = "",
) -> Signature:
    signed = what.pinned(ground.plan)
    delivered = [(label, _amount(ground, amounts, unit)) for label, amounts in schedule]
    return Signature(
        id=what.id,
        whole=what.whole or what.id,
        kind=what.kind,
        what=name or ground.called(what.item),
        supplier=ground.called(what.supplier),
        amount=_amount(ground, total, unit),
        schedule=tuple((label, amount) for label, amount in delivered if amount.value > 0.0),
        first=schedule[0][0] if schedule else "",
        last=schedule[-1][0] if schedule else "",
        beyond=False,
        price=price,
        paid=paid,
        payments=payments,
        prepayment=prepayment,
        break_even=None,
        signed=signed,
        planned="" if signed or not what.taken(ground.plan) else ground.net.periods[what.planned(ground.plan)].label,
        decide_by="",
        lead=what.lead,
        late=(),
        waiting=None,
        without=None,
        goods=what.what,
    )


def _amount(ground: Ground, cells: Cells, unit: str) -> Amount:
    if unit == "M USD":
        return amount(cells, "MUSD", ground.read)
    known = UNITS.get(unit)
    number = amount(cells, known or "as written", ground.read)
    return number if known else replace(number, unit_text=unit)


def order_of_weight(signatures: Sequence[Signature]) -> tuple[Signature, ...]:
    """Return signatures in the order of a memo: advice by what it is worth, then what has no date, then what stands."""

    def key(signature: Signature) -> tuple[int, float, float]:
        paid = 0.0 if signature.paid is None else signature.paid.value
        return (2, -paid, 0.0) if signature.signed else (0 if _worth(signature) else 1, -_worth(signature), -paid)

    return tuple(sorted(signatures, key=key))


def _worth(signature: Signature) -> float:
    if signature.verdict == "sign" and signature.without is None:
        return math.inf  # nothing of the plan stands without it
    return 0.0 if signature.without is None or not math.isfinite(signature.without.value) else signature.without.value
