"""Rules of plain networks: least and unlimited demands, last stocks, switches, identical units, shelf life, cycles.

Answers come from hand, from patterns gone through one by one, or from another formulation.
"""

from itertools import pairwise, product

import numpy as np
import pytest
import yaml
from scipy.optimize import linprog

import fabopt
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.io.problems import InstanceError
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Status


def solved(network, periods=1, period="year", start="2027"):
    """Solve a plain network, undiscounted."""
    tree = yaml.safe_load(network) if isinstance(network, str) else network
    horizon = {"start": start, "periods": periods, "period": period}
    net = lower(Instance.model_validate({"horizon": horizon, "network": tree}))
    return solve(net, SolveOptions(gap=0.0))


def best(network, periods=1):
    found = solved(network, periods)
    return None if found.status is Status.INFEASIBLE else found.objective


SHOP = """
materials: {ore: {opening: 10}, bar: {}}
activities: {smelt: {inputs: {ore: 1}, outputs: {bar: 1}, cost: 1}}
demands: {bar: {quantity: 4, value: 3}}
"""


def shop(**changes):
    tree = yaml.safe_load(SHOP)
    for path, value in changes.items():
        node = tree
        *way, last = path.split("__")
        for part in way:
            node = node.setdefault(part, {})
        node[last] = yaml.safe_load(value) if isinstance(value, str) else value
    return tree


@pytest.mark.parametrize(
    ("changes", "worth"),
    [
        ({}, 8),
        ({"demands__bar__quantity": "unlimited"}, 20),
        ({"demands__bar": "{steps: [{quantity: 2, value: 5}, {quantity: unlimited, value: 2}]}"}, 2 * 4 + 8 * 1),
        ({"demands__bar": "{quantity: 4, value: 0.5}"}, 0),
        ({"demands__bar": "{quantity: 4, at_least: 3, value: 0.5}"}, -1.5),
        ({"demands__bar": "{quantity: unlimited, at_least: 3, value: 0.5}"}, -1.5),
        ({"demands__bar__at_least": 11, "demands__bar__quantity": 20}, None),
        ({"groups": "{g: {at_most: 3, terms: [{activity: smelt}]}}"}, 6),
        ({"groups": "{g: {at_least: 5, terms: [{activity: smelt}]}}"}, 7),
        ({"groups": "{g: {at_least: 2, at_most: 3, terms: [{activity: smelt}]}}"}, 6),
        ({"groups": "{g: {at_least: 5, at_most: 6, terms: [{activity: smelt}]}}"}, 7),
        ({"materials__ore__final": 7}, 6),
        ({"materials__ore__final": "opening"}, 0),
        ({"materials__ore__final": "{at_least: opening}"}, 0),
        ({"materials__ore__final": "{at_most: 5}", "materials__ore__disposal": False}, 7),
        ({"materials__ore__final": "{at_least: 7, at_most: 7}", "materials__ore__disposal": False}, 6),
        ({"materials__ore__opening_survival": 0.3}, 6),
    ],
)
def test_least_and_unlimited_demands_sides_of_sums_and_last_stocks(changes, worth):
    found = best(shop(**changes))
    assert found == (None if worth is None else pytest.approx(worth))


def test_a_least_delivery_holds_in_each_period_that_has_one():
    late = shop(demands__bar="{quantity: unlimited, at_least: [0, 2, 5], value: [3, 0, 0]}")
    assert best(late, 3) == pytest.approx(3 * (3 - 1) - (2 + 5) * 1)


def test_what_has_no_limit_has_no_row_and_no_share():
    net = lower(Instance.model_validate({
        "horizon": {"start": 2027, "periods": 2, "period": "year"},
        "network": shop(demands__bar__quantity="unlimited"),
    }))  # fmt: skip
    assert "demand" not in fabopt.model.tables.model_tables(net).rows
    found = solve(net, SolveOptions(gap=0.0))
    assert found.unmet.tolist() == [[0.0, 0.0]]


