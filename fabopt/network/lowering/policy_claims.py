"""What the customers of a policy bring to its rule, window by window: orders, commitments, weights, caps, bids."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fabopt.domain.kinds import splittable
from fabopt.domain.policies import Policy
from fabopt.domain.quantity import Quantity
from fabopt.network.allocation.curve import Claims
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.orders import demand_orders, demand_starts
from fabopt.network.lowering.policy_scope import Scope, parts_of, scope_of
from fabopt.network.tables import Array, Network


@dataclass(frozen=True)
class Split:
    """A policy ready to be written as rows.

    Attributes
    ----------
    scope
        What it speaks of.
    customers
        Customers that the rule knows, in order.
    claims
        What they bring, one for each window.
    """

    scope: Scope
    customers: tuple[str, ...]
    claims: tuple[Claims, ...]


def splits(chain: Chain, net: Network) -> list[Split]:
    """Return what each policy of the instance splits, among whom, and what they bring."""
    splits, policies = [], chain.instance.policies
    starts = demand_starts(chain, net) if any(policy.orders == "demand" for policy in policies.values()) else {}
    for policy_id, policy in policies.items():
        for part, one in parts_of(chain.instance, policy):
            scope = scope_of(chain, net, policy_id, one, part)
            customers = tuple(scope.use) if policy.orders == "demand" else tuple(one.customers)
            splits.append(Split(scope, customers, _claims(chain, scope, customers, starts)))
    return splits


def amounts(chain: Chain, policy: Policy, quantity: Quantity) -> Array:
    """Return an amount of a claim per period ``[T]``, in the unit of what is split."""
    factors = {"tool/year": chain.years, "1": np.ones(chain.n)}
    return np.asarray(chain.mean(quantity) * factors.get(splittable()[policy.splits.kind][1].unit, chain.months))


def _claims(chain: Chain, scope: Scope, customers: tuple[str, ...], starts: Mapping[str, Array]) -> tuple[Claims, ...]:
    policy = scope.policy
    demanded = demand_orders(chain, scope.use, starts) if policy.orders == "demand" else {}
    given = [policy.customers.get(customer) for customer in customers]
    orders, held, weights, caps, bids = [], [], [], [], []
    for place, (customer, claim) in enumerate(zip(customers, given, strict=True)):
        none = np.zeros(chain.n)
        stated = None if claim is None or claim.order is None else amounts(chain, policy, claim.order)
        promised = none if claim is None else amounts(chain, policy, claim.commitment)
        made = () if claim is None else claim.bids
        bids += [(amounts(chain, policy, bid.quantity), bid.price.value, place) for bid in made]
        asked = [quantity for quantity, _, who in bids if who == place]
        if policy.orders == "demand":
            stated = np.maximum(demanded.get(customer, none), promised)
        elif policy.rule == "market":
            stated = np.sum(asked, axis=0)
        orders.append(scope.total(np.full(chain.n, math.inf) if stated is None else stated))
        held.append(scope.total(promised))
        weights.append(_weight(chain, scope, customer))
        cap = policy.cap if claim is None or claim.cap is None else claim.cap
        known = cap is not None and policy.cap_of == "capacity"
        caps.append(chain.mean(cap) if known and cap is not None else np.full(chain.n, math.inf))
    if scope.part:
        weights = _usable(scope, customers, weights)
    ranks = np.array([99 if claim is None or claim.rank is None else claim.rank for claim in given], dtype=np.float64)
    each: list[Claims] = []
    for w, window in enumerate(scope.windows):
        first = window[0]
        offered = np.array([(scope.total(q)[w], price, who) for q, price, who in bids]).reshape(-1, 3).T
        claims = Claims(
            policy.rule,
            np.array([order[w] for order in orders]),
            np.array([promise[w] for promise in held]),
            np.array([weight[first] for weight in weights]),
            ranks,
            np.array([cap[first] for cap in caps]),
            math.inf if policy.alpha == "inf" else float(policy.alpha),
            offered,
            np.array([0.0 if claim is None else _over(chain, claim.floor, window) for claim in given]),
        )
        if policy.rule == "turn-and-earn" and each:
            # This window's shares follow the last window's use: what the rule allotted of the capacity that is data.
            claims = replace(claims, weights=each[-1].allotted(float(scope.total(scope.base)[w - 1])))
        each.append(claims)
    return tuple(each)


def _usable(scope: Scope, customers: tuple[str, ...], weights: list[Array]) -> list[Array]:
    """Return shares of what customers can use ``[T]``: those of who cannot are the others', in proportion.

    Customers without a share of their own have what the shares leave, where any of them can use it.
    """
    if not weights:
        return weights
    able = [weight * scope.able[customer] for customer, weight in zip(customers, weights, strict=True)]
    others = [scope.able[customer] for customer in scope.use if customer not in customers]
    left = np.maximum(1.0 - np.sum(weights, axis=0), 0.0) * np.max(others, axis=0, initial=0.0)
    whole = np.sum(able, axis=0) + left
    return [np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0.0) for weight in able]


def _over(chain: Chain, share: Quantity, window: tuple[int, ...]) -> float:
    """Return a share's mean over a window."""
    return share.mean(chain.periods[window[0]].start, chain.periods[window[-1]].end)


def _weight(chain: Chain, scope: Scope, customer: str) -> Array:
    claim, rule = scope.policy.customers.get(customer), scope.policy.rule
    if claim is None:
        return np.zeros(chain.n) if rule in ("shares", "turn-and-earn") else np.ones(chain.n)
    if rule == "shares" and claim.share is not None:
        return chain.mean(claim.share)
    if rule == "turn-and-earn" and claim.past is not None:
        return amounts(chain, scope.policy, claim.past)
    return chain.flat(claim.weight.value) if rule == "alpha-fair" else np.ones(chain.n)
