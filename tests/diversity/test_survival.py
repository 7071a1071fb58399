"""What remains when a supplier stops: optima by hand, and plans re-simulated with the supplier stopped."""

from dataclasses import replace

import numpy as np
import pytest
from diversity_cases import chain, levels, planned

from fabopt.model.tables import model_tables
from fabopt.network.checks import check

FREE = 10 * (60 - 3)


def limit(**more):
    return {"of": "memory-maker", "suppliers": ["good"], "share": 0.6, "stop": "3 month", **more}


def simulated(net, plan, supplier, first, last, opening=0.0):
    """Run the plan again, period by period, with a maker stopped: chips that lack a stack are not built."""
    stacks = np.zeros(net.n_periods)
    for name in ("good", "spare"):
        made = np.array(levels(net, plan, name))
        if name == supplier:
            made[first : last + 1] = 0.0
        stacks += made
    gpus = np.cumsum(np.minimum(stacks, levels(net, plan, "pack"))) + opening
    runs, asics = np.array(levels(net, plan, "run-gpus")), np.array(levels(net, plan, "run-asics"))
    return (np.minimum(gpus, runs) + asics) / (runs + asics)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("months", [3, 6, 12])
@pytest.mark.parametrize("opening", [0, 25])
def test_a_plan_run_again_with_the_maker_stopped_keeps_the_share_and_no_more_than_it_pays_to(share, months, opening):
    net, plan = planned(chain(4, opening), resilience={"hold": limit(share=share, stop=f"{months} month")})
    length = months // 3
    left = [
        simulated(net, plan, "good", first, min(first + length, 4) - 1, opening)[first:].min() for first in range(4)
    ]
    assert min(left) >= share - 1e-6
    if sum(levels(net, plan, "spare")) > 0:
        assert min(left) == pytest.approx(share, abs=1e-6)  # a spare stack costs more, so there is none too many
        free, bare = planned(chain(4, opening))
        remains = [simulated(free, bare, "good", f, min(f + length, 4) - 1, opening)[f:].min() for f in range(4)]
        assert min(remains) < share  # and without the limit the share is not kept


def test_a_stop_of_a_quarter_at_any_time_needs_spare_stacks_by_hand():
    """x chips a quarter with good stacks. A stop in the first quarter leaves 10 - x of 10 then, so x <= 4; one in
    the second leaves (20 - x) of 20, which allows x = 8; one in the third 30 - x of 30, so all 10.
    """
    net, plan = planned(resilience={"hold": limit()})
    assert levels(net, plan, "spare") == [6, 2, 0]
    assert plan.objective == pytest.approx(FREE - 8 * 2)


def test_a_stop_of_a_year_counts_all_that_was_not_made_since():
    """From the first quarter on, 10 t - (sum of x) of 10 t must be 60 %: x = 4 each."""
    net, plan = planned(resilience={"hold": limit(stop="12 month")})
    assert sum(levels(net, plan, "spare")) == pytest.approx(18)
    assert plan.objective == pytest.approx(FREE - 18 * 2)


def test_what_stands_keeps_running_and_counts():
    """With 15 standing, a stop in the first quarter leaves 15 of 25 or more, and later ones leave more."""
    net, plan = planned(chain(opening=15), resilience={"hold": limit()})
    assert levels(net, plan, "spare") == [0, 0, 0]
    net, plan = planned(chain(opening=14), resilience={"hold": limit()})
    assert levels(net, plan, "spare") == [pytest.approx(0.4), 0, 0]


def test_any_one_maker_includes_the_spare_one():
    """Either may stop in the only quarter: with at least 50 % left of either, both make half; 60 % of either is less
    compute than planned, so that nothing can be planned with stacks and ASICs must stand in: at most 40 % each.
    """
    net, plan = planned(chain(1), resilience={"hold": limit(suppliers=[], share=0.5)})
    assert levels(net, plan, "spare") == [5]
    net, plan = planned(chain(1), resilience={"hold": limit(suppliers=[])})
    assert [levels(net, plan, a) for a in ("good", "spare", "build")] == [[4], [4], [2]]


def test_stops_that_begin_between_dates_and_are_watched_for_a_while():
    """Only a stop in the second quarter counts, watched for that quarter: 20 - x of 20 is 60 % with x = 8."""
    held = limit(since="2027Q2", until="2027Q2", watch="3 month")
    net, plan = planned(resilience={"hold": held})
    assert sum(levels(net, plan, "spare")[1:]) == pytest.approx(2)
    assert plan.objective == pytest.approx(FREE - 2 * 2)


def test_what_is_promised_for_a_part_of_the_quarter_in_which_a_stop_begins_is_held_to_that_part_of_the_share():
    """Promised for 81 of the 91 days of the second quarter: x of the 20 made by then may be lost."""
    held = limit(since="2027-04-11", until="2027Q2", watch="3 month", share=0.9)
    net, plan = planned(resilience={"hold": held})
    lost = 20 * (1 - 0.9 * 81 / 91)
    assert sum(levels(net, plan, "spare")[1:]) == pytest.approx(10 - lost, abs=1e-6)