def test_terms_choose_by_tags_what_listed_ids_say():
    tree = {
        "materials": {"x": {}},
        "activities": {
            f"{owner}-{n}": {"outputs": {"x": 1}, "upper": 5, "cost": n, "tags": {"owner": owner, "region": region}}
            for owner, n, region in [("us", 1, "north"), ("us", 2, "south"), ("them", 3, "north"), ("them", 4, "south")]
        },
        "demands": {"x": {"quantity": "unlimited", "value": 10}},
    }
    for where, ids in [
        ({"owner": "us"}, ["us-1", "us-2"]),
        ({"region": ["north", "south"], "owner": "them"}, ["them-3", "them-4"]),
        ({"not": {"owner": "us"}}, ["them-3", "them-4"]),
        ({"region": "north", "not": {"owner": "us"}}, ["them-3"]),
        ({"not": {"owner": "us", "region": "north"}}, ["us-2", "them-3", "them-4"]),
        ({}, ["us-1", "us-2", "them-3", "them-4"]),
    ]:
        by_tag = {**tree, "groups": {"g": {"at_most": 3, "terms": [{"of": "activity", "where": where}]}}}
        by_id = {**tree, "groups": {"g": {"at_most": 3, "terms": [{"activity": key} for key in ids]}}}
        terms = [[(t.kind, t.id) for t in lower_of(one).groups[0].terms] for one in (by_tag, by_id)]
        assert terms[0] == terms[1]


def lower_of(tree, periods=1):
    horizon = {"start": 2027, "periods": periods, "period": "year"}
    return lower(Instance.model_validate({"horizon": horizon, "network": tree}))


def kiln(**changes):
    """A kiln that makes 2 to 6 while on, and a demand that changes; whole objective by hand in :func:`by_patterns`."""
    return {
        "materials": {"brick": {"storable": False}},
        "resources": {"crew": {"capacity": 9}},
        "activities": {
            "fire": {"outputs": {"brick": 1}, "lower": 2, "upper": 6, "cost": 1, "on_off": {"fixed_cost": 2, **changes}}
        },
        "demands": {"brick": {"quantity": [6, 1, 0, 6, 1, 6], "value": 4}},
    }


WANTED = np.array([6, 1, 0, 6, 1, 6])


def runs(on, was):
    """Lengths of the runs of on and of off in a pattern, without the first ones that began before and the last ones."""
    cuts = [t for t in range(len(on)) if on[t] != (on[t - 1] if t else was)]
    return [(bool(on[a]), b - a) for a, b in pairwise(cuts)]


def starts(on, was):
    return sum(on[t] and not (on[t - 1] if t else was) for t in range(len(on)))


def by_patterns(feasible, extra=lambda on: 0.0, wanted=WANTED):
    """The best of all patterns of on and off that are feasible."""
    found = []
    for on in product((0, 1), repeat=6):
        if not feasible(on):
            continue
        made = np.where(on, np.maximum(np.minimum(wanted, 6), 2), 0)
        sold = np.minimum(made, wanted)
        found.append(float(np.sum(4 * sold - made - 2 * np.array(on))) + extra(on))
    return max(found)


@pytest.mark.parametrize("was", [0, 1])
@pytest.mark.parametrize("off", [1, 2, 3])
@pytest.mark.parametrize("run", [1, 2])
@pytest.mark.parametrize("wanted", [WANTED, WANTED[[2, 0, 1, 4, 3, 2]]], ids=["at-once", "later"])
def test_least_runs_and_rests_are_those_of_all_patterns(was, off, run, wanted):
    def holds(on):
        return all(length >= (run if lit else off) for lit, length in runs(on, was)) and first_rest(on, was, off)

    each = run - 1  # a start costs something where runs are long: else only the rests need to know of it
    tree = kiln(min_off=off, min_run=run, was_on=bool(was), start_cost=each)
    tree["demands"]["brick"]["quantity"] = wanted.tolist()
    assert best(tree, 6) == pytest.approx(by_patterns(holds, lambda on: -each * starts(on, was), wanted))


def first_rest(on, was, off):
    """A rest that begins before the horizon is over; one that begins in it, after it was on, has its full length."""
    gone = next((t for t in range(6) if not on[t]), None)
    if not was or gone != 0:
        return True
    back = next((t for t in range(6) if on[t]), None)
    return back is None or back >= off


