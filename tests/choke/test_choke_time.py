"""Episodes, turns, counted periods and cycle-time offsets: the time example of the method, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from time_example import HOLDING, gain, offsets_net

from fabopt.analysis.choke.timeline import Turn, counted, cycle_offsets, episodes, moves, turns

MARGINALS = np.array([4.7, 4.8, 4.9, 5.0, 5.0, 5.0])


def test_the_time_example_has_marginals_of_4_7_to_5_and_they_overstate_the_finite_gain() -> None:
    small = 1e-3
    found = [gain((t,), small) / small for t in range(6)]
    assert found == pytest.approx(MARGINALS.tolist())
    assert sum(found) == pytest.approx(29.4)
    assert gain(tuple(range(6))) == pytest.approx(29.2)


def test_marginals_that_differ_by_the_holding_cost_are_one_episode() -> None:
    (episode,) = episodes(MARGINALS, HOLDING)
    assert (episode.first, episode.last) == (0, 5)
    assert episode.share == 1.0


def test_without_holding_cost_only_equal_neighbours_are_joined() -> None:
    found = episodes(MARGINALS, 0.0)
    assert [(e.first, e.last) for e in found] == [(0, 0), (1, 1), (2, 2), (3, 5)]
    assert [e.share for e in found] == pytest.approx([4.7 / 29.4, 4.8 / 29.4, 4.9 / 29.4, 15.0 / 29.4])


def test_a_period_that_does_not_bind_parts_two_episodes() -> None:
    found = episodes(np.array([0.0, 2.0, 2.0, 0.0, 2.0, 0.0]), 5.0)
    assert [(e.first, e.last) for e in found] == [(1, 2), (4, 4)]
    assert episodes(np.zeros(4)) == ()


def test_the_choke_point_moves_when_another_limit_is_worth_more_and_stays_among_equals() -> None:
    worth = np.array([[3.0, 3.0, 1.0, 0.0, 0.0], [0.0, 3.0, 2.0, 2.0, 0.0]])
    line = turns(worth)
    assert line == (Turn(0, 1, 0), Turn(2, 3, 1), Turn(4, 4, -1))
    assert moves(line) == (2, 4)


def test_the_offset_is_the_time_from_the_use_to_the_sale_through_the_tools_that_a_maker_sells() -> None:
    # Starts: 2 for the wafer, 1 for the package. Exposures one period later. A tool delivered at age 2 exposes at
    # age 3, so its maker's output is 1 period before the exposure, 3 before the sale.
    assert cycle_offsets(offsets_net(6)) == {"starts": 3, "exposures": 2, "line": 1, "output": 3}


def test_periods_that_are_not_reported_do_not_count_and_it_is_said() -> None:
    found = counted(offsets_net(4))
    assert found.periods == (0, 1, 2, 3)
    assert found.excluded == (4, 5)
    assert found.why == "P4 to P5 only keep the end of the horizon from distorting the plan."


def test_where_all_is_reported_the_longest_cycle_time_at_the_end_does_not_count() -> None:
    found = counted(offsets_net(6))
    assert found.periods == (0, 1, 2, 3)
    assert found.excluded == (4, 5)
    assert "after the end" in found.why
