"""The plain side of the benchmark of what-ifs states the same model as fabopt."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from model_cases import workshop

from benchmarks.whatif import plain
from fabopt.model.tables import model_tables
from fabopt.network.tables import GroupLimit, Term


def limited(right, terms=()):
    """Ten can be made at 1 and sold at 5; one more limit over `terms`."""
    return replace(
        workshop(1, (10,), (10,)), groups=(GroupLimit("g", "G", "unit", "<=", ((0,),), np.array([right]), terms),)
    )


@pytest.mark.parametrize("terms", [(), (Term("activity", "make", np.zeros(1)),)])
def test_a_row_without_variables_that_holds_takes_nothing_away(terms):
    m = plain(model_tables(limited(0.0, terms)))
    assert [len(m.row_group_limit), len(m.row_capacity), len(m.row_demand), len(m.row_balance)] == [0, 1, 1, 1]


def test_a_row_without_variables_that_cannot_hold_stays_one_that_cannot():
    row = plain(model_tables(limited(-1.0))).row_group_limit["g", "P1"]
    assert pyo.value(row.body) > pyo.value(row.upper)