@pytest.mark.parametrize(
    ("terms", "at_most", "count"),
    [
        ([{"on": "fire"}], 3, lambda on: sum(on)),
        ([{"start": "fire"}], 1, lambda on: starts(on, 1)),
        ([{"stop": "fire"}], 1, lambda on: sum(not on[t] and (on[t - 1] if t else 1) for t in range(6))),
        ([{"start": "fire"}, {"stop": "fire"}], 2, lambda on: sum(on[t] != (on[t - 1] if t else 1) for t in range(6))),
    ],
)
@pytest.mark.parametrize("least", [False, True])
def test_sums_count_what_is_on_and_how_often_it_is_switched(terms, at_most, count, least):
    """At most so often, and, though it costs, at least so often: no switch is counted that is none."""
    tree = kiln(was_on=True, fixed_cost=0.1 if least else 2)
    side = {"at_least": at_most + 2} if least else {"at_most": at_most}
    tree["groups"] = {"g": {**side, "window": "horizon", "terms": terms}}
    cost = (lambda on: 1.9 * sum(on)) if least else (lambda on: 0.0)
    wanted = by_patterns(lambda on: (count(on) >= at_most + 2) if least else count(on) <= at_most, cost)
    assert best(tree, 6) == pytest.approx(wanted)


def test_what_is_used_by_being_on_and_by_each_start_limits_both():
    tree = kiln(uses_per_start={"crew": {"amount": 5, "ages": [1, 1]}}, uses_while_on={"crew": 3})
    tree["resources"]["crew"]["capacity"] = [9, 7, 9, 9, 7, 7]

    def holds(on):
        used = np.zeros(7)
        for t in range(6):
            used[t] += 3 * on[t]
            if on[t] and not (on[t - 1] if t else 0):
                used[t : t + 2] += 5
        return bool(np.all(used[:6] <= [9, 7, 9, 9, 7, 7]))

    found = solved(tree, 6)
    assert found.objective == pytest.approx(by_patterns(holds))
    assert found.objective < best(kiln(), 6)


def test_what_is_taken_by_being_on_and_by_each_start_is_used_up():
    tree = kiln(inputs_per_start={"gas": 3}, inputs_while_on={"gas": 1})
    tree["materials"]["gas"] = {"opening": 9}
    wanted = by_patterns(lambda on: 3 * starts(on, 0) + sum(on) <= 9)
    assert best(tree, 6) == pytest.approx(wanted)
    assert wanted < best(kiln(), 6)


@pytest.mark.parametrize("seed", range(4))
def test_identical_units_are_as_many_activities_of_their_own(seed):
    dice = np.random.default_rng(seed)
    wanted = dice.integers(0, 14, 5).tolist()
    switch = {"fixed_cost": 2, "start_cost": float(dice.integers(1, 5)), "min_run": int(dice.integers(1, 3)),
              "min_off": int(dice.integers(1, 4)), "uses_per_start": {"crew": 1}}  # fmt: skip
    one = {"outputs": {"power": 1}, "lower": 2, "upper": 4, "cost": 1}
    demand = {"power": {"quantity": wanted, "value": 3, "lost_cost": 1}}
    rest = {"materials": {"power": {"storable": False}}, "resources": {"crew": {"capacity": 2}}, "demands": demand}
    together = {**rest, "activities": {"plant": {**one, "on_off": {**switch, "units": 3, "was_on": 1}}}}
    alone = {f"plant-{n}": {**one, "on_off": {**switch, "was_on": n == 0}} for n in range(3)}
    assert best(together, 5) == pytest.approx(best({**rest, "activities": alone}, 5))


def by_age(wanted, price, life, survival, opening, receipts):
    """Least cost of buying what is used within its life: stock by the period in which it came in."""
    T = len(wanted)
    pairs = [(s, t) for s in range(T) for t in range(s, min(s + life, T - 1) + 1)]
    columns = {pair: n for n, pair in enumerate(pairs)}  # bought in s (counted when it came in) for use in t
    free = {("free", *pair): len(pairs) + n for n, pair in enumerate(pairs)}  # of what is there whatever is decided
    n = len(pairs) * 2
    cost, equal, right = np.zeros(n), np.zeros((T, n)), np.array(wanted, dtype=float)
    less, most = np.zeros((T, n)), np.array(receipts, dtype=float)
    most[0] += opening
    for s, t in pairs:
        cost[columns[s, t]] = price[s]
        equal[t, columns[s, t]] = equal[t, free["free", s, t]] = survival ** (t - s)
        less[s, free["free", s, t]] = 1.0
    return linprog(cost, A_ub=less, b_ub=most, A_eq=equal, b_eq=right).fun


