"""`fabopt allocate` reproduces every worked example from its instance file."""

import json
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.network.checks import check

FOLDER = Path(__file__).parents[2] / "instances" / "allocation"
THIRD = 1.0 / 3.0
ROOT = 1.0 / (1.0 + (2 / 3) ** 0.5)  # part of a of what a and b share, on weights of 3 and 2, at alpha 2
# Example and scenario: split of each window, value with and without the policies.
ANSWERS = {
    ("proportional", None): ([(53 + THIRD, 33 + THIRD, 13 + THIRD)], 813 + THIRD, 960),
    ("linear", None): ([(63 + THIRD, 33 + THIRD, 3 + THIRD)], 903 + THIRD, 960),
    ("linear", "short"): ([(45, 15, 0)], 570, 600),
    ("uniform", None): ([(40, 40, 20)], 740, 960),
    ("uniform", "inflated"): ([(40, 40, 20)], 740, 960),
    ("priority", None): ([(30, 50, 20)], 720, 960),
    ("priority", "short"): ([(25, 25 * THIRD, 50 * THIRD)], 250 + 200 * THIRD + 50 * THIRD, 500),
    ("alpha-fair", "total"): ([(80, 20, 0)], 960, 960),
    ("alpha-fair", None): ([(50, 33 + THIRD, 16 + 2 * THIRD)], 783 + THIRD, 960),
    ("alpha-fair", "max-min"): ([(40, 40, 20)], 740, 960),
    ("share-cap", None): ([(50, 40, 10)], 830, 960),
    ("allocated-cap", None): ([(40, 40, 20)], 740, 960),
    ("turn-and-earn", None): ([(30, 50, 20), (50, 50, 20)], 1640, 960 + 1120),
    ("proportional", "inflated"): ([(80 / 1.08, 50 / 2.7, 20 / 2.7)], 800 / 1.08 + 420 / 2.7, 960),
    ("alpha-fair", "two"): ([(80 * ROOT, 80 * (1 - ROOT), 20)], 640 + 160 * ROOT + 20, 960),
    ("shares", None): ([(30, 50, 20)], 720, 960),
    ("share-floor", None): ([(70, 0, 20)], 720, 960),
    ("share-floor", "in-proportion"): ([(560 / 13, 350 / 13, 20)], 8400 / 13 + 20, 960),
    ("share-floor", "above-the-floor"): ([(53 + THIRD, 33 + THIRD, 13 + THIRD)], 813 + THIRD, 960),
    ("combined", None): ([(43 + THIRD, 36 + 2 * THIRD, 20)], 746 + 2 * THIRD, 960),
    ("market", None): ([(70, 30, 0)], 1060, 1060),
    ("market", "k110"): ([(80, 30, 0)], 1160, 1160),
    ("market", "k130"): ([(80, 30, 20)], 1340, 1340),
}
PRICES = {None: (10, 10), "k110": (9, 10), "k130": (6, 9)}


