"""Another grid of time: the periods that are asked for, and what an instance counts in periods said anew."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.io.grid import GridError
from fabopt.io.problems import InstanceError

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.fixture(scope="module")
def tutorial():
    """Ten quarters from 2027Q1; a fab grows with the ramp 1/2, 1; sites are ordered every fourth quarter."""
    return fabopt.load(TUTORIAL)


def dates(instance, start):
    """When units of a kind may be ordered, and how many."""
    days = [period.start for period in instance.network.periods]
    units = {u.id: u.upper for u in instance.network.units if u.id.startswith(start) and u.upper is not None}
    return {
        unit: [(day, most) for day, most in zip(days, upper, strict=True) if most > 0.0]
        for unit, upper in units.items()
    }


@pytest.mark.parametrize(
    ("grid", "periods"),
    [
        ("month", "30 months"),
        ("months to 2027Q4", "12 months, 6 quarters"),
        ("month to 2028-06", "18 months, 4 quarters"),
        ("half-year", "5 half-years"),
        ("6 months, 8 quarters", "6 months, 8 quarters"),
    ],
)
def test_a_grid_is_a_length_up_to_a_date_or_periods(tutorial, grid, periods):
    assert tutorial.on_grid(grid).data.horizon.said == periods


def test_a_ramp_takes_as_long_and_orders_keep_their_dates_on_a_finer_grid(tutorial):
    fine = tutorial.on_grid("month")
    assert fine.data.fabs["north"].expansion.ramp == (0.5, 0.5, 0.5, 1.0)
    assert fine.data.sites["plains"].expansion.order_every == 12
    assert fine.data.packaging_lines["bridgeworks"].expansion.max_per_period == 1
    before, after = dates(tutorial, "expand"), dates(fine, "expand")
    assert before, "the tutorial has expansions"
    assert before.keys() == after.keys()
    late = {unit: set(before[unit]) - set(after[unit]) for unit in before}
    assert not any(late.values()), "what could be ordered on a date still can"


def test_a_coarser_grid_joins_order_dates_and_means_a_ramp(tutorial):
    coarse = tutorial.on_grid("half-year").data
    assert coarse.fabs["north"].expansion.ramp == (0.75, 1.0)
    assert coarse.fabs["north"].expansion.max_per_period == 2
    assert coarse.sites["plains"].expansion.order_every == 2


def test_the_same_grid_changes_nothing_and_a_finer_one_has_a_plan_of_about_the_same_worth(tutorial):
    quarters = tutorial.solve(relaxed=True).objective
    assert tutorial.on_grid("quarter").solve(relaxed=True).objective == pytest.approx(quarters, rel=1e-9)
    months = tutorial.on_grid("month to 2027Q4").solve(relaxed=True).objective
    assert months == pytest.approx(quarters, rel=0.05)


@pytest.mark.parametrize(
    ("grid", "error", "says"),
    [
        ("month to 2028-02", GridError, "ends inside a period of the instance; the nearest end is 2028-03-31"),
        ("week", GridError, "is not the first day of a week"),
        ("month to someday", GridError, "'someday' is no date"),
        ("year to 2028Q2", GridError, "has no year that ends where 2028-06-30 does"),
        ("monat", InstanceError, "does not say how many periods"),
        ("", InstanceError, "does not say how many periods"),
    ],
)
def test_a_grid_that_is_none_is_refused_in_words(tutorial, grid, error, says, tmp_path):
    with pytest.raises(error, match=says):
        tutorial.on_grid(grid)
    said = CliRunner().invoke(app, ["solve", str(TUTORIAL), "--grid", grid, "--out", str(tmp_path / "out")])
    assert said.exit_code == 2
