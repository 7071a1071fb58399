"""What the lab should sign in this plan: how much of what, from whom, when, at which price, and until when.

Amounts are those of the reported periods, from the result's tables; dates and losses come from :mod:`.late`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from fabopt.analysis.memo.ground import REPORTED, Ground
from fabopt.analysis.memo.late import Delay
from fabopt.analysis.memo.losses import lost_value
from fabopt.analysis.memo.origin import Cells, amount, cells
from fabopt.analysis.memo.records import Amount, Signature, Unit
from fabopt.analysis.memo.signable import AGREEMENTS, COMPUTE, Signable
from fabopt.analysis.memo.standing import withheld
from fabopt.analysis.replan import Again, Answer

UNITS: Mapping[str, Unit] = {"kaccelerator": "kaccelerator", "MW": "MW"}
"""Units of tables that templates know how to write."""


def signature(ground: Ground, what: Signable) -> Signature | None:
    """Return what is to be signed, without its dates; None where the reported periods have nothing of it."""
    if what.kind in AGREEMENTS:
        return _contract(ground, what)
    return _order(ground, what) if what.units else _purchase(ground, what)


def dated(ground: Ground, signature: Signature, delay: Delay, again: Again) -> Signature:
    """Return a signature with its last responsible date and what waiting costs."""
    labels = [p.label for p in ground.net.periods]

    def lost(answer: Answer, when: str) -> Amount:
        return lost_value(ground, again, answer, f"re-solve: {signature.id} not signed {when}, {again.how}")

    without = delay.without
    known = without is not None and without.x is not None
    loss = lost(without, "at all") if without is not None and known else None
    return replace(
        signature,
        decide_by="" if delay.decide_by is None else labels[delay.decide_by],
        late=tuple(
            (labels[t], lost(answer, f"before {labels[t]}")) for t, answer in delay.late.items() if answer.x is not None
        ),
        without=loss,
        withheld=None if loss is None or signature.signed else withheld(ground, loss),
    )


def _purchase(ground: Ground, what: Signable) -> Signature | None:
    """Return a purchase: accelerators by their shipments, what is made for own chips by what is paid for."""
    own = {"payer": ground.lab, "payee": what.supplier, "what": what.what, "item": what.item}
    if what.kind == "accelerators":
        where = {"lab": ground.lab, "chip": what.item}
        table, column = "domain/shipments", "kaccelerator"
    else:
        where, table, column = own, "domain/transfers", "quantity"
    rows = cells(table, column, **where, **REPORTED).rows(ground.read)
    if rows.empty:
        return None
    unit = column if table == "domain/shipments" else str(rows["unit"].iloc[0])
    paid = cells("domain/transfers", "amount", **own, **REPORTED)
    purchase = _made(
        ground,
        what,
        unit,
        cells(table, column, **where, **REPORTED),
        {year: cells(table, column, **where, period=ground.within(year)) for year in ground.years},
        rows["period"],
        price=_price(ground, own),
        paid=None if paid.rows(ground.read).empty else amount(paid, "MUSD", ground.read),
    )
    return replace(purchase, under=_under(ground, what))


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
    cells = Cells("domain/transfers", (*own.items(), *REPORTED.items()), "price", "quantity")
    rows = cells.rows(ground.read)
    if rows.empty or float(rows["quantity"].sum()) <= 0.0:
        return None
    price = amount(cells, "USD", ground.read)
    return replace(price, low=float(rows["price"].min()), high=float(rows["price"].max()))


def _order(ground: Ground, what: Signable) -> Signature | None:
    """Return the orders of a site's power, or of whatever else the lab builds: by year of their first effect."""
    read = ground.read
    orders = read("domain/orders")
    rows = orders[orders["id"].isin(what.units) & orders["reported"] & (orders["ordered"] > 0.0)]
    if rows.empty:
        return None
    where = {"id": "|".join(what.units)}
    paid = amount(cells("domain/orders", "cost", **where, **REPORTED), "MUSD", read)
    ordered = cells("domain/orders", "ordered", **where, **REPORTED)
    acts = rows["effective"][rows["effective"] != ""]
    by_year = {
        year: cells("domain/orders", "ordered", **where, **REPORTED, effective=span)
        for year, span in _spans(ground, acts).items()
    }
    unit, number = str(rows["unit"].iloc[0]), ordered.value(read)
    price = Amount(paid.value * 1e6 / number, "USD", f"{paid.origin} / {ordered}")
    return _made(ground, what, unit, ordered, by_year, acts, price=price, paid=paid)


