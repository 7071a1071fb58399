"""Components lowered and planned, by hand: who takes them, when, from whom, at what cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chain_cases import amounts, edited, lowered

from fabopt.domain.rules import problems
from fabopt.network.lowering.builder import Chain, make_periods
from fabopt.network.lowering.components import _when
from fabopt.network.suppliers import suppliers
from fabopt.network.tables import Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.run import solve

ORDERED = "component:optics:lab:acme"
SITE = {"curve": {100: 1000}, "lead": 6, "max_total": 500, "ramp": [0.5, 1]}


def source(**given: Any) -> dict[str, Any]:
    return {
        "owner": "acme", "region": "island", "capacity": 20, "price": 900, "gross_margin": 0.35, "lead": 3, **given
    }  # fmt: skip


def component(**given: Any) -> dict[str, Any]:
    return {"name": "Optics", "sources": {"acme": source()}, **given}


def orders(net: Network) -> dict[str, str]:
    """Customer and owner of all orders of components, by id."""
    return {a.id: f"{a.tags.owner} to {a.tags.customer}" for a in net.activities if a.tags.role == "component_order"}


def cost(net: Network, activity: str) -> float:
    found = next(a.cost for a in net.activities if a.id == activity)
    assert found is not None
    return float(found[0])


def price(net: Network, activity: str) -> tuple[str, str, float]:
    (paid,) = (p for p in net.payments if p.term.id == activity)
    assert paid.price is not None
    return paid.payer, paid.payee, float(paid.price[0])


def test_per_accelerator_the_lab_orders_and_the_shipment_takes():
    net = lowered(("components.optics", component(per="accelerator", amount=2.5)))
    held, made = "component:optics:lab", "component:optics:lab:acme"
    assert orders(net) == {made: "acme to lab"}
    assert amounts(net, "deploy:gpu:site", held) == {0: -2.5}
    assert amounts(net, made, "component:optics:acme") == {0: 1.0}
    assert amounts(net, made, held) == {1: 1.0}
    assert cost(net, made) == pytest.approx(0.585)  # 900 USD x (1 - 35 %), million USD for a thousand
    assert price(net, made) == ("lab", "acme", pytest.approx(0.9))


def test_per_package_the_designer_orders_and_a_bill_of_materials_goes_before_the_amount():
    for more, taken in (((), {0: -2.0}), ((("chips.gpu.boms.a.components", {"optics": 3}),), {0: -3.0})):
        net = lowered(("components.optics", component(per="package", amount=2)), *more)
        assert orders(net) == {"component:optics:green:acme": "acme to green"}
        assert amounts(net, "package:gpu:a:line", "component:optics:green") == taken


def test_per_wafer_whoever_starts_wafers_of_a_node_takes():
    phones = {"name": "Phones", "quantity": 2, "price": 15000, "floor": 0.5, "fabs": {"fab-a": "n3"}}
    net = lowered(
        ("components.optics", component(per="wafer", amounts={"n3": 0.5, "d1": 0.1})), ("markets.phones", phones)
    )
    assert amounts(net, "wafers:gd:fab-a", "component:optics:green") == {0: -0.5}
    assert amounts(net, "hbm:h4:green:mem", "component:optics:green") == {0: -0.1}
    assert amounts(net, "market:phones:fab-a", "component:optics:phones") == {0: -0.5}
    only = lowered(("components.optics", component(per="wafer", amounts={"d1": 0.1})))
    assert amounts(only, "wafers:gd:fab-a", "component:optics:green") == {}


def test_per_rack_and_per_another_component_the_same_customer_takes_more():
    """A 72nd of a rack an accelerator, four pumps a rack, two seals a pump: all the lab's."""
    net = lowered(
        ("components.nvl", component(unit="rack", per="accelerator", amount=1 / 72)),
        ("components.pump", component(per="rack", amount=4)),
        ("components.seal", component(per="pump", amount=2)),
    )
    taken = {name: amounts(net, "deploy:gpu:site", f"component:{name}:lab") for name in ("nvl", "pump", "seal")}
    assert taken == {
        "nvl": {0: pytest.approx(-1 / 72)}, "pump": {0: pytest.approx(-4 / 72)}, "seal": {0: pytest.approx(-8 / 72)}
    }  # fmt: skip


