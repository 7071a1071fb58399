"""Sites: synchronised loads, grid connections and generation, on fleets that are small enough to count."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from chain_cases import MINIMAL, edited

from fabopt.network.lower import lower
from fabopt.solve.run import solve

OLD = {**copy.deepcopy(MINIMAL["chips"]["gpu"]), "name": "Old", "performance": {"train": 1, "serve": 1}, "survival": 1}
SITE = {**MINIMAL["sites"]["site"], "energy_price": 50}
CHAIN = {
    "horizon.periods": 2,
    "horizon.discount_rate": 0,
    "chips.gpu.performance": {"train": 3, "serve": 3},
    "chips.gpu.survival": 1,
    "chips.old": OLD,
    "workloads.train.synchronised": True,
    "workloads.train.price_ratio": 10,
    "workloads.serve": {"name": "Serving"},
    "labs.lab.designers": {"green": "2040"},
    "labs.lab.demand.split": {"train": 0.5, "serve": 0.5},
    "labs.lab.fleet": {"site": {"gpu": 10}, "two": {"old": 20}},
    "sites.site": SITE,
    "sites.two": {**SITE, "name": "Two"},
}
"""20 old accelerators at one site and 10 three times as good at another, 2 kW each, and training is worth ten times
what serving is."""


def solved(**changes):
    """Solve the chain with changes; return the network, the solution, and levels by activity."""
    net = lower(edited(*(CHAIN | {key.replace("__", "."): value for key, value in changes.items()}).items()))
    solution = solve(net)
    return net, solution, {a.id: solution.levels[n] for n, a in enumerate(net.activities)}


@pytest.mark.parametrize(
    ("first", "second", "trained"),
    [
        (1, 1, 50),
        (0, 0.5, 10),  # half of the old ones, although their site could spare the power for all the good ones
        (0.5, 0, 15),
        (0.5, 0.25, 20),
    ],
)
def test_a_synchronised_load_runs_on_what_stands_at_sites_that_can_bear_it(first, second, trained):
    _, _, level = solved(sites__site__synchronised_share=first, sites__two__synchronised_share=second)
    runs = {key: value for key, value in level.items() if key.startswith("run:") and key.endswith(":train")}
    made = 3 * runs["run:gpu:lab:train"] + runs["run:old:lab:train"]
    assert made.tolist() == pytest.approx([trained] * 2)
    # What does not train serves.
    served = 3 * level["run:gpu:lab:serve"] + level["run:old:lab:serve"]
    assert served.tolist() == pytest.approx([50 - trained] * 2)


def test_chips_at_one_site_share_what_it_can_bear_by_power():
    # Beside the good ones at the first site stand 10 old ones: half of its 40 MW train, all of it on good ones.
    fleet = {"site": {"gpu": 10, "old": 10}, "two": {"old": 10}}
    level = solved(labs__lab__fleet=fleet, sites__site__synchronised_share=0.5, sites__two__synchronised_share=0)[2]
    assert level["join:gpu:site"].tolist() == pytest.approx([10, 10])
    assert level["join:old:site"].tolist() == pytest.approx([0, 0])


def test_accelerators_of_one_site_do_not_stand_in_for_those_of_another():
    # Ten good ones at each site, and only those of the first can be joined.
    fleet = {"site": {"gpu": 10}, "two": {"gpu": 10}}
    level = solved(labs__lab__fleet=fleet, sites__two__synchronised_share=0)[2]
    assert level["run:gpu:lab:train"].tolist() == pytest.approx([10, 10])


HOURS = 8766 / 4
GENERATION = {"price": 100, "expansion": {"curve": {100: 10}, "lead": 3, "max_total": 50, "life": 0.25}}


def test_what_is_built_runs_as_far_as_grid_and_generation_carry_it():
    # The second site is built for 48 MW, as much as its 20 accelerators take with PUE; the grid carries half of it. Of
    # generators 24 MW at 0.1 each come for the second quarter.
    net, solution, level = solved(
        sites__two__power=48, sites__two__grid={"capacity": 24}, sites__two__generation=GENERATION,
    )  # fmt: skip
    assert level["operate:old:two"].tolist() == pytest.approx([10, 20])
    assert level["grid:two"].tolist() == pytest.approx([24, 24])
    assert level["generation:two"].tolist() == pytest.approx([0, 24])
    orders = {unit.id: solution.orders[n].tolist() for n, unit in enumerate(net.units)}
    assert orders["build:generation:two:1"] == pytest.approx([24, 0])
    # All that is paid costs as much more as prices are higher: by 1, 2 and 0.1.
    dear = GENERATION | {"price": 102, "expansion": GENERATION["expansion"] | {"curve": {100: 20}}}
    more = solved(
        sites__two__power=48, sites__two__grid={"capacity": 24}, sites__two__generation=dear,
        sites__two__energy_price=51,
    )[1]  # fmt: skip
    assert solution.objective - more.objective == pytest.approx((48 * 1 + 24 * 2) * HOURS * 1e-6 + 24 * 0.1)


def test_own_generation_that_is_cheaper_stands_in_for_the_grid():
    own = {"capacity": 30, "price": 20}
    _, _, level = solved(sites__two__power=48, sites__two__generation=own)
    assert level["generation:two"].tolist() == pytest.approx([30, 30])
    assert level["grid:two"].tolist() == pytest.approx([18, 18])


def test_a_grid_connection_has_a_lead_time_and_a_price_of_its_own():
    # The building is there in the first quarter; the connection, at 2 a MW, in the second.
    grid = {"capacity": 0, "expansion": {"curve": {100: 200}, "lead": 3, "max_total": 50, "life": 0.25}}
    _, solution, level = solved(sites__two__power=48, sites__two__grid=grid)
    assert level["operate:old:two"].tolist() == pytest.approx([0, 20])
    dear = grid | {"expansion": grid["expansion"] | {"curve": {100: 300}}}
    more = solved(sites__two__power=48, sites__two__grid=dear)[1]
    assert solution.objective - more.objective == pytest.approx(48 * 1)


def test_electricity_is_paid_for_the_mean_draw():
    full, half = (solved(sites__two__load_factor=load)[1].objective for load in (1, 0.5))
    assert half - full == pytest.approx(0.5 * 2 * 48 * 50 * HOURS * 1e-6)


def test_electricity_costs_what_it_does_where_its_sources_are_told_apart():
    together, apart = (solved(**more)[1] for more in ({}, {"sites__two__grid": {}}))
    assert apart.objective == pytest.approx(together.objective)
    assert np.isclose(lower(edited(*CHAIN.items())).standing_value, solved(sites__two__grid={})[0].standing_value)
