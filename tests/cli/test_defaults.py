"""Defaults of options from files, and what a shell completes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fabopt.cli import main

ROOT = Path(__file__).parents[2]
GIAPETTO = str(ROOT / "instances" / "textbook" / "giapetto")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder of work and a home of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path


def own(place, text):
    file = place / "home" / "fabopt" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


def run(capsys, *argv):
    code = main(list(argv))
    return code, *capsys.readouterr()


def limits(capsys, *argv):
    """Return where a solve of nothing to do says what it takes: the objective's name and the note of the defaults."""
    code, _, err = run(capsys, "solve", GIAPETTO, "--out", "plan", *argv)
    return code, err


def test_a_default_of_the_folder_is_taken_and_told_once(place, capsys):
    (place / "fabopt.toml").write_text('[solve]\nobjective = "profit"\n', encoding="utf-8")
    code, err = limits(capsys)
    assert code == 2  # there is no such objective, so the default was taken
    assert err.count("defaults from fabopt.toml: objective = profit") == 1
    assert limits(capsys, "--objective", "value")[0] == 0
    assert "defaults from" not in limits(capsys, "--objective", "value")[1]
    assert run(capsys, "schema")[2] == ""


def test_the_folder_goes_before_the_user_and_a_section_before_all(place, capsys):
    own(place, "quiet = true\ngap = 0.5\nthreads = 7\n[solve]\ntime-limit = 60\n")
    (place / "fabopt.toml").write_text("quiet = false\nthreads = 1\n[solve]\nthreads = 2\n", encoding="utf-8")
    code, err = limits(capsys)
    assert code == 0
    assert "defaults from fabopt.toml: quiet = False, threads = 2" in err
    assert "config.toml: gap = 0.5, time-limit = 60" in err
    (place / "fabopt.toml").unlink()
    assert limits(capsys) == (0, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[solve]\ntime-limt = 3", "fabopt.toml: [solve] 'time-limt' is no option of 'fabopt solve'"),
        ("[solve]\ntime-limt = 3", "did you mean 'time-limit'?"),
        ("[slove]\ngap = 3", "[slove] is no command; did you mean 'solve'?"),
        ("thread = 3", "'thread' is no option of any command; did you mean 'threads'?"),
        ("help = true", "'help' is no option"),
        ("[solve]\ngap = 'small'", "fabopt.toml: [solve] gap: "),
        ("[solve]\nrelaxed = 1", "[solve] relaxed: 1 is no value of it; it takes true or false"),
        ("gap = true", "gap: true is no value of it; it takes a value"),
        ("[solve]\nout = ['a', 'b']", "[solve] out: it takes one value"),
        ("[solve", "fabopt.toml cannot be read as TOML"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_the_likely_fix(text, says, place, capsys):
    (place / "fabopt.toml").write_text(text, encoding="utf-8")
    code, _, err = run(capsys, "schema")
    assert code == 2
    assert says in err


def test_an_option_that_may_be_repeated_takes_a_list(place, capsys):
    (place / "fabopt.toml").write_text("[show]\nset = ['network.resources.carpentry.capacity=*2']\n", encoding="utf-8")
    code, _, err = run(capsys, "show", GIAPETTO)
    assert code == 0
    assert "carpentry.capacity=*2" in err


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["solve", "{tutorial}", "--scenario", "hb"], ["hbm-squeeze"]),
        (["solve", "{tutorial}", "--set", "fabs.n"], ["fabs.north"]),
        (["solve", "{tutorial}", "--set", "fabs.north.wafer"], ["fabs.north.wafer_starts"]),
        (["portfolio", "{tutorial}", "--for", "b"], ["borealis"]),
        (["solve", "{tutorial}/none", "--scenario", "hb"], []),
    ],
)
def test_a_shell_completes_what_the_instance_has(words, offered):
    line = ["fabopt", *(word.format(tutorial=ROOT / "instances" / "tutorial") for word in words)]
    asked = {"_FABOPT_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1)}
    code = "import sys; sys.argv = ['fabopt']; from fabopt.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == offered
    assert done.stderr == ""
