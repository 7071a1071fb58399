"""Answers as JSON and back, and what is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from fabopt.io.seal import SavedError
from fabopt.solve.work.plain import plain, read


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Pair:
    left: Any
    right: Any


KINDS = {"Pair": Pair, "Colour": Colour}


def back(value):
    return read(json.loads(json.dumps(plain(value), allow_nan=False)), KINDS)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 0.1, -0.0, float("inf"), -float("inf"), "x", b"\x00\xff", [1, (2, [3.5])], {}, {3: {"a": (1,)}},
        Pair(Colour.RED, Pair(1, {2: float("inf")})),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value):
    again = back(value)
    assert (again, type(again), repr(again)) == (value, type(value), repr(value))


@pytest.mark.parametrize(
    "array", [np.array([[1.5, np.inf]]), np.zeros((0, 2)), np.arange(3), np.array([True, False]), np.array(2.0)]
)
def test_an_array_comes_back_with_its_shape_and_type_and_can_be_written(array):
    again = back(array)
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert again.flags.writeable


@pytest.mark.parametrize("form", [sparse.csc_array, sparse.csr_array])
def test_a_sparse_matrix_comes_back(form):
    matrix = form(np.array([[0.0, 2.0], [0.0, 0.0], [1.0, 0.0]]))
    again = back(matrix)
    assert (again.format, again.shape) == (matrix.format, (3, 2))
    assert (again.toarray() == matrix.toarray()).all()


def test_a_number_of_numpy_comes_back_as_one_of_python():
    assert repr(back((np.float64(0.1), np.int64(2), np.bool_(True)))) == "(0.1, 2, True)"


@pytest.mark.parametrize("value", [print, {1, 2}, np.array(["x"]), Pair])
def test_what_is_no_data_is_refused(value):
    with pytest.raises(TypeError, match="is no plain data"):
        plain(value)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "Path", "of": {}},
        {"kind": "Pair", "of": {"left": 1}},
        {"kind": "Colour", "of": "blue"},
        {"of": 1},
        {"kind": "array", "of": {"kind": "bytes", "of": "AAA="}, "shape": [1], "dtype": "object"},
        {"kind": "array", "of": {"kind": "bytes", "of": "AAAA"}, "shape": [7], "dtype": "bool"},
        {"kind": "sparse", "of": [], "shape": [1, 1], "form": "dok"},
    ],
)
def test_what_is_no_answer_of_the_kinds_that_are_expected_is_refused(data):
    with pytest.raises(SavedError, match="No answer that is expected"):
        read(data, KINDS)


def test_no_two_kinds_of_answers_of_a_study_have_one_name():
    from fabopt.analysis.choke import kept

    names = kept.ANSWERS.read.keywords["kinds"]
    assert all(kind.__name__ == name for name, kind in names.items())
    assert {"Answered", "Run", "Outcome"} <= names.keys()
    assert all(fields(kind) for kind in names.values() if not issubclass(kind, Enum))
