"""A sweep that was stopped, killed or spread over processes gives the same tables, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyarrow import parquet
from sweep_cases import COST, INSTANCES, LINE, VALUE, shop

import fabopt
from fabopt.analysis.sweep.store import FORMAT
from fabopt.cli import main
from fabopt.io.seal import as_bytes, sealed_with
from fabopt.solve.results.folder import ResultError

SPEC = """
method: grid
scenarios: [base, hbm-squeeze]
levers:
  packaging_lines.bridgeworks.capacity: ["*0.5", "*2"]
  sites.coast.power: [200 MW, 500 MW]
solve: {gap: 0.01}
"""
TABLES = ("cases", "labs", "chips", "demands")
RUNS = 8


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.parquet").read_bytes() for name in (*TABLES,)}


def said(folder: Path) -> dict[str, object]:
    """Return the record but for the hashes that depend on the order in which cases were done."""
    found = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    assert found.pop("hash")
    assert found["files"].pop("runs.jsonl")
    return found


def command(spec: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "fabopt", "sweep", str(INSTANCES / "tutorial"), str(spec), "--out", str(out), *more]


def wait_for(runs: Path, lines: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until some cases are finished and others are not."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        if runs.is_file() and runs.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.02)
    pytest.fail("the sweep ended, or did not get on")


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "sweep.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(spec):
    """The sweep, left alone in one process."""
    out = spec.parent / "alone"
    assert main(["sweep", str(INSTANCES / "tutorial"), str(spec), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_half_way_and_resumed_it_gives_the_table_of_one_left_alone(workers, spec, alone, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(command(spec, out, "--workers", workers), stderr=subprocess.DEVNULL)
    wait_for(out / "runs.jsonl", 3, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = (out / "runs.jsonl").read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]
    assert 3 <= whole.count(b"\n") < RUNS
    with (out / "runs.jsonl").open("ab") as stream:
        stream.write(b'{"case": 7, "stat')  # cut off in the middle of a line
    assert subprocess.run(command(spec, out, "--workers", workers, "--resume"), capture_output=True).returncode == 0
    assert tables(out) == tables(alone)
    assert (out / "runs.jsonl").read_bytes().startswith(whole)  # nothing that was finished was solved again
    assert said(out) == said(alone)


def test_ctrl_c_keeps_what_is_finished_and_the_rest_goes_on(spec, alone, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(spec, out),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    wait_for(out / "runs.jsonl", 2, process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"--resume" in errors
    assert b"Traceback" not in errors
    part = parquet.read_table(out / "cases.parquet").to_pandas()
    assert 2 <= len(part) < RUNS
    assert "interrupted" not in set(part["status"])
    assert f"{len(part)} runs of tutorial that are finished, out of 8," in printed.decode().replace("\n", " ")
    assert subprocess.run(command(spec, out, "--resume"), capture_output=True).returncode == 0
    assert tables(out) == tables(alone)


def test_the_order_in_which_cases_are_done_changes_nothing(alone, spec, tmp_path):
    from fabopt.analysis.sweep.verb import planned, sweep
    from fabopt.io.load import load_tree

    class Backwards:
        @contextmanager
        def crew(self, job):
            self.do = job.begin(job.plan)
            yield self

        def run(self, cases):
            yield from ((place, self.do(cases[place])) for place in reversed(range(len(cases))))

    asked = planned(load_tree(INSTANCES / "tutorial"), "tutorial", spec)
    sweep(asked, out=tmp_path / "out", executor=Backwards())
    assert tables(tmp_path / "out") == tables(alone)
    assert said(tmp_path / "out") == said(alone)


def test_tables_on_disk_are_the_frames_of_python(alone, spec):
    report = fabopt.sweep(INSTANCES / "tutorial", spec)
    for name, frame in (("cases", report.frame), *((name, report.table(name)) for name in TABLES[1:])):
        stored = parquet.read_table(alone / f"{name}.parquet").to_pandas()
        assert stored.equals(frame.astype(stored.dtypes)), name
    schema = parquet.read_schema(alone / "cases.parquet")
    assert schema.field("sites.coast.power").metadata[b"unit"] == b"MW"
    assert schema.field("objective").metadata[b"unit"] == b"M USD"


def unfinished(out: Path) -> None:
    """Make the record say that the sweep is not finished."""
    manifest = json.loads((out / "sweep.json").read_text())
    hashes = {name: found for name, found in manifest["files"].items() if name != "runs.jsonl"}
    (out / "sweep.json").write_bytes(as_bytes(sealed_with({**manifest, "complete": False}, FORMAT, hashes)))


def test_an_unfinished_sweep_is_not_replaced_and_another_one_not_gone_on_with(alone, spec, tmp_path, capsys):
    out = tmp_path / "out"
    shutil.copytree(alone, out)
    unfinished(out)
    path = str(INSTANCES / "tutorial")
    assert main(["sweep", path, str(spec), "--out", str(out)]) == 2
    assert "8 finished of 8 runs: go on with --resume" in capsys.readouterr().err
    other = tmp_path / "other.yaml"
    other.write_text(SPEC.replace("500 MW", "501 MW"), encoding="utf-8")
    assert main(["sweep", path, str(other), "--out", str(out), "--resume"]) == 2
    assert "another specification" in capsys.readouterr().err
    assert main(["sweep", path, str(spec), "--out", str(out), "--resume", "--set", "sites.coast.pue=1.4"]) == 2
    assert main(["sweep", path, str(spec), "--out", str(out), "--resume"]) == 0
    assert tables(out) == tables(alone)


def test_a_finished_sweep_is_replaced_and_a_folder_of_somebody_elses_is_not(tmp_path):
    folder, out = shop(tmp_path / "shop"), tmp_path / "out"
    fabopt.sweep(folder, {"levers": {LINE: [1, 2]}}, out=out)
    fabopt.sweep(folder, {"levers": {COST: [1, 2], VALUE: [4, 5]}}, out=out)
    assert len(parquet.read_table(out / "cases.parquet")) == 4
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ResultError, match="does not replace it"):
        fabopt.sweep(folder, {"levers": {LINE: [1]}}, out=tmp_path / "mine")


def test_the_answer_comes_first_and_fits(spec, tmp_path, capsys):
    report = fabopt.sweep(INSTANCES / "tutorial", spec)
    lines = report.lines()
    assert lines[0].startswith("Of 8 runs of tutorial 8 have a plan, worth ")
    assert max(map(len, lines)) <= 100
    values = report.frame["objective"]
    assert f"{values.min() / 1000:,.1f} bn USD" in lines[0]
    alone = fabopt.sweep(shop(tmp_path), {"method": "one-at-a-time"})
    assert any(line.split()[-4:] == [VALUE, "7", "base", "+12.0"] for line in alone.lines())


def test_json_says_the_same_as_python(tmp_path, capsys):
    folder = shop(tmp_path / "shop")
    (tmp_path / "s.yaml").write_text(f"levers: {{{LINE}: [4, 8]}}\n", encoding="utf-8")
    assert main(["sweep", str(folder), str(tmp_path / "s.yaml"), "--out", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    report = fabopt.sweep(folder, tmp_path / "s.yaml")
    assert said == json.loads(json.dumps(report.as_dict()))
    assert [case["objective"] for case in said["cases"]] == list(report.frame["objective"])
