"""``fabopt choke`` and ``result.choke_points()``: Dakota's published numbers, the tutorial, bad input, saved plans."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

import fabopt
from fabopt import api
from fabopt.cli import main

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
DAKOTA = INSTANCES / "textbook" / "dakota"


@pytest.fixture(scope="module")
def dakota(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dakota") / "result"
    fabopt.load(DAKOTA).solve(threads=1, out=folder)
    return folder


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tutorial") / "result"
    fabopt.load(INSTANCES / "tutorial").solve(threads=1, out=folder)
    return folder


def _json(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    assert main(["choke", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_dakotas_prices_and_ranges_are_those_of_the_textbook(dakota: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Winston, chapter 6: finishing and carpentry are worth 10 an hour, lumber nothing.

    Finishing holds for 4 hours both ways, carpentry for 2 hours more and 4/3 less; so 2 hours of finishing (10 %) earn
    20 and 0.8 of carpentry 8.
    """
    found = _json(capsys, str(dakota), "--draws", "0")
    limits = {r["label"]: r for r in found["limits"]}
    finishing, carpentry, lumber = (limits[n] for n in ("finishing", "carpentry", "lumber (supply)"))
    for record, left, right, down, up, ten in (
        (finishing, 10.0, 10.0, 4.0, 4.0, 20.0),
        (carpentry, 10.0, 10.0, 4.0 / 3.0, 2.0, 8.0),
    ):
        price = record["marginals"][0]
        assert (price["left"], price["right"]) == (pytest.approx(left), pytest.approx(right))
        assert (price["range_down"], price["range_up"]) == (pytest.approx(down), pytest.approx(up))
        step = next(s for s in record["steps"] if s["name"] == "+10 %")
        assert step["plan_gain"] == pytest.approx(ten)
        assert (step["certified"]["lo"], step["certified"]["hi"]) == (pytest.approx(ten), pytest.approx(ten))
        assert record["state"]["status"] == "binding"
    assert lumber["marginals"][0]["right"] == 0.0
    assert lumber["state"]["status"] == "slack"
    assert [r["label"] for r in found["limits"][:2]] == ["finishing", "carpentry"]
    assert found["sentence"].startswith("finishing is the choke point in 2027W01")
    assert found["info"]["money"] == ""


