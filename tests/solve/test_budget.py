"""Time by a clock that stands still unless it is moved: what is left, of which part, and what was left out."""

import math
import os
import signal

import pytest

from fabopt.errors import INTERRUPTED, LIMIT
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.outcome import LevelError, SolverError


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def budget(seconds: float, **more) -> tuple[TimeBudget, Hand]:
    hand = Hand()
    return TimeBudget(seconds, clock=hand, **more), hand


def test_what_is_left_falls_as_time_goes_and_never_below_nothing():
    time, hand = budget(60)
    hand.now += 45
    assert (time.left, time.spent, time.over) == (15, 45, False)
    hand.now += 45
    assert (time.left, time.spent, time.over) == (0, 90, True)


def test_a_budget_without_an_end_always_has_time_until_it_is_cancelled():
    time, hand = budget(math.inf)
    hand.now += 1e9
    with time.part(share=0.1, until=0.1):
        assert time.left == math.inf
    with time.part(seconds=5):
        assert time.left == 5
    time.cancel()
    assert time.left == 0
    assert time.over


def test_a_stage_ends_by_its_part_of_the_whole_or_with_its_share_of_the_rest():
    time, hand = budget(100)
    hand.now += 40
    with time.part(until=0.5):
        assert time.left == 10
    with time.part(share=0.5):
        assert time.left == 30
    with time.part(seconds=7):
        assert time.left == 7
    assert time.left == 60


def test_a_stage_within_a_stage_has_no_more_than_that_one():
    time, hand = budget(100)
    hand.now += 20
    with time.stage("all"):
        with time.part(until=0.25):
            assert time.left == 20
        with time.part(share=0.5), time.part(seconds=60):
            assert time.left == 40


def test_a_stage_that_begins_too_late_has_nothing():
    time, hand = budget(100)
    hand.now += 30
    with time.part(until=0.25):
        assert time.over
    assert not time.over


def test_what_there_was_no_time_for_is_listed_once_in_its_order():
    time, hand = budget(10)
    assert time.allows("first")
    hand.now += 10
    assert not time.allows("second")
    assert not time.allows("third")
    assert not time.allows("second")
    assert time.left_out == ["second", "third"]


def test_stages_with_a_name_are_timed_and_told_of_also_in_parts():
    told = []
    time, hand = budget(100, tell=lambda name, took: told.append((name, took)))
    for took in (3, 4):
        with time.stage("prices"):
            hand.now += took
    with time.part(share=0.5):
        hand.now += 1
    assert told == [("prices", 3), ("prices", 4)]
    assert time.seconds_by_stage == {"prices": 7}


def test_a_stage_that_runs_out_of_time_is_left_out_and_work_goes_on_after_it():
    time, _ = budget(10)
    with time.stage("cascade"), time.part(share=0.5):
        raise time.out_of_time("the third step")
    assert time.left_out == ["cascade"]
    assert time.left == 10
    assert list(time.seconds_by_stage) == ["cascade"]


def test_an_attempt_that_runs_out_of_time_is_left_out_under_its_name():
    time, _ = budget(10)
    for name, ends in (("first", False), ("second", True)):
        with time.attempt(name):
            if ends:
                raise time.out_of_time("the value")
    assert time.left_out == ["second"]
    assert time.seconds_by_stage == {}


def test_what_the_solver_gives_up_is_left_out_where_the_rest_does_not_need_it():
    time, _ = budget(10)
    with time.attempt("relief of the line"):
        raise SolverError("Not Set")
    with time.stage("cascade", needed=False):
        raise SolverError("Not Set")
    assert time.left_out == ["relief of the line (the solver gave up)", "cascade (the solver gave up)"]
    with pytest.raises(SolverError), time.stage("prices"):
        raise SolverError("Not Set")
    with pytest.raises(LevelError), time.attempt("sets"):
        raise LevelError("no end", "capacity", "line")
    assert len(time.left_out) == 2


def test_a_stage_hides_no_other_error():
    time, _ = budget(10)
    with pytest.raises(ValueError, match="wrong"), time.stage("cascade"):
        raise ValueError("wrong")
    assert time.left_out == []


@pytest.mark.parametrize(("cancelled", "code", "why"), [(False, LIMIT, "time was over"), (True, INTERRUPTED, "interr")])
def test_an_answer_that_is_missing_says_whether_time_or_a_signal_ended_it(cancelled, code, why):
    time, _ = budget(0)
    if cancelled:
        time.cancel()
    error = time.out_of_time("the value")
    assert isinstance(error, OutOfTimeError)
    assert error.exit_code == code
    assert "the value" in str(error)
    assert why in str(error)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_all_that_catch_and_a_second_one_interrupts(number):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    outer, inner = TimeBudget(), TimeBudget()
    with outer.catching_signals():
        with inner.catching_signals():
            os.kill(os.getpid(), number)
        assert inner.cancelled
        assert outer.cancelled
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_budget_that_has_ended_before_a_signal_is_left_alone():
    outer, inner = TimeBudget(), TimeBudget()
    with outer.catching_signals():
        with inner.catching_signals():
            pass
        os.kill(os.getpid(), signal.SIGINT)
    assert outer.cancelled
    assert not inner.cancelled
