"""Contracts on every kind of goods of a chain: what counts as a take, what it costs, and what is kept or unlocked."""

import numpy as np
import pytest
from chain_cases import edited, lowered

from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.run import solve


def planned(*changes):
    data = edited(*changes)
    assert problems(data) == []
    net = lower(data)
    solution = solve(net, SolveOptions(gap=1e-6))
    return solution, {spec.name: frame for spec, frame in core_and_domain(net, solution).items()}


def by_period(tables, rows, value):
    labels = tables["periods"]["period"]
    return rows.groupby("period")[value].sum().reindex(labels, fill_value=0.0).to_numpy()


def used(resource):
    def measure(tables):
        uses = tables["uses"]
        return by_period(tables, uses[uses["resource"] == resource], "amount")

    return measure


def shipped(tables):
    return by_period(tables, tables["shipments"], "kaccelerator")


def delivered_tools(tables):
    units = tables["units"]
    ordered = by_period(tables, units[units["id"] == "scanner:euv:fab-a"], "ordered")
    return np.concatenate([np.zeros(4), ordered[:-4]])  # delivered a year after the order


INSIDE = {
    "fabs": ("fab-a", "green", "foundry", 3.0, 9.0, used("starts:fab-a")),
    "packaging_lines": ("line", "green", "foundry", 2.0, 6.0, used("packaging:line")),
    "memory_makers": ("mem", "green", "mem", 4.0, 12.0, used("stacking:mem")),
    "chips": ("gpu", "lab", "green", 10.0, 30.0, shipped),
    "scanners": ("euv", "foundry", "maker", 1.0, 0.25, delivered_tools),
}
ORDERED = [("pins", {"units": {"scanner:euv:fab-a": {"2027Q1": 1.0, "2027Q3": 1.0}}})]


@pytest.mark.parametrize(("kind", "case"), INSIDE.items(), ids=INSIDE)
def test_takes_of_a_partys_goods_are_its_buyers_use_up_to_the_maximum(kind, case):
    name, buyer, supplier, rate, most, measure = case
    contract = {"buyer": buyer, "supplier": supplier, "goods": {kind: [name]}, "signed": 2026, "maximum": rate}
    more = ORDERED if kind == "scanners" else []
    solution, tables = planned(("contracts", {"c": contract}), *more)
    use = measure(tables)
    assert use.max() > most  # the buyer uses more than the contract covers
    taken = tables["contract_windows"]["taken"].to_numpy()
    assert taken == pytest.approx(np.minimum(use, most), abs=1e-6)
    assert solution.value == pytest.approx(planned(*more)[0].value, rel=1e-6)  # it binds nobody


OUTSIDE = {
    "hbm": ("h4", "green", "hbm:h4:green", 1.0, 3.0, 700, 0.7),
    "dies": ("gd", "green", "die:gd", 2.0, 6.0, 100, 0.1),
    "compute": ("train", "lab", "compute:train:lab", 5.0, 5.0, 0.5, 0.5 * 8766 / 4 * 1e-3),
}


@pytest.mark.parametrize(("kind", "case"), OUTSIDE.items(), ids=OUTSIDE)
def test_goods_from_outside_come_in_at_their_price(kind, case):
    name, buyer, material, rate, most, price, money = case
    contract = {
        "buyer": buyer, "supplier": "elsewhere", "goods": {kind: [name]}, "signed": 2026, "maximum": rate,
        "minimum": rate, "must_take": True, "price": price,
    }  # fmt: skip
    _, tables = planned(("contracts", {"c": contract}))
    flows = tables["flows"]
    came = by_period(tables, flows[(flows["id"] == "take:c") & (flows["material"] == material)], "amount")
    assert came == pytest.approx(np.full(12, most))
    costs = tables["costs"]
    assert costs[costs["id"] == "take:c"]["amount"].to_numpy() == pytest.approx(np.full(12, -most * money))
    assert tables["contracts"]["paid"].tolist() == pytest.approx([12 * most * money])


def test_components_from_outside_go_to_their_buyer():
    lam = {"owner": "lam", "region": "west", "capacity": 10, "price": 100, "lead": 1}
    net = lowered(
        ("components.s", {"name": "S", "sources": {"lam": lam}}),
        ("chips.gpu.boms.a.components", {"s": 1}),
        ("contracts", {"c": {"buyer": "green", "supplier": "elsewhere", "goods": {"components": ["s"]}, "maximum": 5,
                             "price": 90}}),
    )  # fmt: skip
    (flow,) = (flow for flow in net.flows if flow.activity == "take:c")
    assert flow.material == "component:s:green"


def test_a_price_below_the_list_price_shows_as_a_difference_between_the_parties():
    contract = {
        "buyer": "lab", "supplier": "green", "goods": {"chips": ["gpu"]}, "signed": 2026, "maximum": 10,
        "price": "30000 USD/accelerator",
    }  # fmt: skip
    solution, tables = planned(("contracts", {"c": contract}))
    rows = tables["transfers"]
    less = rows[(rows["item"] == "c") & (rows["what"] == "price difference")]
    assert set(less["payer"]) == {"lab"}
    assert set(less["payee"]) == {"green"}
    taken = float(tables["contracts"]["taken"].sum())
    assert less["amount"].sum() == pytest.approx(-0.01 * taken * 1e3)  # 10,000 dollars less for each
    assert tables["contracts"]["purchases"].sum() == pytest.approx(30.0 * taken)
    assert solution.value == pytest.approx(planned()[0].value, rel=1e-6)


