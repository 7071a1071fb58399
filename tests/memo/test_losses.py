"""The loss of a company: by hand, and against instances in which it has nothing to give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting_cases import COST, MADE, STOCK, WORTH, chip, die, grounded, solved, tree

import fabopt
from fabopt.analysis.memo.losses import losses
from fabopt.analysis.memo.records import Loss, Memo
from fabopt.analysis.memo.second_source import second_sources
from fabopt.analysis.replan import Again, closed
from fabopt.solve.budget import TimeBudget

WHOLE = pytest.mark.parametrize("whole", [True, False], ids=["searched", "held"])

FAB: dict[str, Any] = {"name": "Fab", "owner": "foundry", "region": "here", "nodes": ["n"], "wafer_starts": 1000}


def found(result: fabopt.Result, whole: bool, lab: str = "lab") -> dict[str, Loss]:
    """The losses by company."""
    ground = grounded(result, lab)
    return {loss.supplier: loss for loss in losses(ground, Again(ground.plan, whole), TimeBudget().allows)}


def worth(loss: Loss) -> tuple[float, float]:
    """Value and compute that are lost."""
    assert loss.value is not None
    assert loss.compute is not None
    return loss.value.value, loss.compute.value


@WHOLE
def test_what_is_in_stock_outlives_the_foundry_but_not_the_designer(tmp_path: Path, whole: bool) -> None:
    """Without the foundry nothing is made; without the designer nothing is shipped either, and what is in stock at the
    end is worth what making it costs."""
    lost = found(solved(tree(), tmp_path), whole)
    made = MADE * (3 * WORTH - COST)
    assert worth(lost["foundry"]) == pytest.approx((made, MADE))
    assert worth(lost["d"]) == pytest.approx((made + STOCK * (4 * WORTH - COST), MADE + STOCK))


@WHOLE
def test_a_second_source_makes_the_first_one_cheap_to_lose(tmp_path: Path, whole: bool) -> None:
    """The other fab makes the same dies at three times the cost: 2,000 USD more for each of those made."""
    raw = tree(
        fabs={"fab": FAB, "far": {**FAB, "name": "Far fab", "owner": "second", "cost_factor": 3}},
        dies={"die": {**die("d"), "fabs": {"fab": {}, "far": {}}}},
    )
    result = solved(raw, tmp_path)
    assert worth(found(result, whole)["foundry"]) == pytest.approx((MADE * 2.0, 0.0), abs=1e-6)
    sources = {source.supplier: source for source in second_sources(grounded(result), ["a"])}
    assert sources["Foundry"].replaceable
    assert sources["Designer"].chips == ("a",)


@WHOLE
def test_of_two_designers_the_other_takes_the_place(tmp_path: Path, whole: bool) -> None:
    """Chip b costs 5,000 USD more, so it is bought only where a cannot be had; a's stock of 20,000 is out of reach."""
    raw = tree(
        designers={"d": {"name": "Designer", "region": "here"}, "e": {"name": "Other", "region": "here"}},
        dies={"die": die("d"), "other": die("e")},
        chips={"a": chip(stock=STOCK), "b": chip("e", "other", assembly_cost=14_000)},
    )
    raw["labs"]["lab"]["designers"]["e"] = 2020
    lost = found(solved(raw, tmp_path), whole)
    assert "e" not in lost  # the lab's compute does not hang on it
    value = STOCK * (WORTH - COST) + MADE * 5.0 + STOCK * 15.0
    assert worth(lost["d"]) == pytest.approx((value, 0.0), abs=1e-6)


@WHOLE
def test_required_demand_that_cannot_be_met_falls_short(tmp_path: Path, whole: bool) -> None:
    """The foundry also makes 12,000 wafers a year for phones, all of them required: 5,000 USD each are lost too."""
    phones = {"name": "Phones", "fabs": {"fab": "n"}, "quantity": 1, "floor": 1, "price": 15_000}
    result = solved(tree(markets={"phones": phones}), tmp_path)
    loss = found(result, whole)["foundry"]
    assert loss.note == "required short"
    assert worth(loss) == pytest.approx((MADE * (3 * WORTH - COST) + 4 * 12 * 5.0, MADE))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "gone"),
    [
        ("laminates", {"components.large.sources.laminates.capacity": 0}),
        ("merlin", {"labs.aurora.designers.merlin": "2040-01-01", "labs.borealis.designers.merlin": "2040-01-01"}),
    ],
)
def test_losses_are_those_of_instances_without_the_company(
    tutorial: fabopt.Result, aurora: Memo, owner: str, gone: dict[str, object]
) -> None:
    left = fabopt.load("instances/tutorial", set=gone).solve(gap=1e-7).run.objective
    loss = next(loss for loss in aurora.losses if loss.supplier == owner)
    assert loss.note == ""
    assert worth(loss)[0] == pytest.approx(tutorial.run.objective - left, abs=0.2)


def test_losses_come_most_expensive_first(aurora: Memo) -> None:
    values = [loss.value.value for loss in aurora.losses if loss.value is not None]
    assert len(values) == len(aurora.losses) == 5
    assert values == sorted(values, reverse=True)


def test_a_company_for_which_no_time_is_left_is_told(tmp_path: Path) -> None:
    ground, no_time = grounded(solved(tree(), tmp_path)), TimeBudget(0)
    assert losses(ground, Again(ground.plan), no_time.allows) == ()
    assert set(no_time.left_out) == {"loss of Foundry", "loss of Designer"}


SHARED = """
horizon: {{start: '2027', periods: 1, period: year, discount_rate: 0}}
network:
  materials: {{a: {{}}, b: {{}}}}
  resources: {{line: {{capacity: 10}}}}
  activities:
    make-a: {{outputs: {{a: 1}}, uses: {{line: 1}}}}
    make-b: {{outputs: {{b: 1}}, uses: {{line: 1}}}}
    extra: {{outputs: {{a: 1}}, upper: 2}}
  demands:
    a: {{quantity: 6, value: {a}, required: true}}
    b: {{quantity: 6, value: {b}, required: true}}
"""


@pytest.mark.parametrize("money", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (3.0, 1.0)])
def test_of_what_is_required_the_most_expensive_is_met_first_in_every_money(
    a: float, b: float, money: float, tmp_path: Path
) -> None:
    """Without the extra line ten can be made of twelve: six of what is worth 3, four of what is worth 1."""
    path = tmp_path / "instance.yaml"
    path.write_text(SHARED.format(a=a * money, b=b * money), encoding="utf-8")
    again = Again(fabopt.load(path).solve(gap=0.0).plan.solved)
    assert again.base / money == pytest.approx(24)
    found = again.value(closed(again.plan, ("extra",), (), np.ones(1, dtype=bool)), lenient=True)
    assert found.short
    assert found.value is not None
    assert found.value / money == pytest.approx(22)
