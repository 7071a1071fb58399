"""The adjoint against values by hand, and against programs that are lowered and solved from nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sensitivity_cases import INSTANCES, shop, source, spread

from fabopt.analysis.sensitivity.adjoint import Adjoint, _groupings, slopes, slopes_of
from fabopt.analysis.sensitivity.colouring import coloured
from fabopt.analysis.sensitivity.ends import SIDE, Ends
from fabopt.analysis.sensitivity.numbers import Move, Moved, numbers_of
from fabopt.analysis.sensitivity.places import Change, Prices, change_of
from fabopt.analysis.sensitivity.tornado import neighbours
from fabopt.domain.tolerances import STEP
from fabopt.io.levers import LeverError
from fabopt.model.tables import model_tables
from fabopt.network.lower import lower
from fabopt.solve.matrices import program_of
from fabopt.solve.objectives import stages
from fabopt.solve.perturbation import between, held, structure_change
from fabopt.solve.session import HighsSession
from fabopt.solve.work.executor import LocalProcesses

approx = pytest.approx


@pytest.fixture(scope="module")
def tutorial():
    return source(INSTANCES / "tutorial")


def pair(found):
    return Prices(found.solved.x, found.solved.row_price, found.solved.column_price)


def adjoint(found):
    return Adjoint(numbers_of(found), found.solved.net.name, found.solved.options, [pair(found)])


def kinds(found):
    """One number of each kind: those whose paths differ in ids and digits alone are of one kind."""
    raw = numbers_of(found).tree.raw
    ids = {name for section in raw.values() if isinstance(section, dict) for name in section}
    one = {}
    for path in numbers_of(found).found:
        one.setdefault(tuple(re.sub(r"\d+", "#", "*" if p in ids else p) for p in path.split(".")), path)
    return list(one.values())


def value(found, data):
    """The objective with the plan's integers held, from nothing; None where the program has another structure."""
    tables = model_tables(lower(data, found.solved.net.name), found.solved.options.aim)
    if structure_change(found.solved.tables, tables) is not None:
        return None
    program = program_of(tables)
    stage = stages(tables, found.solved.options, program.cost)[0]
    outcome = HighsSession(held(replace(program, cost=stage.cost, offset=0.0), found.solved.x), threads=1).solve()
    return None if outcome.objective is None else stage.reported(outcome.objective)


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_slopes_of_a_line_are_those_worked_by_hand(tmp_path):
    # Six goods, each worth 5 - 1 more than nothing; ten are wanted, so the customer's wish has slack.
    found = source(shop(tmp_path, line=spread(6, 3, 8), value=spread(5, 4, 7), cost=spread(1, 0, 2)))
    ask = adjoint(found)
    for path, low, high in (
        ("network.resources.line.capacity", -12.0, 8.0),
        ("network.demands.shop.value", -6.0, 12.0),
        ("network.activities.make.cost", 6.0, -6.0),
        ("network.demands.shop.quantity", 0.0, 0.0),
        ("network.activities.make.uses.line.amount", 0.3 * 24, -0.3 * 24),
    ):
        slope = ask.slope(path)
        assert (slope.low[0], slope.high[0]) == (approx(low, rel=1e-3), approx(high, rel=1e-3)), path


def test_a_held_tool_costs_what_it_costs_and_its_price_moves_the_value_by_one(tmp_path):
    found = source(shop(tmp_path, tool=spread(3, 1, 20)))
    slope = adjoint(found).slope("network.units.tool.cost")
    assert (slope.low[0], slope.high[0]) == (approx(2.0), approx(-17.0))


