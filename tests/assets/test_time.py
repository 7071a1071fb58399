"""Studies that time ends: what they tell is what the whole study tells, and what is missing is said."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.portfolio.study import portfolio
from fabopt.analysis.sensitivity import adjoint
from fabopt.analysis.sensitivity.tornado import TornadoOptions
from fabopt.analysis.sensitivity.verb import phases_of, tornado_of, value_of
from fabopt.cli import main
from fabopt.errors import INTERRUPTED
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.resolver import Resolver

sys.path.insert(0, str(Path(__file__).parents[1] / "sensitivity"))
from sensitivity_cases import shop, source, spread

LINE, VALUE = "network.resources.line.capacity", "network.demands.shop.value"
TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.fixture
def told(monkeypatch):
    """What a study tells when it is interrupted at its n-th question to the solver; None where it has no answer."""

    def of(ask, numbers, owner=Resolver, name="ask"):
        original = getattr(owner, name)
        for number in numbers:
            budget, asked = TimeBudget(), itertools.count(1)

            def counted(*given, **more):
                if next(asked) == number:  # noqa: B023 (called before the next number)
                    budget.cancel()  # noqa: B023
                return original(*given, **more)

            monkeypatch.setattr(owner, name, counted)
            try:
                yield ask(budget), budget
            except OutOfTimeError:
                yield None, budget

    return of


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    return source(shop(folder, line=spread(6, 3, 12), cost=spread(1, 0.5, 2), value=spread(5, 4, 7), tool="3"), gap=0.0)


def test_a_tornado_that_time_ends_tells_a_part_of_the_whole_one(plan, told):
    asked = TornadoOptions(top=10)
    whole = tornado_of(plan, asked)
    bars, slopes = {b.number.path: b for b in whole.bars}, {s.path: s for s in whole.slopes}
    seen = set()
    for part, budget in told(lambda budget: tornado_of(plan, asked, budget), [1, 5, 7, 10, 12, 16, 20, 24, 1000]):
        if part is None:
            seen.add("nothing")
            continue
        for bar in part.bars:
            assert (bar.low, bar.high) == (bars[bar.number.path].low, bars[bar.number.path].high)
        for slope in part.slopes:
            if slope.checked:  # at a kink, prices alone know one of its sides
                assert (slope.at_low, slope.at_high) == (slopes[slope.path].at_low, slopes[slope.path].at_high)
        missing = len(part.bars) < len(whole.bars)
        seen.add("part" if missing else "whole")
        assert not missing or any("Time did not allow" in note for note in part.notes)
        assert bool(budget.left_out) == any("Time did not allow" in note for note in part.notes)
    assert seen == {"nothing", "part", "whole"}


def test_numbers_that_there_was_no_time_to_price_are_counted(plan, told):
    asked = TornadoOptions(top=10)
    calls = [2, 4, 1000]
    one, two, whole = (part for part, _ in told(lambda b: tornado_of(plan, asked, b), calls, adjoint.Adjoint, "change"))
    assert one is None or "the prices of" in one.notes[-1]
    assert two is not None
    assert "the prices of" in two.notes[-1]
    assert not whole.notes


def test_a_curve_that_time_ends_keeps_what_it_has(plan, told):
    whole = value_of(plan, LINE, 0, 20, whole=False)
    assert whole.exact
    assert not whole.notes
    seen = set()
    for part, _ in told(lambda budget: value_of(plan, LINE, 0, 20, False, budget), [1, 3, 5, 6, 7, 8, 9, 10, 1000]):
        if part is None:
            seen.add("nothing")
            continue
        seen.add("whole" if not part.notes else "part")
        for at, objective in part.breakpoints:
            assert objective == pytest.approx(whole.at(at))
        assert part.breakpoints[0] == pytest.approx(whole.breakpoints[0])
        assert part.notes or part.stretches == whole.stretches
    assert seen == {"nothing", "part", "whole"}


def test_a_map_that_time_ends_keeps_its_first_cells(plan, told):
    whole = phases_of(plan, LINE, VALUE, 3)
    seen = set()
    for part, budget in told(lambda budget: phases_of(plan, LINE, VALUE, 3, budget), [1, 2, 6, 1000]):
        if part is None:
            seen.add("nothing")
            continue
        solved = [cell for cell in part.cells if cell.note != "there was no time to solve it"]
        assert solved == list(whole.cells[: len(solved)])
        assert (len(solved) < 9) == bool(budget.left_out)
        seen.add(len(solved) == 9)
    assert seen == {"nothing", False, True}


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(TUTORIAL).solve()


def test_a_portfolio_without_time_still_has_its_chips_and_suppliers(tutorial):
    whole = portfolio(tutorial.plan, "aurora")
    part = portfolio(tutorial.plan, "aurora", TimeBudget(0.0))
    assert {c.chip: c.bought for c in part.chips} == {c.chip: c.bought for c in whole.chips}
    assert (part.exposure, part.points, part.mix) == (whole.exposure, whole.points, whole.mix)
    bought = [c for c in part.chips if c.standing == "bought"]
    assert bought
    assert all(c.loss is None for c in bought)
    assert part.notes[0].startswith("Time did not allow: what ")
    assert not whole.notes


@pytest.mark.parametrize(
    "asked",
    [
        ["tornado"],
        ["value", "--lever", "labs.aurora.budget"],
        ["explain", "--next-unit", "Plains campus facility power"],
        ["explain", "--why-short", "aurora", "--period", "2027Q4"],
    ],
)
def test_ctrl_c_before_anything_is_known_ends_with_130(tutorial, tmp_path, monkeypatch, capsys, asked):
    tutorial.save(tmp_path / "r")
    monkeypatch.setattr(TimeBudget, "cancelled", property(lambda _: True))
    verb, *options = asked
    assert main([verb, str(tmp_path / "r"), *options]) == INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_a_comparison_that_is_interrupted_still_compares(tutorial, tmp_path, monkeypatch, capsys):
    tutorial.save(tmp_path / "a")
    fabopt.load(TUTORIAL, set=["labs.aurora.demand.total=*0.9"]).solve().save(tmp_path / "b")
    monkeypatch.setattr(TimeBudget, "cancelled", property(lambda _: True))
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--table", "inputs"]) == 0
    assert "stopped before it was priced" in capsys.readouterr().out.lower()