def test_what_a_component_needs_its_maker_orders_and_nothing_is_charged_twice():
    """Eight lasers of 20 USD (made at 14) in optics of 900 at 35 %: 585 less 160 of its own, 425 + 112 in all."""
    laser = component(name="Laser", sources={"photon": source(owner="photon", price=20, gross_margin=0.3)})
    net = lowered(
        ("components.laser", laser), ("components.optics", component(per="accelerator", amount=1, needs={"laser": 8}))
    )
    made, need = "component:optics:lab:acme", "component:laser:acme"
    assert orders(net) == {made: "acme to lab", f"{need}:photon": "photon to acme"}
    assert amounts(net, made, need) == {0: -8.0}
    assert cost(net, made) == pytest.approx(0.585 - 0.160)
    assert cost(net, f"{need}:photon") == pytest.approx(0.014)
    assert price(net, f"{need}:photon") == ("acme", "photon", pytest.approx(0.02))
    worth = {m.id: m.terminal_value for m in net.materials}
    assert worth["component:optics:lab"] == pytest.approx(0.425 + 8 * 0.014)


def test_megawatts_and_pieces_are_counted_in_each_other_rightly():
    """Half a megawatt of transformer a MW, twenty bolts of 5 USD in each megawatt; 2 kW of cooling an accelerator."""
    net = lowered(
        ("sites.site.expansion", SITE),
        ("components.bolt", component(sources={"b": source(owner="b", price=5)})),
        ("components.transformer", component(
            unit="MW", per="MW of site", amount=0.5, needs={"bolt": 20},
            sources={"a": source(capacity="60 MW/month", price="40 USD/kW", gross_margin=0)})),
        ("components.cooling", component(
            unit="MW", per="accelerator", amount=0.002, sources={"c": source(price=1e5, capacity=9)})),
        ("components.bus", component(per="MW of site", amount=30)),
    )  # fmt: skip
    made = "component:transformer:lab:a"
    assert next(r for r in net.resources if r.id == "component:transformer:a").base[0] == pytest.approx(180.0)
    assert amounts(net, made, "component:bolt:acme") == {0: pytest.approx(-0.02)}  # thousand bolts for one MW
    assert cost(net, made) == pytest.approx(0.04 - 20 * 5e-6)
    # a thousand accelerators take 2 MW
    assert amounts(net, "deploy:gpu:site", "component:cooling:lab") == {0: pytest.approx(-2.0)}
    whole = dict.fromkeys(("component:transformer:lab", "component:bus:lab"), 0.0)
    for one in net.unit_materials:
        whole[one.material] += float(np.asarray(one.amount).ravel()[0])
    assert whole == {"component:transformer:lab": pytest.approx(-0.5), "component:bus:lab": pytest.approx(-0.03)}


@pytest.mark.parametrize(
    ("used", "lead", "ramp", "shares"),
    [
        ("order", 6, (0.5, 1.0), {0: 1.0}),
        ("evenly", 6, (0.5, 1.0), {0: 0.5, 1: 0.5}),
        ("evenly", 7.5, (1.0,), {0: 0.4, 1: 0.4, 2: 0.2}),
        ("evenly", 0, (1.0,), {0: 1.0}),
        ("opening", 6, (0.5, 1.0), {2: 0.5, 3: 0.5}),
        ("opening", 7.5, (1.0,), {2: 1.0}),
    ],
)
def test_a_site_takes_what_it_is_built_of_when_it_says(used, lead, ramp, shares):
    calendar, periods = make_periods(edited())
    chain = Chain(edited(), calendar, periods)
    found = {age: share[0] for age, share in _when(chain, used, chain.lead(lead), ramp)}
    assert found == pytest.approx(shares)


