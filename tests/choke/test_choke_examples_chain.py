"""Five stages of which each in turn is the choke point; the answers follow from the data in `five_stages`."""

import numpy as np
import pytest
from five_stages import NARROW, STAGES, WANTED, WORTH, T, solved

from fabopt.analysis.choke.attribution import attribution
from fabopt.analysis.choke.cascade import cascade
from fabopt.analysis.choke.derivative import group_prices
from fabopt.analysis.choke.joint import minimal_sets
from fabopt.analysis.choke.oracle import Effort, Oracle
from fabopt.analysis.choke.status import status
from fabopt.analysis.choke.timeline import moves, turns
from fabopt.plan.groups import LIFTED, percent, units
from fabopt.plan.problem import ChokeProblem

near = pytest.approx
IDS = [f"capacity:{stage}" for stage in STAGES]
GAINS = [WORTH * (WANTED - narrow) for narrow in NARROW]  # of lifting each stage: 98, 78, 58, 38, 18


@pytest.fixture(scope="module")
def chain():
    tables, solution = solved()
    problem = ChokeProblem.of(tables, solution)
    return tables, solution, problem, Oracle(problem, Effort(gap=0.0))


def test_the_plan_is_worth_what_the_narrowest_stage_lets_through(chain):
    assert chain[1].objective == near(WORTH * sum(NARROW))
    assert chain[3].base.lo == near(WORTH * sum(NARROW))


def test_each_stage_has_a_price_in_its_own_period_alone(chain):
    """One more, or one less, in the narrow period is worth 2."""
    found = {g.id: g for g in group_prices(chain[3]).groups}
    for k, id in enumerate(IDS):
        assert found[id].right == near(tuple(WORTH if t == k else 0.0 for t in range(T)))
        assert found[id].left == near(tuple(WORTH if t == k else 0.0 for t in range(T)))


def test_prices_hold_until_the_demand_is_met(chain):
    """Stage k may grow by 99 - (50 + 10 k) before the demand binds instead."""
    found = {g.id: g.whole for g in group_prices(chain[3]).groups}
    for k, id in enumerate(IDS):
        assert found[id].right == near(WORTH)
        assert found[id].range_up == near(WANTED - NARROW[k])


def test_the_choke_point_moves_from_stage_to_stage_on_the_first_day_of_each_quarter(chain):
    found = {g.id: g for g in group_prices(chain[3], ranges=False).groups}
    ids = [*IDS, "demand:lab"]
    timeline = turns(np.array([found[id].right for id in ids]))
    assert [(t.first, ids[t.limit]) for t in timeline] == [*enumerate(IDS)]
    labels = [chain[0].net.periods[t].label for t in moves(timeline)]
    assert labels == ["2027Q2", "2027Q3", "2027Q4", "2028Q1"]


def test_lifting_each_stage_gains_what_its_narrow_period_lost(chain):
    oracle, problem = chain[3], chain[2]
    gains = oracle.gains([problem.relief(id, LIFTED) for id in IDS])
    assert [g.lo for g in gains] == near(GAINS)
    assert [g.hi for g in gains] == near(GAINS)


def test_ten_per_cent_of_a_stage_is_ten_per_cent_of_its_narrow_period(chain):
    gain = chain[3].gain(chain[2].relief(IDS[0], percent(10)))
    assert (gain.lo, gain.plan) == near((0.1 * NARROW[0] * WORTH, 0.1 * NARROW[0] * WORTH))


def test_the_cascade_goes_down_the_chain_and_ends_at_the_demand(chain):
    found = cascade(chain[3], [*IDS, "demand:lab"])
    assert [s.members for s in found.steps] == [*((id,) for id in IDS), ("demand:lab",)]
    assert [s.gain for s in found.steps[:-1]] == near(GAINS)
    assert [s.alone.lo for s in found.steps[:-1]] == near(GAINS)
    assert [s.lead for s in found.steps[:2]] == [2.0, None]  # a scanner relieves the first stage after two periods
    assert found.end == "demand is met"


def test_status_is_binding_for_all_five_and_slack_for_the_demand(chain):
    """No stage alone lets 99 through in every period, so no plan ever meets the demand."""
    oracle, problem = chain[3], chain[2]
    ids = [*IDS, "demand:lab"]
    joint = minimal_sets(oracle, ids, most=200)
    found = [status(oracle, id, oracle.gain(problem.relief(id, LIFTED)), joint) for id in ids]
    assert found == [*["binding"] * T, "slack"]


def test_shares_of_independent_stages_are_their_own_gains(chain):
    found = attribution(chain[3], IDS)
    assert [s.value for s in found.shares] == near(GAINS)
    assert [i.index for i in found.interactions] == near([0.0] * 10, abs=1e-6)


def test_relief_from_a_later_period_on_gains_only_what_is_left(chain):
    problem = chain[2]
    late = problem.group(IDS[1]).from_period(2).relief(units(10))
    early = problem.group(IDS[1]).from_period(1).relief(units(10))
    assert chain[3].gain(late).hi == near(0.0, abs=1e-6)
    assert chain[3].gain(early).lo == near(10 * WORTH)
