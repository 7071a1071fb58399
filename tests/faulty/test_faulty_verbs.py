"""On the command line each faulty instance prints its errors on stderr and exits 2, without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from edits import FORM, MEANING, TEXT, Faulty, edited, line_of

from fabopt.cli import main


@pytest.mark.parametrize("case", TEXT + FORM + MEANING, ids=lambda case: case.name)
def test_validate_prints_the_fault_and_exits_2(case: Faulty, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = edited(case)
    (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
    assert main(["validate", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" or "the files are not right" in printed.out
    assert f"instance.yaml:{line_of(text, case.on)}: " in printed.err
    assert case.says in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("verb", [["solve"], ["bill", "--chip", "falcon", "--power", "1GW"], ["reconcile"], ["show"]])
def test_every_verb_refuses_a_faulty_instance(verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    case = MEANING[0]
    (tmp_path / "instance.yaml").write_text(edited(case), encoding="utf-8")
    assert main([*verb, str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert case.says in printed.err
    assert "Traceback" not in printed.err + printed.out


def test_the_process_ends_with_code_2_and_a_plain_line(tmp_path: Path):
    (tmp_path / "instance.yaml").write_text(edited(FORM[0]), encoding="utf-8")
    program = "import sys; from fabopt.cli import main; sys.exit(main())"
    run = subprocess.run(
        [sys.executable, "-c", program, "validate", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert FORM[0].says in run.stderr
    assert "Traceback" not in run.stderr
