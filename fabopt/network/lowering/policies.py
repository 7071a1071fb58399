r"""Allocation policies as rows: entitlements that are rights and no obligations.

With use :math:`U_v`, capacity :math:`K` (both linear in the decisions, `policy_scope`) and the right
:math:`R_v(K) = \min_k (\alpha_{vk} + \beta_{vk} K)` of `fabopt.network.allocation.curve`, per window of the policy:

* rights: :math:`U_v + e_v \le \alpha_{vk} + \beta_{vk} K + \sigma_v \sum_w e_w` for each k, where
  :math:`0 \le e_v \le \rho\,(\alpha_{vk} + \beta_{vk} K)` is the part of its right that v gives back (an activity
  ``release:<policy>:<customer>`` without flows) and :math:`\sigma` the shares on which it is offered again. What an
  entitlement exceeds an order by is offered again inside :math:`R_v` already. The bound on e matters: without one
  any split of K could be had (take :math:`e_v = s_v L - U_v` with :math:`L = \max_w U_w / s_w`).
* others: customers that are not named share what the shares leave, :math:`\sum U \le (1 - \sum_v s_v) K`.
* caps: :math:`U_v \le \gamma_v K`, or :math:`U_v \le \gamma_v \sum_w U_w`, which is linear both ways.
* floors: :math:`U_v + i_v \ge \varphi_v K` and :math:`\sum_w U_w + \sum_v i_v \le K`, where :math:`i_v \ge 0` is kept
  for v and stands idle (``idle:<policy>:<customer>``).
* least number: :math:`U_v \ge m K - m \overline K (1 - z_v)`, :math:`\sum_v z_v \ge n`, z binary (a unit
  ``served:<policy>:<customer>``).
* exact: :math:`U_v = R_v` where that is linear; for orders in proportion, :math:`U_v = \min(o_v, s_v K)` with one
  binary b a window (``short:<policy>``, 1 in a shortage): :math:`U_v \le s_v K`, :math:`U_v \le o_v`,
  :math:`U_v + o_v b \ge o_v`, :math:`U_v \ge s_v K - s_v \overline K (1 - b)`.

Two-stage: the rule allots the capacity without expansions, :math:`a_v`, and what is built later is split in the same
proportion, :math:`U_v \le a_v + (a_v / \sum a)(K - K_0)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.kinds import Role
from fabopt.domain.quantity import Quantity
from fabopt.network.allocation.curve import Line, lines
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.policy_claims import Split, splits
from fabopt.network.lowering.policy_scope import Expression, Scope
from fabopt.network.tables import Activity, Array, GroupFamily, GroupLimit, Network, Tags, Unit

Sense = str


@dataclass
class _Rows:
    """Records that a policy adds to the network."""

    activities: list[Activity] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    groups: list[GroupLimit] = field(default_factory=list)


def lower_policies(chain: Chain, net: Network) -> Network:
    """Return the network with the policies of the instance as rows.

    Raises
    ------
    FieldProblem
        When an exact policy, or a least number of customers, stands on capacity for which it cannot be written down.
    """
    mode = chain.instance.policy_mode
    if mode == "off" or not chain.instance.policies:
        return net
    rows = _Rows()
    for split in splits(chain, net):
        if split.scope.windows:
            _write(rows, split, mode == "two-stage")
    return replace(
        net,
        activities=(*net.activities, *rows.activities),
        units=(*net.units, *rows.units),
        groups=(*net.groups, *rows.groups),
    )


def _write(rows: _Rows, split: Split, two_stage: bool) -> None:
    policy = split.scope.policy
    if policy.rule != "value":
        if policy.exact:
            # In a period that its dates cut, a rule that is exact is a right for the part in which it holds.
            _exact(rows, _only(split, split.scope.held == 1.0))
            _rights(rows, _only(split, split.scope.held < 1.0), two_stage)
        else:
            _rights(rows, split, two_stage)
        _others(rows, split)
    _caps(rows, split.scope)
    _floors(rows, split.scope)
    if policy.least is not None:
        _least(rows, split.scope)


def _only(split: Split, chosen: NDArray[np.bool_]) -> Split:
    """Return what is split in some of the windows."""
    scope, places = split.scope, np.flatnonzero(chosen).tolist()
    windows = tuple(scope.windows[w] for w in places)
    part = replace(scope, windows=windows, held=scope.held[places])
    return replace(split, scope=part, claims=tuple(split.claims[w] for w in places))


def row(
    rows: _Rows,
    scope: Scope,
    customer: str,
    what: str,
    name: str,
    sense: Sense,
    terms: Expression,
    rhs: Array,
    windows: Sequence[tuple[int, ...]] | None = None,
    *,
    family: GroupFamily = "policy_share",
) -> None:
    """Add one row a window: terms (<=, >=, ==) right-hand side ``[W]``."""
    label = replace(_label(scope, customer, "rule"), region=scope.tags.region)
    group_id = ":".join(part for part in ("policy", scope.id, customer, what) if part)
    full = f"{scope.name}: {name}"
    held = tuple(scope.windows if windows is None else windows)
    cells = terms.rows()
    if cells and held:
        one = GroupLimit(group_id, full, scope.unit, sense, held, rhs, cells, label, family=family)  # type: ignore[arg-type]
        rows.groups.append(one)


def _by_window(scope: Scope, values: Array) -> Array:
    """Return numbers ``[W]`` as one per period ``[T]``, zero outside the windows."""
    spread = np.zeros(scope.base.size)
    for window, value in zip(scope.windows, values, strict=True):
        spread[list(window)] = value
    return spread


def _pieces(split: Split, two_stage: bool) -> list[list[list[Line]]]:
    """Return the lines of each window and customer ``[W][V]``, for the part of it in which the policy holds."""
    scope = split.scope
    base, low, most = scope.total(scope.base), scope.total(scope.low), scope.total(scope.most)
    pieces = []
    for w, claims in enumerate(split.claims):
        if two_stage and scope.grows and base[w] > 0.0:
            given = claims.rights(float(base[w]))
            share = given / (float(given.sum()) or 1.0)
            pieces.append([[Line(float(a - s * base[w]), float(s))] for a, s in zip(given, share, strict=True)])
        else:
            pieces.append(lines(claims, float(low[w]), float(most[w]) if scope.grows else float(base[w])))
    return [
        [[Line(g * line.constant, g * line.slope) for line in of_customer] for of_customer in of_window]
        for g, of_window in zip(scope.held.tolist(), pieces, strict=True)
    ]


def _rights(rows: _Rows, split: Split, two_stage: bool) -> None:
    scope, policy = split.scope, split.scope.policy
    if not scope.windows:
        return
    pieces = _pieces(split, two_stage)
    back = policy.returns.value
    released = {v: Expression() for v in split.customers}
    if back > 0.0:
        for v in split.customers:
            released[v].add(("activity", _side(rows, scope, "release", v), 0), np.ones(scope.base.size))
    base = scope.total(scope.base)
    for n, v in enumerate(split.customers):
        spent = scope.total(scope.spent[v])
        tails = _by_window(scope, np.array([claims.tail()[n] for claims in split.claims]))
        for k in range(max(len(of_window[n]) for of_window in pieces)):
            held = [w for w, of_window in enumerate(pieces) if len(of_window[n]) > k]
            constant = np.array([pieces[w][n][k].constant for w in held])
            slope = np.array([pieces[w][n][k].slope for w in held])
            slopes = np.zeros(len(scope.windows))
            slopes[held] = slope
            right = constant + slope * base[held]
            windows = [scope.windows[w] for w in held]
            free = 1.0 - scope.held
            terms = scope.use[v].plus(scope.added, -_by_window(scope, slopes + free))
            for other, given in released.items():
                terms = terms.plus(given, (1.0 if other == v else 0.0) - tails)
            what = "" if k == 0 else str(k + 1)
            # What is in work already is not taken back, even where it exceeds the right.
            left = np.maximum(right + free[held] * base[held] - spent[held], 0.0)
            row(rows, scope, v, what, f"right of {scope.called(v)}", "<=", terms, left, windows)
            if back > 0.0:
                given_back = released[v].plus(scope.added, -back * _by_window(scope, slopes))
                row(
                    rows,
                    scope,
                    v,
                    f"return{what}",
                    f"what {scope.called(v)} may give back",
                    "<=",
                    given_back,
                    back * right,
                    windows,
                )


def _others(rows: _Rows, split: Split) -> None:
    """Hold the customers that the rule does not know to what the shares leave."""
    scope = split.scope
    unnamed = [v for v in scope.use if v not in split.customers]
    if not unnamed:
        return
    total, spent = Expression(), np.zeros(scope.base.size)
    for v in unnamed:
        total, spent = total.plus(scope.use[v]), spent + scope.spent[v]
    rest = np.array([max(0.0, 1.0 - float(c.weights.sum())) if c.rule == "shares" else 0.0 for c in split.claims])
    rest = 1.0 - scope.held * (1.0 - rest)
    left = np.maximum(rest * scope.total(scope.base) - scope.total(spent), 0.0)
    terms = total.plus(scope.added, -_by_window(scope, rest))
    row(rows, scope, "", "others", "customers without a share of their own", "<=", terms, left)


def _label(scope: Scope, customer: str, role: Role) -> Tags:
    """Return the tags of a record of a policy."""
    return Tags(
        stage=scope.tags.stage,
        owner=scope.tags.owner,
        customer=customer,
        item=scope.policy_id,
        kind="policy",
        role=role,
        field=scope.field(customer),
    )


def _side(rows: _Rows, scope: Scope, kind: Literal["release", "idle"], customer: str) -> str:
    """Add an activity without flows that stands for capacity given back, or kept idle; return its id."""
    name, who = f"{kind}:{scope.id}:{customer}", scope.called(customer)
    says = {"release": f"{scope.name}: given back by {who}", "idle": f"{scope.name}: kept idle for {who}"}
    rows.activities.append(Activity(name, says[kind], scope.unit, _label(scope, customer, kind)))
    return name


def _caps(rows: _Rows, scope: Scope) -> None:
    policy = scope.policy
    everybody, all_spent = _everybody(scope)
    for v in scope.use:
        claim = policy.customers.get(v)
        cap = policy.cap if claim is None or claim.cap is None else claim.cap
        if cap is None:
            continue
        spans = [(scope.windows[w][0], scope.windows[w][-1]) for w in range(len(scope.windows))]
        share = 1.0 - scope.held * (1.0 - np.array([_mean(cap, scope, a, b) for a, b in spans]))
        factor, spent = _by_window(scope, share), scope.total(scope.spent[v])
        if policy.cap_of == "capacity":
            terms = scope.use[v].plus(scope.added, -factor)
            limit = np.maximum(share * scope.total(scope.base) - spent, 0.0)
        else:
            terms = scope.use[v].plus(everybody, -factor)
            limit = np.maximum(share * scope.total(all_spent) - spent, 0.0)
        row(rows, scope, v, "cap", f"cap of {scope.called(v)}", "<=", terms, limit, family="policy_cap")


def _mean(quantity: Quantity, scope: Scope, first: int, last: int) -> float:
    return quantity.mean(scope.periods[first].start, scope.periods[last].end)


def _everybody(scope: Scope) -> tuple[Expression, Array]:
    total, spent = Expression(), np.zeros(scope.base.size)
    for v, use in scope.use.items():
        total, spent = total.plus(use), spent + scope.spent[v]
    return total, spent


def _floors(rows: _Rows, scope: Scope) -> None:
    kept, spent = _everybody(scope)
    any_floor = False
    for v, claim in scope.policy.customers.items():
        share = scope.held * [_mean(claim.floor, scope, window[0], window[-1]) for window in scope.windows]
        if not share.any():
            continue
        any_floor = True
        idle = Expression({("activity", _side(rows, scope, "idle", v), 0): np.ones(scope.base.size)})
        terms = scope.use[v].plus(idle).plus(scope.added, -_by_window(scope, share))
        need = share * scope.total(scope.base) - scope.total(scope.spent[v])
        row(rows, scope, v, "floor", f"floor of {scope.called(v)}", ">=", terms, need, family="policy_floor")
        kept = kept.plus(idle)
    if any_floor:
        room = scope.total(scope.base) - scope.total(spent)
        terms = kept.plus(scope.added, -1.0)
        row(rows, scope, "", "kept", "what is used and kept", "<=", terms, room, family="policy_floor")


def _switch(rows: _Rows, scope: Scope, kind: str, customer: str, name: str) -> Expression:
    """Add a binary a window (a unit that may be ordered once, in its first period); return it over all its periods."""
    unit_id = ":".join(part for part in (kind, scope.id, customer) if part)
    upper = np.zeros(scope.base.size)
    upper[[window[0] for window in scope.windows]] = 1.0
    label = _label(scope, customer, "switch")
    rows.units.append(Unit(unit_id, f"{scope.name}: {name}", "decision", label, upper=upper, instrument="policy"))
    first = np.zeros(scope.base.size)
    first[[window[0] for window in scope.windows]] = 1.0
    return Expression({("unit", unit_id, 0): first})


def _bounded(scope: Scope, why: str) -> Array:
    most = scope.total(scope.most if scope.grows else scope.base)
    if not np.isfinite(most).all():
        message = f"{why} needs capacity with a limit, but what may be added to it has none"
        raise FieldProblem([Fault(("policies", scope.policy_id), message, "limit the units that add to it")])
    return most


def _least(rows: _Rows, scope: Scope) -> None:
    least = scope.policy.least
    if least is None:
        return
    m, most, base = (
        scope.held * least.share.value,
        _bounded(scope, "a least number of customers"),
        scope.total(scope.base),
    )
    served = Expression()
    for v, use in scope.use.items():
        z = _switch(rows, scope, "served", v, f"{scope.called(v)} gets its least share")
        terms = use.plus(scope.added, -_by_window(scope, m)).plus(z, -_by_window(scope, m * most))
        need = m * (base - most) - scope.total(scope.spent[v])
        row(rows, scope, v, "least", f"least share of {scope.called(v)}", ">=", terms, need, family="policy_floor")
        served = served.plus(z)
    number = np.full(len(scope.windows), float(least.customers))
    name = f"at least {least.customers} customers"
    row(rows, scope, "", "least", name, ">=", served, number, family="policy_floor")


def _exact(rows: _Rows, split: Split) -> None:
    if not split.scope.windows:
        return
    scope, base = split.scope, split.scope.total(split.scope.base)
    rule = scope.policy.rule
    alone = all(np.isinf(claims.orders).all() and not claims.commitments.any() for claims in split.claims)
    plain = all(not (c.commitments.any() or c.floors.any()) and np.isinf(c.caps).all() for c in split.claims)
    for n, v in enumerate(split.customers):
        spent = scope.total(scope.spent[v])
        if not scope.grows:
            given = np.array([claims.allotted(float(k))[n] for claims, k in zip(split.claims, base, strict=True)])
            row(
                rows,
                scope,
                v,
                "exact",
                f"exactly what {scope.called(v)} is allotted",
                "==",
                scope.use[v],
                np.maximum(given - spent, 0.0),
            )
        elif alone and plain and (rule != "alpha-fair" or scope.policy.alpha != 0):
            share = np.array([claims.rights(1.0)[n] for claims in split.claims])
            terms = scope.use[v].plus(scope.added, -_by_window(scope, share))
            row(rows, scope, v, "exact", f"exactly the share of {scope.called(v)}", "==", terms, share * base - spent)
        elif rule != "proportional" or not plain:
            message = f"the rule '{rule}' cannot be held exactly where capacity may grow"
            hint = "use 'shares' or 'proportional' without commitments, caps and floors, or leave 'exact' out"
            raise FieldProblem([Fault(("policies", scope.policy_id, "exact"), message, hint)])
    if scope.grows and rule == "proportional":
        _exact_proportional(rows, split)


def _exact_proportional(rows: _Rows, split: Split) -> None:
    scope, base = split.scope, split.scope.total(split.scope.base)
    most = _bounded(scope, "an exact policy")
    short = _switch(rows, scope, "short", "", "capacity is short of orders")
    for n, v in enumerate(split.customers):
        spent = scope.total(scope.spent[v])
        order = np.array([claims.orders[n] for claims in split.claims])
        share = np.array([claims.tail()[n] for claims in split.claims])
        use, s = scope.use[v], _by_window(scope, share)
        row(
            rows,
            scope,
            v,
            "share",
            f"share of {scope.called(v)}",
            "<=",
            use.plus(scope.added, -s),
            share * base - spent,
        )
        row(rows, scope, v, "order", f"order of {scope.called(v)}", "<=", use, order - spent)
        whole = use.plus(short, _by_window(scope, order))
        row(rows, scope, v, "whole", f"whole order of {scope.called(v)} without a shortage", ">=", whole, order - spent)
        cut = use.plus(scope.added, -s).plus(short, -_by_window(scope, share * most))
        limit = share * (base - most) - spent
        row(rows, scope, v, "cut", f"cut order of {scope.called(v)} in a shortage", ">=", cut, limit)