def test_in_periods_of_unequal_length_parts_fall_where_the_time_does():
    """Two quarters and half-years: 9 months from 2027Q2 on are a quarter and then half of each half-year they touch."""
    instance = edited(("horizon.periods", "2 quarters, 3 half-years"), ("horizon.period", None))
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods)
    found = {age: share.tolist() for age, share in _when(chain, "evenly", chain.lead(9), (1.0,))}
    # From 2027Q1: that quarter, the next, and a quarter of 2027H2; from 2027Q2: it, and all of 2027H2.
    assert [found[age][0] for age in (0, 1, 2)] == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert [found[age][1] for age in (0, 1)] == pytest.approx([1 / 3, 2 / 3])
    at = {age: share.tolist() for age, share in _when(chain, "opening", chain.lead(9), (1.0,))}
    assert (at[2][0], at[2][1]) == (1.0, 1.0)  # 2027Q4 lies in 2027H2; 2028Q1 in 2028H1


def test_a_lead_falls_on_periods_of_unequal_length_where_the_time_does():
    """Four and a half months: what is ordered in the first quarter comes from mid-May to mid-August."""
    net = lowered(
        ("horizon.periods", "2 quarters, 3 half-years"),
        ("horizon.period", None),
        ("components.optics", component(per="accelerator", amount=1, sources={"acme": source(lead=4.5)})),
    )
    flows = [f for f in net.flows if (f.activity, f.material) == (ORDERED, "component:optics:lab")]
    came = {(t, t + f.age): f.amount[t] for f in flows for t in (0, 1) if f.amount[t]}
    assert came == {(0, 1): pytest.approx(0.5), (0, 2): pytest.approx(0.5), (1, 2): pytest.approx(1.0)}
    (base,) = (r.base for r in net.resources if r.id == "component:optics:acme")
    assert base.tolist() == pytest.approx([60.0, 60.0, 120.0, 120.0, 120.0])


def test_makers_are_suppliers_and_what_they_make_depends_on_them():
    laser = component(name="Laser", sources={"photon": source(owner="photon", price=20)})
    optics = component(per="accelerator", amount=1, needs={"laser": 8})
    runs = suppliers(lowered(("components.laser", laser), ("components.optics", optics)))
    assert list(runs["owner", "photon"]) == ["component:laser:acme:photon"]
    assert list(runs["owner", "acme"]) == [ORDERED]
    assert {"component:laser:acme:photon", ORDERED} <= set(runs["region", "island"])


def test_local_components_come_from_sources_in_the_region_of_the_site():
    grid = component(
        name="Grid", unit="MW", per="MW of site", amount=1, local=True,
        sources={"w": source(region="west", price=1e4), "e": source(region="east", price=1e4)},
    )  # fmt: skip
    east = {"name": "E", "lab": "lab", "region": "east", "power": 1, "expansion": SITE}
    net = lowered(("components.grid", grid), ("sites.site.expansion", SITE), ("sites.e", east))
    assert sorted(orders(net)) == ["component:grid:lab:east:e", "component:grid:lab:west:w"]
    taken = {(one.unit.partition(":")[2].partition(":")[0], one.material) for one in net.unit_materials}
    assert taken == {("site", "component:grid:lab:west"), ("e", "component:grid:lab:east")}


def test_stock_and_firm_orders_are_there_and_running_rates_have_more_on_order():
    """Half a quarter before its end 9 thousand come: half counts then. 2,000 packages a month take 2.5 optics each."""
    optics = component(
        per="accelerator", amount=2.5, stock={"lab": 7}, order_book={"lab": {"2027-05-16": 9}},
    )  # fmt: skip
    net = lowered(("components.optics", optics), ("chips.gpu.running_rate", 2))
    held = next(m for m in net.materials if m.id == "component:optics:lab")
    assert held.opening == 7.0
    assert held.receipts is not None
    late = 46 / 91  # of the second quarter's days 45 have gone by
    assert held.receipts[:4] == pytest.approx([15.0, 9 * late, 9 * (1 - late), 0.0])


def test_customers_and_dates_of_a_source_close_it_to_others():
    sources = {"a": source(customers=["green"]), "b": source(available="2028-01-01", until="2028-12-31")}
    net = lowered(("components.optics", component(per="accelerator", amount=1, sources=sources)))
    assert list(orders(net)) == ["component:optics:lab:b"]
    upper = next(a.upper for a in net.activities if a.id == "component:optics:lab:b")
    assert upper is not None
    assert np.flatnonzero(upper).tolist() == [4, 5, 6, 7]


