"""The tables of a result tell the plan: three-node cases counted by hand."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.network.tables import (
    Activity,
    Budget,
    Demand,
    Flow,
    GroupLimit,
    Material,
    Network,
    Period,
    Resource,
    Tags,
    Term,
    Unit,
    UnitEffect,
    UnitMaterial,
    Use,
    ValueStep,
    WholeGroup,
)
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import ALL_TABLES, core_and_domain, find_table
from fabopt.solve.results.core import core_tables
from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.views import STAGED, VIEWS, View, domain_tables
from fabopt.solve.run import solve

T = 3
ONES = np.ones(T)


def periods(discounts=(1.0, 1.0, 1.0), reported=(True, True, True)):
    days = [date(2027, 1, 1), date(2027, 4, 1), date(2027, 7, 1), date(2027, 10, 1)]
    return tuple(
        Period(n, f"2027Q{n + 1}", a, b, 0.25, discounts[n], reported[n]) for n, (a, b) in enumerate(pairwise(days))
    )


def demand(quantity, value, **more):
    quantity = np.asarray(quantity, dtype=float)
    return Demand("want", "want", "bread", quantity, (ValueStep(quantity, np.full(T, value)),), **more)


def tables_of(net, **options):
    solution = solve(net, SolveOptions(**options))
    assert solution.has_plan
    return {spec.name: frame for spec, frame in core_and_domain(net, solution).items()}, solution


def only(frame, **where):
    for name, value in where.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def bakery(**more):
    """Bread from 2 flour each, one period later; 10 an oven hour, 5 hours; flour in stock."""
    return Network(
        "bakery",
        periods((1.0, 0.5, 0.25)),
        materials=(
            Material("flour", "Flour", "kg", storable=True, opening=12.0, survival=0.5),
            Material("bread", "Bread", "loaf", Tags(stage="kitchen"), storable=True),
        ),
        activities=(Activity("bake", "Bake", "batch", Tags(owner="baker"), cost=np.full(T, 1.0)),),
        flows=(Flow("bake", "flour", 0, -2.0 * ONES), Flow("bake", "bread", 1, 1.0 * ONES)),
        uses=(Use("bake", "oven", 0, ONES),),
        resources=(Resource("oven", "Oven", "hour", "rate", 5.0 * ONES),),
        demands=(demand([0, 9, 9], 10.0),),
        **more,
    )


def test_a_flow_stands_in_the_period_in_which_it_lands_and_the_stock_decays():
    # 5 batches in Q1 (the oven's limit) take 10 of 12 flour; of the 2 left half survives: half a batch in Q2.
    tables, _ = tables_of(bakery())
    flows = tables["flows"]
    assert only(flows, material="bread", period="2027Q2")["amount"] == pytest.approx(5.0)
    assert only(flows, material="bread", period="2027Q3")["amount"] == pytest.approx(0.5)
    first, second = (only(tables["materials"], id="flour", period=p) for p in ("2027Q1", "2027Q2"))
    assert (first["carried"], first["consumed"], first["stock"]) == pytest.approx((12.0, 10.0, 2.0))
    assert (second["carried"], second["consumed"], second["stock"]) == pytest.approx((1.0, 1.0, 0.0))


def test_every_material_balances_in_every_period():
    tables, _ = tables_of(bakery())
    rows = tables["materials"]
    gained = rows["carried"] + rows["received"] + rows["made"]
    gone = rows["consumed"] + rows["delivered"] + rows["disposed"] + rows["stock"]
    assert np.allclose(gained, gone)
    assert len(rows) > 3


def test_resources_uses_and_prices_of_limits_agree_with_hand_arithmetic():
    # Another hour in Q1 bakes one loaf more from the 2 kg left: 10 x 0.5 - 1; it takes the half loaf of Q3 from Q2's
    # flour away: -(10 x 0.25 - 1 x 0.5) x 0.5 for each 2 kg. So 4 - 1 = 3.
    tables, _ = tables_of(bakery())
    oven = only(tables["resources"], id="oven", period="2027Q1")
    assert (oven["base"], oven["used"], oven["free"]) == pytest.approx((5.0, 5.0, 0.0))
    assert only(tables["uses"], period="2027Q1")["amount"] == pytest.approx(5.0)
    assert only(tables["uses"], period="2027Q1")["owner"] == "baker"
    limit = only(tables["limits"], family="capacity", id="oven", period="2027Q1")
    assert (limit["limit"], limit["slack"]) == pytest.approx((5.0, 0.0))
    assert limit["price"] == pytest.approx(3.0)


def test_costs_add_up_to_the_objective_and_so_do_the_terms():
    tables, solution = tables_of(bakery())
    # 5 loaves at 10 x 0.5 and half a loaf at 10 x 0.25, less 5 batches at 1 and half a batch at 0.5.
    assert solution.objective == pytest.approx(25.0 + 1.25 - 5.0 - 0.25)
    assert tables["costs"]["discounted"].sum() == pytest.approx(solution.objective)
    assert tables["terms"]["amount"].sum() == pytest.approx(solution.objective)


def test_added_and_occupied_capacity_and_what_an_order_consumes():
    # An oven costs 1, takes a place and 3 steel at once, and adds 4 hours from the next period on.
    base = bakery()
    net = Network(
        "two ovens",
        base.periods,
        materials=(*base.materials, Material("steel", "Steel", "t", opening=3.0, storable=True)),
        activities=base.activities,
        flows=(base.flows[1],),
        uses=base.uses,
        resources=(*base.resources, Resource("place", "Place", "place", "level", ONES)),
        units=(Unit("second", "Second oven", "oven", cost=ONES, upper=ONES, lead=1.0, total=1.0),),
        unit_effects=(
            UnitEffect("second", "oven", 1, np.array([4.0])),
            UnitEffect("second", "place", 0, np.array([-1.0])),
        ),
        unit_materials=(UnitMaterial("second", "steel", 0, -3.0),),
        demands=(demand([0, 0, 9], 10.0),),
    )
    tables, _ = tables_of(net)
    order = only(tables["units"], id="second")
    assert (order["ordered"], order["period"], order["effective"]) == (1.0, "2027Q1", "2027Q2")
    oven = tables["resources"].query("id == 'oven'")
    assert list(oven["added"]) == [0.0, 4.0, 4.0]
    place = tables["resources"].query("id == 'place'")
    assert list(place["occupied"]) == [1.0, 1.0, 1.0]
    assert list(place["free"]) == [0.0, 0.0, 0.0]
    assert only(tables["flows"], material="steel")["amount"] == -3.0
    assert only(tables["orders"], id="second")["cost"] == 1.0
    # The order is paid in Q1 (or Q2 at half the money, but then it would act in Q3, too late for Q2's batches).
    assert only(tables["deliveries"], period="2027Q3")["delivered"] == pytest.approx(9.0)


def test_budgets_groups_and_whole_groups_show_what_the_plan_has_in_each_window():
    net = bakery(
        budgets=(Budget("purse", "Purse", ((0, 1), (2,)), np.array([3.0, 9.0]), (Term("activity", "bake", ONES),)),),
        groups=(
            GroupLimit(
                "after", "After", "loaf", "<=", ((1,),), np.array([2.0]), (Term("activity", "bake", ONES, shift=1),)
            ),
        ),
        whole_groups=(WholeGroup("dozens", "Dozens", "loaf", ((1, 2),), (Term("demand", "want", ONES),), lot=2.0),),
    )
    tables, _ = tables_of(net)
    windows = tables["windows"]
    # The group allows Q1 only 2 batches (its row in Q2 sees Q1's starts); the purse allows one more in Q2, but whole
    # pairs of loaves are delivered: 2.
    purse = only(windows, id="purse", first="2027Q1")
    assert (purse["last"], purse["limit"]) == ("2027Q2", 3.0)
    assert purse["used"] == pytest.approx(2.0)
    assert only(windows, id="after")["used"] == pytest.approx(2.0)
    dozens = only(windows, id="dozens")
    assert (dozens["sense"], dozens["limit"]) == ("multiple of", 2.0)
    assert dozens["used"] == pytest.approx(2.0)


def test_what_waits_at_the_end_is_lost_and_what_is_left_is_worth_its_terminal_value():
    net = Network(
        "late",
        periods(),
        materials=(Material("bread", "Bread", "loaf", storable=True, survival=0.5, terminal_value=2.0, opening=4.0),),
        demands=(demand([6, 0, 0], 10.0, expiry=5, backlog_cost=0.5, lost_cost=3.0),),
        end_discount=0.5,
    )
    tables, solution = tables_of(net)
    rows = tables["demands"]
    assert list(rows["delivered"]) == [4.0, 0.0, 0.0]
    assert list(rows["backlog"]) == [2.0, 2.0, 2.0]
    assert list(rows["lost"]) == [0.0, 0.0, 2.0]
    assert solution.objective == pytest.approx(4 * 10 - 3 * 2 * 0.5 - 2 * 3)
    kept = Network(
        "kept",
        periods(),
        materials=(Material("bread", "Bread", "loaf", storable=True, survival=0.5, terminal_value=2.0, opening=4.0),),
        demands=(demand([0, 0, 0], 10.0),),
        end_discount=0.5,
    )
    tables, solution = tables_of(kept)
    # 4 in Q1, 2 in Q2, 1 in Q3, half a loaf at the end, worth 2 each, discounted by half.
    end = only(tables["terminal"], kind="stock")
    assert (end["amount"], end["unit_worth"], end["discount"]) == (0.5, 2.0, 0.5)
    assert solution.objective == pytest.approx(0.5)


def test_periods_after_the_reported_ones_are_marked():
    tables, _ = tables_of(replace(bakery(), periods=periods(reported=(True, True, False))))
    assert dict(zip(tables["periods"]["period"], tables["periods"]["reported"], strict=True)) == {
        "2027Q1": True,
        "2027Q2": True,
        "2027Q3": False,
    }
    assert not tables["demands"].query("period == '2027Q3'")["reported"].any()


def test_every_table_has_its_columns_in_order_and_the_columns_table_names_them_all():
    tables, _ = tables_of(bakery())
    for spec in ALL_TABLES:
        assert list(tables[spec.name].columns) == spec.names
    named = set(zip(tables["columns"]["table"], tables["columns"]["column"], strict=True))
    assert named == {(spec.name, name) for spec in ALL_TABLES for name in spec.names}


def test_a_plan_without_any_record_gives_empty_tables_with_the_same_columns():
    tables, _ = tables_of(Network("empty", periods(), materials=(Material("m", "m", "m", opening=1.0, storable=True),)))
    for spec in ALL_TABLES:
        assert list(tables[spec.name].columns) == spec.names
    assert tables["shipments"].empty


def test_a_table_is_found_with_and_without_its_group_and_a_typo_gets_the_nearest():
    assert find_table("orders") == find_table("domain/orders") == "domain/orders"
    with pytest.raises(ResultError, match="did you mean 'shipments'"):
        find_table("shipment")


TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


def test_what_the_chain_has_of_a_view_stands_under_the_stages_of_the_view():
    """Without the rows of its stages a view is empty, so that none need be made where nothing has one of them."""
    net = fabopt.load(TUTORIAL).with_({"charges": {"freight": {"of": "packages", "per_unit": 20}}}).network
    core = core_tables(net, solve(net))
    made = domain_tables(core)
    for spec, view in VIEWS.items():
        assert made[spec].equals(view.of(core)[spec.names].reset_index(drop=True)), spec.name
        if view.stages:
            assert len(made[spec]), spec.name
            rest = {name: core[name][~core[name]["stage"].isin(view.stages)] for name in STAGED}
            assert not len(view.of({**core, **rest})), spec.name


def test_no_view_is_made_of_stages_that_a_network_does_not_have(monkeypatch):
    def asked(_):
        raise AssertionError("a view was made")

    net = bakery()
    core = core_tables(net, solve(net))
    whole = {spec: view.of(core)[spec.names] for spec, view in VIEWS.items()}
    for spec, view in VIEWS.items():
        if view.stages:
            monkeypatch.setitem(VIEWS, spec, View(asked, view.stages))
    for spec, frame in domain_tables(core).items():
        assert list(frame.columns) == list(whole[spec].columns) == list(spec.names)
        assert len(frame) == len(whole[spec])
        kinds = {"text": "str", "number": "float64", "whole": "int64", "flag": "bool"}
        if VIEWS[spec].stages:
            assert frame.dtypes.astype(str).tolist() == [kinds[column.kind] for column in spec.columns]
