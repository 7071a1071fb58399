"""What a memo's tornado may take: the time of the memo, and what it leaves out is the memo's to tell."""

from types import SimpleNamespace

import pytest

from fabopt.analysis.memo import turning
from fabopt.analysis.memo.study import SHARES
from fabopt.analysis.sensitivity.tornado import TornadoOptions
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
        turning.tornado_for(ground, None, (), (), asked=TornadoOptions(), budget=budget)
    assert budget.left_out == ["the prices of 7 of 9 numbers"]
    assert turning.tornado_for(ground, None, (), (), asked=TornadoOptions(), budget=budget) is None


@pytest.mark.parametrize(("seconds", "looked_at"), [(1000.0, 8), (200.0, 4), (80.0, 0)])
def test_of_a_large_program_only_numbers_near_to_the_lab_are_priced_where_time_is_short(
    seconds, looked_at, monkeypatch
):
    """Near are one number for all, the lab's own, those of a chip that it takes, and the price of what it buys."""
    paths = [
        "horizon.discount_rate", "labs.lab.demand.total", "labs.rival.demand.total", "chips.a.price", "chips.b.price",
        "components.rack.sources.x.price", "components.rack.sources.x.capacity", "components.fan.sources.x.price",
    ]  # fmt: skip
    numbers = SimpleNamespace(found=dict.fromkeys(paths))
    rack = SimpleNamespace(kind="capacity", item="rack", taken=lambda plan: True)
    fan = SimpleNamespace(kind="capacity", item="fan", taken=lambda plan: False)
    ground = SimpleNamespace(of="plan", lab="lab", plan=SimpleNamespace(program=SimpleNamespace(large=True)))
    monkeypatch.setattr(turning, "numbers_of", lambda plan: numbers)
    monkeypatch.setattr(turning, "tornado_of", lambda plan, asked, clock: asked)
    budget = TimeBudget(seconds)
    asked = turning.tornado_for(ground, None, (rack, fan), ("a",), asked=TornadoOptions(top=9), budget=budget)
    if looked_at == 0:
        assert asked is None
        return
    assert asked.top == turning.WIDEST
    assert len(paths if asked.only is None else asked.only) == looked_at
    if asked.only is not None:
        assert asked.only == {paths[0], paths[1], paths[3], paths[5]}
        assert budget.left_out[0].startswith("tornado: 4 of 8 numbers")


def test_a_memo_of_ten_minutes_looks_at_the_numbers_near_to_its_lab_and_one_of_sixty_at_all():
    """As docs/memo.md has it: the part of the assumptions is more than what each is given at least."""
    assert turning.NEAR_MINUTES < 10 * SHARES["assumptions"] < turning.TORNADO_MINUTES < 60 * SHARES["assumptions"]
