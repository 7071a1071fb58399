"""A small network for each constraint family; its rows are listed in ``golden/<family>.txt`` and read there."""

from dataclasses import replace

from lowered_families import lowered_case
from model_cases import (
    activity,
    demand,
    effect,
    flow,
    material,
    network,
    resource,
    seq,
    unit,
    use,
    workshop,
)

from fabopt.model.aim import Aim
from fabopt.network.tables import Budget, Demand, GroupLimit, Observed, Tags, Term, UnitMaterial, ValueStep, WholeGroup


def _observed():
    made = Observed("made", "metal made", "t", (0, 1), (Term("activity", "smelt", seq(1, 1, 1)),), 2.0, 10.0, 8.0, 12.0)
    return replace(_balance(), outcomes=(made,))


def _balance():
    return network(
        3,
        materials=[
            material("ore", opening=7.0, receipts=seq(1, 2, 3), disposal_cost=None),
            material("metal", storable=True, survival=0.9),
            material("slag", disposal_cost=2.0),
        ],
        activities=[activity("smelt", 3)],
        flows=[
            flow("smelt", "ore", -2, 3),
            flow("smelt", "metal", 1, 3, age=1),
            flow("smelt", "slag", 1, 3, age=1),
        ],
        units=[unit("frame", 3, upper=1)],
        unit_materials=[UnitMaterial("frame", "metal", 0, -5.0)],
        demands=[demand("shop", "metal", (4, 4, 4), 9)],
    )


def _capacity():
    return network(
        3,
        materials=[material("goods")],
        activities=[activity("make", 3)],
        flows=[flow("make", "goods", 1, 3)],
        uses=[use("make", "line", 1, 3), use("make", "line", 0.5, 3, age=1)],
        resources=[resource("line", 10, 11, 12), resource("floor", 6, 6, 6)],
        units=[unit("tool", 3, upper=2, retire_cost=1.0, opening=1.0), unit("slot", 3, upper=1)],
        unit_effects=[
            effect("tool", "line", (2, 4), first_age=1),
            effect("tool", "floor", (-3,)),
            effect("slot", "floor", (-1,), persistent=False),
        ],
        demands=[demand("shop", "goods", (9, 9, 9), 5)],
    )


def _orders(**more):
    return workshop(
        3,
        (4, 4, 4),
        (9, 9, 9),
        units=[unit("tool", 3, upper=2, total=5, min_order=2.0, fixed_cost=seq(3, 3, 3), **more)],
        unit_effects=[effect("tool", "line", (1,))],
    )


def _demand():
    steps = (ValueStep(seq(4, 4), seq(9, 9)), ValueStep(seq(6, 0), seq(5, 5)))
    return network(
        2,
        materials=[material("goods")],
        activities=[activity("make", 2)],
        flows=[flow("make", "goods", 1, 2)],
        demands=[
            Demand("shop", "Shop", "goods", seq(10, 4), steps),
            demand("army", "goods", (3, 3), 1, required=True),
            demand("fleet", "goods", (2, 0), 1, lost_cost=4.0),
        ],
    )


def _backlog():
    return workshop(4, (9,) * 4, (10, 20, 30, 40), wants={"expiry": 2, "backlog_cost": 1.0, "lost_cost": 2.0})


def _on_off():
    return workshop(3, (9,) * 3, (9,) * 3, make={"on_off": True, "lower": seq(2, 2, 2), "upper": seq(8, 8, 8),
                                                "start_cost": 1.0, "min_run": 2, "was_on": True})  # fmt: skip


def _several():
    make = {"on_off": True, "lower": seq(2, 2, 2, 2), "upper": seq(12, 12, 12, 12), "units": 3}
    return workshop(4, (9,) * 4, (9,) * 4, make={**make, "min_off": 2, "counts_starts": True, "was_on": 1})


def _shelf_life():
    return workshop(3, (9,) * 3, (9,) * 3, goods={"storable": True, "opening": 4.0, "shelf_life": 2, "survival": 0.9})