def test_dakotas_cascade_telescopes_and_its_runs_can_be_named(dakota: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(capsys, str(dakota), "--draws", "0")
    steps = found["cascade"]
    # Lifting finishing leaves 4 hours of it useful: 40. The value before and after follow on each other.
    assert steps[0]["lifted"] == ["finishing"]
    assert steps[0]["value_before"] == pytest.approx(280.0)
    assert steps[0]["value_after"] == pytest.approx(320.0)
    for one, other in pairwise(steps):
        assert other["value_before"] == pytest.approx(one["value_after"])
    ids = {run["id"] for run in found["runs"]}
    named = {r for record in found["limits"] for r in record["runs"]}
    assert named
    assert named <= ids


def test_the_tutorial_names_its_choke_point_with_relief_in_time_and_pictures(
    tutorial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    assert main(["choke", str(tutorial), "--budget", "0.25", "--draws", "3", "--top", "4", "--out", str(out)]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert max(map(len, lines[: lines.index("")])) <= 100
    text = shown.out.replace("\n", " ")
    assert "is the choke point" in text
    assert "Limits by what 10 % more in every period from 2027Q1 to 2028Q4 earns, M USD" in text
    assert "…" not in text
    assert "2029Q1 to 2029Q2 only keep the end of the horizon from distorting the plan." in text
    assert {p.name for p in out.iterdir()} >= {"choke.txt", "choke.json", "limits.csv", "runs.csv", "relief.svg"}
    record = json.loads((out / "choke.json").read_text())["limits"][0]
    relief = record["relief"]
    assert 0 <= relief["gain_after_lead"] <= relief["gain_if_present"]
    assert (out / "relief.svg").read_text().startswith("<svg")
    assert (out / "relief.png").read_bytes().startswith(b"\x89PNG")


def test_through_one_lab_alone_a_limit_is_worth_no_more_than_to_all(tutorial: Path) -> None:
    result = api.load_result(tutorial)
    everybody = result.choke_points(budget=0.1, draws=0, top=3, workers=1)
    one = result.choke_points(lab="borealis", budget=0.1, draws=0, top=3, workers=1)
    # The power of the other lab's campus can still free chips for this one, but little.
    both = (everybody.records, one.records)
    gains = [next(r.gain for r in study.limits if r.id == "capacity:power:plains") for study in both]
    assert 0 <= gains[1] < 0.1 * gains[0]
    assert one.records.info.lab == "borealis"
    for record in one.records.limits:
        held = record.step("+10 %")
        both = next(r for r in everybody.records.limits if r.id == record.id).step("+10 %")
        if held is not None and both is not None:
            assert held.plan_gain <= both.plan_gain + 1e-3


def test_relief_in_one_period_alone_earns_no_more_than_in_all(tutorial: Path) -> None:
    result = api.load_result(tutorial)
    everywhere = result.choke_points(budget=0.1, draws=0, top=3, workers=1).records
    one = result.choke_points(period="2027Q4", budget=0.1, draws=0, top=3, workers=1).records
    gains = {r.id: r.gain for r in everywhere.limits}
    assert one.info.first_counted == one.info.last_counted == "2027Q4"
    assert any(r.gain > 0 for r in one.limits)
    assert all(r.gain <= gains[r.id] + 1e-3 for r in one.limits if r.gain_basis == "plan" and r.gain > 0)


def test_the_same_seed_gives_the_same_study(dakota: Path) -> None:
    studies = [api.load_result(dakota).choke_points(draws=4, seed=7).as_dict() for _ in range(2)]
    for study in studies:
        study.pop("seconds_by_step")
        study["info"].pop("seconds")
        for run in study["runs"]:
            run.pop("seconds")
    assert studies[0] == studies[1]


def test_a_result_that_was_solved_now_and_one_that_was_saved_say_the_same(dakota: Path) -> None:
    fresh = fabopt.load(DAKOTA).solve(threads=1).choke_points(draws=0)
    assert fresh.sentence == api.load_result(dakota).choke_points(draws=0).sentence


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--for", "nobody"], "There is no lab 'nobody' that wants anything; the labs are aurora, borealis."),
        (["--period", "2031Q1"], "'2031Q1' is no period of the horizon, which runs from 2027Q1 to 2029Q2."),
        (["--period", "2028Q1..2027Q1"], "The periods 2028Q1..2027Q1 run backwards."),
        (["--period", "2029Q2"], "The limits of 2029Q2 are not reported, so relief there says nothing."),
        (["--scenario", "boom"], "is a result: a scenario or lever cannot be set in it any more."),
    ],
)
def test_bad_input_is_a_sentence_and_code_2(
    tutorial: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["choke", str(tutorial), *more]) == 2
    assert says in capsys.readouterr().err.replace("\n", " ")


def test_a_path_that_is_nothing_ends_with_code_2(tmp_path: Path) -> None:
    assert main(["choke", str(tmp_path / "nothing")]) == 2


def test_an_instance_without_a_plan_ends_with_code_3_and_says_what_is_missing_and_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    required = ["--set", "network.demands.desk.required=true", "--set", "network.demands.desk.quantity=20"]
    assert main(["choke", str(DAKOTA), *required]) == 3
    text = capsys.readouterr().err
    assert "demand of desk in 2027W01 exactly 20 (--set network.demands.desk.quantity=20); with 16 less" in text
    assert "moving it alone is not enough" in text
    assert text.endswith("no plan: infeasible\n")


@pytest.mark.slow
def test_frontier_prints_its_sentence_within_the_budget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "frontier"
    fabopt.load(INSTANCES / "frontier").solve(gap=0.005, out=folder)
    assert main(["choke", str(folder), "--budget", "10"]) == 0
    assert "is the choke point" in capsys.readouterr().out.replace("\n", " ")