def _spans(ground: Ground, labels: pd.Series) -> dict[str, str]:
    """Return the filter of the periods of each calendar year that labels speak of, in order."""
    by_year: dict[str, list[str]] = {}
    named = set(labels)
    for period in ground.net.periods:
        by_year.setdefault(str(period.start.year), []).append(period.label)
    return {
        year: own[0] if len(own) == 1 else f"{own[0]}..{own[-1]}" for year, own in by_year.items() if named & set(own)
    }


def _contract(ground: Ground, what: Signable) -> Signature | None:
    """Return a contract: signed already, or an option that the plan takes."""
    read = ground.read
    row = cells("domain/contracts", "taken", contract=what.id).rows(read).iloc[0]
    if not row["signed"]:
        return None
    windows = cells("domain/contract_windows", "taken", contract=what.id).rows(read)
    labels = [p.label for p in ground.net.periods]
    unit = str(row["unit"])
    by_year: dict[str, Cells] = {}
    for first in windows["first"].drop_duplicates():
        year = str(ground.net.periods[labels.index(first)].start.year)
        before = by_year.get(year)
        firsts = first if before is None else f"{dict(before.where)['first']}|{first}"
        by_year[year] = cells("domain/contract_windows", "taken", contract=what.id, first=firsts)
    own = {"contract": what.id}
    total = cells("domain/contracts", "taken" if unit else "prepaid", **own)
    prepaid = amount(cells("domain/contracts", "prepaid", **own), "MUSD", read)
    purchases, taken = float(row["purchases"]), float(row["taken"])
    price = None
    if taken > 0.0 and purchases > 0.0:
        origin = f"{cells('domain/contracts', 'purchases', **own)} / {cells('domain/contracts', 'taken', **own)}"
        price = Amount(purchases * 1e6 / (taken * (1e3 if unit.startswith("k") else 1.0)), "USD", origin)
    signed = not what.units or row["signed"] not in labels or what.pinned(ground.plan)
    contract = _made(
        ground,
        what,
        f"{unit} x period" if unit == COMPUTE else unit or "M USD",
        total,
        by_year if unit else {},
        pd.concat([windows["first"], windows["last"]]),
        price=price,
        paid=amount(cells("domain/contracts", "paid", **own), "MUSD", read),
        prepayment=prepaid if prepaid.value > 0.0 else None,
        name=str(row["name"]),
    )
    return replace(contract, signed=signed)


def _made(
    ground: Ground,
    what: Signable,
    unit: str,
    total: Cells,
    by_year: Mapping[str, Cells],
    periods: pd.Series,
    *,
    price: Amount | None,
    paid: Amount | None,
    prepayment: Amount | None = None,
    name: str = "",
) -> Signature:
    labels = [p.label for p in ground.net.periods]
    there = sorted({labels.index(label) for label in periods})
    years = ((year, _amount(ground, amounts, unit)) for year, amounts in by_year.items())
    return Signature(
        id=what.id,
        kind=what.kind,
        what=name or ground.called(what.item),
        supplier="" if what.supplier == ground.lab else ground.called(what.supplier),
        amount=_amount(ground, total, unit),
        by_year=tuple((year, amounts) for year, amounts in years if amounts.value > 0.0),
        first=labels[there[0]] if there else "",
        last=labels[there[-1]] if there else "",
        price=price,
        paid=paid,
        prepayment=prepayment,
        signed=what.pinned(ground.plan),
        decide_by="",
        lead=what.lead,
        late=(),
        without=None,
    )


def _amount(ground: Ground, cells: Cells, unit: str) -> Amount:
    if unit == "M USD":
        return amount(cells, "MUSD", ground.read)
    known = UNITS.get(unit)
    number = amount(cells, known or "as written", ground.read)
    return number if known else replace(number, unit_text=unit)


def order_of_weight(signatures: Sequence[Signature]) -> tuple[Signature, ...]:
    """Return signatures in the order of a memo: advice by what it is worth, then what has no date, then what stands."""

    def key(signature: Signature) -> tuple[int, float]:
        paid = 0.0 if signature.paid is None else signature.paid.value
        return (
            (2, -paid) if signature.signed else (0 if signature.without is not None else 1, -_worth(signature) or -paid)
        )

    return tuple(sorted(signatures, key=key))


def _worth(signature: Signature) -> float:
    return 0.0 if signature.without is None or not math.isfinite(signature.without.value) else signature.without.value