EXPANSION = {"step": 0.3, "cost": 1, "lead": 6, "max_steps": 3}


@pytest.mark.parametrize(
    ("kind", "name", "supplier", "unit"),
    [
        ("memory_makers", "mem", "mem", "expand:stacking:mem"),
        ("packaging_lines", "line", "foundry", "expand:packaging:line"),
    ],
)
def test_an_expansion_against_a_prepayment_is_built_only_with_the_contract(kind, name, supplier, unit):
    offer = {"buyer": "green", "supplier": supplier, "unlocks": {kind: [name], "steps": 2}}
    grows = (f"{kind}.{name}.expansion", EXPANSION)
    tight = (f"{kind}.{name}.{'stacking' if kind == 'memory_makers' else 'capacity'}", 0.1)

    def steps(*changes):
        units = planned(grows, tight, ("sites.site.power", 2000), *changes)[1]["units"]
        return units[units["id"] == unit]["ordered"].sum()

    assert steps() == 3
    assert steps(("contracts", {"c": offer})) == 2
    assert steps(("contracts", {"c": {**offer, "offered": False}})) == 0


def test_a_prepayment_for_hbm_is_credited_against_stacks_at_their_list_price():
    contract = {
        "buyer": "green", "supplier": "mem", "goods": {"memory_makers": ["mem"]}, "signed": "2027Q1", "maximum": 20,
        "prepayment": 30, "cost_of_money": "8 %",
    }  # fmt: skip
    solution, tables = planned(("contracts", {"c": contract}))
    rows = tables["transfers"]
    stacks = by_period(tables, rows[rows["what"] == "hbm"], "amount")
    credited = -by_period(tables, rows[(rows["what"] == "credit") & (rows["item"] == "c")], "amount")
    left = 30.0 - np.cumsum(credited)
    # As much as stacks cost, as early as can be; what is left costs 2 % a quarter.
    assert credited == pytest.approx(np.minimum(stacks, np.concatenate([[30.0], left[:-1]])), abs=1e-6)
    assert tables["contracts"]["cost_of_money"].sum() == pytest.approx(0.02 * left.sum(), abs=1e-6)
    assert solution.value == pytest.approx(planned()[0].value - 0.02 * left.sum(), rel=1e-5)


def test_what_others_have_in_work_is_not_taken_back_by_a_reserve():
    other = {
        "name": "Red", "designer": "red", "boms": {"a": {"dies": {"rd": 1}, "hbm": {"h4": 1}}}, "price": 5000,
        "it_power": 1, "performance": {"train": 1}, "installation_lead": 0, "survival": 0.9,
    }  # fmt: skip
    contract = {
        "buyer": "red", "supplier": "mem", "goods": {"memory_makers": ["mem"]}, "signed": 2026, "reserve": "90 %",
    }  # fmt: skip
    more = [
        ("designers.red", {"name": "Red", "region": "west"}),
        (
            "dies.rd",
            {"name": "RD", "designer": "red", "node": "n3", "area": 80, "fixed_yield": 0.5, "fabs": {"fab-a": {}}},
        ),
        ("chips.red", other),
        ("labs.lab.designers.red", 2020),
        ("memory_makers.mem.qualified.red", {"h4": 2026}),
        ("memory_makers.mem.opening_share", {"green": 1}),
        ("chips.gpu.running_rate", 10),
    ]
    _, tables = planned(("contracts", {"c": contract}), *more)
    uses, capacity = tables["uses"], tables["resources"]
    at = capacity[capacity["id"] == "stacking:mem"].set_index("period")
    green = uses[(uses["resource"] == "stacking:mem") & (uses["customer"] == "green") & (uses["stage"] == "memory")]
    started = green.groupby("period")["amount"].sum()
    # In the first quarter what is in work takes most of the 60; from the second on, a tenth is left to green.
    assert at["base"].iloc[0] < 0.9 * 60 < at["base"].iloc[1] == pytest.approx(60)
    assert started.drop("2027Q1", errors="ignore").max() == pytest.approx(6)


def test_purchases_at_list_prices_belong_to_a_contract_only_while_it_is_in_force():
    deal = {"buyer": "green", "supplier": "mem", "goods": {"memory_makers": ["mem"]}, "maximum": 20, "prepayment": 30}
    _, tables = planned(("contracts", {"c": {**deal, "cost_of_money": "8 %", "credited": False}}))
    (row,) = tables["contracts"].to_dict("records")
    assert (row["signed"], row["taken"], row["purchases"], row["paid"]) == ("", 0.0, 0.0, 0.0)
    _, tables = planned(("contracts", {"c": {**deal, "signed": "2027Q1", "until": "end-2027"}}))
    rows, (contract,) = tables["transfers"], tables["contracts"].to_dict("records")
    stacks = by_period(tables, rows[rows["what"] == "hbm"], "amount")
    assert contract["purchases"] == pytest.approx(stacks[:4].sum())
    assert contract["paid"] == pytest.approx(stacks[:4].sum())  # 30 prepaid, 30 credited
