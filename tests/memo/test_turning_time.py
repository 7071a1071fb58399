"""What a memo's tornado may take: the time of the memo, and what it leaves out is the memo's to tell."""

from types import SimpleNamespace

import pytest

from fabopt.analysis.memo import turning
from fabopt.solve.budget import OutOfTimeError, TimeBudget


def test_a_tornado_has_the_time_of_its_memo_and_the_memo_tells_what_it_left_out(monkeypatch):
    now = [0.0]
    budget = TimeBudget(100.0, clock=lambda: now[0])
    ground = SimpleNamespace(of="plan", plan=SimpleNamespace(program=SimpleNamespace(large=False)))

    def slow(plan, asked, clock):
        assert (plan, clock.left) == ("plan", 100.0)
        now[0] = 101.0
        assert clock.over
        clock.leave_out("the prices of 7 of 9 numbers")
        raise clock.out_of_time("what the numbers are worth")

    monkeypatch.setattr(turning, "tornado_of", slow)
    with pytest.raises(OutOfTimeError):
        turning.tornado_for(ground, 1, 5, budget)
    assert budget.left_out == ["the prices of 7 of 9 numbers"]
    assert turning.tornado_for(ground, 1, 5, budget) is None
