"""Small random networks that use every feature of the tables; the same seed gives the same network."""

from dataclasses import replace

import numpy as np
from model_cases import periods

from fabopt.network.tables import (
    Activity,
    Budget,
    Demand,
    Flow,
    GroupLimit,
    Material,
    Network,
    Resource,
    Term,
    Unit,
    UnitEffect,
    UnitMaterial,
    Use,
    ValueStep,
    WholeGroup,
)


def random_network(seed):
    """A chain of two or three materials, with what else the dice say."""
    dice = np.random.default_rng(seed)
    T = int(dice.integers(2, 5))

    def pick(low, high):
        return dice.integers(low, high, T).astype(float)

    def maybe(chance=0.5):
        return dice.random() < chance

    ids = [f"m{i}" for i in range(int(dice.integers(2, 4)))]
    materials = [_material(dice, i, pick, maybe) for i in ids]
    activities, flows, uses = [], [], []
    for n in range(int(dice.integers(2, 5))):
        id = f"a{n}"
        activities.append(_activity(dice, id, pick, maybe))
        source, target = dice.choice(len(ids), 2, replace=False)
        flows.append(Flow(id, ids[target], int(dice.integers(0, 3)), pick(1, 4)))
        if maybe(0.6):
            flows.append(Flow(id, ids[source], int(dice.integers(0, 2)), -pick(1, 3)))
        uses.append(Use(id, "r0", int(dice.integers(0, 2)), pick(0, 3)))
        if maybe():
            uses.append(Use(id, "r1", 0, pick(1, 3)))
    resources = [Resource(f"r{n}", f"R{n}", "unit", "rate", pick(3, 15)) for n in range(2)]
    units = [_unit(dice, f"u{n}", T, pick, maybe) for n in range(2)]
    sizes = np.random.default_rng([seed, 3]).choice([np.inf, 1.0, 1.5, 2.5], 2)
    units = [replace(u, max_order=max(u.min_order, float(most))) for u, most in zip(units, sizes, strict=True)]
    effects = [
        UnitEffect("u0", "r0", int(dice.integers(0, 2)), dice.integers(1, 5, int(dice.integers(1, 3))).astype(float)),
        UnitEffect("u1", "r1", int(dice.integers(0, 3)), dice.integers(1, 6, 1).astype(float), persistent=maybe()),
        UnitEffect("u0", "r1", 0, np.array([-1.0])),
    ]
    materials_of_units = [UnitMaterial("u1", ids[0], int(dice.integers(0, 3)), -1.0)] if maybe() else []
    demands = [_demand(dice, f"d{n}", ids[-1 - n], T, pick, maybe) for n in range(2)]
    return Network(
        f"random {seed}",
        periods(T, 0.9),
        materials=tuple(materials),
        activities=tuple(activities),
        flows=tuple(flows),
        uses=tuple(uses),
        resources=tuple(resources),
        units=tuple(units),
        unit_effects=tuple(effects),
        unit_materials=tuple(materials_of_units),
        demands=tuple(demands),
        budgets=_budgets(T, units, activities, maybe),
        groups=_groups(T, ids, activities, maybe),
        whole_groups=_whole(T, activities, maybe),
        definitions=_definitions(T, ids, activities, seed),
        constant_value=float(dice.integers(0, 50)),
        end_discount=0.8,
    )