@pytest.mark.parametrize("seed", range(8))
def test_a_shelf_life_is_stock_by_age(seed):
    dice = np.random.default_rng(seed)
    T, life, survival = 7, int(dice.integers(0, 4)), float(dice.choice([1.0, 0.8]))
    wanted, price = dice.integers(0, 9, T).tolist(), dice.integers(1, 9, T).tolist()
    receipts, opening = dice.integers(0, 4, T).tolist(), int(dice.integers(0, 9))
    milk = {"opening": opening, "receipts": receipts, "survival": survival, "shelf_life": life}
    tree = {
        "materials": {"milk": milk},
        "activities": {"buy": {"outputs": {"milk": 1}, "cost": price}},
        "demands": {"milk": {"quantity": wanted, "required": True}},
    }
    assert best(tree, T) == pytest.approx(-by_age(wanted, price, life, survival, opening, receipts))


def test_what_came_in_wears_within_its_shelf_life():
    milk = {"opening": 100, "receipts": [0, 8, 0, 0], "survival": 0.5, "shelf_life": 2}
    tree = {"materials": {"milk": milk}, "demands": {"milk": {"quantity": "unlimited", "value": [0, 0, 0, 1]}}}
    # The opening stock is too old by the last year; of the eight a quarter is left.
    assert best(tree, 4) == pytest.approx(2)


def test_a_shelf_life_counts_what_comes_out_late_and_what_orders_set_free():
    tree = {
        "materials": {"milk": {"shelf_life": 1}},
        "activities": {"churn": {"outputs": {"milk": {"amount": 1, "ages": [0, 1]}}, "upper": [9, 0, 0, 0]}},
        "units": {"cow": {"releases": {"milk": {"amount": 2, "lead": 1}}, "upper": [1, 0, 0, 0], "cost": 1}},
        "demands": {"milk": {"quantity": 3, "value": 1}},
    }
    # Nine and two come in in the second period: three there and three in the third, and none is left for the fourth.
    assert best(tree, 4) == pytest.approx(6)
    tree["materials"]["milk"]["shelf_life"] = 2
    assert best(tree, 4) == pytest.approx(9)


def round_lp(wanted, price, survival, life, lead):
    """Least cost of a cycle: bought in s, it comes `lead` later and is used within its life, all modulo T."""
    T = len(wanted)
    pairs = [(s, k) for s in range(T) for k in range(life + 1)]
    cost = [price[s] for s, _ in pairs]
    equal = np.zeros((T, len(pairs)))
    for n, (s, k) in enumerate(pairs):
        equal[(s + lead + k) % T, n] += survival**k
    return linprog(cost, A_eq=equal, b_eq=wanted).fun


@pytest.mark.parametrize("seed", range(6))
def test_a_cycle_follows_itself(seed):
    dice = np.random.default_rng(seed)
    T, life, lead, survival = 5, int(dice.integers(0, 4)), int(dice.integers(0, 3)), float(dice.choice([1.0, 0.7]))
    wanted, price = dice.integers(0, 9, T), dice.integers(1, 9, T)
    tree = {
        "cyclic": True,
        "materials": {"milk": {"survival": survival, "shelf_life": life}},
        "activities": {"buy": {"outputs": {"milk": 1}, "cost": price.tolist(), "lead": lead}},
        "demands": {"milk": {"quantity": wanted.tolist(), "required": True}},
    }
    assert best(tree, T) == pytest.approx(-round_lp(wanted, price, survival, life, lead))


@pytest.mark.parametrize("rule", [{"min_run": 3}, {"min_off": 3}, {"start_cost": 2}, {"start_cost": 1, "min_off": 2}])
def test_a_cycle_may_begin_anywhere(rule):
    """Turned by some periods, the data have the same best plan; from a beginning they have not."""
    wanted = [5, 0, 5, 5, 0, 0, 5]
    worth = []
    for turn in range(7):
        tree = kiln(**rule)
        tree["activities"]["fire"]["cost"] = list(np.roll([1, 1, 3, 1, 2, 2, 1], turn).tolist())
        tree["demands"]["brick"]["quantity"] = np.roll(wanted, turn).tolist()
        tree["groups"] = {"ramp": {"at_most": 4, "terms": [
            {"activity": "fire"}, {"activity": "fire", "coefficient": -1, "shift": 1}]}}  # fmt: skip
        worth.append((best({**tree, "cyclic": True}, 7), best(tree, 7)))
    around, straight = zip(*worth, strict=True)
    assert np.ptp(around) < 1e-6 < np.ptp(straight)