def _in_step():
    each = seq(1, 1)
    step = GroupLimit("make:on", "Make, on", "", "==", ((0,), (1,)), seq(0, 0),
                      (Term("activity", "make", each), Term("on", "make", -each)), family="in_step")  # fmt: skip
    net = workshop(2, (9,) * 2, (9,) * 2, make={"on_off": True, "upper": seq(8, 8)})
    return replace(net, definitions=(step,))


def _linear():
    return workshop(
        3,
        (9,) * 3,
        (9,) * 3,
        goods={"storable": True, "opening": 4.0},
        units=[unit("tool", 3, cost=5, upper=2, whole=False, retire_cost=1.0, fixed_cost=seq(7, 7, 7), opening=1.0)],
        unit_effects=[effect("tool", "line", (1,))],
        budgets=[
            Budget(
                "purse",
                "Purse",
                ((0, 1), (2,)),
                seq(20, 10),
                (Term("unit", "tool", seq(5, 5, 5)), Term("placed", "tool", seq(7, 7, 7))),
            )
        ],
        groups=[
            GroupLimit(
                "growth",
                "Growth",
                "unit",
                "<=",
                ((0,), (1,), (2,)),
                seq(3, 3, 3),
                (Term("stock", "goods", seq(1, 1, 1)), Term("stock", "goods", seq(-1, -1, -1), shift=1)),
            ),
            GroupLimit(
                "share",
                "Share",
                "unit",
                ">=",
                ((0, 1, 2),),
                seq(2),
                (
                    Term("demand", "shop", seq(1, 1, 1)),
                    Term("activity", "make", seq(-0.5, -0.5, -0.5)),
                    Term("retire", "tool", seq(1, 1, 1)),
                ),
            ),
        ],
        whole_groups=[WholeGroup("year", "Year", "tool", ((0, 1, 2),), (Term("unit", "tool", seq(1, 1, 1)),), lot=2.0)],
        definitions=[
            GroupLimit(
                "left",
                "Left",
                "unit",
                "<=",
                ((1,), (2,)),
                seq(0, 4),
                (Term("activity", "make", seq(1, 1, 1)), Term("stock", "goods", seq(-0.5, -0.5, -0.5), shift=1)),
                family="contract_term",
            )
        ],
    )


def _labs():
    return network(
        3,
        materials=[material("compute")],
        activities=[activity("run", 3)],
        flows=[flow("run", "compute", 1, 3)],
        demands=[
            demand("train", "compute", (4, 4, 2), 1, weight=2.0, tags=Tags(lab="ada")),
            demand("serve", "compute", (5, 5, 0), 1, weight=1.0, tags=Tags(lab="ada")),
            demand("other", "compute", (0, 0, 8), 1, tags=Tags(lab="bob")),
        ],
    )


def family_case(family):
    """The network and aim whose rows show the family."""
    cases = {
        "balance": (_balance(), None),
        "capacity": (_capacity(), None),
        "installed": (_capacity(), None),
        "total_orders": (_orders(), None),
        "order_max": (_orders(), None),
        "order_min": (_orders(), None),
        "order_size": (_orders(max_order=1.5), None),
        "demand": (_demand(), None),
        "backlog_balance": (_backlog(), None),
        "expiry": (_backlog(), None),
        "lot_size": (workshop(2, (9, 9), (9, 9), make={"lot": 2.5}), None),
        "max_level": (_on_off(), None),
        "min_level": (_on_off(), None),
        "switch_on": (_on_off(), None),
        "min_run": (_on_off(), None),
        "min_off": (_several(), None),
        "units_on": (_several(), None),
        "in_step": (_in_step(), None),
        "shelf_life": (_shelf_life(), None),
        "safety_stock": (
            workshop(2, (9, 9), (9, 9), goods={"storable": True, "safety_stock": seq(0, 3), "shortfall_cost": 1.0}),
            None,
        ),
        "budget": (_linear(), None),
        "group_limit": (_linear(), None),
        "whole_group": (_linear(), None),
        "target": (_labs(), Aim(target=12.0)),
        "target_date": (_labs(), Aim(target=12.0)),
        "fairness": (_labs(), Aim(fairness=True)),
        "outcome": (_observed(), Aim(agreement=True)),
    }
    return cases[family] if family in cases else (lowered_case(family), None)