# -- against solvers that start from nothing ---------------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_of_number_of_the_tutorial_agrees_with_finite_differences(tutorial):
    """Where the plan stands at a kink, its prices are some of many: they promise more than there is, on either side.

    Then the slope of the side, from the program solved again, agrees with the finite difference.
    """
    ask, ends, base = (
        adjoint(tutorial),
        Ends(numbers_of(tutorial), tutorial.solved),
        value(tutorial, numbers_of(tutorial).data),
    )
    compared, kinked = 0, []
    for path in kinds(tutorial):
        slope = ask.slope(path)
        for end, worth in (("low", slope.low), ("high", slope.high)):
            if worth is None or not any(numbers_of(tutorial)[path].room(end)):
                continue
            there = (value(tutorial, numbers_of(tutorial).near([Move(path, end, STEP)])) - base) / STEP
            compared += 1
            if worth[0] != approx(there, rel=2e-3, abs=0.5):
                kinked.append(path)
                assert worth[0] > there, (path, end)
                further = value(tutorial, numbers_of(tutorial).near([Move(path, end, SIDE)]))
                assert ends.slope(path, end) == approx((further - base) / SIDE, rel=1e-5, abs=1e-3), (path, end)
    assert compared > 100
    assert set(kinked) <= {"nodes.n3.cycle_time", "fabs.north.cycle_factor"}


def test_a_number_put_in_place_gives_the_program_that_validation_gives(tutorial):
    numbers, name, compared = numbers_of(tutorial), tutorial.solved.net.name, 0
    for path in kinds(tutorial):
        end = "low" if any(numbers[path].room("low")) else "high"
        validated = numbers.set_to(path, [p.value for p in numbers[path].moved(end, 0.01)])
        if isinstance(validated, str):  # a rule that stands at its edge
            continue
        one, two = (model_tables(lower(data, name)) for data in (numbers.near([Move(path, end, 0.01)]), validated))
        assert structure_change(one, two) is None, path
        a, b = program_of(one), program_of(two)
        for field in ("cost", "row_lower", "row_upper", "column_lower", "column_upper"):
            np.testing.assert_allclose(getattr(a, field), getattr(b, field), rtol=1e-9, atol=1e-9, err_msg=path)
        assert abs(a.a - b.a).max() <= 1e-9, path
        compared += 1
    assert compared > 50


@pytest.mark.slow
def test_slopes_are_the_same_in_several_processes(tutorial):
    name, options = tutorial.solved.net.name, tutorial.solved.options
    one, two = (
        slopes(numbers_of(tutorial), name, options, [pair(tutorial)], n)
        for n in (None, LocalProcesses(2, solves=False))
    )
    assert one == two


def test_some_numbers_alone_are_worth_what_they_are_among_all(tutorial):
    name, options = tutorial.solved.net.name, tutorial.solved.options
    every = slopes(numbers_of(tutorial), name, options, [pair(tutorial)])
    some = [slope.path for slope in every if "demand" in slope.path]
    only = slopes(numbers_of(tutorial), name, options, [pair(tutorial)], only=some)
    assert [slope.path for slope in only] == some
    for one, other in zip(only, (slope for slope in every if slope.path in some), strict=True):
        assert (one.low, one.high) == (approx(other.low), approx(other.high))


# -- many at once ------------------------------------------------------------------------------------------------------

MANY = (
    "tutorial",
    "textbook/canning",
    "textbook/power-plants",
    "textbook/food-manufacture-1",
    "textbook/wagner-whitin",
)


@pytest.mark.parametrize("instance", MANY)
def test_numbers_moved_together_are_worth_what_each_is_worth_alone(instance, tutorial):
    found = tutorial if instance == "tutorial" else source(INSTANCES / instance)
    numbers, pairs = numbers_of(found), neighbours(Ends(numbers_of(found), found.solved), 1)
    together = slopes(numbers, found.solved.net.name, found.solved.options, pairs)
    alone = Adjoint(numbers, found.solved.net.name, found.solved.options, pairs)
    for slope in together:
        single = alone.slope(slope.path)
        assert slope.reason == single.reason
        for end in ("low", "high"):
            here, there = getattr(slope, end), getattr(single, end)
            assert (here is None) == (there is None), (slope.path, end)
            assert here is None or here == approx(there, rel=1e-9, abs=1e-9), (slope.path, end)
    assert len(together) == len(numbers.found)


