"""The policies, contracts and scenarios of instances/frontier."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.io.difference import differences
from fabopt.io.levers import list_levers
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.policy_claims import splits

FRONTIER = Path(__file__).parents[2] / "instances" / "frontier"
SCENARIOS = ("as-is", "no-prepayments", "nvidia-half", "third-foundry", "uniform", "value-only")


@pytest.fixture(scope="module")
def frontier():
    return fabopt.load(FRONTIER)


@pytest.fixture(scope="module")
def uniform():
    return fabopt.load(FRONTIER, scenario="uniform")


@pytest.fixture(scope="module")
def scenarios():
    return {name: fabopt.load(FRONTIER, scenario=name) for name in SCENARIOS}


def test_the_scenarios_are_those_of_the_set(frontier):
    assert set(frontier.scenarios) == {*SCENARIOS, "tasks"}


def test_as_is_is_what_the_instance_holds(frontier, scenarios):
    assert differences(frontier.data, scenarios["as-is"].data) == ()
    assert frontier.data.policy_mode == "model"


@pytest.mark.parametrize("name", SCENARIOS[1:])
def test_every_other_scenario_changes_policies_contracts_or_chips_and_nothing_else(frontier, scenarios, name):
    found = differences(frontier.data, scenarios[name].data)
    assert found
    sections = {difference.path.partition(".")[0] for difference in found}
    assert sections <= {"policies", "policy_mode", "contracts", "dies", "chips"}


def test_shares_add_up_to_one_at_most_in_every_period(frontier):
    for policy in frontier.data.policies.values():
        shares = [claim.share for claim in policy.customers.values() if claim.share is not None]
        for period in frontier.network.periods:
            total = sum(share.mean(period.start, period.end) for share in shares)
            assert total <= 1.0 + 1e-12
            assert not shares or total > 0.85, "nearly everything has an owner"


def test_every_number_of_policies_and_contracts_has_a_source_or_is_marked_as_assumed_with_a_range(scenarios):
    for instance in scenarios.values():
        data = instance.data
        given = {"policies": data.policies, "contracts": data.contracts}
        seen = 0
        for section, records in given.items():
            for key, record in records.items():
                for lever in list_levers(record):
                    q = lever.quantity
                    if not any((q.source, q.note, q.points[0].low is not None)):
                        assert q.value in (0.0, 1.0), f"{section}.{key}.{lever.path}: a default of the schema"
                        continue
                    seen += 1
                    for point in q.points:
                        assert point.low is not None, f"{section}.{key}.{lever.path}"
                        assert point.low <= point.value <= point.high
                    assert q.source or q.assumed
                    assert set(q.source) <= set(data.sources)
        assert seen >= 30


def level_for(orders, capacity):
    """Return the level of water filling by bisection."""
    low, high = 0.0, max(orders)
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.minimum(orders, middle).sum() < capacity else (low, middle)
    return 0.5 * (low + high)


def expected_rights(orders, capacity):
    """Return every order up to one level; what all orders leave is offered again in equal parts."""
    if orders.sum() <= capacity:
        return orders + (capacity - orders.sum()) / orders.size
    return np.minimum(orders, level_for(orders, capacity))


def test_under_uniform_rights_are_those_of_water_filling(uniform):
    chain, net = lower_chain(uniform.data)
    rows = {group.id: group for group in net.groups}
    checked = 0
    for split in splits(chain, lower_chain(uniform.data.model_copy(update={"policy_mode": "off"}))[1]):
        scope = split.scope
        if scope.policy.rule != "uniform" or scope.policy.splits.kind == "chips":
            continue
        base = scope.total(scope.base)
        for w, (window, claims) in enumerate(zip(scope.windows, split.claims, strict=True)):
            right = expected_rights(claims.orders, float(base[w]))
            assert right.sum() == pytest.approx(base[w], rel=1e-9)
            for v, customer in enumerate(split.customers):
                # With nothing built every line of a right is above it, and one touches it.
                found = [
                    group.rhs[group.windows.index(window)]
                    for n in range(1, 60)
                    if (group := rows.get(_row(scope.policy_id, customer, n))) is not None and window in group.windows
                ]
                spent = scope.total(scope.spent[customer])[w]
                assert min(found) == pytest.approx(max(right[v] - spent, 0.0), rel=1e-9, abs=1e-9)
                checked += 1
    assert checked > 300


def _row(policy, customer, n):
    return f"policy:{policy}:{customer}" + ("" if n == 1 else f":{n}")


def test_policies_of_frontier_add_no_whole_numbers(frontier, scenarios):
    def whole(instance):
        return {unit.id for unit in instance.network.units} | {a.id for a in instance.network.activities if a.lot}

    assert whole(frontier) == whole(scenarios["value-only"])


def test_without_prepayments_no_line_for_hbm_may_be_added(scenarios):
    instance = scenarios["no-prepayments"]
    for maker in instance.data.memory_makers:
        row = next(g for g in instance.network.groups if f"expand:stacking:{maker}" in g.id)
        signed = [t.id for t in row.terms if t.kind == "unit" and t.id.startswith("sign:")]
        units = {unit.id: unit for unit in instance.network.units}
        assert not np.any(row.rhs)
        assert all(not np.any(units[key].upper) for key in signed)


# -- solved ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solved(frontier, scenarios):
    return {name: scenarios[name].solve() for name in ("as-is", "uniform", "no-prepayments", "nvidia-half")}


@pytest.mark.slow
def test_the_plans_are_proved_to_half_a_percent(solved):
    assert all(result.gap is not None and result.gap <= 0.005 for result in solved.values())


@pytest.mark.slow
def test_uniform_against_as_is_says_who_gains_and_who_loses(solved):
    report = solved["as-is"].compare(solved["uniform"])
    assert report.sentence.startswith("Under uniform, ")
    (difference,) = report.records.difference
    assert difference.change < 0.0
    assert not difference.open
    shipped = report.frame[report.frame["measure"] == "shipped"].groupby("name")["change"].sum()
    assert shipped["nvidia"] < 0.0
    assert shipped[["amd", "google", "aws"]].min() > 0.0
    assert {row.path for row in report.records.inputs} == {
        "policies.cowos.rule", "policies.cowos.orders", "policies.hbm.rule", "policies.hbm.orders",
        "policies.nvidia-chips.rule",
    }  # fmt: skip


@pytest.mark.slow
def test_nobody_uses_more_than_its_right_and_what_was_given_back(solved):
    """The plan's use by table against rights by formula: U + e <= s K + sigma (sum of e), e at most a share of it."""
    result = solved["as-is"]
    policy = fabopt.load(FRONTIER).data.policies["hbm"]
    uses, resources = result.table("uses"), result.table("resources")
    lines = [f"stacking:{name}" for name in policy.splits.memory_makers]
    periods = result.table("periods")
    for period, own in uses[uses["resource"].isin(lines)].groupby("period"):
        there = resources[resources["id"].isin(lines) & (resources["period"] == period)]
        capacity = float((there["base"] + there["added"]).sum())
        row = periods[periods["period"] == period].iloc[0]
        used = own.groupby("customer")["amount"].sum()
        given_back = policy.returns.value * capacity
        for customer, claim in policy.customers.items():
            share = _mean(claim.share, row)
            assert used.get(customer, 0.0) <= share * (capacity + given_back) * (1.0 + 1e-6)


