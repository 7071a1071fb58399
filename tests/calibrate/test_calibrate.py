"""Calibration finds premiums that were put in, and refuses what it cannot believe."""

from __future__ import annotations

import copy
import json
import math

import pytest
from taste_cases import PRICE, chain

import fabopt
from fabopt.cli import main
from fabopt.errors import FaboptError

RATE = {"figure": {"value": 4, "low": 3, "high": 5, "unit": "kaccelerator/month"}}
TENTHS, NARROW = 10, 100


def two_years(steps=TENTHS, **more):
    """Return two years of the lab: power for 100 and then 200 thousand accelerators, and a taste with so many steps."""
    raw = chain(tastes={"spread": {"elasticity": 4, "breaks": [k / steps for k in range(1, steps + 1)]}}, **more)
    raw["horizon"] |= {"periods": "2 years", "discount_rate": 0.1}
    raw["sites"]["hall"]["power"] = {"steps": {"2027": 100, "2028": 200}}
    return raw


def observed(amounts, **where):
    """Return outcomes of shipments of `cirrus`, a year each."""
    return {
        f"cirrus-{2027 + n}": {
            "of": "shipments", "where": {"designer": "cirrus", **where}, "since": str(2027 + n), "until": str(2027 + n),
            "figure": {"value": amount, "low": amount, "high": amount, "unit": "kaccelerator"},
        }
        for n, amount in enumerate(amounts)
    }  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(raw):
        (tmp_path / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
        return fabopt.load(tmp_path)

    return write


def shipped(result, chip="c"):
    amounts = result.shipments
    return amounts[amounts["chip"] == chip].groupby("period")["kaccelerator"].sum().tolist()


@pytest.mark.parametrize("put", [(3000, 2800), (-2000, -2200)])
def test_premiums_that_were_put_in_are_found_again(written, tmp_path, put):
    steered = two_years(NARROW)
    by_year = dict(zip(("2027", "2028"), put, strict=True))
    steered["premiums"] = {"cirrus": {"designer": "cirrus", "amount": {"steps": by_year}}}
    amounts = shipped(written(steered).solve())
    # Shares of constant elasticity: exp(4 x premium / 20,000) to 1.
    assert amounts == pytest.approx([100 / (1 + math.exp(-p / 5000)) for p in put], abs=1.01)
    blind = two_years(NARROW, outcomes=observed(amounts))
    report = written(blind).calibrate()
    found = report.records
    assert [row.refused for row in found.rows] == ["", ""]
    # The premiums that support a share are those within one step of it: 20,000 / 4 x 0.01 / share of either.
    assert [row.premium for row in found.rows] == pytest.approx(list(put), abs=250)
    assert [row.planned for row in found.rows] == pytest.approx([50, 50], abs=1.01)
    assert [row.reached for row in found.rows] == pytest.approx(amounts, abs=1.01)
    assert found.share == pytest.approx(max(map(abs, put)) / PRICE, abs=0.02)
    assert "2 of 2 observations" in str(report)
    (tmp_path / "premiums.yaml").write_text(found.overlay, encoding="utf-8")
    again = written(blind | {"include": ["premiums.yaml"]})
    assert shipped(again.solve()) == pytest.approx(amounts, abs=1.01)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_premium_above_half_the_price_is_refused_wherever_it_stands(written, sign):
    def stated(amount):
        return chain() | {
            "premiums": {"cirrus": {"designer": "cirrus", "amount": {"steps": {"2027": 0, "2028": amount}}}}
        }

    written(stated(sign * PRICE / 2))
    with pytest.raises(FaboptError, match="above half the highest price"):
        written(stated(sign * (PRICE / 2 + 1)))


def test_premiums_count_in_no_value(written):
    raw = two_years()
    raw["premiums"] = {"cirrus": {"designer": "cirrus", "labs": ["aurora"], "amount": 3000}}
    steered, free = written(raw).solve(), written(two_years()).solve()
    assert shipped(steered) > shipped(free)
    assert steered.run.value == pytest.approx(free.run.value)  # equal costs: whoever ships, the value is the same
    assert steered.run.premiums > free.run.premiums


def test_chips_that_figures_leave_out_have_no_premium(written, tmp_path):
    """A second chip of cirrus that is made, costs and works like the first; both ship under a premium that is found."""
    raw = two_years(NARROW)
    raw["chips"]["c-too"] = copy.deepcopy(raw["chips"]["c"])
    report = written(raw | {"outcomes": observed([60, 60], **{"not": {"chip": "c-too"}})}).calibrate()
    assert report.records.premiums["cirrus"]["without"] == ["c-too"]
    for without, held in ((("c-too",), True), (("c", "c-too"), False)):
        premium = {"designer": "cirrus", "without": list(without), "amount": 3000}
        result = written(raw | {"premiums": {"cirrus": premium}}).solve()
        assert (result.run.premiums > written(raw).solve().run.premiums) is held
    with pytest.raises(FaboptError, match=r"premiums\.cirrus\.without"):
        written(raw | {"premiums": {"cirrus": premium | {"without": ["gpu"]}}})
    uneven = observed([60, 60])
    uneven["cirrus-2028"]["where"]["not"] = {"chip": "c-too"}
    with pytest.raises(FaboptError, match=r"outcomes.cirrus-2028 leaves out other chips"):
        written(raw | {"outcomes": uneven}).calibrate()


def test_what_holds_anyway_needs_no_premium(written):
    report = written(two_years(outcomes=observed([50, 50], lab="aurora"))).calibrate()
    assert [row.premium for row in report.records.rows] == pytest.approx([0, 0])
    assert report.records.share == 0.0
    assert "without any premium" in report.sentence


def test_premiums_are_those_of_whose_money_decides(written):
    raw = two_years(NARROW, outcomes=observed([50, 50]), solving={"perspective": "buyers"})
    raw["chips"]["c"]["price"] = PRICE + 3000  # dearer to buy, and no dearer to make
    assert [row.premium for row in written(raw).calibrate().records.rows] == pytest.approx([3000, 3000], abs=250)
    raw["solving"] = {"perspective": "system"}
    assert [row.premium for row in written(raw).calibrate().records.rows] == pytest.approx([0, 0], abs=1)


def test_a_premium_above_half_the_price_is_refused_with_its_size(written):
    raw = two_years(NARROW, outcomes=observed([50, 50]))
    raw["chips"]["c"]["assembly_cost"] = 5000 + 14_000
    report = written(raw).calibrate()
    assert all("the model disbelieves it by USD 14," in row.refused or "USD 13," in row.refused
               for row in report.records.rows)  # fmt: skip
    assert report.records.overlay.strip() == "premiums: {}"
    raw["chips"]["c"]["assembly_cost"] = 5000 + 8000
    assert [row.premium for row in written(raw).calibrate().records.rows] == pytest.approx([8000, 8000], abs=250)


def test_an_observation_at_the_edge_of_what_can_be_made_is_not_calibrated_on(written):
    raw = two_years(outcomes=observed([60, 60]))
    raw["fabs"]["other"] = copy.deepcopy(raw["fabs"]["fab"]) | {"wafer_starts": 60 / 1200}
    raw["dies"]["die-cirrus"]["fabs"] = {"other": {}}
    rows = written(raw).calibrate().records.rows
    assert ["at the edge: the instance makes 60 at most" in row.refused for row in rows] == [True, False]
    raw["outcomes"] = observed([0, 30])
    assert "at least" in written(raw).calibrate().records.rows[0].refused


def test_observations_that_conflict_are_refused_with_what_clashes(written):
    raw = two_years(outcomes=observed([20, 50]))
    raw["outcomes"]["cirrus-aurora"] = raw["outcomes"]["cirrus-2027"] | {
        "where": {"designer": "cirrus", "lab": "aurora"},
        "figure": {"value": 40, "low": 35, "high": 45, "unit": "kaccelerator"},
    }  # fmt: skip
    with pytest.raises(FaboptError, match="cannot all hold at once") as refused:
        written(raw).calibrate()
    assert "cirrus-2027" in str(refused.value)
    assert "cirrus-aurora" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "There is no observation to calibrate on"),
        ({"cirrus-2027": {"since": "2026"}}, "covers more than the horizon"),
        ({"cirrus-2028": {"until": "2029"} | RATE}, "lies outside the horizon"),
        ({"cirrus-2027": {"since": "2026"} | RATE}, "lies outside the horizon"),
        ({"cirrus-2027": None}, "2027-01-01 was expected"),
        ({"cirrus-2027": {"until": "2027Q2"}}, "in the middle of a period"),
        ({"cirrus-2027": {"until": "2028"}}, "was expected"),
    ],
)
def test_what_cannot_be_calibrated_on_is_a_clear_error(written, change, says):
    raw = two_years(outcomes=observed([50, 50]) if change else {})
    for key, value in change.items():
        if value is None:
            del raw["outcomes"][key]
        else:
            raw["outcomes"][key] |= value
    with pytest.raises(FaboptError, match=says):
        written(raw).calibrate()


