r"""Whose a limit is, and what can be done about it.

One table says, from the kind of a limit and from what relieves it, which instrument moves it; another, from its stage,
what sort of party holds it. Nothing here knows a company: owners come from the data.

The **rent** of a limit is what its scarcity earns its owner: its price times its use, over the periods that count,

.. math:: \sum_t p_t\, u_t \qquad p_t \in [\text{right}_t, \text{left}_t]

so that it is a range wherever the price is one.

**Who gets the next unit** is a difference of two plans: what each customer's deliveries are worth in the plan with the
limit relieved, less what they are worth in the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.domain.tolerances import CLOSE
from fabopt.network.tables import Array, Demand

NOBODY = "nobody"

PARTIES: Mapping[str, str] = {
    "lithography": "tool maker",
    "wafer": "fab owner",
    "memory": "memory maker",
    "packaging": "packaging house",
    "component": "component maker",
    "deployment": "site owner",
    "power": "site owner",
    "site": "site owner",
    "compute": "lab",
    "cash": "lab",
    "market": "customer",
}
"""What sort of party holds a limit of a stage; other stages have a supplier."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What moves a limit.

    Attributes
    ----------
    name
        One word or two: order, build, qualification, signature, prepay, agreement, budget, rule, redesign, wait ...
    verb
        What a person does, before ``one more unit of ...``.
    influence
        How much a buyer of compute can do about it: 0 nothing, 1 ask and pay, 2 agree with the owner, 3 do it.
    """

    name: str
    verb: str
    influence: int


ORDER = Instrument("order", "ordering", 2)
BUILD = Instrument("build", "building", 3)
QUALIFICATION = Instrument("qualification", "qualifying", 2)
PREPAY = Instrument("prepay", "prepaying for", 2)
AGREEMENT = Instrument("agreement", "a long-term agreement for", 1)
SIGNATURE = Instrument("signature", "signing for", 2)
EXERCISE = Instrument("exercise", "exercising the option on", 3)
BUDGET = Instrument("budget", "raising", 3)
RULE = Instrument("rule", "a rule that gives", 1)
REDESIGN = Instrument("redesign", "a design that needs less of", 2)
WAIT = Instrument("wait", "waiting for", 0)

_BY_LEVER: Mapping[str, Instrument] = {
    "order": ORDER,
    "build": BUILD,
    "qualification": QUALIFICATION,
    "signature": SIGNATURE,
    "exercise": EXERCISE,
}

_WITHOUT_LEVER: Mapping[tuple[str, str], Instrument] = {
    # What may be ordered of a capacity in a period or in all is a question of who pays for it first.
    ("physical", "order"): PREPAY,
    ("physical", "total_orders"): PREPAY,
    ("physical", "group_limit"): REDESIGN,
    ("physical", "synchronised_load"): REDESIGN,
    ("physical", "must_run"): REDESIGN,
    ("physical", "start"): REDESIGN,
    ("physical", ""): AGREEMENT,
    ("contract", ""): AGREEMENT,
    ("policy", ""): RULE,
    ("demand", ""): AGREEMENT,
    ("cash", ""): BUDGET,
    ("law", ""): WAIT,
}
"""Instrument by kind and family of a limit that no unit relieves; the empty family stands for the others."""


def instrument(kind: str, family: str, relaxable: bool, levers: Iterable[str]) -> Instrument:
    """Return what moves a limit.

    Parameters
    ----------
    kind, family
        Kind and constraint family of the limit.
    relaxable
        Whether it can be moved at all; physics and law are waited for.
    levers
        The instruments of the units that relieve it.
    """
    if not relaxable:
        return WAIT
    for lever in levers:
        return _BY_LEVER.get(lever, Instrument(lever, f"{lever} of", 2))
    return _WITHOUT_LEVER.get((kind, family)) or _WITHOUT_LEVER[kind, ""]


def controlled_by(kind: str, stage: str, owner: str, relaxable: bool = True) -> str:
    """Return what sort of party holds a limit: tool maker, fab owner, lab, regulator, nobody ..."""
    if kind == "law":
        return "regulator"
    if not relaxable:
        return NOBODY
    if kind == "demand":
        return "customer"
    if not owner and stage not in PARTIES:
        return NOBODY
    return PARTIES.get(stage, "supplier")


@dataclass(frozen=True, slots=True)
class Rent:
    """What scarcity earns: the least and the most, where the price is a range; million dollars, discounted."""

    low: float
    high: float

    def __add__(self, other: Rent) -> Rent:
        return Rent(self.low + other.low, self.high + other.high)


def rent(right: Array, left: Array, used: Array) -> Rent:
    """Return the rent of a limit from its prices and its use.

    Parameters
    ----------
    right, left
        Worth of one more, and of one less, by period (million dollars per unit, discounted) [periods].
    used
        What the plan uses of it [periods].
    """
    return Rent(float(np.sum(right * used)), float(np.sum(left * used)))


def total_rent(rents: Iterable[Rent]) -> Rent:
    """Return the sum of rents."""
    total = Rent(0.0, 0.0)
    for part in rents:
        total = total + part
    return total


def rent_by_owner(rents: Iterable[tuple[str, Rent]]) -> tuple[tuple[str, Rent], ...]:
    """Return the rents of owners, the largest first; what nobody owns is left out."""
    total: dict[str, Rent] = {}
    for owner, part in rents:
        if owner:
            total[owner] = total.get(owner, Rent(0.0, 0.0)) + part
    return tuple(sorted(((o, r) for o, r in total.items() if r.high > 0), key=lambda item: -item[1].high))


@dataclass(frozen=True, slots=True)
class Share:
    """What a customer gains or loses between two plans.

    Attributes
    ----------
    customer
        Id of the customer; of a demand without one, the name of the demand.
    value
        Change of the worth of what is delivered, million dollars, discounted.
    amount
        Change of what is delivered in units of compute (or of the material, where nothing counts as compute).
    unit
        Unit of that.
    """

    customer: str
    value: float
    amount: float
    unit: str = ""


def next_unit(
    demands: Sequence[Demand],
    before: Sequence[Array],
    after: Sequence[Array],
    discount: Array,
    units: Mapping[str, str] | None = None,
) -> tuple[Share, ...]:
    """Return who gets what a relief brings: the difference of two plans by customer, gains first.

    Parameters
    ----------
    demands
        The demands of the network.
    before, after
        Deliveries of each demand in the two plans [steps, T].
    discount
        Factor of each period [T].
    units
        Units of the materials by id, where they are to be told.
    """
    counted = dict[str, dict[str, None]]()
    value: dict[str, float] = {}
    amount: dict[str, float] = {}
    for demand, old, new in zip(demands, before, after, strict=True):
        more = new - old
        worth = sum(float(np.sum(more[k] * step.value * discount)) for k, step in enumerate(demand.steps))
        who = demand.tags.customer or demand.name
        counted.setdefault(who, {})[(units or {}).get(demand.material, "")] = None
        value[who] = value.get(who, 0.0) + worth
        amount[who] = amount.get(who, 0.0) + float(more.sum()) * (demand.weight or 1.0)
    size = max((abs(v) for v in value.values()), default=0.0)
    told = {who: ", ".join(filter(None, names)) for who, names in counted.items()}
    shares = [Share(who, value[who], amount[who], told[who]) for who in value if abs(value[who]) > CLOSE * size]
    return tuple(sorted(shares, key=lambda s: -s.value))
