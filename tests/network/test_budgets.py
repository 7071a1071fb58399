"""What a lab pays is in its budget: against the tables of money, and with records made up for a lab."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from chain_cases import lowered

import fabopt
from fabopt.network.lower import lower
from fabopt.network.parties import parties_of
from fabopt.network.tables import Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.decided import decisions, term_by_period
from fabopt.solve.results.money import ledger
from fabopt.solve.results.transfers import transfer_rows
from fabopt.solve.run import solve

INSTANCES = Path(__file__).parents[2] / "instances"
SHIPPED = sorted(p.parent for p in INSTANCES.rglob("instance.yaml"))

RECORDS = {"activity_cost": "activity", "fixed_cost": "activity", "start_cost": "activity", "order_cost": "unit",
           "order_fixed_cost": "unit", "retire_cost": "unit", "carrying_cost": "material"}  # fmt: skip
"""Terms of the objective that are money paid, and whose records bear them; the others are a loss to nobody's purse."""


def some_plan(net: Network) -> Any:
    """Return decisions at random, an order only where one may be placed."""
    rng = np.random.default_rng(7)
    t = net.n_periods

    def rates(count: int) -> np.ndarray:
        return rng.uniform(0.5, 2.0, (count, t))

    may = np.array([np.ones(t) if u.upper is None else u.upper > 0.0 for u in net.units]).reshape(-1, t)
    a, u, m, d = len(net.activities), len(net.units), len(net.materials), len(net.demands)
    return SimpleNamespace(
        levels=rates(a), on=rates(a), switched_on=rates(a),
        orders=rates(u) * may, placed=rates(u) * may, retired=rates(u),
        stock=rates(m), disposal=rates(m), shortfall=rates(m),
        delivered=tuple(rates(len(demand.steps)) for demand in net.demands),
        unmet=rates(d), backlog=rates(d), lost=rates(d),
    )  # fmt: skip


def counted(net: Network, plan: Any, budget: str) -> float:
    (row,) = (b for b in net.budgets if b.id == budget)
    decided, opening = decisions(net, plan), {m.id: m.opening for m in net.materials}
    periods = [t for window in row.windows for t in window]
    assert sorted(periods) == list(range(net.n_periods))
    return float(sum(term_by_period(term, decided, opening)[periods].sum() for term in row.terms))


def spent(net: Network, plan: Any, lab: str) -> float:
    """Return what a lab bears in the ledger and pays in the table of transfers."""
    found = 0.0
    for kind, _, money in ledger(net, plan):
        if kind in RECORDS:
            found -= float(money[parties_of(net, RECORDS[kind]) == lab].sum())
    rows = transfer_rows(net, plan)
    return found + sum(amount for payer, amount in zip(rows["payer"], rows["amount"], strict=True) if payer == lab)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(INSTANCES).as_posix())
def test_a_budget_counts_the_money_whose_payer_is_the_lab(path):
    # Without discounting an order costs what its instalments come to.
    instance = fabopt.load(path, set={"horizon.discount_rate": 0})
    labs = instance.data.labs
    open_ = [lab for lab, record in labs.items() if record.budget is None]
    net = lower(instance.with_({f"labs.{lab}.budget": "1000 MUSD/year" for lab in open_}).data)
    plan = some_plan(net)
    for lab in labs:
        assert counted(net, plan, f"budget:{lab}") == pytest.approx(spent(net, plan, lab), rel=1e-9)


MADE_UP = {
    "materials": {"meal": {"storable": True, "carrying_cost": 2, "tags": {"customer": "lab"}}},
    "activities": {
        "canteen": {
            "outputs": {"meal": 1}, "cost": 3, "upper": 1, "on_off": {"fixed_cost": 7, "start_cost": 11},
            "tags": {"owner": "lab"},
        },
        "other": {"outputs": {"meal": 1}, "cost": 1000, "tags": {"owner": "caterer", "customer": "lab"}},
    },
    "resources": {"room": {"capacity": 0}},
    "units": {"hall": {"cost": 13, "retire_cost": 17, "opening": 1, "adds": {"room": 1}, "tags": {"customer": "lab"}}},
    "demands": {"eaters": {"material": "meal", "quantity": 1, "value": 50, "tags": {"customer": "lab"}}},
}  # fmt: skip


def test_what_is_made_up_for_a_lab_is_in_its_budget_and_what_others_bear_is_not():
    net = lowered(("labs.lab.budget", 4000), ("network", MADE_UP))
    (budget,) = net.budgets
    found = {(t.kind, t.id): t.coefficient[0] for t in budget.terms}
    own = {key: value for key, value in found.items() if key[1] in ("meal", "canteen", "other", "hall")}
    assert own == {
        ("activity", "canteen"): 3, ("on", "canteen"): 7, ("switch", "canteen"): 11,
        ("unit", "hall"): 13, ("retire", "hall"): 17, ("stock", "meal"): 2,
    }  # fmt: skip


@pytest.mark.parametrize(("budget", "meals"), [(51, 4), (50, 11 / 3), (41, 3)])
def test_a_budget_holds_back_what_it_counts(budget, meals):
    # A meal costs 3, a quarter in which the canteen is open 7, opening it 11: four come to 51, three to 41.
    # With 50, four quarters and the opening leave 11 for meals.
    network = {**MADE_UP, "materials": {"meal": {"tags": {"customer": "lab"}}}}
    net = lowered(
        ("labs.lab.budget", budget), ("labs.lab.designers", {"green": "2040"}), ("network", network),
        ("horizon.periods", 4),
    )  # fmt: skip
    solution = solve(net, SolveOptions(gap=0.0))
    (canteen,) = (n for n, a in enumerate(net.activities) if a.id == "canteen")
    assert solution.levels[canteen].sum() == pytest.approx(meals)


def test_a_contract_of_a_lab_with_somebody_outside_is_in_its_budget():
    deal = {
        "buyer": "lab", "supplier": "caterer", "outside": True, "goods": {"materials": ["meal"]}, "offered": True,
        "first": 2027, "last": 2027, "maximum": 5, "price": 4, "prepayment": 8, "credited": False,
    }  # fmt: skip
    network = {**MADE_UP, "activities": {}}
    net = lowered(("labs.lab.budget", 4000), ("network", network), ("contracts", {"deal": deal}))
    (budget,) = net.budgets
    found = {(t.kind, t.id): t.coefficient[0] for t in budget.terms}
    assert found["unit", "sign:deal"] == pytest.approx(8)
    assert found["activity", "take:deal"] == pytest.approx(4)


def test_what_a_designer_of_its_own_pays_is_in_a_lab_s_budget_and_what_the_lab_pays_it_is_not():
    base = ("labs.lab.budget", 4000)
    apart, own = (
        {t.id: t.coefficient[0] for t in lowered(*changes).budgets[0].terms}
        for changes in ((base,), (base, ("designers.green.lab", "lab")))
    )
    assert not {"wafers:gd:fab-a", "hbm:h4:green:mem"} & set(apart)
    # Wafers at 20,000 dollars, stacks at 500 of which 20 come from a wafer, an interposer wafer at 10,000 for ten.
    assert own["wafers:gd:fab-a"] == pytest.approx(20)
    assert own["hbm:h4:green:mem"] == pytest.approx(20 * 0.5)
    assert own["interposer:gpu:a:line"] == pytest.approx(10 / 10)
    # Of an accelerator at 40,000 dollars only server, network and installation at 10,000 are paid to others.
    assert (apart["deploy:gpu:site"], own["deploy:gpu:site"]) == pytest.approx((50, 10))
