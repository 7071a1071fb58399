"""How a capacity grows, on workshops whose best plan is known by hand or by trying everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from expansion_cases import workshop

from fabopt.domain.expansion import SiteExpansion
from fabopt.solve.run import solve

CURVE = {100: 1000, 300: 2400, 500: 3200}


def cheapest(amount: float, least: float = 0.0) -> float:
    """What so much costs in projects of 0 to 500, by the curve, the best of all ways to split it over some of them."""
    sizes = sorted({0, *CURVE})
    costs = [0, *(CURVE[size] for size in sizes[1:])]
    best = np.inf
    for projects in range(1, 13):
        # At the best of a concave cost all projects but one have a size at which the curve bends, or the least.
        for others in product({*CURVE, max(least, 100)}, repeat=min(projects - 1, 3)):
            last = amount - sum(others)
            if least <= last <= 500 and last >= 0:
                best = min(best, sum(np.interp(size, sizes, costs) for size in (*others, last)))
    return float(best)


@pytest.mark.parametrize("amount", [40, 100, 260, 500, 740, 1000, 1360])
def test_a_capacity_is_built_in_as_many_projects_at_once_as_are_cheapest(amount):
    # It is worth far more than it costs, and is wanted in the first year already.
    record = SiteExpansion(curve=CURVE, lead=0, max_total=5000, life=4)
    solved = solve(workshop(record, wanted=amount, earns=1000.0))
    assert solved.objective == pytest.approx(4 * amount * 1000 - cheapest(amount))


def test_no_project_is_smaller_than_the_least():
    # 40 wanted, and a project has at least 60: 60 are built at 10 each.
    record = SiteExpansion(curve=CURVE, least=60, lead=0, max_total=5000, life=4)
    assert solve(workshop(record, wanted=40, earns=1000.0)).objective == pytest.approx(4 * 40 * 1000 - 600)
    # Two of 60 would hold 110 at 10 each; one of 110 costs 1000 + 10 x 7.
    assert solve(workshop(record, wanted=110, earns=1000.0)).objective == pytest.approx(4 * 110 * 1000 - 1070)


def test_the_choice_of_a_size_forbids_no_other_in_the_same_year():
    # The largest projects, 500 at 6.4 each, as many as there is room for, all in the first year.
    record = SiteExpansion(curve=CURVE, lead=0, max_total=4000, life=4)
    solved = solve(workshop(record, wanted=9000, earns=1000.0))
    assert solved.objective == pytest.approx(4 * 4000 * 1000 - 8 * 3200)
    assert solved.placed.sum() == 8
