"""One frame of everything that an instance assumes, filtered, edited and given back."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import fabopt
from fabopt.io.problems import InstanceError

INSTANCES = Path(__file__).parents[2] / "instances"


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial")


@pytest.fixture(scope="module")
def frame(tutorial):
    return tutorial.assumptions


@pytest.fixture(scope="module")
def sourced():
    """The tutorial with a sourced number, and a series of which one point has a source and one lies in a range."""
    return fabopt.load(INSTANCES / "tutorial").with_(
        {
            "fabs.north.wafer_starts": {
                "value": 14, "unit": "kwafer/month", "low": 13, "high": 16, "source": "invented", "as_of": "2026-02",
                "confidence": "high", "note": "of a report",
            },
            "sites.plains.power": {
                "steps": {
                    "2027-01-01": {"value": 0.4, "source": "invented"},
                    "2028-01-01": {"value": 0.6, "low": 0.5},
                },
                "unit": "GW", "before": 0.1,
            },
        }
    )  # fmt: skip


def edited(frame, path, /, **cells):
    """Return the row of a path with some cells edited."""
    row = frame[frame["path"] == path].copy().astype(object)
    assert len(row) == 1
    for name, cell in cells.items():
        row[name] = [cell]
    return row


def row_of(instance, path):
    frame = instance.assumptions
    return frame[frame["path"] == path].iloc[0]


def complaints(instance, *rows):
    with pytest.raises(InstanceError) as caught:
        instance.with_frame(pd.concat(rows))
    return str(caught.value).splitlines()


def test_a_row_says_value_unit_range_and_whose_word_it_is(sourced):
    row = row_of(sourced, "fabs.north.wafer_starts")
    assert row[["name", "shape", "value", "unit", "low", "high", "range", "basis"]].tolist() == [
        "North fab, wafer starts", "constant", 14.0, "kwafer/month", 13.0, 16.0, "published", "published",
    ]  # fmt: skip
    assert row[["source", "source_title", "as_of", "confidence", "note"]].tolist() == [
        "invented", "Invented for the tutorial", "2026-02", "high", "of a report",
    ]  # fmt: skip
    assert pd.isna(row["when"])
    assert row["setting"] == ""


def test_a_series_has_a_row_a_point_in_the_unit_of_its_field_and_one_for_what_holds_before(sourced):
    frame = sourced.assumptions
    rows = frame[frame["path"].str.startswith("sites.plains.power@")]
    assert rows["path"].tolist() == [f"sites.plains.power@{end}" for end in ("before", "2027-01-01", "2028-01-01")]
    assert rows["value"].tolist() == [100.0, 400.0, 600.0]
    assert set(rows["unit"]) == {"MW"}
    assert set(rows["shape"]) == {"steps"}
    assert rows["when"].tolist()[1:] == [pd.Timestamp(2027, 1, 1), pd.Timestamp(2028, 1, 1)]
    assert rows["basis"].tolist()[1:] == ["published", "assumed"]  # the second point has no source
    assert rows["range"].tolist() == ["", "assumed", "assumed"]
    assert rows["low"].tolist()[2] == 500.0  # published, though the high is not
    assert rows["source"].tolist()[1:] == ["invented", ""]


def test_dates_choices_flags_and_plain_numbers_stand_beside_the_quantities(frame):
    of = frame.set_index("path")
    assert of.loc["horizon.start", ["shape", "setting"]].tolist() == ["date", "2027-01-01"]
    assert of.loc["horizon.steps_whole", ["shape", "setting"]].tolist() == ["flag", "true"]
    assert of.loc["nodes.n3.kind", ["shape", "setting"]].tolist() == ["choice", "logic"]
    assert of.loc["horizon.periods", ["shape", "value"]].tolist() == ["number", 10.0]
    assert of.loc["fabs.north.expansion.ramp", ["shape", "setting"]].tolist() == ["list", "[0.5, 1.0]"]
    assert not of.index.str.endswith((".name", ".note", ".owner")).any()
    assert of.index.is_unique


def test_every_number_is_in_the_frame(tutorial, frame):
    points = {path.partition("@")[0] for path in frame.loc[frame["unit"] != "", "path"]}
    assert points == set(tutorial.levers["lever"])


def test_what_is_given_back_unedited_changes_nothing_from_a_file_too(tutorial, frame):
    assert tutorial.with_frame(frame) == tutorial
    assert tutorial.with_frame(frame).sets == ()
    read = pd.read_csv(StringIO(frame.to_csv(index=False)))
    assert tutorial.with_frame(read).sets == ()
    some = frame[frame["unit"] != ""].sample(20, random_state=1)
    assert tutorial.with_frame(some[["value", "path"]].assign(mine="x")).sets == ()


def test_a_note_in_every_row_leaves_all_else_as_it_is(sourced):
    """Each quantity is written anew, with its points, ranges and sources."""
    before = sourced.assumptions
    noted = (before["unit"] != "") & ~before["path"].str.endswith("@before")
    after = sourced.with_frame(before[noted].assign(note="looked at")).assumptions
    assert set(after.loc[noted, "note"]) == {"looked at"}
    pd.testing.assert_frame_equal(after.drop(columns="note"), before.drop(columns="note"))


def test_an_edited_value_is_what_with_would_set(sourced):
    frame = sourced.assumptions
    rows = pd.concat(
        [
            edited(frame, "fabs.north.wafer_starts", value=15.0),
            edited(frame, "sites.plains.power@2028-01-01", value="700 MW"),
            edited(frame, "horizon.steps_whole", setting=False),
            edited(frame, "horizon.periods", value=9.0),
            edited(frame, "sites.coast.pue", value="*1.1"),
        ]
    )
    levers = {
        "fabs.north.wafer_starts": "15 kwafer/month",
        "sites.plains.power@2028-01-01": "0.7 GW",
        "horizon.steps_whole": False,
        "horizon.periods": 9,
        "sites.coast.pue": "*1.1",
    }
    there = sourced.with_frame(rows)
    assert there == sourced.with_(levers)
    assert there.sets[-5:] == (
        "fabs.north.wafer_starts=15 kwafer/month", "sites.plains.power@2028-01-01=700 MW (MW)",
        "horizon.steps_whole=false", "horizon.periods=9", "sites.coast.pue=*1.1",
    )  # fmt: skip
    row = row_of(there, "fabs.north.wafer_starts")
    assert row[["basis", "range", "source", "note"]].tolist() == ["assumed", "assumed", "", ""]


def test_what_is_edited_beside_a_value_is_kept_with_it(sourced):
    cells = {"value": 0.015, "unit": "Mwafer/month", "low": 0.0125, "note": "of a talk", "confidence": "low"}
    row = edited(sourced.assumptions, "fabs.north.wafer_starts", **cells)
    there = row_of(sourced.with_frame(row), "fabs.north.wafer_starts")
    assert there[["value", "low", "confidence", "note", "source"]].tolist() == [15.0, 12.5, "low", "of a talk", ""]


def test_an_edited_range_and_source_leave_the_value(sourced):
    frame = sourced.assumptions
    rows = [
        edited(frame, "fabs.north.wafer_starts", low=12.0, high=float("nan")),
        edited(frame, "sites.coast.pue", source="invented", as_of=2026),
        edited(frame, "sites.plains.power@2027-01-01", low="0.3 GW", basis="assumed"),
        edited(frame, "sites.plains.power@before", value=150),
    ]
    there = sourced.with_frame(pd.concat(rows)).assumptions.set_index("path")
    fab = there.loc["fabs.north.wafer_starts"]
    assert fab[["value", "low", "range", "basis", "note"]].tolist() == [14, 12, "assumed", "published", "of a report"]
    assert there.loc["sites.coast.pue", ["basis", "source", "as_of"]].tolist() == ["published", "invented", "2026"]
    plains = [there.loc[f"sites.plains.power@{when}"] for when in ("before", "2027-01-01", "2028-01-01")]
    assert [row["value"] for row in plains] == [150.0, 400.0, 600.0]
    assert plains[1][["low", "basis", "source"]].tolist() == [300.0, "assumed", "invented"]
    assert plains[2]["low"] == 500.0


def test_a_field_that_nothing_stands_in_can_be_filled(tutorial):
    there = tutorial.with_frame(pd.DataFrame({"path": ["fabs.north.expansion.first"], "setting": ["2027Q3"]}))
    assert row_of(there, "fabs.north.expansion.first")["setting"] == "2027-07-01"


def test_all_that_is_wrong_is_said_at_once_with_row_path_value_and_what_was_expected(sourced):
    frame = sourced.assumptions
    rows = [
        edited(frame, "sites.coast.pue", value=True),
        edited(frame, "sites.coast.pue", value=1.2),
        edited(frame, "fabs.south.wafer_starts", value=20.0, unit="MW"),
        edited(frame, "sites.plains.power@2028-01-01", value=-5.0),
        edited(frame, "sites.plains.energy_price", value=None),
        edited(frame, "horizon.steps_whole", setting="perhaps"),
        edited(frame, "horizon.discounting", setting="never"),
        edited(frame, "chips.falcon.price", source="nowhere"),
        edited(frame, "chips.osprey.price", range="published"),
        edited(frame, "chips.osprey.stock", basis="published"),
        edited(frame, "fabs.north.wafer_starts", low=15.0),
        edited(frame, "sites.coast.energy_price", path="sites.coast.energy_prize", value=1.0),
        edited(frame, "sites.plains.pue", path="sitez.plains.pue"),
    ]
    lines = complaints(sourced, *rows)
    said = (
        "sites.coast.pue: true stands in 'value'; expected a pure number",
        f"sites.coast.pue: this path stands in row {rows[0].index[0]} already",
        "fabs.south.wafer_starts.unit: 'MW' is power, but this number is counted in 'kwafer/month'",
        "sites.plains.power.steps.2028-01-01: the value is -5 MW; it must be at least 0 MW",
        "sites.plains.energy_price: nothing stands in 'value'; expected a number in USD/MWh",
        "horizon.steps_whole: 'perhaps' should be true or false",
        "horizon.discounting: 'never' is none of 'start', 'middle' or 'end'",
        "chips.falcon.price: 'nowhere' is no source of this instance",
        "chips.osprey.price: 'range' follows from other columns",
        "chips.osprey.stock: a published number names its source",
        "fabs.north.wafer_starts: low 15 lies above the value 14",
        "sites.coast.energy_prize: there is no lever 'sites.coast.energy_prize'; did you mean 'sites.coast.energy_pric",
        "sitez.plains.pue: there is no such path; did you mean 'sites.plains.pue'?",
    )
    for row, part in zip(rows, said, strict=True):
        assert [line for line in lines if line.startswith(f"row {row.index[0]}: {part}")], part
    assert len(lines) == len(rows)


@pytest.mark.parametrize(
    ("path", "cells", "says"),
    [
        ("horizon.steps_whole", {"value": 3.0}, "3.0 stands in 'value'; expected true or false, in 'setting'"),
        ("horizon.start", {"note": "late"}, "'note' is only of quantities"),
        ("sites.coast.pue", {"setting": "1.3"}, "'1.3' stands in 'setting'; expected a pure number, in 'value'"),
        ("sites.coast.pue", {"value": "*1.1", "low": 1.01}, "so low cannot be edited beside it"),
        ("sites.coast.pue", {"basis": "rumour"}, "'rumour' stands in 'basis'; expected published or assumed"),
        ("sites.plains.power@before", {"low": 5.0}, "what holds before a series has no 'low'"),
        ("sites.plains.power@2028Q1", {"value": "5 apples"}, "'apples' is no unit"),
        ("sites.plains.power@2029Q1", {"value": 5.0}, "there is no such path"),
        ("sites.plains.power", {"value": 5.0}, "which one number would flatten"),
    ],
)
def test_what_a_row_cannot_be_is_said(sourced, path, cells, says):
    assert any(says in line for line in complaints(sourced, pd.DataFrame([{"path": path, **cells}])))


def test_a_frame_without_paths_is_no_frame_of_assumptions(tutorial, frame):
    for given in (frame[["value"]], [1], None):
        with pytest.raises(InstanceError, match="no column 'path'"):
            tutorial.with_frame(given)
    with pytest.raises(InstanceError, match="two columns 'value'"):
        tutorial.with_frame(pd.concat([frame, frame[["value"]]], axis=1))
