"""The best signatures, exercises, departures and tiers of random instances, against brute force over all of them."""

import numpy as np
import pytest
from contract_cases import instance, plan
from scipy.optimize import linprog
from signatures import RATE, Deal, best, discount

from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

YEARS = 3


def random_deal(draw, kind):
    least = float(draw.integers(0, 5))
    first = int(draw.integers(0, 2))
    tiered = kind == "tiers"
    most = least + float(draw.integers(3, 8))
    return Deal(
        price=float(draw.integers(3, 8)),
        least=least,
        most=most,
        dates=(first, int(draw.integers(first, 3))),
        lead=int(draw.integers(0, 2)),
        by=str(draw.choice(["period", "window"])),
        must=bool(draw.integers(0, 2)),
        short=float(draw.integers(1, 5)),
        prepay=float(draw.choice([0, 4, 8])),
        credited=bool(draw.integers(0, 2)),
        spread=float(draw.choice([0.0, 0.1, 0.3])),
        premium=float(draw.integers(0, 4)) if kind == "option" else None,
        fee=float(draw.integers(0, 9)) if kind == "exit" else None,
        notice=int(draw.integers(0, 2)),
        tier=(float(draw.integers(1, int(most))), float(draw.integers(2, 9))) if tiered else None,
    )


def sound(deal):
    """Whether anything of it can be delivered, and its prepayment is not above all that can be bought."""
    open_years = YEARS - deal.dates[0] - deal.lead
    return open_years > 0 and deal.prepay <= open_years * deal.most * deal.price


def cases():
    found = []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        deals = [random_deal(draw, kind) for kind in draw.permutation(["option", "exit", "tiers", "plain"])[:2]]
        demand = [
            [(float(draw.integers(2, 7)), float(draw.integers(5, 13))), (float(draw.integers(2, 7)), 3.0)]
            for _ in range(YEARS)
        ]
        if all(map(sound, deals)):
            found.append(pytest.param(deals, demand, id=str(seed)))
    return found


def outside(deals, demand):
    steps = [{"quantity": [year[k][0] for year in demand], "value": [year[k][1] for year in demand]} for k in range(2)]
    return {
        "horizon": {"start": 2027, "periods": YEARS, "period": "year", "discount_rate": RATE},
        "network": {
            "materials": {"stack": {"storable": False}},
            "demands": {"stacks": {"material": "stack", "steps": steps, "tags": {"customer": "a"}}},
        },
        "contracts": {f"c{n}": deal.raw(n) for n, deal in enumerate(deals)},
    }


@pytest.mark.parametrize(("deals", "demand"), cases())
def test_two_contracts_with_suppliers_outside_are_signed_as_brute_force_would(deals, demand):
    data = instance(outside(deals, demand))
    assert problems(data) == []
    assert solve(lower(data), SolveOptions(gap=0.0)).value == pytest.approx(best(deals, demand), abs=1e-6)


def test_the_random_cases_decide_everything_both_ways():
    seen = {name: set() for name in ("signed", "exercised", "cancelled", "short", "owed", "tier")}
    for deals, demand in (case.values for case in cases()):
        _, tables = plan(outside(deals, demand))
        units = set(tables["units"]["id"])
        rows = tables["contracts"].to_dict("records")
        for n, (deal, row) in enumerate(zip(deals, rows, strict=True)):
            seen["signed"].add(bool(row["signed"]))
            seen["short"].add(row["short"] > 0.0)
            seen["owed"].add(row["cost_of_money"] > 0.0)
            if deal.premium and row["signed"]:
                seen["exercised"].add(bool(row["exercised"]))
            if deal.fee is not None and row["signed"]:
                seen["cancelled"].add(bool(row["cancelled"]))
            if deal.tier is not None and deal.tier[1] < deal.price:
                seen["tier"].add(f"tier:c{n}:2" in units)
    assert seen.pop("exercised") == {True}  # nobody buys an option that is known to be left
    assert set(map(frozenset, seen.values())) == {frozenset({True, False})}


def kept(share, amount, steps, cost, worth, wanted):
    """A contract that lets a line be built, and keeps capacity for b, against which a starves."""
    contract = {
        "buyer": "b",
        "supplier": "foundry",
        "goods": {"resources": ["wafers"]},
        "unlocks": {"units": ["line"], "steps": steps},
        **({"reserve_amount": amount} if share is None else {"reserve": share}),
    }
    return {
        "horizon": {"start": 2027, "periods": YEARS, "period": "year", "discount_rate": RATE},
        "network": {
            "resources": {"wafers": {"capacity": 10, "tags": {"owner": "foundry"}}},
            "materials": {"a": {"storable": False}, "b": {"storable": False}},
            "activities": {v: {"outputs": {v: 1}, "uses": {"wafers": 1}, "tags": {"customer": v}} for v in ("a", "b")},
            "units": {
                "line": {"adds": {"wafers": 4}, "lead": 1, "cost": cost, "total": 3, "tags": {"owner": "foundry"}}
            },
            "demands": {v: {"quantity": wanted[v], "value": worth[v], "tags": {"customer": v}} for v in ("a", "b")},
        },
        "contracts": {"kept": contract},
    }


def best_kept(share, amount, steps, cost, worth, wanted):
    """The same by brute force: year of signature, years in which lines are ordered, and what each customer gets."""
    found = -np.inf
    orders = [(n, m) for n in range(4) for m in range(4 - n)]
    for sign in (None, 0, 1, 2):
        for first, second in orders if sign is not None else [(0, 0)]:
            early = (first and sign > 0) or (second and sign > 1)
            if first + second > steps or early:
                continue
            value = -cost * (first * discount(0) + second * discount(1))
            for t, lines in enumerate((0, first, first + second)):
                capacity = 10.0 + 4.0 * lines
                held = 0.0
                if sign is not None and t >= sign:
                    held = amount if share is None else share * capacity
                gain = -np.array([worth["a"], worth["b"], 0.0]) * discount(t)
                rows, most = [[1, 1, 1], [0, -1, -1]], [capacity, -held]
                solved = linprog(gain, rows, most, bounds=[(0, wanted["a"][t]), (0, wanted["b"][t]), (0, None)])
                value -= solved.fun if solved.status == 0 else np.inf
            found = max(found, value)
    return found


@pytest.mark.parametrize("seed", range(16))
def test_reserved_and_unlocked_capacity_is_signed_for_as_brute_force_would(seed):
    draw = np.random.default_rng(100 + seed)
    case = {
        "share": float(draw.choice([0.2, 0.5, 0.8])) if seed % 2 else None,
        "amount": float(draw.integers(2, 9)),
        "steps": int(draw.integers(1, 4)),
        "cost": float(draw.integers(1, 30)),
        "worth": {"a": float(draw.integers(2, 9)), "b": float(draw.integers(1, 6))},
        "wanted": {
            "a": [float(q) for q in draw.integers(6, 25, YEARS)],
            "b": [float(q) for q in draw.integers(0, 9, YEARS)],
        },
    }
    data = instance(kept(**case))
    assert problems(data) == []
    assert solve(lower(data), SolveOptions(gap=0.0)).value == pytest.approx(best_kept(**case), abs=1e-6)