class Sheet:
    """A program made up of places, each with the factor by which movements change it; it counts its lowerings."""

    def __init__(self, touches, refuse=(), hidden=None):
        self.touches, self.refuse, self.hidden, self.asked = touches, set(refuse), hidden, []

    def __call__(self, groups):
        for group in groups:
            self.asked.append([move.path for move in group])
            yield self.change(group)

    def change(self, group):
        paths = {move.path for move in group}
        if paths & self.refuse:
            return f"{min(paths & self.refuse)} is no patch" if len(paths) == 1 else "no patch"
        worth = {}
        for move in group:
            for place, factor in self.touches[move.path].items():
                worth[place] = worth.get(place, 0.0) + factor * move.share
        if self.hidden and self.hidden[0] in paths and self.hidden[1] not in paths:
            worth[self.hidden[2]] = self.hidden[3]
        at = sorted(worth)
        return Change(np.array(at, np.int64), np.array([[worth[place] for place in at]]).reshape(1, -1))


def coloured_sheet(sheet, parts=1):
    """What each movement is worth, grouped by the first letter of its path, then by the second, ..."""
    moves = [Move(path, "high", 0.5) for path in sheet.touches]
    groupings = [partial(lambda k, move: move.path[k], k) for k in range(parts)]
    return dict(zip(sheet.touches, coloured(moves, groupings, sheet), strict=True))


def test_a_jacobian_whose_groups_share_few_places_takes_a_lowering_a_group_and_one_a_movement_of_the_largest():
    rng = np.random.default_rng(7)  # ten groups a..j of five movements, each in a block of its own
    touches = {
        f"{chr(97 + g)}{k}": {10 * g + int(p): float(rng.normal()) for p in rng.choice(10, 4, replace=False)}
        for g in range(10)
        for k in range(5)
    }
    sheet = Sheet(touches)
    worth = coloured_sheet(sheet)
    assert worth == {path: (approx(0.5 * sum(row.values())),) for path, row in touches.items()}
    assert len(sheet.asked) == 10 + 5


def test_of_movements_in_two_groups_each_all_that_have_no_place_in_common_take_one_lowering():
    touches = {f"{f}{r}": {100 * f + r: 1.0 + f, 1000 + 100 * f + r: 2.0 + r} for f in range(6) for r in range(8)}
    sheet = Sheet(touches)
    assert coloured_sheet(sheet, 2) == {path: (approx(0.5 * sum(row.values())),) for path, row in touches.items()}
    assert len(sheet.asked) == 6 + 8 + 1


def test_movements_that_touch_one_place_are_never_made_together_but_to_find_what_their_group_touches():
    touches = {"a0": {1: 1.0}, "a1": {2: 3.0}, "b0": {2: 10.0}, "b1": {3: 5.0}, "c0": {4: 7.0}, "c1": {}}
    sheet = Sheet(touches)
    assert coloured_sheet(sheet) == {path: (approx(0.5 * sum(row.values())),) for path, row in touches.items()}
    for asked in sheet.asked[3:]:
        assert not {"a", "b"} <= {path[0] for path in asked}
    assert any({"a", "c"} <= {path[0] for path in asked} for asked in sheet.asked[3:])


def test_a_movement_that_is_no_patch_says_so_and_takes_nothing_from_its_group():
    touches = {f"a{k}": {k: 1.0 + k} for k in range(7)} | {"b0": {50: 1.0}, "b1": {51: 1.0}}
    worth = coloured_sheet(Sheet(touches, refuse=["a4"]))
    assert worth.pop("a4") == "a4 is no patch"
    assert worth == {path: (approx(0.5 * sum(touches[path].values())),) for path in worth}


