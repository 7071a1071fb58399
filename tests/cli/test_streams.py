"""Streams closed, full or gone, narrow terminals, Ctrl-C from the first moment: one line, a documented code."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fabopt.cli import main
from fabopt.cli.common import step

SHOWN = ("show", "instances/textbook/giapetto")
FABOPT = f"{sys.executable} -m fabopt {' '.join(SHOWN)}"


def shell(command, **more):
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=120, **more
    )


def test_a_reader_that_has_gone_is_no_error():
    done = shell(f"{sys.executable} -m fabopt schema | head -1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_one_that_leads_nowhere(closed):
    done = shell(f"{FABOPT} {closed}")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_stdout_does_not_end_in_a_file_of_the_result(tmp_path):
    done = shell(f"{sys.executable} -m fabopt solve instances/textbook/giapetto --out {tmp_path / 'plan'} >&-")
    assert done.returncode == 0
    again = shell(f"{sys.executable} -m fabopt show {tmp_path / 'plan'} --table orders")
    assert again.returncode == 0, again.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_said_in_one_line():
    done = shell(f"{FABOPT} > /dev/full")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "No space left on device" in done.stderr


def test_a_narrow_terminal_and_no_docstrings_are_no_error():
    done = shell(f"{sys.executable} -OO -m fabopt {' '.join(SHOWN)}", env={**os.environ, "COLUMNS": "40"})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["typer", "fabopt.cli.solve", "fabopt.cli.app"])
def test_ctrl_c_while_a_module_is_imported_is_one_line(module):
    """The signal comes in the middle of the imports: the import of one of them sends it."""
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press())\n"
        "from fabopt.cli import main\n"
        "sys.exit(main(['--version']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("command", [("--version",), SHOWN], ids=["version", "show"])
def test_ctrl_c_at_any_moment_of_the_start_is_one_line(command):
    """From the first line of `fabopt.cli` on, over one and a half times what the command takes.

    What comes before is Python's own: the interpreter, `site` and the search for the package meet Ctrl-C in their way.
    So the signal is sent no sooner than Python reports, with ``-X importtime``, that `fabopt.cli` has been imported.
    """
    took, _, _ = pressed(command, None)
    for place in range(12):
        _, code, said = pressed(command, took * 1.5 * place / 12)
        assert (code, said) in ((130, ["interrupted"]), (0, [])), (place, said)


def pressed(command, delay):
    """Seconds from the import of `fabopt.cli` to the end, exit code, and what stderr says of itself."""
    run = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "fabopt", *command],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in run.stderr:
        if line.endswith(" fabopt.cli\n"):
            break
    began = time.monotonic()
    try:
        _, rest = run.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)
        _, rest = run.communicate(timeout=60)
    return time.monotonic() - began, run.returncode, [x for x in rest.splitlines() if not x.startswith("import time:")]


def test_what_a_step_found_is_written_whole_with_its_time_at_the_end(capsys):
    with step("solve") as found:
        found += [f"part {number}" for number in range(30)]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 100
    assert " ".join(" ".join(lines).split()).startswith("solve part 0, part 1,")
    assert [f"part {number}" for number in range(30) if f"part {number}" not in " ".join(" ".join(lines).split())] == []
    assert [line.endswith(" s") for line in lines] == [False, False, False, True]


def test_quiet_tells_no_progress_and_the_same_answer(capsys, tmp_path):
    def told(*argv):
        assert main([*argv]) == 0
        out, err = capsys.readouterr()
        # steps that took no time are not told
        text = re.sub(r"in [\d.]+ s(: .*?)?(?=\. Each is in)", "in T s", " ".join(out.split()))
        return re.sub(r"[\d.]+ s\b", "T s", text), err

    plan = str(tmp_path / "plan")
    for asked in (("solve", "instances/textbook/giapetto", "--out", plan), ("choke", plan)):
        (answer, progress), (same, nothing) = told(*asked), told(*asked, "--quiet")
        assert progress
        assert (same, nothing) == (answer, "")


def test_quiet_leaves_errors(capsys):
    assert main(["solve", "instances/no-such", "-q"]) == 2
    assert "there is no such instance" in capsys.readouterr().err
