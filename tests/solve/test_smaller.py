"""Programs that are written smaller, against what a person writes: alike capacities, and what stands of a unit."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from fabopt.solve.matrices import Matrices
from fabopt.solve.merge import merged
from fabopt.solve.standing import History, over_standing

INF = np.inf


def program(rows, upper, cost, integer, top=None):
    """Maximise ``cost`` with ``rows @ x <= upper`` and x from 0 to ``top``."""
    n = len(cost)
    a, high = sparse.csc_array(np.array(rows, dtype=float)), np.full(n, INF) if top is None else np.array(top, float)
    labels = tuple(("row", (str(i),)) for i in range(len(rows)))
    return Matrices(
        a, np.full(len(rows), -INF), np.array(upper, dtype=float), np.zeros(n), high, np.array(cost, dtype=float),
        np.array(integer, dtype=bool), 0.0, labels,
    )  # fmt: skip


def dense(of):
    return of.a.toarray().tolist()


# -- alike -------------------------------------------------------------------------------------------------------------

TWINS = program(
    # two sites with 2 and 3 tools at most, a fraction and one integer of its own
    [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]],
    [2, 3, 9],
    cost=[1, 1, 5, 7],
    integer=[1, 1, 0, 1],
    top=[4, 5, INF, 6],
)
KINDS = np.array([0, 0, 1])


def test_two_sites_are_one_with_the_sum_of_their_limits():
    alike = merged(TWINS, KINDS)
    site, other, loose, own = alike.columns.tolist()
    assert (site, len({site, loose, own})) == (other, 3)
    small = alike.program
    wanted = np.zeros((2, 3))
    wanted[0, site] = 1
    wanted[1] = 1
    order = np.argsort(small.row_upper)
    assert small.a.toarray()[order].tolist() == wanted.tolist()
    assert small.row_upper[order].tolist() == [5, 9]
    assert small.row_lower.tolist() == [-INF, -INF]
    at = [site, loose, own]
    assert small.column_lower[at].tolist() == [0, 0, 0]
    assert small.column_upper[at].tolist() == [9, INF, 6]
    assert small.cost[at].tolist() == [1, 5, 7]
    assert small.integer[at].tolist() == [True, False, True]
    assert alike.of(np.array([1.0, 2.0, 0.5, 4.0]))[at].tolist() == [3, 0.5, 4]


def test_a_merged_plan_holds_the_sum_of_its_group_and_single_whole_numbers():
    alike = merged(TWINS, KINDS)
    site, _, loose, own = alike.columns.tolist()
    x = np.zeros(3)
    x[[site, loose, own]] = 3 + 1e-9, 0.5, 4 - 1e-9
    split = alike.split(TWINS, x)
    assert dense(split) == [*dense(TWINS), [1, 1, 0, 0]]
    assert split.row_lower.tolist() == [-INF, -INF, -INF, 3]
    assert split.row_upper.tolist() == [2, 3, 9, 3]
    assert split.column_lower.tolist() == [0, 0, 0, 4]
    assert split.column_upper.tolist() == [4, 5, INF, 4]
    assert len(split.labels) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"cost": np.array([1.0, 2, 5, 7])},
        {"column_upper": np.array([4.0, INF, INF, 6])},
        {"column_lower": np.array([0.0, -INF, 0, 0])},
        {"row_upper": np.array([2.0, INF, 9])},
        {"row_lower": np.array([-INF, 0.0, -INF])},
        {"row_lower": np.array([0.0, 3.0, -INF]), "row_upper": np.array([2.0, 3.0, 9.0])},
        {"integer": np.array([True, False, False, True])},
        {"a": sparse.csc_array([[1.0, 0, 0, 0], [0, 2, 0, 0], [1, 1, 1, 1]])},
        {"a": sparse.csc_array([[1.0, 0, 0, 0], [0, 1, 0, 0], [1, 2, 1, 1]])},
    ],
)
def test_sites_that_differ_in_anything_but_the_size_of_their_limits_stay_apart(other):
    assert merged(replace(TWINS, **other), KINDS) is None


def test_rows_of_two_kinds_stay_apart():
    assert merged(TWINS, np.array([0, 2, 1])) is None


def test_a_difference_at_the_end_of_a_chain_keeps_all_of_it_apart():
    # Two chains of four, alike but for what the last of each uses.
    link = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    rows = [[*row, 0, 0, 0, 0] for row in link] + [[0, 0, 0, 0, *row] for row in link]
    ends = [[0, 0, 0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1]]
    chains = program(rows + ends, [5] * 8, cost=[1] * 8, integer=[1] * 8)
    assert merged(chains, np.zeros(8, dtype=np.int64)) is None
    alike = program([*rows, ends[1][4:] + ends[1][:4], ends[1]], [5] * 8, cost=[1] * 8, integer=[1] * 8)
    found = merged(alike, np.zeros(8, dtype=np.int64))
    assert (found.program.n_columns, found.program.n_rows) == (4, 4)
    assert found.columns[:4].tolist() == found.columns[4:].tolist()


# -- what stands -------------------------------------------------------------------------------------------------------

TOOLS = program(
    # ordered in P1 and P2, retired in P1 and P2, used: what is retired by then, and 3 of capacity a tool
    [[-1, 0, 1, 0, 0], [-1, -1, 1, 1, 0], [-3, 0, 3, 0, 1], [-3, -3, 3, 3, 1]],
    [2, 2, 6, 6],
    cost=[-4, -4, -1, -1, 2],
    integer=[1, 1, 1, 1, 0],
)
UNITS = (History(orders=np.array([0, 1]), rows=np.array([0, 1])),)


def test_capacities_are_written_over_what_stands_and_that_alone_is_whole():
    counts = over_standing(TOOLS, UNITS)
    small = counts.program
    assert dense(small) == [
        [-1, 0, 1, 0, 0, 1, 0],  # S1 = 2 + y1 - q1
        [0, -1, 0, 1, 0, -1, 1],  # S2 = S1 + y2 - q2
        [0, 0, 0, 0, 1, -3, 0],  # x <= 3 S1
        [0, 0, 0, 0, 1, 0, -3],  # x <= 3 S2
    ]
    assert small.row_lower.tolist() == [2, 0, -INF, -INF]
    assert small.row_upper.tolist() == [2, 0, 0, 0]
    assert small.integer.tolist() == [False] * 5 + [True] * 2
    assert small.cost.tolist() == [-4, -4, -1, -1, 2, 0, 0]
    assert small.column_lower.tolist() == [0] * 7
    assert small.column_upper.tolist() == [INF] * 7
    assert (counts.ordered.tolist(), counts.retired.tolist()) == ([0, 1], [2, 3])


def test_plans_go_to_counts_and_come_back_without_churn():
    counts = over_standing(TOOLS, UNITS)
    assert counts.of(np.array([1.0, 0, 0, 1, 5])).tolist() == [1, 0, 0, 1, 5, 3, 2]
    assert counts.back(np.array([3.0, 1, 2, 4, 5, 7, 7])).tolist() == [1, 0, 0, 3, 5]


def test_what_lands_a_period_later_counts_from_then_on():
    late = replace(
        TOOLS,
        a=sparse.csc_array([[0.0, 0, 1, 0, 0], [-1, 0, 1, 1, 0], [0, 0, 3, 0, 1], [-3, 0, 3, 3, 1]]),
    )
    counts = over_standing(late, UNITS)
    assert (counts.ordered.tolist(), counts.retired.tolist()) == ([-1, 0], [2, 3])
    assert dense(counts.program)[:2] == [[0, 0, 1, 0, 0, 1, 0], [-1, 0, 0, 1, 0, -1, 1]]
    assert counts.program.integer.tolist() == [False, True, False, False, False, True, True]
    assert counts.back(np.array([3.0, 1, 2, 4, 5, 7, 7])).tolist() == [0, 1, 2, 1, 5]


@pytest.mark.parametrize(
    "other",
    [
        {"row_upper": np.array([2.5, 2.5, 6, 6])},
        {"row_upper": np.array([2.0, 3, 6, 6])},
        {"row_lower": np.array([0.0, -INF, -INF, -INF])},
        {"integer": np.array([True, False, True, True, False])},
        {"integer": np.array([True, True, True, False, False])},
        {"column_lower": np.array([0.0, 1, 0, 0, 0])},
        {"column_lower": np.array([0.0, 0, 0, 1, 0])},
        {"cost": np.array([-4.0, -4, -1, 4.5, 2])},  # 0.5 for one that is ordered and retired at once
        {"a": sparse.csc_array([[-1.0, 0, 1, 0, 0], [-1, -1, 1, 1, 0], [-3, 0, 3, 0, 1], [-3, -3, 3, 2, 1]])},  # room
        {"a": sparse.csc_array([[-1.0, 0, 1, 0, 0], [-1, -2, 1, 1, 0], [-3, 0, 3, 0, 1], [-3, -3, 3, 3, 1]])},
        {"a": sparse.csc_array([[-1.0, 0, 1, 0, 0], [-1, -1, 1, 2, 0], [-3, 0, 3, 0, 1], [-3, -3, 3, 3, 1]])},
        {"a": sparse.csc_array([[-1.0, 0, 1, 0, 0], [-1, -1, 1, 1, -1], [-3, 0, 3, 0, 1], [-3, -3, 3, 3, 1]])},
        {
            "a": sparse.csc_array([[-1.0, 0, 1, 0, 0], [-1, -1, 1, 1, 0], [-3, 0, 3, 0, 1], [-3, -3, 3, 4, 1]]),
            "row_lower": np.array([-INF, -INF, -INF, 0]),
        },
    ],
)
def test_units_keep_their_whole_numbers_where_a_count_would_not_do(other):
    assert over_standing(replace(TOOLS, **other), UNITS) is None


def test_ordering_and_retiring_at_once_for_nothing_is_no_gain():
    assert over_standing(replace(TOOLS, cost=np.array([-4.0, -4, -1, 4, 2])), UNITS) is not None


SWAPPED = [2, 3, 0, 1, 4]
"""Retirements before orders: the order of columns says nothing."""


def test_the_order_of_columns_does_not_matter():
    def swapped(values):
        return np.asarray(values)[SWAPPED]

    other = replace(TOOLS, a=TOOLS.a[:, SWAPPED], cost=swapped(TOOLS.cost))
    counts, same = over_standing(other, UNITS), over_standing(TOOLS, UNITS)
    assert dense(counts.program) == [[*swapped(row[:5]), *row[5:]] for row in dense(same.program)]
    assert counts.program.integer.tolist() == [False] * 5 + [True] * 2
    gain = replace(other, cost=swapped([-4.0, -4, 4.5, -1, 2]))
    assert over_standing(gain, UNITS) is None


@pytest.mark.parametrize("side", ["upper", "lower"])
def test_ordering_and_retiring_at_once_may_take_room(side):
    # A tool that is retired takes 4 with it, one that is ordered brings 3.
    sign = 1 if side == "upper" else -1
    rows = [
        [-1, 0, 1, 0, 0],
        [-1, -1, 1, 1, 0],
        *([sign * v for v in row] for row in ([-3, 0, 4, 0, 1], [-3, -3, 4, 4, 1])),
    ]
    low = np.full(4, -INF) if side == "upper" else np.array([-INF, -INF, -6, -6])
    high = np.array([2.0, 2, 6, 6]) if side == "upper" else np.array([2, 2, INF, INF])
    takes = replace(TOOLS, a=sparse.csc_array(np.array(rows, float)), row_lower=low, row_upper=high)
    assert over_standing(takes, UNITS) is not None
