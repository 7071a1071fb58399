"""Compute and accelerators that one lab leases from another, against answers by hand and by trying every date."""

from __future__ import annotations

import pytest
import yaml
from test_resale import EARNS, FLEET, POWER

import fabopt
from fabopt.io.problems import InstanceError
from fabopt.network.checks import check
from fabopt.network.lower import lower

HOUR = 8.766  # million dollars for a thousand H100 equivalents, a year at a dollar an hour


def leased(tmp_path, lease, **demands):
    """Alpha has a hundred thousand accelerators and wants 40; beta has none and wants 80; for three years."""
    raw = yaml.safe_load(FLEET)
    for lab, total in {"alpha": 40, "beta": 80, **demands}.items():
        raw["labs"][lab]["demand"]["total"] = total
    if lease is not None:
        raw["contracts"] = {"lease": {"buyer": "beta", "supplier": "alpha", **lease}}
    path = tmp_path / "leased.yaml"
    path.write_text(yaml.safe_dump(raw))
    return fabopt.load(path)


COMPUTE = {"goods": {"compute": ["work"]}, "maximum": 50, "price": 0.5, "signed": "2027"}
RENTED = {"goods": {"rented": ["old"]}, "maximum": 50, "price": 365.25, "signed": "2027"}


@pytest.mark.parametrize("lease", [COMPUTE, RENTED], ids=["by the hour", "by the accelerator and month"])
def test_a_lease_moves_compute_from_the_suppliers_fleet_to_the_buyers_demand(tmp_path, lease):
    assert leased(tmp_path, None).solve().objective == pytest.approx(3 * 40 * EARNS)
    instance = leased(tmp_path, lease)
    assert ("units", "sign:lease") not in {finding.entity for finding in check(lower(instance.data))}
    plan = instance.solve()
    assert plan.objective == pytest.approx(3 * (40 + 50) * EARNS)
    paid = plan.transfers
    assert paid[["payer", "payee"]].drop_duplicates().values.tolist() == [["beta", "alpha"]]
    # Half a dollar an hour is 4,383 dollars a year, 365.25 a month.
    assert paid["amount"].tolist() == pytest.approx([50 * HOUR / 2] * 3)
    worth = plan.perspective.groupby("party")["amount"].sum()
    assert worth["beta"] == pytest.approx(3 * 50 * (HOUR - HOUR / 2))
    assert worth["alpha"] == pytest.approx(3 * (40 * HOUR + 50 * HOUR / 2 - 90 * POWER))
    # Nobody sells what is made: between buyers a lease cancels.
    assert instance.solve(perspective="buyers").objective == pytest.approx(plan.objective)


def test_what_is_leased_is_gone_for_the_supplier(tmp_path):
    """Alpha wants all of its hundred, beta pays no more than they are worth to alpha: nothing is gained."""
    full = leased(tmp_path, {**COMPUTE, "minimum": 30, "must_take": True}, alpha=100).solve()
    assert full.objective == pytest.approx(3 * 100 * EARNS)
    assert full.transfers["quantity"].tolist() == pytest.approx([30.0] * 3)


def test_a_lab_leases_for_itself_only_what_is_worth_its_price(tmp_path):
    cheap = leased(tmp_path, {**COMPUTE, "price": 0.9}).solve(perspective="lab:beta")
    assert cheap.objective == pytest.approx(3 * 50 * 0.1 * HOUR)
    assert leased(tmp_path, {**COMPUTE, "price": 1.1}).solve(perspective="lab:beta").objective == pytest.approx(0.0)
    # Take-or-pay: 20 are paid for in any case.
    bound = leased(tmp_path, {**COMPUTE, "price": 1.1, "minimum": 20}).solve(perspective="lab:beta")
    assert bound.objective == pytest.approx(-3 * 20 * 0.1 * HOUR)


def test_a_term_and_a_notice_bound_a_lease(tmp_path):
    """A year from 2028 on; and one that is left with a year's notice, which costs a fee."""
    term = leased(tmp_path, {**COMPUTE, "since": "2028", "duration": 24, "signed": "2027"}).solve()
    assert term.transfers["period"].tolist() == ["2028"]
    losing = {**COMPUTE, "price": 1.2, "minimum": 50, "exit": {"fee": 5, "notice": 12}}
    seen = leased(tmp_path, losing).solve(perspective="lab:beta")
    yearly = 50 * 0.2 * HOUR
    # Left in the first year for 5, or at once: the notice keeps it for the first year either way.
    by_trying = max([-3 * yearly, *(-(left + 1) * yearly - 5 for left in range(2))])
    assert seen.objective == pytest.approx(by_trying)


def test_the_money_of_a_lease_counts_in_the_buyers_budget(tmp_path):
    raw = yaml.safe_load(FLEET)
    raw["labs"]["alpha"]["demand"]["total"], raw["labs"]["beta"]["demand"]["total"] = 40, 80
    raw["labs"]["beta"]["budget"] = 30 * HOUR / 2
    raw["contracts"] = {"lease": {"buyer": "beta", "supplier": "alpha", **COMPUTE}}
    path = tmp_path / "budget.yaml"
    path.write_text(yaml.safe_dump(raw))
    assert fabopt.load(path).solve().objective == pytest.approx(3 * (40 + 30) * EARNS)


def test_compute_still_comes_from_outside_too(tmp_path):
    cloud = leased(tmp_path, {**COMPUTE, "supplier": "cloud"}).solve()
    assert cloud.objective == pytest.approx(3 * 40 * EARNS + 3 * 50 * HOUR / 2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"supplier": "maker"}, "'maker' is a party of the instance"),
        ({**RENTED, "supplier": "cloud"}, "'cloud' is no lab of the instance, so it has no fleet to let"),
        ({**RENTED, "buyer": "maker"}, "'maker' is no lab that could run 'old'"),
        ({"goods": {"rented": ["odl"]}}, "there is no chip 'odl'; did you mean 'old'?"),
        ({"price": None}, "a lease needs a price"),
        ({"maximum": None}, "a lease needs a maximum"),
        ({"reserve": 0.5}, "no capacity that could be reserved"),
        ({"outside": True}, "known by the supplier"),
        ({"supplier": "beta"}, "would buy from itself"),
        ({"price": "300 USD/accelerator/month"}, "USD/H100e/h"),
    ],
)
def test_what_is_no_lease_is_refused(tmp_path, change, says):
    with pytest.raises(InstanceError) as error:
        leased(tmp_path, {k: v for k, v in {**COMPUTE, **change}.items() if v is not None})
    assert says in str(error.value)


def test_a_lab_lets_only_what_it_has(tmp_path):
    raw = yaml.safe_load(FLEET)
    raw["contracts"] = {"lease": {**RENTED, "buyer": "alpha", "supplier": "beta"}}
    raw["chips"]["old"]["customers"] = ["alpha"]
    path = tmp_path / "none.yaml"
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(InstanceError, match="'beta' has no 'old', and may buy none"):
        fabopt.load(path)
