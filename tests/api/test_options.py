"""The options of a run are named: one that is not there is refused, with the nearest that is."""

from dataclasses import fields

import pytest

import fabopt
from fabopt.solve.options import OptionError, RunOptions, SolveOptions

GIAPETTO = "instances/textbook/giapetto"


def test_what_a_run_takes_by_name_is_what_its_options_are():
    said_by_objectives = {"objective", "tolerance", "then"}  # solve(["value:1%", "least_cost"]) says all three
    assert {*RunOptions.__annotations__, *said_by_objectives} == {field.name for field in fields(SolveOptions)}


@pytest.mark.parametrize("ask", ["solve", "model", "allocate", "price_limits"])
def test_a_misspelt_option_is_refused_with_the_nearest(ask):
    with pytest.raises(OptionError, match="There is no option 'time_limt'; did you mean 'time_limit'"):
        getattr(fabopt.load(GIAPETTO), ask)(time_limt=1.0)


def test_an_option_like_no_other_is_refused_with_all_of_them():
    with pytest.raises(OptionError, match="There is no option 'zzz'; there are by, target, measure"):
        fabopt.load(GIAPETTO).solve(zzz=1)
