"""What-ifs on small cases whose answers are worked by hand."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from model_cases import effect, network, resource, seq, unit, workshop

from fabopt.model.tables import model_tables
from fabopt.solve.budget import OutOfTimeError, TimeBudget
from fabopt.solve.matrices import program_of
from fabopt.solve.options import SolveOptions
from fabopt.solve.perturbation import StructureChanged, difference
from fabopt.solve.run import solve
from fabopt.solve.session import Ended, HighsSession, SolverError
from fabopt.solve.whatif import WhatIf

approx = pytest.approx
EXACT = SolveOptions(gap=0.0)


def shop(capacity, tool=3.0, **more):
    """Goods cost 1 and sell at 5, ten wanted; a tool, one at most, adds 4 to the line."""
    tools = [unit("tool", 1, tool, upper=1)]
    return workshop(1, (capacity,), (10,), units=tools, unit_effects=[effect("tool", "line", (4,))], **more)


def orders(answer):
    return answer.case.tables.columns["order"].values(answer.x).ravel().tolist()


# -- the two ways to ask -----------------------------------------------------------------------------------------------


def test_held_keeps_the_tool_that_full_gives_up():
    # Six made on the line and four on the tool: 10 * 4 - 3. With the tool at 20, holding it loses 17, dropping it 16.
    ask = WhatIf(shop(6), EXACT)
    assert ask.held().objective == approx(37)
    dear = shop(6, tool=20.0)
    assert ask.held(dear).objective == approx(20)
    assert orders(ask.held(dear)) == approx([1])
    assert ask.full(dear).objective == approx(24)
    assert orders(ask.full(dear)) == approx([0])


def test_full_returns_to_the_instance_after_any_question():
    ask = WhatIf(shop(6), EXACT)
    for capacity, value in ((2, 21), (8, 37), (6, 37), (0, 13), (10, 40), (6, 37)):
        assert ask.full(shop(capacity)).objective == approx(value)
        assert ask.full().objective == approx(37)


def test_a_number_that_the_change_forbids_is_held_at_the_nearest_that_it_allows():
    # Three tools stand in the plan; when only one may be ordered, one is held.
    def tools(most):
        more = [unit("tool", 1, 3.0, upper=most)]
        return workshop(1, (0,), (12,), units=more, unit_effects=[effect("tool", "line", (4,))])

    ask = WhatIf(tools(3), EXACT)
    assert orders(ask.held()) == approx([3])
    assert orders(ask.held(tools(1))) == approx([1])
    assert ask.held(tools(1)).objective == approx(4 * 4 - 3)


def test_what_no_held_number_can_serve_is_infeasible_held_and_solved_in_full():
    # Ten are required. Without a tool a line of eight cannot; the tool (3) lets ten be made at 1 each.
    required = {"required": True}
    ask = WhatIf(shop(10, wants=required), EXACT)
    assert orders(ask.held()) == approx([0])
    assert ask.held(shop(8, wants=required)).ended is Ended.INFEASIBLE
    answer = ask.full(shop(8, wants=required))
    assert answer.objective == approx(10 * 5 - 10 - 3)
    assert ask.full(shop(5, wants=required)).ended is Ended.INFEASIBLE


def test_an_instance_without_a_plan_has_nothing_to_hold_but_may_be_repaired():
    required = {"required": True}
    ask = WhatIf(shop(5, wants=required), EXACT)
    assert ask.plan is None
    with pytest.raises(SolverError, match="no plan whose integers"):
        ask.held()
    assert ask.full(shop(6, wants=required)).objective == approx(10 * 5 - 10 - 3)
    with pytest.raises(SolverError, match="no plan whose integers"):
        ask.held(shop(6, wants=required))


def test_prices_hold_with_the_whole_numbers_held():
    # The tool is in; another unit of line makes a good that is not wanted, but from nine wanted on it is worth 5 - 1.
    ask = WhatIf(shop(6), EXACT)
    tables, price = ask.base.tables, ask.full(shop(4)).row_price
    assert price[tables.offsets["capacity"]] == approx(4)
    assert price[tables.offsets["demand"]] == approx(0)


def test_the_tree_is_searched_only_where_the_bound_leaves_a_gap():
    # Half a tool serves the line of 8 (at 3.2: the relaxation is 40 - 1.6, the plan 40 - 3.2); a line of 6 needs it
    # whole, so there the relaxation is the plan.
    ask = WhatIf(shop(8), EXACT)
    answer = ask.full(shop(8, tool=3.2))
    assert answer.searched
    assert (answer.objective, answer.bound) == (approx(36.8), approx(36.8))
    loose = ask.full(shop(8, tool=3.2), gap=0.05)
    assert not loose.searched
    assert (loose.objective, loose.bound, loose.gap) == (approx(36.8), approx(38.4), approx(1.6 / 36.8))
    whole = ask.full(shop(6))
    assert not whole.searched
    assert (whole.objective, whole.bound) == (approx(37), approx(37))
    # What the first search has proven of the instance itself is not searched for again.
    assert not ask.full().searched
    assert (ask.full().objective, ask.full().bound) == (approx(37), approx(37))


def test_a_program_without_whole_numbers_gives_its_optimum_and_bound():
    ask = WhatIf(workshop(2, (3, 8), (5, 5)))
    assert ask.full().objective == approx(4 * 8)
    more = ask.full(workshop(2, (4, 8), (5, 5)))
    assert (more.objective, more.bound, more.gap) == (approx(36), approx(36), 0.0)


# -- patches -----------------------------------------------------------------------------------------------------------


def test_a_patch_changes_costs_bounds_sides_and_coefficients_and_undoes_them():
    before, after = shop(6), shop(7, tool=2.0)
    wide = replace(after.unit_effects[0], profile=seq(5))
    after = replace(after, unit_effects=(wide,), units=(replace(after.units[0], upper=seq(2)),))
    patch = difference(model_tables(before), model_tables(after))
    assert [len(part) for part in (patch.costs, patch.columns, patch.rows, patch.entries)] == [1, 1, 1, 1]
    session = HighsSession(program_of(model_tables(before)))
    assert session.solve().objective == approx(40 - 3)
    patch.apply(session)
    assert session.solve().objective == approx(40 - 2)
    same_as(session, program_of(model_tables(after)))
    patch.undo(session)
    assert session.solve().objective == approx(40 - 3)
    same_as(session, program_of(model_tables(before)))


def same_as(session, program):
    assert (session.a - program.a).count_nonzero() == 0
    for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper"):
        np.testing.assert_array_equal(getattr(session, name), getattr(program, name))


def test_a_coefficient_may_come_from_zero_and_go_back():
    # The tool takes nothing from the floor, then 2 of 1: no whole tool fits any more.
    def floor(taken):
        room = [resource("floor", 1.0)]
        effects = [effect("tool", "line", (4,)), effect("tool", "floor", (-1.0, -taken))]
        return workshop(
            2, (6, 6), (10, 10), units=[unit("tool", 2, 3.0, upper=1)], unit_effects=effects,
            resources=[resource("line", 6.0, 6.0), replace(room[0], base=seq(1, 1))],
        )  # fmt: skip

    ask = WhatIf(without_double_line(floor(0.0)), EXACT)
    # One tool in P1 and none in P2 (the second costs 3 and adds nothing that is wanted).
    assert ask.full().objective == approx(80 - 3)
    taken = without_double_line(floor(2.0))
    patch = difference(ask.base.tables, model_tables(taken))
    assert len(patch.entries) == 1
    # In P2 the tool of P1 would take 2 of 1, so the tool comes in P2, too late for the first period.
    assert ask.full(taken).objective == approx(24 + 40 - 3)
    assert ask.full().objective == approx(80 - 3)


def without_double_line(net):
    """The workshop's own line is replaced by the one that was added with the floor."""
    return replace(net, resources=net.resources[1:])


