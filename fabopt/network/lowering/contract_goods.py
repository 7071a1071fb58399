"""What a contract's goods are in the network: materials that a source fills, use of capacity, list prices."""

from __future__ import annotations

from fabopt.domain.policies import Policy, Splits
from fabopt.network.lowering.builder import PER_THOUSAND
from fabopt.network.lowering.deal import Deal
from fabopt.network.lowering.policy_scope import Expression, Scope, scope_of
from fabopt.network.tables import Array, Network


def materials_of(deal: Deal) -> list[str]:
    """Return the materials of the buyer that a contract that brings goods may fill."""
    return _held_by(deal, deal.contract.buyer)


def source_of(deal: Deal) -> list[str]:
    """Return what a lab has less of by what it lets the buyer have, in the order of :func:`materials_of`."""
    return _held_by(deal, deal.contract.supplier) if deal.leased else []


def _held_by(deal: Deal, party: str) -> list[str]:
    form = {
        "materials": "{name}",
        "hbm": f"hbm:{{name}}:{party}",
        "components": f"component:{{name}}:{party}",
        "dies": "die:{name}",
        "compute": f"compute:{{name}}:{party}",
        "rented": f"running:{{name}}:{party}",
    }[deal.kind]
    return [form.format(name=name) for name in deal.contract.goods.names]


def splits_of(deal: Deal) -> Splits:
    """Return the goods as what a policy would split."""
    return Splits(**{deal.kind: deal.contract.goods.names})


def scope(deal: Deal, net: Network) -> Scope:
    """Return capacity and its use by customer, as allocation policies see them."""
    policy = Policy(
        name=deal.name, splits=splits_of(deal), rule="value", by=deal.contract.by,
        since=deal.contract.since, until=deal.contract.until,
    )  # fmt: skip
    return scope_of(deal.chain, net, deal.id, policy)


def list_price(deal: Deal) -> Array:
    """Return what the buyer pays for a unit without the contract, million dollars ``[T]``.

    Defined for goods that have one list price; rules refuse a contract price on others.
    """
    data, (name, *_) = deal.chain.instance, deal.contract.goods.names
    if deal.kind == "fabs":
        return deal.chain.mean(data.nodes[data.fabs[name].nodes[0]].wafer_price) * PER_THOUSAND
    if deal.kind == "packaging_lines":
        return deal.chain.mean(data.packaging_lines[name].wafer_price) * PER_THOUSAND
    if deal.kind == "chips":
        return deal.chain.mean(data.chips[name].price) * PER_THOUSAND
    return deal.chain.mean(data.scanners[name].price)


def list_spending(deal: Deal, net: Network) -> Expression:
    """Return what the buyer pays the supplier for the goods without the contract, million dollars."""
    kind = {
        "fabs": "wafers",
        "packaging_lines": "packaging",
        "memory_makers": "hbm",
        "scanners": "scanners",
        "chips": "accelerators",
    }.get(deal.kind, "")
    names, found = set(deal.contract.goods.names), Expression()
    tags = {("activity", a.id): a.tags for a in net.activities} | {("unit", u.id): u.tags for u in net.units}
    for payment in net.payments:
        if (payment.payer, payment.payee, payment.kind) != (deal.contract.buyer, deal.contract.supplier, kind):
            continue
        of = tags[payment.term.kind, payment.term.id]
        if payment.price is not None and names & {of.site, payment.item}:
            key = (payment.term.kind, payment.term.id, payment.term.shift)
            found.add(key, payment.term.coefficient * payment.price)
    return found