def test_stops_at_the_beginning_of_each_year_only():
    net, _ = planned(resilience={"hold": limit(begins="year", since="2027Q2", share=0.9, watch="3 month")})
    rows = {group.id for group in net.groups}
    assert rows == {"resilience:hold:lab:good:2027Q2"}


def test_the_price_of_survival_is_reported_by_row():
    """In one quarter, one unit of compute more that need not remain saves a spare stack: 2."""
    _, plan = planned(chain(1), resilience={"hold": limit()})
    (state,) = [s for s in plan.limits if s.entity.startswith("resilience:")]
    assert state.entity == "resilience:hold:lab:good:2027Q1"
    assert state.name == "hold: lab's compute if Good stops in 2027Q1"
    assert abs(state.price) == pytest.approx(2.0)


def test_a_stock_of_stacks_is_a_second_source():
    """With stacks that keep, the plan before a stop may fill a store: 10 in the first quarter cost no more."""
    raw = chain()
    raw["network"]["materials"]["stack"] = {"storable": True}
    held = limit(since="2027Q2")
    net, plan = planned(raw, resilience={"hold": held})
    assert levels(net, plan, "spare") == [0, 0, 0]
    assert plan.objective == pytest.approx(FREE)


def test_what_adds_capacity_stops_with_its_maker():
    """A bonder adds 5 a quarter to come, and its maker may stop: what was ordered before the stop is delivered."""
    raw = chain()
    raw["network"]["resources"]["bonders"] = {"capacity": 1, "tags": {"owner": "tooler"}}
    raw["network"]["units"] = {
        "bonder": {"adds": {"hall": 5}, "occupies": {"bonders": {"amount": 1, "lasts": 1}}, "lead": 1, "whole": False}
    }
    net, plan = planned(raw)
    assert plan.objective == pytest.approx(10 * (3 * 10 + 2 * 15 + 20) - 45)
    # With the maker stopped in 2027Q1, 10 of 15 are packed in 2027Q2 and 20 of 25 run: less than 90 %. So the plan
    # packs, or runs, less in 2027Q2.
    net, plan = planned(
        raw, resilience={"hold": {"of": "owner", "suppliers": ["tooler"], "share": 0.9, "stop": "3 month"}}
    )
    packed, runs = np.array(levels(net, plan, "pack")), np.array(levels(net, plan, "run-gpus"))
    assert not any(levels(net, plan, "build"))
    orders = plan.orders[0]
    for first in range(3):
        left = np.where(np.arange(3) == first, 0.0, orders)
        hall = 10.0 + 5.0 * np.concatenate([[0.0], np.cumsum(left)[:-1]])
        remains = np.minimum(np.cumsum(np.minimum(packed, hall)), runs) / runs
        assert remains[first:].min() >= 0.9 - 1e-6
    assert plan.objective < 10 * (3 * 10 + 2 * 15 + 20) - 45 - 1.0


def test_the_stock_that_remains_is_not_called_idle():
    net, _ = planned(resilience={"hold": limit()})
    assert [one for one in check(net) if "remaining" in one.message] == []
    bare = replace(net, remainders=())
    assert any("stock of gpus, remaining" in one.message for one in check(bare))


def test_what_remains_keeps_to_the_capacity_that_is_there_when_the_network_is_changed_later():
    """The hall is cut from 10 to 5 after lowering: no more than 5 can remain either."""
    raw = chain()
    raw["network"]["resources"]["bonders"] = {"capacity": 1, "tags": {"owner": "tooler"}}
    raw["network"]["units"] = {"bonder": {"adds": {"hall": 5}, "occupies": {"bonders": 1}}}
    hold = {"of": "owner", "suppliers": ["tooler"], "share": 0.5, "stop": "3 month"}
    net, _ = planned(raw, resilience={"hold": hold})
    less = replace(net, resources=tuple(replace(r, base=r.base / 2) for r in net.resources))
    for changed, base in ((net, 10.0), (less, 5.0)):
        assert set(model_tables(changed).rows["remaining_capacity"].upper.tolist()) == {base}


@pytest.mark.parametrize("disposal", [{"disposal_cost": 2}, {"disposal": False}])
def test_what_is_sold_or_thrown_away_by_the_plan_takes_nothing_from_what_remains(disposal):
    """Chips are sold as such too, and cost something (or cannot) be thrown away: under a stop compute comes first."""
    raw = chain()
    raw["network"]["materials"]["chip"] |= disposal
    raw["network"]["demands"]["loose"] = {"material": "chip", "quantity": 3, "value": 1}
    net, _ = planned(raw, resilience={"hold": limit(watch="3 month")})
    tables = model_tables(net)
    sold = [set(range(part.start, part.stop)) for part in (tables.columns[b].columns for b in ("deliver", "disposal"))]
    rows, plan = tables.rows["remaining_balance"], tables.rows["balance"]
    assert sold[0] & set(plan.col.tolist())
    assert (sold[0] | sold[1]).isdisjoint(rows.col.tolist())
    assert np.isinf(rows.lower).all()
    assert np.isfinite(plan.lower).any()
    # Each stop is watched in the quarter in which it begins, and no balance is kept later.
    assert {(key[0].split(":")[3], key[-1]) for key in rows.keys} == {(f"2027Q{q}", f"2027Q{q}") for q in (1, 2, 3)}