def test_the_tables_of_a_cycle_add_up(tmp_path):
    text = yaml.safe_dump({
        "horizon": {"start": 2027, "periods": 4, "period": "year"},
        "network": {
            "cyclic": True,
            "materials": {"milk": {"carrying_cost": 0.1}},
            "resources": {"dairy": {"capacity": 4}},
            "activities": {"buy": {"outputs": {"milk": 1}, "cost": [3, 1, 3, 3], "lead": 1, "uses": {
                "dairy": {"amount": 1, "ages": [0, 0, 0, 1]}}}},
            "demands": {"milk": {"quantity": [1, 1, 1, 1], "required": True}},
        },
    })  # fmt: skip
    (tmp_path / "instance.yaml").write_text(text)
    result = fabopt.load(tmp_path).solve(gap=0)
    # Bought in the second year for all: there in the third, kept for the fourth, the first and the second.
    assert result.objective == pytest.approx(-(4 * 1 + 0.1 * (3 + 2 + 1)))
    stocks = result.table("core/materials")
    assert stocks["carried"].tolist() == [2, 1, 0, 3]
    assert (stocks["carried"] + stocks["made"] - stocks["delivered"] - stocks["stock"]).abs().max() < 1e-9
    uses = result.table("core/uses")
    assert uses[["period", "amount"]].values.tolist() == [["2027", 4.0]]


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"demands__bar": "{quantity: unlimited, required: true}"}, "demands.bar.required", "never met in full; give"),
        ({"demands__bar": "{quantity: unlimited, lost_cost: 1}"}, "demands.bar.lost_cost", "never met in full"),
        ({"demands__bar": "{quantity: unlimited, backlog: {expiry: 1}}"}, "demands.bar.backlog", "never met in full"),
        ({"demands__bar": "{quantity: endless}"}, "demands.bar.quantity", "'endless' is no quantity"),
        ({"materials__ore__final": "{exactly: 1, at_most: 2}"}, "materials.ore.final.exactly", "give either"),
        ({"materials__ore__final": "{at_last: 1}"}, "materials.ore.final", "a quantity needs 'value'"),
        ({"groups": "{g: {at_most: 1, sense: '<=', terms: [{activity: smelt}]}}"}, "groups.g.limit", "give either"),
        ({"groups": "{g: {terms: [{'on': smelt}]}}"}, "groups.g.terms.0.on", "there is no on/off activity 'smelt'"),
        ({"groups": "{g: {terms: [{of: activity, where: {owner: uss}}]}}", "activities__smelt__tags": "{owner: us}"},
         "groups.g.terms.0.where.owner", "no activity has the owner 'uss'; did you mean 'us'?"),
        ({"groups": "{g: {terms: [{of: activity, where: {ownr: us}}]}}"}, "groups.g.terms.0.where.ownr",
         "'ownr' is no tag; tags are stage, owner"),
        ({"groups": "{g: {terms: [{of: 'on'}]}}"}, "groups.g.terms.0.where", "no on has all of these tags"),
        ({"groups": "{g: {terms: [{activity: smelt, where: {owner: us}}]}}"}, "groups.g.terms.0.where", "where 'of'"),
        ({"groups": "{g: {terms: [{activity: smelt, of: 'on'}]}}"}, "groups.g.terms.0", "exactly one of activity"),
        ({"activities__smelt__on_off": "{units: 2}"}, "activities.smelt.upper", "several units need 'upper'"),
        ({"activities__smelt__on_off": "{units: 2, was_on: 3}"}, "activities.smelt.on_off.was_on", "3 were on"),
        ({"activities__smelt__on_off": "{uses_per_start: {crew: 1}}"}, "activities.smelt.on_off.uses_per_start.crew",
         "there is no resource 'crew'"),
        ({"cyclic": True}, "materials.ore.opening", "what is cyclic has neither a first stock nor a last one"),
        ({"cyclic": True, "materials__ore": "{}", "activities__smelt__on_off": "{was_on: true}"},
         "activities.smelt.on_off.was_on", "no period before the first"),
        ({"cyclic": True, "materials__ore": "{}", "demands__bar__backlog": "{expiry: 1}"}, "demands.bar.backlog",
         "what waits at the end of a cycle is not known"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_where_it_stands(tmp_path, changes, where, says):
    text = yaml.safe_dump({"horizon": {"start": 2027, "periods": 1}, "network": shop(**changes)})
    (tmp_path / "instance.yaml").write_text(text)
    with pytest.raises(InstanceError) as refused:
        fabopt.load(tmp_path)
    problem = refused.value.problems[0]
    assert problem.path == f"network.{where}"
    assert says in str(problem)
    assert problem.line


def test_what_is_saved_loads_as_the_same_network(tmp_path):
    """All forms at once: what a result holds of the instance is solved again."""
    tree = shop(
        demands__bar="{steps: [{quantity: 2, value: 5}, {quantity: unlimited, value: 2}], at_least: 1}",
        materials__ore="{opening: 10, final: {at_least: opening, at_most: 20}, receipts: 4, shelf_life: 2}",
        materials__bar__final="{exactly: 0}",
        activities__smelt__on_off="{units: 2, uses_per_start: {crew: 1}, inputs_while_on: {ore: {ages: [1, 0]}}}",
        activities__smelt__upper=5,
        resources="{crew: {capacity: 3}}",
        groups="{g: {at_most: 3, at_least: 1, terms: [{of: 'on', where: {not: {owner: us}}}]}}",
    )
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump({"horizon": {"start": 2027, "periods": 2}, "network": tree}))
    result = fabopt.load(tmp_path).solve(gap=0)
    result.save(tmp_path / "result")
    again = fabopt.load(tmp_path / "result").solve(gap=0)
    assert again.objective == pytest.approx(result.objective)
    assert fabopt.load(tmp_path / "result").data == fabopt.load(tmp_path).data


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"materials__bar__shelf_life": 1}, "materials.bar.shelf_life"),
        ({"activities__smelt__on_off": "{min_off: 2}"}, "activities.smelt.on_off.min_off"),
        ({"cyclic": True, "materials__ore": "{}"}, "cyclic"),
        ({"groups": "{g: {at_least: 1, at_most: 2, terms: [{stock: ore}, {activity: smelt}]}}"}, "groups.g.at_most"),
    ],
)
def test_what_counts_periods_is_refused_where_they_are_of_unequal_length(changes, where):
    with pytest.raises((FieldProblem, ValueError)) as refused:
        uneven(shop(**changes))
    assert f"network.{where}" in {".".join(map(str, fault.path)) for fault in refused.value.faults}


