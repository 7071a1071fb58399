"""Made-up chains: the same bytes from a seed, numbers of the world's chain, a plan that ships, clear refusals."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app
from fabopt.io.levers import list_levers
from fabopt.io.synthetic.chain import synthetic_files
from fabopt.io.synthetic.shape import Shape, ShapeError, read_shape

SMALL = "chips=4,fabs=4,labs=3,periods=6"
INSTANCES = Path(__file__).parents[2] / "instances"


def digest(files: dict[str, str]) -> str:
    """One hash of names and contents."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    shape = read_shape(SMALL)
    first = digest(synthetic_files(shape, 7))
    assert first == digest(synthetic_files(shape, 7))
    assert first != digest(synthetic_files(shape, 8))


def test_what_the_command_writes_is_what_the_function_returns_and_its_plan_ships(tmp_path: Path) -> None:
    folder = tmp_path / "made-up"
    said = CliRunner().invoke(app, ["new", str(folder), "--synthetic", SMALL, "--seed", "3"])
    assert said.exit_code == 0, said.output
    instance = fabopt.load(folder)
    assert instance == fabopt.synthetic(chips=4, fabs=4, labs=3, periods=6, seed=3)
    assert [finding for finding in instance.validate() if finding.severity == "error"] == []
    result = instance.solve(gap=0.01)
    assert result.has_plan
    assert result.shipments["kaccelerator"].sum() > 1.0  # thousand accelerators


def test_every_chip_can_be_made_for_every_lab_that_uses_its_designer() -> None:
    instance = fabopt.synthetic(chips=24, fabs=12, labs=7, periods=12, seed=1)
    data = instance.data
    deployed = {(a.tags.chip, a.tags.lab) for a in instance.network.activities if a.tags.role == "shipment"}
    wanted = {
        (c, lab) for lab, its in data.labs.items() for c, chip in data.chips.items() if chip.designer in its.designers
    }
    assert deployed == wanted
    assert 0 < len(wanted) < len(data.chips) * len(data.labs) / 2, "a lab buys from few designers"
    assert all(len(fab.nodes) <= 2 for fab in data.fabs.values())
    assert any(len(maker.offers) < len(data.hbm) for maker in data.memory_makers.values())


def spans(instance: fabopt.Instance, ranges: bool) -> dict[str, tuple[float, float]]:
    """Least and most of every field over all records and dates, or of its ranges; names of records left out."""
    named = {
        name
        for _, section in instance.data
        if isinstance(section, dict) or hasattr(section, "keys")
        for name in section
    }
    found: dict[str, tuple[float, float]] = defaultdict(lambda: (math.inf, -math.inf))
    for lever in list_levers(instance.data):
        parts = lever.path.split(".")
        plain = ["*" if part in named or "-makers" in part or "laminates-" in part else part for part in parts[1:]]
        values = [
            value
            for point in lever.quantity.points
            for value in ((point.value, point.low, point.high) if ranges else (point.value,))
            if value is not None
        ]
        low, high = found[key := ".".join([parts[0], *plain])]
        found[key] = min(low, *values), max(high, *values)
    return found


def test_numbers_lie_within_the_ranges_of_the_worlds_chain() -> None:
    world, made = (
        spans(fabopt.load(INSTANCES / "frontier"), True),
        spans(fabopt.synthetic(chips=30, fabs=16, labs=12, periods=20), False),
    )
    shared = [key for key in made if key in world]
    assert len(shared) > 60
    outside = {
        key: (made[key], world[key])
        for key in shared
        if made[key][0] < world[key][0] * (1 - 1e-9) or made[key][1] > world[key][1] * (1 + 1e-9)
    }
    assert outside == {}


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("chips=4,fabs=4,labs=3", "does not say how many periods"),
        ("chips=4,fabs=4,labs=3,period=6", "did you mean 'periods'"),
        ("chips=four,fabs=4,labs=3,periods=6", "chips is a whole number, not 'four'"),
        ("chips=4,fabs=1,labs=3,periods=6", "2 to 2,000 fabs, not 1\\."),
        ("chips=4,chips=5,fabs=4,labs=3,periods=6", "'chips' is given twice"),
        ("40 chips", "is no NAME=NUMBER"),
    ],
)
def test_a_size_that_makes_no_chain_is_refused_in_words(size: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=says):
        read_shape(size)
    said = CliRunner().invoke(app, ["new", str(tmp_path / "none"), "--synthetic", size])
    assert said.exit_code == 2
    assert not (tmp_path / "none").exists()


def test_a_size_is_no_truth_value_and_a_folder_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="labs"):
        Shape(4, 4, True, 6)
    (tmp_path / "mine").write_text("kept")
    said = CliRunner().invoke(app, ["new", str(tmp_path), "--synthetic", SMALL])
    assert said.exit_code == 2
    assert (tmp_path / "mine").read_text() == "kept"
