"""``fabopt doctor``: what is there is told, what is missing or wrong is a note or a fault."""

import re

import pytest

import fabopt
from fabopt.api import doctor
from fabopt.cli import main


def run(capsys, *argv):
    code = main(list(argv))
    out, err = capsys.readouterr()
    return code, " ".join(out.split()), err


@pytest.fixture
def unsolved(monkeypatch):
    """What is no matter of the solver is looked at without it."""
    for name in ("_solved", "_through_pyomo"):
        monkeypatch.setattr(doctor, name, lambda: doctor.Finding("solver", "not asked"))


def test_a_whole_installation_can_work(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "doctor")
    assert (code, err) == (0, "")
    assert f"fabopt ok {fabopt.__version__}" in out
    assert re.search(r"HiGHS \(highspy \d+\.\d+\.\d+\)", out)
    assert "right through Pyomo" in out
    assert out.endswith("fabopt can work here")
    assert list(tmp_path.iterdir()) == []


def test_a_solver_that_answers_wrongly_is_a_fault(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "KNOWN_WORTH", 10.0)
    monkeypatch.setattr(doctor, "_through_pyomo", lambda: doctor.Finding("Pyomo", "not asked"))
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "solver FAULT a plan that is worth 10 is worth 9.0 by HiGHS" in out
    assert out.endswith("1 fault: mend what is marked FAULT")


@pytest.mark.usefixtures("unsolved")
def test_what_is_missing_or_too_old_is_named_with_what_to_install(capsys, monkeypatch):
    stated = [
        "numpy>=2.1",
        "pandas>=99.0.1",
        "no-such-thing>=1; python_version > '3'",
        'no-notebook>=3; extra == "notebook"',
    ]
    monkeypatch.setattr(doctor, "requires", lambda _: [*stated, 'no-linter; extra == "dev"'])
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert re.search(r"FAULT missing or too old: pandas [\d.]+ \(at least 99\.0\.1\), no-such-thing; pip install", out)
    assert (
        '[notebook] note Notebooks, and sliders in them, need no-notebook: python -m pip install "fabopt[notebook]"'
    ) in out
    assert "no-linter" not in out


@pytest.mark.usefixtures("unsolved")
def test_an_extra_that_is_missing_is_no_fault(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda _: ["numpy>=2.1", 'no-notebook>=3; extra == "notebook"'])
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert "need no-notebook" in out


@pytest.mark.usefixtures("unsolved")
def test_a_place_where_no_result_can_be_written_is_a_fault(capsys, monkeypatch, tmp_path):
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "results FAULT results/ cannot be written here" in out


@pytest.mark.parametrize(("older", "newer"), [("2.9", "2.10"), ("2", "2.0.1"), ("2.1.0rc1", "2.1.1"), ("", "0")])
def test_versions_are_compared_by_number(older, newer):
    assert doctor._numbers(older) < doctor._numbers(newer)