def shown(capsys, *argv):
    assert main(["allocate", *map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("example", "scenario"), ANSWERS, ids=lambda part: str(part))
@pytest.mark.parametrize("two_stage", [False, True])
def test_a_worked_example_comes_out_exactly_in_both_architectures(example, scenario, two_stage, capsys):
    splits, value, without = ANSWERS[example, scenario]
    extra = [*(["--scenario", scenario] if scenario else []), *(["--two-stage"] if two_stage else [])]
    found = shown(capsys, FOLDER / example, *extra)
    for field in ("allotted", "used"):
        numbers = [entry[field] for entry in found["allocation"]]
        assert numbers == pytest.approx([a for split in splits for a in split], abs=1e-9, rel=0.0)
    assert found["value"]["low"] == pytest.approx(value, rel=1e-9)
    assert found["without"]["low"] == pytest.approx(without, rel=1e-9)
    assert found["price"] == pytest.approx([without - value] * 2, abs=1e-6)


@pytest.mark.parametrize("scenario", PRICES)
def test_the_market_shows_the_interval_of_prices_that_clear(scenario, capsys):
    found = shown(capsys, FOLDER / "market", *(["--scenario", scenario] if scenario else []))
    (supply,) = found["supplies"]
    assert (supply["price_low"], supply["price_high"]) == PRICES[scenario]


@pytest.mark.parametrize("scenario", [None, "rights"])
def test_the_rule_changes_what_is_built_and_its_price_is_100(scenario, capsys):
    found = shown(capsys, FOLDER / "capacity", *(["--scenario", scenario] if scenario else []))
    assert [entry["used"] for entry in found["allocation"]] == pytest.approx([80, 50, 20], abs=1e-9)
    assert found["price"] == pytest.approx([100, 100], abs=1e-6)


@pytest.mark.parametrize("folder", sorted(path.parent for path in FOLDER.glob("*/instance.yaml")), ids=lambda f: f.name)
def test_every_example_and_each_of_its_scenarios_is_sound(folder):
    for scenario in (None, *fabopt.load(folder).scenarios):
        assert check(fabopt.load(folder, scenario).network) == []


def test_the_game_is_shown_with_its_rounds_and_compared_with_truth_and_uniform_rule(capsys):
    assert main(["allocate", str(FOLDER / "proportional"), "--game"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "no equilibrium" in "".join(lines)
    assert any(line.split()[:2] == ["1", "2.75"] for line in lines)
    assert any(line.split() == ["A", "80", "53.3", "61.4", "40"] for line in lines)
    (game,) = shown(capsys, FOLDER / "proportional", "--game")["games"]
    of_a = [game[name][0] for name in ("needs", "truthful", "given", "uniform")]
    assert of_a == pytest.approx([80.0, 53.3333, 61.4439, 40.0], abs=5e-5)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("scenario", "ending", "first"),
    [
        (None, "divergence", 280 + 100 + 32.5),
        ("limited", "equilibrium", 240 + 100 + 32.5),
        # At a tenth of its worth for each wafer beyond the need a orders x with x + 70 = sqrt(100 x 70 / 0.1).
        ("priced", "equilibrium", 70_000**0.5 - 70 + 100 + 32.5),
    ],
)
def test_the_game_as_data(scenario, ending, first, capsys):
    found = shown(capsys, FOLDER / "proportional", "--game", *(["--scenario", scenario] if scenario else []))
    (game,) = found["games"]
    assert game["ending"] == ending
    assert game["inflation"][1] == pytest.approx(first / 150)


def test_the_table_of_an_example_is_what_a_reader_sees(capsys):
    assert main(["allocate", str(FOLDER / "share-cap")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "The policies cost 130, 13.54 % of the plan's value without them. Of what they split, A loses most",
        "(80 to 50 wafers, Foundry) and B gains most (20 to 40 wafers, Foundry).",
        "The policies are constraints of the plan.",
    ]
    assert lines[4:9] == [
        "Split by Foundry, wafers",
        "  when  customer  order  allotted  right  used  without",
        "  2027  A            80        50      -    50       80",
        "  2027  B            50        40      -    40       20",
        "  2027  C            20        10      -    10        0",
    ]
    assert "  price of the policies       130" in lines


def test_a_policy_without_a_plan_ends_with_code_3_and_is_named_among_the_reasons(capsys):
    argv = ["allocate", str(FOLDER / "proportional"), "--set", "network.demands.a.required=true"]
    assert main(argv) == 3
    out, err = capsys.readouterr()
    assert out.startswith("There is no plan under the policies (infeasible). Without them there is one.")
    assert "cannot all hold: foundry: right of A" in err
    assert "no plan under the policies: infeasible" in err


def test_without_orders_only_shares_count_and_what_cannot_be_sold_is_left(capsys):
    found = shown(capsys, FOLDER / "shares", "--scenario", "all-there-is")
    assert [entry["allotted"] for entry in found["allocation"]] == pytest.approx([20, 60, 20], abs=1e-9)
    assert [entry["used"] for entry in found["allocation"]] == pytest.approx([20, 50, 20], abs=1e-9)


def test_an_inflated_order_under_the_linear_rule_takes_all_and_wastes_a_fifth(capsys):
    found = shown(capsys, FOLDER / "linear", "--scenario", "inflated")
    assert [entry["allotted"] for entry in found["allocation"]] == pytest.approx([100, 0, 0], abs=1e-9)
    assert [entry["used"] for entry in found["allocation"]] == pytest.approx([80, 0, 0], abs=1e-9)


def test_each_policy_alone_has_its_price(capsys):
    """Rights of (52 2/9, 27 7/9, 20) and a cap of 45 are worth 692 2/9; without the rule (45, 45, 10), 820; without
    the cap 764 4/9.
    """
    found = shown(capsys, FOLDER / "combined", "--scenario", "two-policies", "--each")
    prices = {one["policy"]: (one["low"], one["high"]) for one in found["each"]}
    assert found["value"]["low"] == pytest.approx(692 + 2 / 9, abs=1e-9)
    assert prices["foundry"] == pytest.approx([127 + 7 / 9] * 2, abs=1e-6)
    assert prices["regulator"] == pytest.approx([72 + 2 / 9] * 2, abs=1e-6)


def test_what_cannot_be_asked_is_told_in_a_sentence(capsys):
    assert main(["allocate", str(FOLDER.parent / "textbook" / "giapetto")]) == 2
    assert "no policies" in capsys.readouterr().err
    assert main(["allocate", str(FOLDER / "market"), "--game"]) == 2
    assert "no game to play" in capsys.readouterr().err
