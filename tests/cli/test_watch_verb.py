"""``fabopt watch``: a change is solved and compared, a fault is told and watched on, Ctrl-C ends it by the rules."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fabopt.cli import main
from fabopt.cli.watch import changes

GIAPETTO = Path(__file__).parents[2] / "instances" / "textbook" / "giapetto"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(GIAPETTO, tmp_path / "toys"))


def edited(folder, old, new):
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_change_is_seen_once_and_a_touch_is_none(folder):
    seen = changes(folder, 0.05)
    next(seen)
    os.utime(folder / "instance.yaml")
    (folder / "notes.txt").write_text("no data", encoding="utf-8")
    timer = threading.Timer(0.5, (folder / "more.csv").write_text, ("id\n",))
    began = time.monotonic()
    timer.start()
    next(seen)
    assert time.monotonic() - began >= 0.5
    (folder / "more.csv").unlink()
    next(seen)


def test_what_changed_is_said_and_a_fault_is_watched_on(folder, monkeypatch, capsys):
    edits = [("capacity: 80", "capacity: 88"), ("capacity: 88", "capacty: 88"), ("capacty: 88", "capacity: 80")]

    def turns(path, every):
        yield
        for edit in edits:
            edited(path, *edit)
            yield

    monkeypatch.setattr("fabopt.cli.watch.changes", turns)
    assert main(["watch", str(folder), "--quiet"]) == 0
    out, err = capsys.readouterr()
    # At the optimum an hour of carpentry is worth one, so eight more are worth eight (Winston).
    assert [float(more) for more in re.findall(r"The plan is worth (\S+) more than", out)] == [8.0]
    assert [float(less) for less in re.findall(r"The plan is worth (\S+) less than", out)] == [8.0]
    assert "one input differs: capacity of the carpentry" in " ".join(out.split())
    assert "did you mean 'capacity'?" in err


def test_only_faults_end_with_the_code_of_bad_input(folder, capsys):
    edited(folder, "capacity: 80", "capacty: 80")
    assert main(["watch", str(folder), "--times", "1"]) == 2
    assert "instance.yaml:" in capsys.readouterr().err


@pytest.mark.parametrize(("broken", "code"), [(False, 0), (True, 130)])
def test_ctrl_c_ends_with_0_after_a_plan_and_130_before_any(folder, broken, code):
    if broken:
        edited(folder, "capacity: 80", "capacty: 80")
    argv = [sys.executable, "-m", "fabopt", "watch", str(folder)]
    run = subprocess.Popen(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    told = (run.stderr if broken else run.stdout).readline()
    assert told
    time.sleep(1.0)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == code
    assert "Traceback" not in err
