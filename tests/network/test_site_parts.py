"""What a site takes of components when its power grows: by hand, and so that power waits for its parts."""

from __future__ import annotations

import numpy as np
import pytest
from chain_cases import edited, lowered

from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

GROWS = ("sites.site.expansion", {"curve": {100: 300}, "lead": 6, "max_total": 1000, "ramp": [0.5, 1.0]})


def part(used: str, capacity: float = 100.0) -> tuple[str, dict[str, object]]:
    source = {"owner": "maker", "region": "west", "capacity": capacity, "price": 1e5, "lead": 0}
    return (
        "components.transformer",
        {"name": "Transformer", "unit": "MW", "per": "MW of site", "amount": 2, "used": used, "sources": {"a": source}},
    )


@pytest.mark.parametrize(
    ("used", "taken"), [("order", {0: -2.0}), ("evenly", {0: -1.0, 1: -1.0}), ("opening", {2: -1.0, 3: -1.0})]
)
def test_every_megawatt_takes_its_parts_with_the_order_while_building_or_as_it_opens(used, taken):
    net = lowered(GROWS, part(used))
    found = {m.age: float(np.broadcast_to(m.amount, 12)[0]) for m in net.unit_materials if "transformer" in m.material}
    assert {age: amount for age, amount in found.items() if amount} == pytest.approx(taken)


def test_a_site_grows_no_faster_than_its_parts_are_made():
    # 20 MW of transformers a month are 10 MW of site, so 30 MW a quarter from the third on, when the first ones open.
    instance = edited(GROWS, part("opening", 20), ("sites.site.power", 10), ("labs.lab.fleet", {"site": {"gpu": 100}}))
    net = lower(instance)
    solution = solve(net, SolveOptions())
    ordered = sum(solution.orders[n].sum() for n, unit in enumerate(net.units) if unit.tags.role == "site_project")
    assert ordered > 0.0
    made = sum(solution.levels[n] for n, a in enumerate(net.activities) if a.tags.role == "component_order")
    assert made.max() <= 60.0 + 1e-6
    assert made.sum() == pytest.approx(2.0 * ordered)