def switched_network(seed):
    """A short random network with at most four places to be on or off, upper levels left out or as good as endless."""
    dice = np.random.default_rng([seed, 1])
    net = random_network(seed)
    while net.n_periods > 3:
        seed += 1
        net = random_network(seed)
    T = net.n_periods
    switched = dice.permutation(len(net.activities))[: 4 // T]
    activities = []
    for n, activity in enumerate(net.activities):
        if n not in switched:
            upper = None if dice.random() < 0.3 else activity.upper
            activities.append(replace(activity, on_off=False, lower=None, upper=upper))
            continue
        upper = (activity.upper, None, np.full(T, 10.0 ** dice.integers(6, 11)))[dice.integers(0, 3)]
        lower = dice.integers(0, 4, T).astype(float)
        fixed, lot = dice.integers(0, 4, T).astype(float), float(dice.choice([1.5, 2.0]))
        lots = lot if dice.random() < 0.4 else None
        activities.append(replace(activity, on_off=True, lower=lower, upper=upper, fixed_cost=fixed, lot=lots))
    uses = tuple(use for use in net.uses if dice.random() < 0.6)
    return replace(net, activities=tuple(activities), uses=uses)


def extra_rows(net, seed):
    """Rows over levels as a hook adds them: a ramp of one activity, and a least share of another in the first."""
    dice = np.random.default_rng([seed, 2])
    one, other = dice.choice(len(net.activities), 2, replace=False)
    a, b = net.activities[one].id, net.activities[other].id
    ramp = [({(a, t): 1.0, (a, t - 1): -2.0}, -np.inf, float(dice.integers(0, 3))) for t in range(1, net.n_periods)]
    share = [({(b, t): 1.0, (a, t): -0.5}, 0.0, np.inf) for t in range(net.n_periods)]
    return ((), ramp, share, ramp + share)[dice.integers(0, 4)]


def _material(dice, id, pick, maybe):
    storable = maybe(0.7)
    return Material(
        id,
        id.upper(),
        "unit",
        storable=storable,
        opening=float(dice.integers(0, 6)),
        receipts=pick(0, 4) if maybe() else None,
        survival=float(dice.choice([1.0, 0.5])),
        carrying_cost=pick(0, 2) if maybe() else None,
        disposal_cost=float(dice.choice([0.0, 0.0, 1.0])),
        terminal_value=float(dice.integers(0, 3)),
        safety_stock=pick(0, 3) if storable and maybe(0.3) else None,
        shortfall_cost=float(dice.integers(1, 4)),
        stock_limit=float(dice.choice([np.inf, 5.0])),
    )


def _activity(dice, id, pick, maybe):
    on_off = maybe(0.4)
    return Activity(
        id,
        id.upper(),
        "unit",
        cost=pick(0, 3),
        lower=pick(0, 3) if on_off else None,
        upper=pick(3, 9),
        lot=float(dice.choice([1.5, 2.0])) if maybe(0.3) else None,
        on_off=on_off,
        fixed_cost=pick(0, 4) if on_off else None,
        start_cost=float(dice.integers(0, 4)) if on_off else 0.0,
        min_run=int(dice.integers(1, 4)) if on_off else 1,
        was_on=maybe(),
    )


def _unit(dice, id, T, pick, maybe):
    pinned = np.full(T, np.nan)
    if maybe(0.2):
        pinned[0] = 1.0
    return Unit(
        id,
        id.upper(),
        "tool",
        cost=pick(1, 9),
        upper=pick(1, 4),
        total=float(dice.integers(2, 6)),
        whole=maybe(0.7),
        min_order=float(dice.choice([0.0, 0.0, 2.0])),
        fixed_cost=pick(0, 5) if maybe(0.4) else None,
        pinned=pinned if pinned[0] == 1.0 else None,
        opening=float(dice.integers(0, 3)),
        retire_cost=float(dice.integers(0, 3)) if maybe() else None,
        lead=float(dice.integers(0, 2)),
        terminal_value=pick(0, 4) if maybe() else None,
    )


def _demand(dice, id, material, T, pick, maybe):
    first, second = pick(0, 6), pick(0, 5)
    value = pick(6, 15)
    steps = (ValueStep(first, value), ValueStep(second, value - pick(0, 5)))
    waits = maybe(0.5)
    return Demand(
        id,
        id.upper(),
        material,
        first + second,
        steps,
        required=maybe(0.1),
        expiry=int(dice.integers(0, 3)) if waits else None,
        backlog_cost=float(dice.integers(0, 6)),
        lost_cost=float(dice.integers(0, 4)),
    )


def _definitions(T, ids, activities, seed):
    """Every third network has a row that says what a decision means: the last activity stays below the others."""
    if seed % 3:
        return ()
    others = tuple(Term("activity", a.id, np.full(T, -1.0)) for a in activities[:-1])
    rows = (Term("activity", activities[-1].id, np.ones(T)), *others, Term("stock", ids[0], np.full(T, -1.0), shift=1))
    windows = tuple((t,) for t in range(T))
    return (GroupLimit("meaning", "Meaning", "unit", "<=", windows, np.full(T, 3.0), rows, family="contract_term"),)


def _budgets(T, units, activities, maybe):
    if not maybe():
        return ()
    terms = [Term("unit", u.id, np.full(T, 5.0)) for u in units]
    terms += [
        Term("placed", u.id, u.fixed_cost) for u in units if u.fixed_cost is not None and (u.fixed_cost > 0).all()
    ]
    terms.append(Term("activity", activities[0].id, np.full(T, 1.0), shift=1))
    return (Budget("b", "B", (tuple(range(T)),), np.array([25.0]), tuple(terms)),)


def _groups(T, ids, activities, maybe):
    groups = []
    one = np.ones(T)
    if maybe(0.4):
        terms = (Term("stock", ids[0], one), Term("stock", ids[0], -one, shift=1))
        groups.append(GroupLimit("g0", "G0", "unit", "<=", tuple((t,) for t in range(T)), np.full(T, 2.0), terms))
    if maybe(0.4):
        terms = (Term("demand", "d0", one), Term("activity", activities[-1].id, 0.5 * one))
        groups.append(GroupLimit("g1", "G1", "unit", ">=", (tuple(range(T)),), np.array([1.0]), terms))
    return tuple(groups)


def _whole(T, activities, maybe):
    if not maybe(0.4):
        return ()
    return (WholeGroup("w", "W", "unit", ((0, 1),), (Term("activity", activities[0].id, np.ones(T)),), lot=2.0),)
