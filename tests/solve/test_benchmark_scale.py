"""The benchmark of growth measures one program on all its ways, and tells linear growth from square."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import scale


def test_both_ways_without_another_library_build_the_same_program():
    by_hand, fabopt = (scale.mill(path, (6, 3, 4), 5.0) for path in ("by hand", "fabopt"))
    assert (by_hand["nonzeros"], by_hand["columns"]) == (fabopt["nonzeros"], fabopt["columns"])
    assert by_hand["ended"] == "optimal"
    assert by_hand["solve"] >= 0.0


def test_a_chain_is_measured_from_its_files():
    row = scale.chain("fabopt", "chips=2,fabs=2,labs=1,periods=4", 5.0)
    assert row["ended"] == "optimal"
    assert min(row["read"], row["build"], row["MB"]) > 0.0


def test_growth_is_the_exponent_between_the_two_largest_sizes():
    rows = [
        {"family": "mill", "path": "by hand", "nonzeros": n, "build": s}
        for n, s in ((10, 5.0), (100, 1.0), (1000, 100.0))
    ]
    assert scale.growth(rows, "build") == [("mill", "by hand", pytest.approx(2.0))]
    assert scale.growth(rows[:1], "build") == []