def _mean(quantity, row):
    return quantity.mean(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))


@pytest.mark.slow
def test_under_nvidia_half_no_quarter_has_more_than_half_of_cowos_for_nvidia(solved):
    result = solved["nvidia-half"]
    uses, resources = result.table("uses"), result.table("resources")
    for lines in (("tsmc-cowos", "tsmc-arizona-cowos"), ("amkor-cowos", "ase-cowos")):
        ids = [f"packaging:{line}" for line in lines]
        mine = uses[uses["resource"].isin(ids) & (uses["customer"] == "nvidia")]
        used = mine.groupby("period")["amount"].sum()
        there = resources[resources["id"].isin(ids)]
        capacity = (there["base"] + there["added"]).groupby(there["period"]).sum()
        assert (used <= 0.5 * capacity.reindex(used.index) + 1e-6).all()


@pytest.mark.slow
def test_without_prepayments_hbm_stays_at_what_is_under_way(solved):
    def steps(result):
        orders = result.table("core/units")
        return float(orders[orders["id"].str.startswith("expand:stacking:")]["ordered"].sum())

    assert steps(solved["no-prepayments"]) == 0.0
    assert steps(solved["as-is"]) > 0.0
    (difference,) = solved["as-is"].compare(solved["no-prepayments"]).records.difference
    assert difference.high < 0.0
