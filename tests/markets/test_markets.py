"""Other buyers of wafers and memory: bits by maker and region, prices that fall with quantity, nodes that follow."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import fabopt
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower, lower_chain
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

Raw = dict[str, Any]


def fab(node: str, starts: object, region: str = "island", **more: object) -> Raw:
    return {"name": node, "owner": f"{node}-maker", "region": region, "nodes": [node], "wafer_starts": starts, **more}


def node(bits: object = None, **more: object) -> Raw:
    return (
        {"name": "N", "kind": "dram", "cycle_time": 0, "wafer_price": 0}
        | ({"bits_per_wafer": bits} if bits else {})
        | more
    )


def market(**more: object) -> Raw:
    return {"name": "M", "fabs": {"new-fab": "new"}, "bits": 150, "bit_price": 10, **more}


def chain(*changes: tuple[str, object], periods: int = 1) -> Raw:
    """Two makers of memory: a new node of 2,000 GB a wafer, and an old one of 1,000 whose customers are at home."""
    raw: Raw = {
        "horizon": {"start": "2027Q1", "periods": periods, "period": "quarter", "discount_rate": 0},
        "nodes": {"new": node(2000), "old": node(1000)},
        "fabs": {"new-fab": fab("new", 100), "old-fab": fab("old", 60, "mainland")},
        "markets": {
            "west": market(elasticity=0.5),
            "home": market(region="mainland", fabs={"new-fab": "new", "old-fab": "old"}, elasticity=0.5),
        },
    }
    for path, value in changes:
        *parents, last = path.split(".")
        place = raw
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = copy.deepcopy(value)
    return raw


def starts(raw: Raw) -> dict[str, list[float]]:
    """Thousand wafers started by activity and period."""
    net = lower(Instance.model_validate(raw))
    levels = solve(net, SolveOptions(gap=0.0)).levels
    return {a.id: np.round(levels[k], 6).tolist() for k, a in enumerate(net.activities)}


def worth(raw: Raw) -> float:
    instance = Instance.model_validate(raw)
    assert problems(instance) == []
    return float(solve(lower(instance), SolveOptions(gap=0.0)).objective or 0.0)


def price_of_a_petabyte(raw: Raw, maker: str, each: float) -> float:
    """What a petabyte a month more of a maker is worth, by solving again."""
    more = copy.deepcopy(raw)
    more["fabs"][maker]["wafer_starts"] += 0.1
    return (worth(more) - worth(raw)) / (3 * 0.1 * each)


def mean_price(low: float, high: float) -> float:
    """Mean of 10 USD x q ** -2 (elasticity a half) over a step."""
    return 10 * (1 / low - 1 / high) / (high - low)


def test_markets_that_share_makers_pay_the_same_price_and_each_takes_less():
    # 200 PB of the new maker and 60 of the old for two markets of 150: 86.7 % of what both would take at 10 USD.
    raw = chain()
    assert price_of_a_petabyte(raw, "new-fab", 2) == pytest.approx(mean_price(0.85, 0.9))
    assert price_of_a_petabyte(raw, "old-fab", 1) == pytest.approx(mean_price(0.85, 0.9))
    made = starts(raw)
    assert made["market:home:old-fab"] == [180]
    # Of petabytes a quarter, the west gets 382.5 to 405 of the 600 and home the rest of the 780.
    assert 382.5 <= 2 * made["market:west:new-fab"][0] <= 405
    assert made["market:west:new-fab"][0] + made["market:home:new-fab"][0] == pytest.approx(300)


def test_a_maker_without_customers_in_a_region_is_no_substitute_there():
    # The new maker has 126 PB for 150 in the west, and the old one, with 160, more than its home takes at 10 USD.
    raw = chain(("fabs.new-fab.wafer_starts", 63), ("fabs.old-fab.wafer_starts", 160))
    assert price_of_a_petabyte(raw, "new-fab", 2) == pytest.approx(mean_price(0.75, 0.85))
    assert price_of_a_petabyte(raw, "old-fab", 1) == pytest.approx(mean_price(1.05, 1.1))
    assert starts(raw)["market:home:new-fab"] == [0]


def test_wafers_follow_from_bits_by_the_date():
    raw = chain(
        ("nodes.new", node({"steps": {"2027Q1": 1000, "2027Q2": 2500}})),
        ("markets", {"west": market(bits=50)}),
        periods=2,
    )
    assert starts(raw)["market:west:new-fab"] == [150, 60]


def test_a_market_without_elasticity_takes_what_it_wants_at_its_price_and_no_more():
    raw = chain(("markets", {"west": market()}))
    assert worth(raw) == pytest.approx(3 * 150 * 10)
    assert worth(chain(("markets", {"west": market(bits=230)}))) == pytest.approx(3 * 200 * 10)


def test_no_more_than_the_cap_is_paid_for_the_first_units():
    # A tenth of what is wanted: q ** -2 would be 25 to infinity there, the cap holds it at 4.
    raw = chain(("markets", {"west": market(elasticity=0.5)}), ("fabs.new-fab.wafer_starts", 7.5))
    assert worth(raw) == pytest.approx(3 * 15 * 40)
    raw["markets"]["west"]["price_cap"] = 2
    assert worth(raw) == pytest.approx(3 * 15 * 20)


def test_what_is_held_is_served_first_and_the_curve_begins_behind_it():
    # Of 150 PB 97.5 are held, at the market price; the fab makes 2.5 more, on the step from 0.65 to 0.75.
    raw = chain(("markets", {"west": market(elasticity=0.5, floor=0.65)}), ("fabs.new-fab.wafer_starts", 50))
    assert worth(raw) == pytest.approx(3 * (97.5 * 10 + 2.5 * mean_price(0.65, 0.75)))
    raw["markets"]["home"] = market(bit_price=100)  # pays ten times as much, and gets what is not held
    assert starts(raw) == {"market:west:new-fab": [146.25], "market:home:new-fab": [3.75]}


def test_a_fab_serves_from_its_qualification_on():
    raw = chain(("markets", {"west": market(bits=20, qualified={"new-fab": "2027Q2"})}), periods=3)
    assert starts(raw)["market:west:new-fab"] == [0, 30, 30]
    assert "market:west:new-fab" not in lower_chain(Instance.model_validate(raw))[0].build.history


def test_an_export_rule_keeps_a_maker_out_of_a_region():
    rules = [{"origin": "island", "destination": "mainland"}]
    raw = chain(("barred_flows", rules))
    assert starts(raw)["market:home:new-fab"] == [0]
    assert starts(chain(("barred_flows", [{**rules[0], "until": "2026"}])))["market:home:new-fab"] != [0]


def test_a_market_moves_from_node_to_node_and_the_plan_cannot_move_it_back():
    # Half of 40 thousand wafers moves to the new node; the old fab is not asked for it, though it stands idle.
    move = {"old": {"steps": {"2027Q1": 1, "2027Q2": 0.5}}, "new": {"steps": {"2027Q1": 0, "2027Q2": 0.5}}}
    phones = {"name": "P", "fabs": {"old-fab": "old", "new-fab": "new"}, "quantity": 40, "shares": move}
    raw = chain(("markets", {"phones": phones}), ("fabs.new-fab.wafer_starts", 5), periods=2)
    for name, price in (("old", 100), ("new", 300)):
        raw["nodes"][name] = node(wafer_price=price, gross_margin=0.5)
    assert starts(raw) == {"market:phones:old-fab": [120, 60], "market:phones:new-fab": [0, 15]}
    # Each node pays its own price: half of 100 USD for 180 thousand wafers and of 300 for 15, in million dollars.
    assert worth(raw) == pytest.approx(180 * 0.05 + 15 * 0.15)


def test_before_the_decision_date_a_market_of_bits_had_the_wafers_they_take():
    # 150 PB of the 200 that the new fab could make, at two a thousand wafers; home had the rest and all of the old fab.
    history = lower_chain(Instance.model_validate(chain()))[0].build.history
    assert history["market:west:new-fab"] == pytest.approx(3 * 75)
    assert history["market:home:new-fab"] == pytest.approx(3 * 25)
    assert history["market:home:old-fab"] == pytest.approx(3 * 60)


def test_a_market_pays_for_the_bits_of_a_wafer():
    (payment,) = lower(Instance.model_validate(chain(("markets", {"west": market()})))).payments
    # Two petabytes a thousand wafers, at 10 dollars a gigabyte.
    assert (payment.payer, payment.payee, payment.kind) == ("west", "new-maker", "wafers")
    assert payment.term.coefficient[0] * payment.price[0] == pytest.approx(20)


def test_a_result_tells_what_markets_get_and_what_the_last_of_it_is_worth(tmp_path):
    raw = chain(("fabs.new-fab.wafer_starts", 63), ("fabs.old-fab.wafer_starts", 160))
    raw["markets"]["idle"] = market(bit_price=0)
    (tmp_path / "instance.yaml").write_text(json.dumps(raw))
    table = fabopt.load(tmp_path).solve(gap=0).table("markets").set_index("market")
    assert table["unit"].tolist() == ["PB", "PB", "PB"]
    assert table["wanted"].tolist() == [450, 450, 450]
    assert table["delivered"].tolist() == pytest.approx([3 * 126, 3 * 160, 0])
    assert table["marginal"].tolist()[:2] == pytest.approx([mean_price(0.75, 0.85), mean_price(1.05, 1.1)])
    assert np.isnan(table["marginal"]["idle"])


def test_before_the_decision_date_each_node_had_its_share():
    halves = {"old": 0.25, "new": 0.75}
    phones = {"name": "P", "fabs": {"old-fab": "old", "new-fab": "new"}, "quantity": 40, "shares": halves, "floor": 0.9}
    raw = chain(("markets", {"phones": phones}))
    history = lower_chain(Instance.model_validate(raw))[0].build.history
    assert history == {"market:phones:old-fab": 30, "market:phones:new-fab": 90}
    raw["fabs"]["old-fab"]["wafer_starts"] = 9.1  # its floor is 9 of 10, not 36 of 40
    assert problems(Instance.model_validate(raw)) == []


SCANNERS = {
    "duv": {
        "name": "DUV", "maker": "m", "throughput": 200, "availability": 0.8, "passes": 20, "price": 1, "output": 1,
        "delivery_lead": 12, "qualification_lead": 3, "space": 2,
    }
}  # fmt: skip


def resource(raw: Raw, name: str) -> list[float]:
    net = lower(Instance.model_validate(raw))
    return next(r.base for r in net.resources if r.id == name).tolist()


def test_exposures_rise_with_the_generation_and_old_tools_leave_their_places():
    fleet = {"opening": {"steps": {"2027Q1": 9, "2027Q2": 6}}, "passes": 20}
    raw = chain(
        ("scanners", SCANNERS), ("fabs.new-fab", fab("new", 100, scanners={"duv": fleet}, free_space=1)), periods=2
    )
    raw["nodes"]["new"]["exposures"] = {"duv": {"steps": {"2027Q1": 2, "2027Q2": 3}}}
    raw["markets"] = {"west": market(bits=400)}
    assert resource(raw, "exposures:duv:new-fab") == [9 * 60, 6 * 60]
    assert resource(raw, "space:new-fab") == [1, 7]
    # 540 and 360 exposures a quarter at 2 and 3 a wafer.
    assert starts(raw)["market:west:new-fab"] == [270, 120]


def test_scanners_go_with_the_capacity_that_is_turned():
    # Of 60 thousand wafers 12 are turned, and one tool of five goes with them: half of it is lost from the order on,
    # all of it a quarter later, when 6 thousand wafers and one tool more run in the new fab.
    way = {"to": "new-fab", "step": 12, "cost": 0, "keeps": 0.5, "lead": 3, "loss": 0.5, "max_steps": 1}
    old = fab("old", 60, scanners={"duv": {"opening": 5, "passes": 20}}, conversions={"on": way})
    new = fab("new", 10, scanners={"duv": {"opening": 1, "passes": 30}})
    raw = chain(("scanners", SCANNERS), ("fabs", {"new-fab": new, "old-fab": old}), periods=3)
    raw["nodes"]["new"]["exposures"], raw["nodes"]["old"]["exposures"] = {"duv": 3}, {"duv": 5 / 3}
    raw["markets"] = {"west": market(bits=100), "home": market(fabs={"old-fab": "old"}, bits=60, bit_price=1)}
    raw["pins"] = {"units": {"convert:starts:old-fab:on": {"2027Q1": 1}}}
    # Each fab exposes as much as it starts, or a little less: 100 exposures a month for 60, 30 for 10.
    assert starts(raw) == {
        "market:west:new-fab": [30, pytest.approx(48), pytest.approx(48)],
        "market:home:old-fab": [pytest.approx(162), pytest.approx(144), pytest.approx(144)],
    }
    raw["nodes"]["new"]["exposures"] = {"duv": 6}  # 90 exposures a quarter and 90 more of the tool that came
    assert starts(raw)["market:west:new-fab"] == [15, pytest.approx(30), pytest.approx(30)]


@pytest.mark.parametrize(
    ("change", "where", "says"),
    [
        ({"bits": None}, "", "either wafers ('quantity') or memory ('bits')"),
        ({"quantity": 5}, "", "either wafers ('quantity') or memory ('bits')"),
        ({"bit_price": None}, ".bit_price", "needs its price"),
        ({"price": 5}, ".price", "a market that wants memory has no 'price'"),
        ({"bits": None, "quantity": 5}, ".bit_price", "a market that wants wafers has no 'bit_price'"),
        ({"patience": 3}, ".patience", "orders for memory do not wait"),
        ({"fabs": {"plain-fab": "plain"}}, ".bits", "'plain' does not say how much of it a wafer yields"),
        ({"qualified": {"old-fab": "2028"}}, ".qualified.old-fab", "does not serve this market"),
        ({"shares": {"old": 1}}, ".shares.old", "no fab of this market makes 'old'"),
        ({"shares": {"old": 1}}, ".fabs.new-fab", "it has no share for 'new'"),
        ({"shares": {"new": {"steps": {"2027Q1": 1, "2028Q1": 0.9}}}}, ".shares", "on 2028-01-01 the shares"),
        ({"floor": 0.9, "bits": 250}, ".floor", "the market holds 225 petabytes a month, more than the 200"),
        ({"floor": 0.9, "bits": 20, "qualified": {"new-fab": "2027Q2"}}, ".floor", "in 2027Q1 the market holds 18 "),
        (
            {"fabs": {"new-fab": "new", "old-fab": "old"}, "bits": None, "bit_price": None, "quantity": 3},
            ".price",
            "several nodes without 'shares'",
        ),
    ],
)  # fmt: skip
def test_a_market_that_does_not_fit_together_is_told(change, where, says):
    wrong = {key: value for key, value in (market() | change).items() if value is not None}
    raw = chain(("markets", {"west": wrong}))
    raw["nodes"]["plain"], raw["fabs"]["plain-fab"] = node(), fab("plain", 9)
    found = {".".join(map(str, fault.path)): fault.message for fault in problems(Instance.model_validate(raw))}
    assert says in found[f"markets.west{where}"]


def test_a_successor_that_is_no_node_is_told():
    raw = chain(("markets", {"west": market(shares={"newest": 1})}))
    (first, *_) = problems(Instance.model_validate(raw))
    assert "newest" in first.message