def test_a_patch_can_be_asked_about_without_an_instance():
    ask = WhatIf(shop(6), EXACT)
    patch = difference(ask.base.tables, model_tables(shop(2)))
    assert ask.held(patch).objective == approx(6 * 4 - 3)
    assert ask.held(patch.reversed()).objective == approx(37)
    with pytest.raises(SolverError, match="not of a perturbation"):
        ask.solution(ask.full(patch))


def test_a_change_of_structure_says_what_is_new_and_what_is_gone():
    # A unit that nobody may order has no columns; a second period has columns and rows of its own.
    none = workshop(1, (6,), (10,), units=[unit("tool", 1, 3.0, upper=0)], unit_effects=[effect("tool", "line", (4,))])
    change = difference(model_tables(shop(6)), model_tables(none))
    assert change == StructureChanged("1 decisions are gone (the first is order tool P1).")
    change = difference(model_tables(none), model_tables(shop(6)))
    assert change == StructureChanged("1 decisions are new (the first is order tool P1).")
    idle = replace(none, resources=(*none.resources, resource("yard", -1.0)))
    change = difference(model_tables(none), model_tables(idle))
    assert change == StructureChanged("1 rows are new (the first is capacity yard P1).")
    fractions = replace(shop(6), units=(replace(shop(6).units[0], whole=False),))
    change = difference(model_tables(shop(6)), model_tables(fractions))
    assert change == StructureChanged("1 decisions are integers in one model and not in the other.")