def test_the_command_reads_outcomes_of_a_file_and_writes_premiums(written, tmp_path, capsys):
    written(two_years(outcomes=observed([50, 50])))
    outcomes = tmp_path / "seen.yaml"
    outcomes.write_text(json.dumps({"outcomes": observed([65, 62])}), encoding="utf-8")
    made = tmp_path / "premiums.yaml"
    code = main(["calibrate", str(tmp_path), "--to", str(outcomes), "--premiums", str(made), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [row["premium"] > 0 for row in told["rows"]] == [True, True]
    assert "designer: cirrus" in made.read_text(encoding="utf-8")
    outcomes.write_text("published: {}\n", encoding="utf-8")
    assert main(["calibrate", str(tmp_path), "--to", str(outcomes)]) == 2
    assert "no section 'outcomes'" in capsys.readouterr().err
    bad = {"outcomes": observed([65, 62], lab="nobody")}
    outcomes.write_text(json.dumps(bad), encoding="utf-8")
    assert main(["calibrate", str(tmp_path), "--to", str(outcomes)]) == 2
    assert "nobody" in capsys.readouterr().err


def test_what_is_told_of_a_plan_with_premiums_is_what_such_a_plan_ships(written, tmp_path):
    """From here on a premium pays for the whole of an accelerator that never runs: no dual says how many are bought."""
    raw = two_years(NARROW, outcomes=observed([65, 99.9]))
    raw["fabs"]["fab"]["wafer_starts"] = 1
    report = written(raw).calibrate()
    (tmp_path / "premiums.yaml").write_text(report.records.overlay, encoding="utf-8")
    amounts = shipped(written(raw | {"include": ["premiums.yaml"]}).solve())
    assert [row.reached for row in report.records.rows] == pytest.approx(amounts, rel=1e-3)
    assert amounts[1] > 200
    assert "1 of 2 observations" in report.sentence
    assert "ships otherwise (cirrus in 2028" in str(report).replace("\n", " ")


def test_a_premium_ends_where_a_window_is_not_calibrated_on(written):
    raw = two_years(outcomes=observed([65, 50]))
    raw["chips"]["c"]["system_cost"] = {"steps": {"2027": 0, "2028": 14_000}}
    records = written(raw).calibrate().records
    assert [bool(row.refused) for row in records.rows] == [False, True]
    steps = records.premiums["cirrus"]["amount"]["steps"]
    assert [step["value"] for step in steps.values()] == [round(records.rows[0].premium, 2), 0.0]


def test_what_happened_before_and_ratios_are_named_and_not_held(written):
    raw = two_years(outcomes=observed([50, 50]))
    before = copy.deepcopy(raw["outcomes"]["cirrus-2027"]) | {"since": "2026", "until": "2026"}
    growth = copy.deepcopy(raw["outcomes"]["cirrus-2028"]) | {
        "figure": 1.0,
        "ratio_to": {"since": "2027", "until": "2027"},
    }
    raw["outcomes"] |= {"before": before, "growth": growth}
    records = written(raw).calibrate().records
    assert [row.id for row in records.rows] == ["cirrus-2027", "cirrus-2028"]
    assert records.others == ("before", "growth")


def test_what_has_no_price_is_not_calibrated_on(written):
    raw = two_years(outcomes=observed([65, 65]))
    raw["chips"]["c"]["price"] = 0
    assert all("no list price" in row.refused for row in written(raw).calibrate().records.rows)


def test_outcomes_of_another_file_are_calibrated_on_though_expectations_name_the_instances_own(written, tmp_path):
    raw = two_years()
    raw["outcomes"] = observed((50, 100))
    raw["expectations"] = {"near": {"expect": "published", "outcomes": ["cirrus-2027"], "within": 0.1}}
    other = {f"other-{key}": figure for key, figure in observed((50, 100)).items()}
    (tmp_path / "other.yaml").write_text(json.dumps({"outcomes": other}), encoding="utf-8")
    found = written(raw).calibrate(tmp_path / "other.yaml").records
    assert [row.id for row in found.rows] == list(other)