def test_a_place_that_a_group_hides_is_found_where_its_movements_are_made_alone():
    touches = {"a0": {1: 2.0}, "a1": {2: 4.0}, "b0": {3: 6.0}, "b1": {4: 8.0}}  # a0 changes place 9 where a1 stays
    worth = coloured_sheet(Sheet(touches, hidden=("a0", "a1", 9, 1.0)))
    assert worth == {"a0": (approx(2.0),), "a1": (approx(2.0),), "b0": (approx(3.0),), "b1": (approx(4.0),)}


def test_a_place_that_is_worth_next_to_nothing_is_not_asked_for_again():
    touches = {"a0": {1: 2.0}, "a1": {2: 4.0}, "b0": {3: 6.0}, "b1": {4: 8.0}}
    sheet = Sheet(touches, hidden=("a0", "a1", 9, 1e-12))
    assert coloured_sheet(sheet) == {"a0": (1.0,), "a1": (2.0,), "b0": (3.0,), "b1": (4.0,)}
    assert len(sheet.asked) == 4  # two groups, two of one movement of each


def test_places_that_are_worth_no_more_than_the_least_are_left_out():
    program = program_of(model_tables(lower(source(INSTANCES / "tutorial").data, ""), None))
    there = Prices(np.arange(1.0, program.n_columns + 1), np.zeros(program.n_rows), np.zeros(program.n_columns))
    patch = between(program, replace(program, cost=program.cost + np.where(np.arange(program.n_columns) < 3, 1.0, 0.0)))
    assert change_of(patch, [there]).total == (6.0,)
    assert change_of(patch, [there], least=1.0).total == (5.0,)


def test_what_is_no_patch_one_way_is_made_by_itself_the_other(tutorial):
    numbers = numbers_of(tutorial)
    paths = [path for path in numbers.found if all(any(numbers[path].room(end)) for end in ("low", "high"))][:4]
    asked = []

    def ask(moves):
        asked.append({move.path: move.single for move in moves})
        return ["no patch" if move.path == paths[1] and move.end == "high" else (move.share,) for move in moves]

    found = {slope.path: slope for slope in slopes_of(numbers, paths, 1, ask)}
    assert (found[paths[1]].low is None, found[paths[1]].high is None) == (False, True)
    assert not any(asked[0].values())
    assert asked[1][paths[1]]
    assert all(group_of(Move(paths[1], "low", STEP, single=True)) == paths[1] for group_of in _groupings(numbers))


# -- movements ---------------------------------------------------------------------------------------------------------


def test_shares_that_add_up_to_one_give_way_to_the_one_that_moves(tutorial):
    path = "labs.aurora.demand.split.training"
    number = numbers_of(tutorial)[path]
    moved = numbers_of(tutorial).near([Move(path, "high", 0.5)])
    split = moved.labs["aurora"].demand.split
    assert split["training"].value == approx(number.value + 0.5 * (number.range[1] - number.value))
    assert sum(share.value for share in split.values()) == approx(1.0)


def test_what_the_rules_refuse_is_gone_towards_as_far_as_they_allow(tutorial):
    moved = numbers_of(tutorial).at("fabs.south.wafer_starts", "high")
    assert isinstance(moved, Moved)
    assert moved.share == 0.5
    assert "more than the nameplate" in moved.refused
    assert moved.data.fabs["south"].wafer_starts.value == approx(4.6)


def test_a_time_at_a_jump_has_no_slope_and_says_why(tutorial):
    slope = adjoint(tutorial).slope("sites.plains.expansion.lead")
    assert None in (slope.low, slope.high)
    assert "jumps" in slope.reason


@pytest.mark.parametrize(("path", "hint"), [("fabs.north.wafer_start", "fabs.north.wafer_starts"), ("nothing", "")])
def test_an_unknown_lever_is_told_the_nearest(tutorial, path, hint):
    with pytest.raises(LeverError, match="there is no lever") as error:
        numbers_of(tutorial)[path]
    assert hint in str(error.value)
