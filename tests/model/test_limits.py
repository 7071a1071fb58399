"""The registry of limits: every row and bound that restricts somebody, and none that does not."""

import numpy as np
from model_cases import activity, demand, effect, flow, material, network, resource, seq, unit, use

from fabopt.model.limits import Lever
from fabopt.model.tables import model_tables
from fabopt.network.tables import CONTRACT, DECISIONS, Budget, GroupLimit, Tags, Term

DECIDED = next(iter(DECISIONS))


def case():
    """A limit of every kind beside one of its kind that restricts nobody."""
    tool = (Term("unit", "tool", seq(1, 1)),)
    return network(
        2,
        materials=[
            material("ore", receipts=seq(5, 5)),
            material("credit", receipts=seq(5, 5), tags=Tags(stage=CONTRACT)),
            material("gas", receipts=seq(1, 1)),
            material("goods", storable=True, stock_limit=4.0, safety_stock=seq(1, 0)),
        ],
        activities=[
            activity("make", 2, upper=seq(8, np.inf)),
            activity("held", 2, lower=seq(3, 0), upper=seq(3, 0)),
        ],
        flows=[
            flow("make", "ore", -1, 2), flow("make", "goods", 1, 2), flow("make", "credit", -1, 2),
            flow("make", "gas", -1, 2),
        ],
        resources=[resource("line", 10, 10)],
        uses=[use("make", "line", 1, 2)],
        units=[
            unit("tool", 2, upper=2, total=3, lead=1.5),
            unit("pad", 2, upper=2, lead=1.0),
            unit("choice", 2, upper=1, total=1, instrument=DECIDED),
        ],
        unit_effects=[
            effect("tool", "line", (1,)), effect("tool", "line", (1,), first_age=1), effect("pad", "line", (-1,)),
        ],
        demands=[
            demand("shop", "goods", (9, 0), 5),
            demand("army", "goods", (0, 1), 5, required=True),
            demand("queue", "goods", (2, 0), 5, expiry=1),
        ],
        budgets=[Budget("purse", "Purse", ((1,),), seq(30), tool)],
        groups=[
            GroupLimit("most", "Most", "tool", "<=", ((0, 1),), seq(3), tool, levers=("tool",)),
            GroupLimit("least", "Least", "tool", ">=", ((1,),), seq(0), tool),
        ],
        definitions=[GroupLimit("means", "Means", "tool", "<=", ((1,),), seq(9), tool, family="contract_term")],
    )  # fmt: skip


def test_limits_are_those_a_person_has_written():
    tables = model_tables(case())
    rows = [(name, *key) for name, family in tables.rows.items() for key in family.keys]
    columns = [(block.name, *key) for block in tables.columns for key in block.keys]
    told = [
        (*(rows[one.row] if one.row >= 0 else columns[one.column]), one.period, one.side, one.kind)
        for one in tables.limits
    ]
    assert all((one.row < 0) != (one.column < 0) for one in tables.limits)
    assert sorted(told) == sorted([
        ("balance", "ore", "P1", 0, "upper", "physical"), ("balance", "ore", "P2", 1, "upper", "physical"),
        ("balance", "gas", "P1", 0, "upper", "physical"), ("balance", "gas", "P2", 1, "upper", "physical"),
        ("capacity", "line", "P1", 0, "upper", "physical"), ("capacity", "line", "P2", 1, "upper", "physical"),
        ("demand", "shop", "P1", 0, "upper", "demand"), ("demand", "army", "P2", 1, "both", "demand"),
        ("backlog_balance", "queue", "1", "P1", 0, "both", "demand"),
        ("backlog_balance", "queue", "1", "P2", 1, "both", "demand"),
        ("total_orders", "tool", -1, "upper", "physical"),
        ("budget", "purse", "P2", 1, "upper", "cash"),
        ("group_limit", "most", "P1..P2", 0, "upper", "policy"),
        ("group_limit", "least", "P2", 1, "lower", "policy"),
        ("safety_stock", "goods", "P1", 0, "lower", "policy"),
        ("order", "tool", "P1", 0, "upper", "physical"), ("order", "tool", "P2", 1, "upper", "physical"),
        ("order", "pad", "P1", 0, "upper", "physical"), ("order", "pad", "P2", 1, "upper", "physical"),
        ("start", "make", "P1", 0, "upper", "physical"),
        ("stock", "goods", "P1", 0, "upper", "physical"), ("stock", "goods", "P2", 1, "upper", "physical"),
    ])  # fmt: skip


def test_levers_are_the_units_that_add_with_their_lead_each_once():
    found = {one.entity: one.levers for one in model_tables(case()).limits if one.family in ("capacity", "group_limit")}
    assert found == {"line": (Lever("tool", 1.5),), "most": (Lever("tool", 1.5),), "least": ()}
