"""Skill of plans as predictions, against both kinds of persistence, worked out by hand."""

import json

import pytest

import fabopt
from fabopt.analysis.skill import frame_of
from fabopt.cli import main
from fabopt.errors import UserError

approx = pytest.approx

MADE = {"a": [10, 28], "b": [40, 55], "c": [0, 10]}
"""What a plan has in 2023 and in 2024: each product is worth 1, and that much can be made."""
HAPPENED = {"a": (10, 30), "b": (40, 50), "c": (0, 20)}


def seen(item, year, number, **more):
    figure = {"value": number, "low": number, "high": number}
    return {"of": "activities", "where": {"item": item}, "since": year, "until": year, "figure": figure, **more}


def sheet(predictions, **more):
    outcomes = {
        f"{k}-{year}": seen(k, year, n) for k, v in HAPPENED.items() for year, n in zip((2023, 2024), v, strict=True)
    }
    return {
        "horizon": {"start": 2023, "periods": 2, "period": "year"},
        "network": {
            "materials": {k: {"stock_limit": 0} for k in MADE},
            "activities": {k: {"outputs": {k: 1}, "upper": made, "tags": {"item": k}} for k, made in MADE.items()},
            "demands": {k: {"quantity": 1000, "value": 1} for k in MADE},
        },
        "outcomes": outcomes | more,
        "predictions": predictions,
    }


def write(folder, raw):
    folder.mkdir(exist_ok=True)
    (folder / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    return folder


ALL = {"a-2024": "a-2023", "b-2024": ["b-2023"], "c-2024": []}


def test_skill_is_one_less_the_error_by_that_of_the_volumes_and_of_the_mix_before(tmp_path):
    report = fabopt.load(write(tmp_path / "shop", sheet({"goods": {"outcomes": ALL}}))).solve().reconcile()
    (goods,) = report.as_dict()["predictions"]
    # Errors of 2, 5 and 10; volumes of 10, 40 and 0 miss 20, 10 and 20; a mix of 1 to 4 of 100 is 20, 80 and 0.
    assert (goods["planned"], goods["published"]) == (approx(93), 100)
    assert (goods["error"], goods["volume_error"], goods["mix_error"]) == (approx(17), approx(50), approx(60))
    assert goods["volume_skill"] == approx(1 - 17 / 50)
    assert goods["mix_skill"] == approx(1 - 17 / 60)
    assert "28.0 30.0 -2.00 10.0 20.0" in " ".join(str(report).split())
    assert report.frames["skill"]().mix.tolist() == approx([20, 80, 0])
    assert "its skill is 0.66 against the volumes and 0.72 against the mix" in " ".join(str(report).split())


def test_several_outcomes_before_are_added_up_and_a_plan_may_be_worse_than_persistence(tmp_path):
    told = {"one": {"outcomes": {"c-2024": ["a-2023", "c-2023"]}}}
    (one,) = fabopt.load(write(tmp_path / "shop", sheet(told))).solve().reconcile().as_dict()["predictions"]
    assert one["rows"][0]["before"] == 10
    assert (one["error"], one["volume_error"], one["volume_skill"]) == (approx(10), approx(10), approx(0))
    assert (one["mix_error"], one["mix_skill"]) == (approx(0), None)  # told the total, one thing has no error


def test_without_anything_before_there_is_no_mix(tmp_path):
    report = fabopt.load(write(tmp_path / "shop", sheet({"new": {"outcomes": {"c-2024": None}}}))).solve().reconcile()
    (new,) = report.as_dict()["predictions"]
    assert (new["volume_skill"], new["mix_error"], new["mix_skill"]) == (approx(0.5), None, None)
    assert report.frames["skill"]().mix.isna().all()
    assert list(frame_of([]).columns) == list(report.frames["skill"]().columns)
    assert "its skill is 0.50 against the volumes of the time before." in " ".join(str(report).split())


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"a-2025": []}, "there is no outcome 'a-2025'; did you mean 'a-2024'?"),
        ({"a-2024": "aa-2023"}, "there is no outcome 'aa-2023'; did you mean 'a-2023'?"),
        ({"a-2023": "a-2024"}, "'a-2024' ends on 2024-12-31, and not before 2023-01-01"),
        ({"a-2024": "into"}, "'into' ends on 2024-06-30, and not before 2024-01-01"),
        ({"a-2024": "half"}, "'half' is of 181 days, and not of 366"),
        ({"a-2024": "rate"}, "'rate' is counted in kwafer/month, and what is predicted a bare number"),
        ({"a-2024": [], "rate": []}, "it is counted in kwafer/month, others are a bare number"),
        ({}, "nothing is predicted"),
        ({"past": []}, "it was observed before the decision date"),
    ],
)
def test_predictions_that_cannot_be_judged_are_refused_by_their_field(tmp_path, told, says):
    half = {**seen("a", 2023, 5), "until": "2023-06-30"}
    into = {**seen("a", 2023, 5), "since": "2023-07-01", "until": "2024-06-30"}
    rate = {**seen("a", 2023, 5), "figure": "5 kwafer/month"}
    with pytest.raises(UserError) as caught:
        fabopt.load(
            write(
                tmp_path / "shop",
                sheet({"goods": {"outcomes": told}}, half=half, into=into, rate=rate, past=seen("a", 2022, 5)),
            )
        )
    assert "predictions.goods.outcomes" in str(caught.value)
    assert says in " ".join(str(caught.value).split())


def test_the_command_tells_the_skill(tmp_path, capsys):
    instance = write(tmp_path / "shop", sheet({"goods": {"name": "Goods of 2024", "outcomes": ALL}}))
    assert main(["solve", str(instance), "--out", str(tmp_path / "r")]) == 0
    assert main(["reconcile", str(tmp_path / "r")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Goods of 2024: predicted, against what happened" in shown
    assert "Errors in all, and skill" in shown
