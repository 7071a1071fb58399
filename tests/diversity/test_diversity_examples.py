"""`fabopt limits` on the instances of instances/diversity: prices worked out by hand in their files."""

import json
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main

FOLDER = Path(__file__).parents[2] / "instances" / "diversity"
QUARTER = 8766 / 4 * 1e-3
"""Worth of a thousand H100 equivalents at 1 dollar an hour, in million dollars a quarter."""

PRICES = {
    "vendors": (528, 570, {"two-designers": 12, "two-makers": 6}),
    "second-source": (560, 570, {"any-maker": 10}),
    # 4 large chips run for four quarters at home, 3 for three abroad beside a small one, then small ones; without
    # either rule all 40 chip-quarters are large ones'.
    "licences": (QUARTER * (64 + 36 + 3 + 8 + 4), QUARTER * 160, {"1": QUARTER * 45, "2": QUARTER * 45}),
}


@pytest.mark.parametrize("name", PRICES)
def test_each_limit_costs_what_it_costs_by_hand(name, capsys):
    value, without, prices = PRICES[name]
    assert main(["limits", str(FOLDER / name), "--gap", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["value"]["low"] == pytest.approx(value, rel=1e-6)
    assert found["without"]["low"] == pytest.approx(without, rel=1e-6)
    assert {one["limit"]: one["high"] for one in found["limits"]} == pytest.approx(prices, abs=1e-3)
    assert {one["limit"]: one["low"] for one in found["limits"]} == pytest.approx(prices, abs=1e-3)


def test_a_survival_limit_of_60_per_cent_costs_16_by_hand():
    limits = {"resilience.any-maker.share": 0.6, "resilience.any-maker.suppliers": ["good"]}
    assert fabopt.load(FOLDER / "second-source").with_(limits).solve(gap=0).objective == pytest.approx(554)


def test_prices_come_with_the_most_expensive_row_in_the_money_of_the_instance(capsys):
    study = fabopt.load(FOLDER / "licences").price_limits(gap=0.0).records
    licence, ban = study.prices
    # one thousand large chips more, instead of small ones from the second quarter on, gain 3 x 3 H100 equivalents
    assert licence.row_price == pytest.approx(9 * QUARTER)
    assert (licence.name, licence.rows, licence.binding, licence.per) == (
        "Licence of Borealis",
        1,
        1,
        "kaccelerator allowed",
    )
    assert (ban.rows, ban.row) == (0, None)
    assert study.price == pytest.approx((45 * QUARTER, 45 * QUARTER))
    assert list(study.frame["limit"]) == ["1", "2"]
    assert main(["limits", str(FOLDER / "licences")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The limits together cost 98.6 M USD; the most expensive is '")
    assert max(map(len, lines)) <= 100


def test_a_percentage_point_less_is_worth_what_it_saves_by_hand():
    """61 % saves 0.1 ASIC a quarter, 3 dearer; the GPU instead takes a spare stack, 2 dearer, under the makers' cap.

    49 % of a first quarter of 10 is 0.1 spare stack less, 2 dearer; 1 % of 3 thousand large chips gains 9 each.
    """
    points = {
        name: [one.point for one in fabopt.load(FOLDER / name).price_limits(gap=0.0).records.prices] for name in PRICES
    }
    assert points["vendors"] == pytest.approx([3 * 0.1 * (3 - 2), 3 * 0.1 * 2])
    assert points["second-source"] == pytest.approx([0.1 * 2])
    assert points["licences"] == [pytest.approx(0.03 * 9 * QUARTER), None]
    eased = fabopt.load(FOLDER / "vendors").with_({"diversity.two-designers.share": 0.61}).solve(gap=0.0)
    assert eased.objective == pytest.approx(528.3)


def test_limits_under_which_there_is_no_plan_are_named_and_exit_3(capsys):
    """10 of compute must be delivered in the first quarter, and no ASIC can be built: all would be one designer's."""
    argv = ["--set", "network.demands.work.required=true", "--set", "network.demands.work.quantity=10"]
    argv += ["--set", "network.activities.build-asics.upper=0"]
    assert main(["limits", str(FOLDER / "vendors"), *argv]) == 3
    said = capsys.readouterr()
    assert said.out.startswith(
        "There is no plan under the limits (infeasible); without 'No designer above 60 %' there is"
    )
    assert "no plan under the limits: infeasible" in said.err


def test_an_instance_without_limits_says_so_and_exits_2(capsys):
    assert main(["limits", str(FOLDER.parent / "allocation" / "uniform")]) == 2
    assert "no limits on diversity, resilience or exports" in capsys.readouterr().err


@pytest.mark.parametrize("name", PRICES)
def test_the_instances_are_sound(name):
    assert [f for f in fabopt.load(FOLDER / name).validate() if f.severity == "error"] == []