def test_a_change_of_structure_is_answered_by_a_program_of_its_own():
    ask = WhatIf(shop(6), EXACT)
    none = workshop(1, (6,), (10,), units=[unit("tool", 1, 3.0, upper=0)], unit_effects=[effect("tool", "line", (4,))])
    for answer in (ask.held(none), ask.full(none)):
        assert answer.objective == approx(24)
        assert answer.cold == "1 decisions are gone (the first is order tool P1)."
    back = WhatIf(none, EXACT)
    # The tool is a new decision, so none is held; in full it is bought.
    assert back.held(shop(6)).objective == approx(24)
    assert back.full(shop(6)).objective == approx(37)
    assert back.full().cold is None


@pytest.mark.parametrize("change", ["numbers", "structure"])
def test_without_time_no_question_has_an_answer(change):
    """Also where the change needs a program of its own: there is no time for that either."""
    budget = TimeBudget()
    asked = WhatIf(shop(5), plan=WhatIf(shop(5)).plan, budget=budget)
    other = shop(8) if change == "numbers" else workshop(1, (5,), (10,))
    budget.cancel()
    with pytest.raises(OutOfTimeError):
        asked.held(other)


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_a_twin_answers_alike_and_leaves_the_other_alone():
    ask = WhatIf(shop(6), EXACT)
    ask.held()
    twin = ask.twin()
    assert twin.held(shop(2)).objective == approx(21)
    assert ask.held().objective == twin.held().objective == approx(37)
    assert twin.full(shop(2)).objective == ask.full(shop(2)).objective == approx(21)


def test_twins_work_in_threads():
    ask = WhatIf(shop(6), SolveOptions(gap=0.0, threads=1))
    ask.held()
    capacities = [2, 8, 0, 10] * 5
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda c: ask.twin().full(shop(c)).objective, capacities))
    assert found == approx([21, 37, 13, 40] * 5)


def test_hooks_hold_in_every_question():
    def no_tool(m, _model):
        m.none = pyo.Constraint(expr=m.order["tool", "P1"] <= 0)

    ask = WhatIf(shop(6), EXACT, extra=[no_tool])
    assert ask.full().objective == approx(24)
    assert ask.held(shop(7)).objective == ask.full(shop(7)).objective == approx(28)

    def limit_of_the_line(m, model):
        if model.tables.net.resources[0].base[0] > 6:
            m.none = pyo.Constraint(expr=m.order["tool", "P1"] <= 0)

    ask = WhatIf(shop(6), EXACT, extra=[limit_of_the_line])
    answer = ask.full(shop(7))
    assert answer.objective == approx(28)
    assert answer.cold == "The rows that hooks have added differ."


def test_levers_need_an_instance():
    with pytest.raises(SolverError, match="made from an instance"):
        WhatIf(shop(6), EXACT).held(["line.base=3"])


def test_an_answer_becomes_the_solution_that_solving_gives():
    ask = WhatIf(shop(6), EXACT)
    for net in (shop(6), shop(8), shop(6, tool=20.0)):
        warm, cold = ask.solution(ask.full(net)), solve(net, EXACT)
        assert warm.status is cold.status
        assert (warm.objective, warm.bound) == (approx(cold.objective), approx(cold.bound))
        np.testing.assert_allclose(warm.columns, cold.columns, atol=1e-9)
        assert warm.limits == cold.limits
        assert warm.objective_terms == approx(cold.objective_terms)


def test_the_first_objective_is_the_one_that_is_asked():
    # Compute: the line of 4 and the tool's 4 serve eight, whatever they cost.
    net = shop(4, tool=100.0, wants={"weight": 2.0})
    ask = WhatIf(net, SolveOptions("compute", gap=0.0))
    assert ask.full().objective == approx(2 * 8)
    assert ask.full(shop(5, tool=100.0, wants={"weight": 2.0})).objective == approx(2 * 9)


def test_an_empty_network_is_worth_nothing():
    assert WhatIf(network(1)).full().objective == 0
