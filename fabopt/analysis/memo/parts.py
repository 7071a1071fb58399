"""What a signature is for, and what else an order takes: the parts that are bought for it, of whom.

What a lab pays for an order of its own (a site's power, say) is what building it costs. The parts that it takes are
bought of their makers and paid for beside it: they are orders of their own, and told with it as an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import cells
from fabopt.analysis.memo.records import Amount, Part, Serves
from fabopt.analysis.memo.signable import CHIPS, Signable
from fabopt.network.explode import Node, gives, takers
from fabopt.network.links import Links, link
from fabopt.network.parties import payments_between
from fabopt.network.tables import Array, Network

USES: tuple[Serves, ...] = ("sites", "fleet", "chips")
"""What something may be bought for; the first that takes it is told."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What a lab buys to build with in its plan.

    Attributes
    ----------
    ground
        The plan and the lab.
    links
        Who makes and takes what.
    sold
        Of each activity that the lab pays for by piece: of whom, what for, and the item.
    """

    ground: Ground
    links: Links
    sold: Mapping[str, tuple[str, str, str]]

    @classmethod
    def of(cls, ground: Ground) -> Bought:
        """Return what the lab of a plan buys."""
        return cls(ground, link(ground.net), _sold(ground.net, ground.lab))

    def serves(self, what: Signable) -> Serves:
        """Return what a lab buys something for that is no accelerator; empty where nothing says so."""
        if what.kind != "capacity" or what.what == CHIPS:
            return ""
        nodes = (("activity", id) for id in what.activities)
        made = (thing for node in nodes for thing, _ in gives(self.links, node))
        found = {self._use(taker) for thing in made for taker in takers(self.links, thing)}
        return next((use for use in USES if use in found), "chips" if self._for_chip(what) else "")

    def _use(self, taker: Node) -> Serves:
        kind, id = taker
        tags = (self.links.units if kind == "unit" else self.links.activities)[id].tags
        if tags.stage == ("power" if kind == "unit" else "deployment"):
            return "sites" if kind == "unit" else "fleet"
        return "chips" if tags.chip else ""

    def _for_chip(self, what: Signable) -> bool:
        return any(self.links.activities[id].tags.chip for id in what.activities)

    def parts(self, what: Signable) -> tuple[Part, ...]:
        """Return the parts that an order takes, by item: how much, of whom, and what that comes to at mean prices."""
        amounts: dict[str, float] = {}
        for id in what.units:
            for t, ordered in enumerate(self._ordered(what, id)):
                for part in self.links.parts[id]:
                    each = np.broadcast_to(part.amount, self.ground.net.n_periods)[t]
                    amounts[part.material] = amounts.get(part.material, 0.0) - float(each) * ordered
        return tuple(self._part(what, id, amount) for id, amount in amounts.items() if amount > 0.0)

    def _ordered(self, what: Signable, unit: str) -> Array:
        """Return how many units an order is for, by period [T]."""
        plan = self.ground.plan
        ordered = plan.tables.columns["order"].values(plan.x)[plan.tables.columns.at.unit[unit]]
        mine = np.zeros(len(ordered), dtype=bool)
        if what.at is None:
            mine[[p.index for p in self.ground.net.periods if p.reported and p.index >= what.since]] = True
        else:
            mine[what.at] = True
        return np.asarray(np.where(mine, ordered, 0.0))

    def _part(self, what: Signable, material: str, amount: float) -> Part:
        record, ground = self.links.materials[material], self.ground
        made = [self.sold[flow.activity] for flow in self.links.makers[material] if flow.activity in self.sold]
        sellers = dict.fromkeys(payee for payee, *_ in made)
        origin = f"parts of {what.id}: {material}"
        found = Amount(amount, "MW" if record.unit == "MW" else "as written", origin, unit_text=record.unit)
        return Part(
            what=ground.called(record.tags.item or material),
            suppliers=tuple(ground.called(seller) for seller in sellers),
            amount=found,
            paid=self._paid(found, made),
        )

    def _paid(self, amount: Amount, made: list[tuple[str, str, str]]) -> Amount | None:
        """Return what a part comes to at the mean price of all that is bought of it; None where none is bought."""
        if not made:
            return None
        payees, whats, items = ("|".join(dict.fromkeys(names)) for names in zip(*made, strict=True))
        own = {"payer": self.ground.lab, "payee": payees, "what": whats, "item": items, **self.ground.open}
        due, bought = (cells("domain/transfers", column, **own) for column in ("amount", "quantity"))
        quantity = bought.value(self.ground.read)
        if quantity <= 0.0:
            return None
        price = due.value(self.ground.read) / quantity
        return Amount(amount.value * price, "MUSD", f"{amount.origin} x {due} / {bought}")


def _sold(net: Network, lab: str) -> dict[str, tuple[str, str, str]]:
    """Return of whom, for what and which item a lab buys by piece, by the activity that it pays for."""
    mine = (payment for payment in payments_between(net) if payment.payer == lab and payment.term.kind == "activity")
    return {payment.term.id: (payment.payee, payment.kind, payment.item) for payment in mine}
