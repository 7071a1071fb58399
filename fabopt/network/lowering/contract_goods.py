"""What a contract's goods are in the network: materials that a source fills, use of capacity, list prices."""

from __future__ import annotations

from fabopt.domain.contracts import money_scale
from fabopt.domain.kinds import tradable
from fabopt.domain.policies import Policy, Splits
from fabopt.network.lowering.deal import Deal
from fabopt.network.lowering.policy_scope import Expression, Scope, scope_of
from fabopt.network.tables import Array, Network


def materials_of(deal: Deal, net: Network) -> list[str]:
    """Return the materials of the buyer that a contract that brings goods may fill."""
    return _held_by(deal, net, deal.contract.buyer)


def source_of(deal: Deal, net: Network) -> list[str]:
    """Return what a lab has less of by what it lets the buyer have, in the order of :func:`materials_of`."""
    return _held_by(deal, net, deal.contract.supplier) if deal.leased else []


def _held_by(deal: Deal, net: Network, party: str) -> list[str]:
    kind, stake = tradable()[deal.kind]
    if kind.plain:
        return list(deal.contract.goods.names)
    mine = {
        tags.workload or tags.chip or tags.item: material.id
        for material in net.materials
        if (tags := material.tags).role == stake.role and tags.kind == kind.name and tags.customer == party
    }
    return [mine[name] for name in deal.contract.goods.names]


def scope(deal: Deal, net: Network) -> Scope:
    """Return capacity and its use by customer, as allocation policies see them."""
    policy = Policy(
        name=deal.name, splits=Splits.of(deal.kind, deal.contract.goods.names), rule="value", by=deal.contract.by,
        since=deal.contract.since, until=deal.contract.until,
    )  # fmt: skip
    return scope_of(deal.chain, net, deal.id, policy)


def list_price(deal: Deal) -> Array:
    """Return what the buyer pays for a unit without the contract, million dollars ``[T]``.

    Defined for goods that have one list price; rules refuse a contract price on others.
    """
    chain, goods = deal.chain, deal.contract.goods
    record, stake = tradable()[deal.kind][0].records(chain.instance)[goods.names[0]], goods.stake
    price = chain.instance.nodes[record.nodes[0]].wafer_price if deal.kind == "fabs" else getattr(record, stake.listed)
    return chain.mean(price) * money_scale(goods, chain.instance.components)


def list_spending(deal: Deal, net: Network) -> Expression:
    """Return what the buyer pays the supplier for the goods without the contract, million dollars."""
    kind = tradable()[deal.kind][0].paid
    names, list_spending = set(deal.contract.goods.names), Expression()
    tags = {("activity", a.id): a.tags for a in net.activities} | {("unit", u.id): u.tags for u in net.units}
    for payment in net.payments:
        if (payment.payer, payment.payee, payment.kind) != (deal.contract.buyer, deal.contract.supplier, kind):
            continue
        of = tags[payment.term.kind, payment.term.id]
        if payment.price is not None and names & {of.site, payment.item}:
            key = (payment.term.kind, payment.term.id, payment.term.shift)
            list_spending.add(key, payment.term.coefficient * payment.price)
    return list_spending