def uneven(tree):
    horizon = {"start": "2027Q1", "periods": ["2 quarters", "1 half-year"]}
    instance = Instance.model_validate({"horizon": horizon, "network": tree})
    from fabopt.domain.rules import problems

    faults = problems(instance)
    if faults:
        raise FieldProblem(faults)
    return lower(instance)


def test_over_a_longer_period_rates_are_more_and_levels_and_starts_are_not():
    net = uneven(
        shop(
            demands__bar__at_least=1,
            resources="{crew: {capacity: 3}, floor: {capacity: 3, kind: level}}",
            activities__smelt__on_off="{uses_while_on: {crew: 2, floor: 2}, uses_per_start: {crew: 1, floor: 1}}",
            groups="{g: {at_most: 1, terms: [{'on': smelt}]}, h: {at_most: 1, terms: [{start: smelt}]}}",
        )
    )
    least = next(g for g in net.groups if g.name == "bar, least")
    assert least.rhs.tolist() == [1, 1, 2]
    used = {(u.activity, u.resource): u.amount.tolist() for u in net.uses}
    assert used == {
        ("smelt:on", "crew"): [2, 2, 4],
        ("smelt:on", "floor"): [2, 2, 2],
        ("smelt:started", "crew"): [1, 1, 1],
        ("smelt:started", "floor"): [1, 1, 0.5],
    }
    assert {g.id: g.rhs.tolist() for g in net.groups if g.id in "gh"} == {"g": [1, 1, 1], "h": [1, 1, 2]}
