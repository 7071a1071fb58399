"""What is wrong with the file of a sweep is told with file, line and field, all at once, before anything is solved."""

from __future__ import annotations

import pytest
from sweep_cases import INSTANCES, LINE, VALUE, shop

import fabopt
from fabopt.cli import main
from fabopt.io.problems import InstanceError

FAULTS = {
    "an unknown lever": (
        "levers:\n  network.resources.lien.capacity: [1]\n",
        2,
        ("network.resources.lien.capacity", "did you mean 'network.resources.line.capacity'?"),
    ),
    "an unknown lever with a range": (
        "levers:\n  network.resources.lin.capacity: {low: 1, high: 2}\n",
        2,
        ("did you",),
    ),
    "low above high": (
        f"levers:\n  {LINE}:\n    low: 9\n    high: 4\n",
        3,
        (f"levers.{LINE}.low", "the low of 9 lies above the high of 4"),
    ),
    "a low above the number's own high": (
        f"levers:\n  {LINE}: {{low: 40}}\n",
        2,
        ("low of 40 lies above the high of 12",),
    ),
    "a value that is none": (f"levers:\n  {LINE}: [1, many]\n", 2, (f"levers.{LINE}.1", "'many'")),
    "a value that the field does not admit": (f"levers:\n  {LINE}: [-1]\n", 2, ("at least 0",)),
    "values and a range": (f"levers:\n  {LINE}: {{values: [1], low: 0}}\n", 2, ("not both",)),
    "a lever without range": ("levers:\n  network.demands.shop.required: {}\n", 2, ("no range", "list the values")),
    "a range of nothing": (f"levers:\n  {LINE}: {{low: 5, high: 5}}\n", 2, ("it has no range",)),
    "an unknown method": ("method: gird\n", 1, ("'gird'", "did you mean 'grid'?")),
    "an unknown field": ("lever: {}\n", 1, ("no such field", "did you mean 'levers'?")),
    "an unknown scenario": ("scenarios: [base, bussy]\n", 1, ("'bussy'", "did you mean 'busy'?")),
    "a scenario twice": ("scenarios: [busy, busy]\n", 1, ("twice",)),
    "no samples": (f"method: sobol\nlevers: {{{LINE}: }}\n", 1, ("needs the field samples",)),
    "samples of a grid": (f"samples: 8\nlevers: {{{LINE}: }}\n", 1, ("samples belong to",)),
    "no power of two": ("method: sobol\nsamples: 12\n", 2, ("12 is no power of two", "take 8 or 16")),
    "steps of samples": (f"method: sobol\nsamples: 2\nlevers:\n  {LINE}: {{steps: 4}}\n", 4, ("steps belong to",)),
    "an empty grid": ("seed: 1\n", 1, ("a grid needs levers",)),
    "an unknown figure": (f"levers: {{{LINE}: }}\nfigures: [powr]\n", 2, ("figures.0", "did you mean 'power'?")),
    "a figure of no period": (f"levers: {{{LINE}: }}\nfigures: [power@2040]\n", 2, ("'2040' is no reported period",)),
    "an objective without target": (f"levers: {{{LINE}: }}\nsolve: {{objective: time_to_compute}}\n", 2, ("target",)),
    "compute by no period": (f"levers: {{{LINE}: }}\nsolve:\n  by: 2031\n", 3, ("solve.by", "'2031'")),
    "a list": ("- 1\n", 1, ("a sweep is a mapping",)),
    "no YAML": ("levers: [\n", 2, ("not YAML",)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_file_line_and_field(name, tmp_path, capsys):
    text, line, says = FAULTS[name]
    spec = tmp_path / "sweep.yaml"
    spec.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert main(["sweep", str(shop(tmp_path / "shop")), str(spec), "--out", str(out)]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"{spec}:{line}: ")
    assert all(part in printed.err for part in says), printed.err
    assert "Traceback" not in printed.err + printed.out
    assert not out.exists()


def test_all_faults_are_told_at_once(tmp_path):
    spec = {"levers": {LINE: {"low": 9, "high": 4}, VALUE: ["much"], "network.nothing": [1]}, "figures": ["powr"]}
    with pytest.raises(InstanceError) as raised:
        fabopt.sweep(shop(tmp_path), spec)
    assert len(raised.value.problems) == 4


def test_more_runs_than_are_allowed_are_refused_before_they_are_listed(tmp_path, capsys):
    spec = tmp_path / "sweep.yaml"
    spec.write_text(f"levers:\n  {LINE}: {{steps: 10000}}\n  {VALUE}: {{steps: 10000}}\n", encoding="utf-8")
    assert main(["sweep", str(shop(tmp_path / "shop")), str(spec), "--max-runs", "40"]) == 2
    said = capsys.readouterr().err
    assert "100,000,000 runs, more than the 40 that are allowed" in said
    assert "--max-runs 100000000" in said


def test_exactly_as_many_runs_as_are_allowed_go(tmp_path):
    assert len(fabopt.sweep(shop(tmp_path), {"levers": {LINE: [1, 2, 3]}}, max_runs=3).frame) == 3


def test_an_absolute_end_of_a_series_is_refused_with_the_way_out():
    for low in (1, "1 USD/H100e/h"):
        spec = {"levers": {"demand_curve.reference_price": {"low": low, "high": "*2"}}}
        with pytest.raises(InstanceError, match=r"low: .* is a series of .* scale it \('\*1.1'\), move it \('\+5'"):
            fabopt.sweep(INSTANCES / "tutorial", spec)


def test_a_fault_of_the_instance_is_told_as_everywhere(tmp_path, capsys):
    folder = shop(tmp_path / "shop")
    (folder / "instance.yaml").write_text("horizon: {start: never, periods: 1}\n", encoding="utf-8")
    (tmp_path / "sweep.yaml").write_text(f"levers: {{{LINE}: }}\n", encoding="utf-8")
    assert main(["sweep", str(folder), str(tmp_path / "sweep.yaml")]) == 2
    assert "instance.yaml:1: horizon.start: " in capsys.readouterr().err
