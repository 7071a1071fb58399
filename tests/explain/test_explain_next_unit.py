"""Whom one more unit goes to, against sums by hand: a kilowatt earns 17,532 USD a year and needs a chip of 10,000."""

from __future__ import annotations

import copy
import json

import pytest
from portfolio_cases import HOURS, WORTH, loaded, tree

import fabopt
from fabopt.cli import main
from fabopt.errors import StudyError


def gains(found):
    """Value and amount by customer."""
    return {row.customer: (row.value, row.amount) for row in found.frame.itertuples()}


@pytest.fixture
def two_labs(tmp_path):
    """120 thousand dies a year; the other lab pays nothing for energy, so it gets its 40 first and the lab the rest."""
    raw = tree(power=100.0)
    raw["fabs"]["fab"]["wafer_starts"] = 1  # thousand a month, of ten dies each
    raw["labs"]["other"] = {**copy.deepcopy(raw["labs"]["lab"]), "name": "Other lab"}
    raw["sites"]["site"]["energy_price"] = 50
    raw["sites"]["second"] = {**raw["sites"]["site"], "lab": "other", "power": 40, "energy_price": 0}
    return loaded(raw, tmp_path).solve()


def test_a_megawatt_is_a_thousand_accelerators_more(tmp_path):
    found = loaded(tree(power=50.0), tmp_path).solve().explain(next_unit="power:site")
    assert gains(found) == {"lab": (pytest.approx(WORTH / 1000), pytest.approx(1.0))}
    assert found.records.gain == pytest.approx((WORTH - 10_000) / 1000)
    assert found.sentence.endswith("in 2027 gains the plan 7.53 M USD. It goes to Lab (17.5 M USD more).")
    parts = dict(found.records.terms)
    assert parts["delivery_value"] == pytest.approx(WORTH / 1000)
    assert sum(parts.values()) == pytest.approx((WORTH - 10_000) / 1000)  # the ten million are what is made and run


def test_more_power_for_one_lab_takes_chips_from_the_other(two_labs):
    found = two_labs.explain(next_unit="power:second")
    assert gains(found) == {
        "other": (pytest.approx(WORTH / 1000), pytest.approx(1.0)),
        "lab": (pytest.approx(-WORTH / 1000), pytest.approx(-1.0)),
    }
    assert found.records.gain == pytest.approx(50 * HOURS / 1e6)  # the energy that the lab no longer pays
    assert found.sentence.endswith("It goes to Other lab (17.5 M USD more); Lab gives up 17.5 M USD.")


def test_the_parts_of_a_buyers_gain_add_up_to_it_with_what_sellers_earn():
    result = fabopt.load("instances/tutorial").solve(perspective="buyers")
    found = result.explain(next_unit="Plains campus facility power").records
    parts = dict(found.terms)
    assert found.gain > 0.0
    assert sum(parts.values()) == pytest.approx(found.gain)
    assert parts["sellers"] != 0.0  # what is theirs is nothing to the buyers


def test_more_wafers_go_to_the_lab_that_still_has_power(two_labs):
    assert gains(two_labs.explain(next_unit="starts:fab")) == {
        "lab": (pytest.approx(10 * WORTH / 1000), pytest.approx(10.0))
    }


def test_more_of_what_is_left_over_goes_to_nobody(tmp_path):
    found = loaded(tree(power=50.0), tmp_path).solve().explain(next_unit="starts:fab", period="2027")
    assert found.records.gain == 0.0
    assert "goes to nobody: the plan has no use for it" in found.sentence
    assert found.frame.empty


def test_one_unit_in_one_period_gains_less_than_in_all_of_them(tutorial_folder, capsys):
    result = fabopt.load_result(tutorial_folder)
    one = result.explain(next_unit="Plains campus facility power", period="2027Q2").records
    every = result.explain(next_unit="plains campus facility power").records
    assert one.periods == ("2027Q2",)
    assert (len(every.periods), every.periods[-1]) == (8, "2028Q4")
    assert 0.0 < one.gain < every.gain
    with pytest.raises(StudyError, match="is no limit in 2029Q1; it is one in 2027Q1"):
        result.explain(next_unit="Plains campus facility power", period="2029Q1")
    assert main(["explain", str(tutorial_folder), "--next-unit", every.limit, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gain"] == pytest.approx(every.gain)


def test_the_gain_is_told_in_the_unit_of_the_objective(tmp_path):
    found = loaded(tree(power=50.0), tmp_path).solve("compute").explain(next_unit="power:site")
    assert found.records.gain == pytest.approx(1.0)
    assert "gains the plan 1.00 thousand H100e x periods." in found.sentence
    assert "kH100e" in found.records.gain_unit
    assert found.records.terms == ()  # compute is no sum of money
