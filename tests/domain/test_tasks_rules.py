"""Bad input of demand from tasks, told with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

import fabopt
from fabopt.io.problems import InstanceError

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
ORIGINAL = TUTORIAL / "scenarios" / "tasks.yaml"
TIER = "labs.aurora.demand.tasks.free"


def told(*sets: str) -> str:
    with pytest.raises(InstanceError) as caught:
        fabopt.load(TUTORIAL, "tasks", set=list(sets))
    return str(caught.value)


@pytest.mark.parametrize(
    ("sets", "field", "says"),
    [
        (["{tier}.split.inference=0.9"], "{tier}.split", "add up to 0.9, not to 1"),
        (["{tier}.tasks=0"], "{tier}.tasks", "more than 0"),
        (["{tier}.load_factor=0"], "{tier}.load_factor", "more than 0"),
        (["{tier}.tokens_growth=-100 %/year"], "{tier}.tokens_growth", "more than -1"),
        (["{tier}.models.small.price=1"], "{tier}.models.small.price", "'worth' and 'price' are given"),
        (["models.small.compute.inference=-1"], "models.small.compute.inference", "more than 0"),
    ],
)
def test_a_tier_that_does_not_hold_together_is_named_by_its_field(sets: list[str], field: str, says: str):
    text = told(*(entry.format(tier=TIER) for entry in sets))
    assert field.format(tier=TIER) in text
    assert says in text


def scenario(tmp_path: Path, text: str, replaced: str) -> str:
    """What is told of the tutorial where the file of the scenario has other text."""
    original = ORIGINAL.read_text()
    assert original.count(text) == 1
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "instance.yaml").write_text((TUTORIAL / "instance.yaml").read_text())
    (tmp_path / "scenarios" / "tasks.yaml").write_text(original.replace(text, replaced))
    with pytest.raises(InstanceError) as caught:
        fabopt.load(tmp_path, "tasks")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "replaced", "near", "field", "says"),
    [
        ("large: {worth: 0.0012", "lage: {worth: 0.0012", "large: {worth: 0.0012", f"{TIER}.models.lage", "'large'"),
        ("            tasks: 5 task/customer/day\n", "", "free:", f"{TIER}.tasks", "missing"),
        ("small: {worth: 0.0006 USD/task}", "small: {}", "small: {worth", f"{TIER}.models.small", "nothing says what"),
    ],
)
def test_what_a_tier_lacks_is_named_with_file_line_and_field(
    tmp_path: Path, text: str, replaced: str, near: str, field: str, says: str
):
    message = scenario(tmp_path, text, replaced)
    line = next(n for n, known in enumerate(ORIGINAL.read_text().splitlines(), start=1) if near in known)
    assert f"tasks.yaml:{line}" in message
    assert field in message
    assert says in message


def test_a_model_without_compute_for_a_workload_of_the_tokens_is_named():
    text = told(f"{TIER}.split={{inference: 0.5, training: 0.5}}")
    assert f"{TIER}.models.small" in text
    assert "fall on training, for which Small model states no compute" in text


def test_models_of_which_each_needs_more_of_some_workload_are_refused():
    text = told(
        f"{TIER}.split={{inference: 0.5, training: 0.5}}",
        "labs.aurora.demand.tasks.enterprise.models={small: {price: 1}}",
        "models.small.compute={inference: 0.3, training: 3}",
        "models.large.compute={inference: 1.5, training: 2}",
    )
    assert f"{TIER}.models.large" in text
    assert "neither is the dearer model" in text


def test_a_lab_that_wants_nothing_and_one_with_half_a_curve_are_refused():
    assert "'total' and 'split' go together" in told("labs.borealis.demand={total: 100}")
    assert "Borealis wants nothing" in told("labs.borealis.demand={}")
