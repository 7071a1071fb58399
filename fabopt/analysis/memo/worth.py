"""What a lab's plan is worth, part by part: discounted money that adds up to the value of its plan.

Parts are those of the table ``perspective`` for the lab. What the plan's value counts beside that is no money: the
lab's tastes, and what hooks add to the objective.
"""

from __future__ import annotations

from fabopt.analysis.memo.assumptions import confidence
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import cells
from fabopt.analysis.memo.records import Amount, Worth, WorthPart
from fabopt.analysis.sensitivity.numbers import Number
from fabopt.domain.parties import as_seen_by
from fabopt.domain.tolerances import rounding

TABLE = "domain/perspective"

KINDS: dict[str, WorthPart] = {
    "delivery_value": "compute",
    "backlog_cost": "late",
    "lost_cost": "late",
    "shortfall_cost": "late",
    "terminal_stock": "left",
    "terminal_landing": "left",
    "terminal_units": "left",
}
"""Part that a kind of the table belongs to; all other costs are the lab's own, and transfers what it pays others."""


def worth(ground: Ground) -> Worth:
    """Return what the plan of a lab is worth, and how money is discounted in it."""
    rows = ground.read(TABLE)
    rows = rows[rows["party"] == ground.lab]
    found: dict[WorthPart, float] = {"sales": _sales(ground)}
    found["suppliers"] = -found["sales"]
    for kind, transfer, side, amount in zip(rows["kind"], rows["transfer"], rows["side"], rows["amount"], strict=True):
        between = transfer or side == "sellers"  # with the margin on what the lab sells
        part = "suppliers" if between else KINDS.get(kind, "own")
        found[part] = found.get(part, 0.0) + float(amount)
    value = ground.of.objective
    found["beside"] = value - sum(found.values())
    small = rounding(sum(map(abs, found.values())))
    parts = tuple((name, _part(ground, name, found[name])) for name in PARTS if abs(found.get(name, 0.0)) > small)
    return Worth(_rate(ground), ground.net.periods[-1].label, parts)


PARTS: tuple[WorthPart, ...] = ("compute", "sales", "left", "suppliers", "own", "late", "beside")
"""The parts, as they are told."""


def _part(ground: Ground, name: WorthPart, amount: float) -> Amount:
    origins: dict[WorthPart, str] = {
        "sales": f"{cells('domain/transfers', 'amount', payee=ground.lab)}, discounted",
        "beside": f"manifest: objective - {cells(TABLE, 'amount', party=ground.lab)}",
    }
    return Amount(amount, "MUSD", origins.get(name, f"{cells(TABLE, 'amount', party=ground.lab)}: {name}"))


def _sales(ground: Ground) -> float:
    """Return what others pay the lab, discounted."""
    sold = ground.read("domain/transfers")
    sold = sold[sold["payee"] == ground.lab]
    discount = {period.label: period.discount for period in ground.net.periods}
    return sum(discount[label] * float(paid) for label, paid in zip(sold["period"], sold["amount"], strict=True))


def _rate(ground: Ground) -> Amount:
    """Return by how much a year money is discounted as the lab sees it."""
    rate = as_seen_by(ground.data, ground.lab).horizon.discount_rate
    own = rate is not ground.data.horizon.discount_rate
    path = f"parties.{ground.lab}.discount_rate" if own else "horizon.discount_rate"
    return Amount(rate.value, "share", f"instance: {path}", confidence=confidence(Number(path, rate), ground.data))