def test_a_scarce_component_holds_shipments_to_what_it_makes_and_its_limit_has_a_price():
    """60 thousand optics a quarter, 20 with each accelerator: 3,000 ship, from a quarter after the first order on."""
    net = lowered(
        ("components.optics", component(per="accelerator", amount=20)),
        ("sites.site.power", 50000),
        ("labs.lab.demand.total", 100000),
        ("chips.gpu.stock", 900),
    )
    plan = solve(net, SolveOptions(gap=1e-6))
    rows = {spec.name: frame for spec, frame in core_and_domain(net, plan).items()}["activities"]
    level = {key: rows[rows["id"] == key].set_index("period")["level"] for key in ("deploy:gpu:site", ORDERED)}
    first = [p.label for p in net.periods[:4]]
    assert level[ORDERED].max() == pytest.approx(60.0)
    assert level["deploy:gpu:site"].reindex(first, fill_value=0.0).tolist() == pytest.approx([0.0, 3.0, 3.0, 3.0])
    assert {s.entity for s in plan.limits if s.price and s.family == "capacity"} == {"component:optics:acme"}


BAD = [
    ({"needs": {"optics": 1}}, "components.optics.needs", "go into one another in a circle: 'optics' takes 'optics'"),
    ({"per": "optics", "amount": 1}, "components.optics.per", "in a circle"),
    ({"per": "rack", "amount": 1}, "components.optics.per", "no component is a rack"),
    ({"per": "acelerator", "amount": 1}, "components.optics.per", "'acelerator' is nothing that takes components"),
    ({"per": "accelerator"}, "components.optics.amount", "it is not said how many"),
    ({"amount": 2}, "components.optics.amount", "'amount' needs 'per'"),
    ({"per": "accelerator", "amounts": {"gpus": 2}}, "components.optics.amounts.gpus", "there is no chip 'gpus'"),
    ({"needs": {"lasr": 1}}, "components.optics.needs.lasr", "there is no component 'lasr'"),
    ({"sources": {}}, "components.optics.sources", "no source makes it"),
    ({"used": "order", "per": "accelerator", "amount": 1}, "components.optics.used", "'used' says when a site takes"),
    ({"per": "package", "local": True}, "components.optics.local", "taken by a customer"),
    (
        {"per": "MW of site", "amount": 1, "local": True},
        "components.optics.sources",
        "no source serves the region 'west', where the site 'site' grows",
    ),
    (
        {"sources": {"acme": source(price="40 USD/kW")}},
        "components.optics.sources.acme.price",
        "USD/MW stands where USD/piece is meant",
    ),
    (
        {"unit": "MW", "sources": {"acme": source(capacity="9 krack/month", price=1)}},
        "components.optics.sources.acme.capacity",
        "krack/month stands where MW/month is meant",
    ),
    ({"order_book": {"lab": {"2026-05-01": 1}}}, "components.optics.order_book.lab.2026-05-01", "before the decision"),
    (
        {"needs": {"laser": 50}},
        "components.optics.sources.acme.price",
        "costs its maker 1,000 USD, more than the 585 USD",
    ),
    ({"stock": {"labb": 1}}, "components.optics.stock.labb", "there is no party 'labb'"),
]


@pytest.mark.parametrize(("given", "path", "says"), BAD)
def test_a_component_that_cannot_be_is_refused_where_it_stands(given, path, says):
    laser = component(name="Laser", sources={"photon": source(owner="photon", price=20)})
    instance = edited(
        ("components.laser", laser), ("components.optics", component(**given)), ("sites.site.expansion", SITE)
    )
    found = [(".".join(map(str, fault.path)), fault.message) for fault in problems(instance)]
    assert [path] == [place for place, message in found if says in message]


def test_components_that_are_sound_have_no_faults():
    optics = component(per="accelerator", amounts={"gpu": 2}, stock={"lab": "3 kpiece"})
    racks = component(unit="rack", per="accelerator", amount=0.01, sources={"a": source(capacity="2 krack/month")})
    assert problems(edited(("components.optics", optics), ("components.nvl", racks))) == []
