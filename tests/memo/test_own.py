"""What a lab's own chips are worth, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from waiting_cases import COST, MADE, STOCK, WORTH, chip, die, grounded, solved, tree

from fabopt.analysis.memo.own import own_chips
from fabopt.analysis.memo.records import OwnChip
from fabopt.analysis.replan import Again
from fabopt.solve.budget import TimeBudget

ALL = STOCK * (4 * WORTH - COST) + MADE * (3 * WORTH - COST)
"""What the plan is worth above what is left in stock without it."""

PROGRAMME = {"funded_by": "lab", "non_recurring_cost": 100, "design_time": 12}


def own(raw: dict[str, Any], folder: Path, whole: bool | None = None) -> list[OwnChip]:
    """The own chips of the lab."""
    ground = grounded(solved(raw, folder))
    return list(own_chips(ground, Again(ground.plan, whole), TimeBudget(), 20.0))


def test_another_designers_chip_is_not_the_labs_own(tmp_path: Path) -> None:
    assert own(tree(), tmp_path) == []


@pytest.mark.parametrize("whole", [True, False], ids=["searched", "held"])
@pytest.mark.parametrize("designer", ["d", "lab"], ids=["belongs", "same"])
def test_an_own_chip_is_worth_what_the_plan_loses_without_it(tmp_path: Path, designer: str, whole: bool) -> None:
    """The designer belongs to the lab, or is the lab."""
    record = {"name": "Designer", "region": "here", "lab": "lab"}
    raw = tree(designers={designer: record}, chips={"a": chip(designer, stock=STOCK)}, dies={"die": die(designer)})
    raw["labs"]["lab"]["designers"] = {designer: 2020}
    (found,) = own(raw, tmp_path, whole)
    assert (found.chip, found.funded, found.as_bargaining) == ("a", True, None)
    assert found.worth is not None
    assert found.worth.value == pytest.approx(ALL)


@pytest.mark.parametrize("whole", [True, False], ids=["searched", "held"])
def test_a_programme_is_worth_its_chips_less_its_cost(tmp_path: Path, whole: bool) -> None:
    """It is funded at once and ships 100,000 two years later, each of which does the work of two for two years."""
    raw = tree(
        chips={"a": chip(performance={"work": 2}, programme=PROGRAMME)},
        designers={"d": {"name": "Designer", "region": "here", "lab": "lab"}},
    )
    (found,) = own(raw, tmp_path, whole)
    assert found.funded
    assert found.worth is not None
    assert found.worth.value == pytest.approx(100 * (4 * WORTH - COST) - 100)
    if whole:
        assert found.as_bargaining is not None
        assert found.as_bargaining.value == 0.0  # nobody splits anything


def test_a_programme_that_is_not_funded_is_told(tmp_path: Path) -> None:
    """For 10 bn USD nobody funds it."""
    raw = tree(
        chips={"a": chip(performance={"work": 2}, programme={**PROGRAMME, "non_recurring_cost": 10_000})},
        designers={"d": {"name": "Designer", "region": "here", "lab": "lab"}},
    )
    (found,) = own(raw, tmp_path)
    assert not found.funded
    assert found.worth is not None
    assert found.worth.value == pytest.approx(0.0, abs=1e-6)
