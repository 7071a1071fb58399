"""Words of rows and columns are made when somebody reads them, and are the same as if they had stood there."""

import pickle
from itertools import product

import numpy as np
import pytest
from model_cases import effect, network, resource, unit, workshop

from fabopt.model.tables import model_tables
from fabopt.model.told import Keys, Told
from fabopt.solve.formulate import formulate
from fabopt.solve.session import HighsSession

LETTERS = "abcdef"


def letters(*at):
    return Told(LETTERS.__getitem__, np.array(at, dtype=np.int64))


def test_entries_are_read_by_place_by_slice_and_one_after_another():
    some = letters(4, 0, 0, 2)
    assert [some[0], some[-1], len(some), list(some)] == ["e", "c", 4, ["e", "a", "a", "c"]]
    assert some[1:3] == ("a", "a")
    assert "c" in some
    assert some.index("a") == 1
    with pytest.raises(IndexError):
        some[4]


def test_two_are_equal_where_their_entries_are():
    assert letters(1, 2) == letters(1, 2)
    assert letters(1, 2) == ("b", "c")
    assert letters(1, 2) == ("b", "c")
    assert Told("xbc".__getitem__, np.array([1, 2])) == letters(1, 2)
    assert Told("aab".__getitem__, np.array([0])) == Told("aab".__getitem__, np.array([1]))
    assert letters(1, 2) != letters(2, 1)
    assert letters(1, 2) != letters(1, 2, 3)
    assert letters(1, 2, 3) != letters(1, 2)
    assert letters(1) != 1


def test_they_travel_to_another_process_as_their_entries():
    assert pickle.loads(pickle.dumps(Told(lambda i: LETTERS[i], np.array([3, 1])))) == ("d", "b")


def test_keys_name_the_cells_of_a_grid_in_their_order():
    ids, labels = (("a", "x"), ("b", "y")), ("P1", "P2", "P3")
    assert list(map(Keys(ids, 0, labels), range(6))) == [(*one, t) for one, t in product(ids, labels)]
    stepped = [(*one, k, t) for one, k, t in product(ids, "12", labels)]
    assert list(map(Keys(ids, 2, labels), range(12))) == stepped
    assert list(map(Keys(ids, 0, ()), range(2))) == list(ids)


def test_no_word_of_a_row_or_column_is_made_on_the_way_to_the_solver(monkeypatch):
    def read(*_):
        raise AssertionError("a key was made")

    net = workshop(3, (10, 10, 10), (4, 5, 6))
    monkeypatch.setattr(Keys, "__call__", read)
    program = formulate(net, registry=False).program
    HighsSession(program)
    assert program.labels == formulate(net, registry=False).program.labels
    with pytest.raises(AssertionError):
        program.labels[0]


def test_labels_name_the_family_and_key_of_each_row():
    tables = model_tables(workshop(2, (10, 10), (4, 5)))
    told = [(name, key) for name, rows in tables.rows.items() for key in rows.keys]
    assert list(formulate(tables.net).program.labels) == told
    assert len({name for name, _ in told}) > 2


def test_effects_of_units_stand_in_their_rows_each_alone_and_together():
    """Two units on one resource: one adds 3 from its second period on, one takes 2, 1 of it for good."""
    net = network(
        3,
        resources=[resource("r", 5, 5, 5)],
        units=[unit("more", 3, upper=2.0), unit("less", 3, upper=2.0, retire_cost=1.0)],
        unit_effects=[effect("more", "r", (3,), first_age=1, persistent=False), effect("less", "r", (-2, -1))],
    )
    tables = model_tables(net)
    rows, columns = tables.rows["capacity"], tables.columns
    found = np.zeros((3, columns.n))
    found[rows.row, rows.col] = rows.val
    more, less, retired = (columns[b].index[i] for b, i in (("order", 0), ("order", 1), ("retire", 1)))
    assert found[:, more].tolist() == [[0, 0, 0], [-3, 0, 0], [0, -3, 0]]
    assert found[:, less].tolist() == [[2, 0, 0], [1, 2, 0], [1, 1, 2]]
    assert found[:, retired].tolist() == [[-1, 0, 0], [-1, -1, 0], [-1, -1, -1]]
