"""The verbs that do not solve: what they print, and how they end."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.cli.app import MOVED

ROOT = Path(__file__).parents[2]
TUTORIAL = str(ROOT / "instances" / "tutorial")


def run(capsys, *argv):
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_without_arguments_the_help_comes_and_every_verb_is_in_it(capsys):
    _, out, err = run(capsys)
    for verb in ("solve", "validate", "show", "schema", "new", "bill", "reconcile"):
        assert f"\n  {verb} " in out + err


def test_the_version_is_the_package_s_own(capsys):
    assert run(capsys, "--version") == (0, f"fabopt {fabopt.__version__}\n", "")


def test_a_valid_instance_is_called_right_and_exits_0(capsys):
    code, out, err = run(capsys, "validate", TUTORIAL)
    assert code == 0
    assert "the files are right" in out
    assert err == ""


def test_show_says_what_the_instance_holds_within_100_columns(capsys):
    code, out, _ = run(capsys, "show", TUTORIAL)
    assert code == 0
    assert "falcon, osprey, slate" in out
    horizon = fabopt.load(TUTORIAL).data.horizon
    assert f"Horizon: {horizon.periods} quarters from 2027Q1 to " in out
    assert max(len(line) for line in out.splitlines()) <= 100


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["validate", "instances/no-such"], "there is no such instance"),
        (["validate", TUTORIAL, "--scenario", "hbm-squeze"], "did you mean 'hbm-squeeze'?"),
        (["validate", TUTORIAL, "--set", "fabs.nort.wafer_starts=3"], "did you mean 'fabs.north.wafer_starts'?"),
        (["validate", TUTORIAL, "--set", "fabs.north.wafer_starts=3 stack"], "stack"),
        (["show", TUTORIAL, "--table", "orders"], "need the folder of a result"),
        (["bill", TUTORIAL, "--chip", "falcn", "--power", "1GW"], "falcn"),
        (["bill", TUTORIAL, "--chip", "falcon", "--power", "1 stack"], "MW"),
        (["bill", TUTORIAL, "--chip", "falcon", "--power", "9**9**9"], "is no unit"),
        (["solve", TUTORIAL, "--objective", "profit"], "value, compute, time_to_compute"),
        (["solve", TUTORIAL, "--objective", "time_to_compute"], "needs a target"),
        (["solve", TUTORIAL, "--gap", "2"], "gap"),
        (["solve", TUTORIAL, "--time-limit", "-1"], "time limit"),
        (["solve"], "path"),
        (["sovle", TUTORIAL], "sovle"),
    ],
)
def test_bad_input_exits_2_with_a_sentence_and_no_traceback(capsys, argv, says):
    code, _, err = run(capsys, *argv)
    assert code == 2
    assert says.lower() in err.lower()
    assert "Traceback" not in err


def test_faults_of_a_file_come_all_at_once_with_their_lines(capsys, tmp_path):
    text = (ROOT / "instances/tutorial/instance.yaml").read_text(encoding="utf-8")
    text = text.replace("wafer_starts: 12 kwafer/month", "wafer_strats: 12 kwafer/month")
    text = text.replace("throughput: 180 exposure/h", "throughput: 180 exposure/fortnight")
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "validate", tmp_path)
    lines = text.splitlines()
    for word in ("wafer_strats", "exposure/fortnight"):
        line = next(n for n, found in enumerate(lines, 1) if word in found)
        assert f"instance.yaml:{line}:" in err
    assert code == 2
    assert out == ""


def test_the_schema_on_stdout_and_in_a_file_is_the_same_json(capsys, tmp_path):
    code, out, _ = run(capsys, "schema")
    assert code == 0
    assert "fabs" in json.loads(out)["properties"]
    assert run(capsys, "schema", "--out", tmp_path / "schema.json")[0] == 0
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == out


def test_a_new_instance_is_valid_and_nothing_is_written_over(capsys, tmp_path):
    folder = tmp_path / "mine"
    assert run(capsys, "new", folder)[0] == 0
    assert run(capsys, "validate", folder)[0] == 0
    code, _, err = run(capsys, "new", folder)
    assert code == 2
    assert "does not write over it" in err


def test_the_next_command_can_be_pasted_where_a_folder_has_a_space(capsys, tmp_path):
    folder = tmp_path / "my chain"
    _, out, _ = run(capsys, "new", folder)
    assert shlex.split(out.split("next: ")[1]) == ["fabopt", "solve", str(folder)]
    _, out, _ = run(capsys, "solve", folder, "--out", tmp_path / "my plan")
    assert shlex.split(out.split("next: ")[1]) == ["fabopt", "show", str(tmp_path / "my plan"), "--table", "orders"]


def test_a_folder_that_cannot_be_made_is_refused_in_words(capsys, tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    code, _, err = run(capsys, "new", tmp_path / "file" / "mine")
    assert code == 2
    assert "cannot be made" in err
    assert "Errno" not in err


def test_a_bill_names_its_stages_with_units_and_ranges(capsys):
    code, out, _ = run(capsys, "bill", TUTORIAL, "--chip", "falcon", "--power", "1GW", "--it")
    assert code == 0
    # 1,000 MW of IT power over 2 kW each: 500 thousand accelerators.
    assert "1,000 MW of IT power" in out
    line = next(line for line in out.splitlines() if "accelerator" in line and "500" in line)
    assert "kaccelerator" in line or "thousand" in line
    assert max(len(line) for line in out.splitlines()) <= 100


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m fabopt schema | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0
    assert done.stderr == ""


def test_what_native_code_prints_while_solving_does_not_reach_stdout(tmp_path):
    code = (
        "import os\nfrom fabopt.cli.common import solver_on_stderr\n"
        "print('before')\nwith solver_on_stderr():\n    os.write(1, b'leftover\\n')\nprint('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["before", "after"]
    assert done.stderr == "leftover\n"


def test_an_option_that_moved_is_one_of_the_command_that_it_names_alone(capsys):
    def options(verb):
        assert main([verb, "--help"]) == 0
        return re.findall(r"--[a-z-]+", capsys.readouterr().out)

    for verb, moved in MOVED.items():
        for other, names in moved.items():
            own = set(names) & set(options(verb))
            assert not own, (verb, own)
            assert set(names) - {f"--{other}"} <= set(options(other)), other
            assert main([verb, "x", names[0]]) == 2
            assert f"'fabopt {other}'" in capsys.readouterr().err
