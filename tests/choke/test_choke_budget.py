"""A study whose time ends anywhere: what it says is what the whole study says, and what is missing is listed."""

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.verb import study_of
from fabopt.cli import main
from fabopt.errors import INTERRUPTED, FaboptError
from fabopt.solve.budget import OutOfTimeError, TimeBudget

ASKED = ChokeOptions(top=3, draws=3, workers=1)


@pytest.fixture(scope="module")
def best(tutorial_folder: Path) -> fabopt.Result:
    return fabopt.load_result(tutorial_folder)


def looks(seconds: float) -> TimeBudget:
    """A budget on a clock that goes on by a second each time somebody looks at it."""
    clock = itertools.count(0.0)
    return TimeBudget(seconds, clock=lambda: float(next(clock)))


def test_what_a_study_has_when_its_time_ends_agrees_with_the_whole_study() -> None:
    small = fabopt.load("instances/textbook/giapetto").solve()
    whole, known = study_of(small.plan, ASKED), 0
    right = {(record.id, step.name): step.plan_gain for record in whole.limits for step in record.steps}
    assert whole.first is not None
    for seconds in (10, 30, 100, 300, 1000, 3000):
        try:
            study = study_of(small.plan, ASKED, budget=looks(seconds))
        except OutOfTimeError:
            continue
        assert len(study.unexplored) >= len(whole.unexplored)
        for record in study.limits:
            for step in record.steps:
                assert step.plan_gain == pytest.approx(right[record.id, step.name], rel=1e-6), record.label
                known += 1
        for one, other in zip(study.cascade, whole.cascade, strict=False):
            assert one.value_after == pytest.approx(other.value_after, rel=1e-6)
    assert known > 0


def test_a_study_without_any_time_has_nothing_to_say(best: fabopt.Result) -> None:
    with pytest.raises(FaboptError, match="There is no answer to what holds the plan back"):
        study_of(best.plan, ASKED, budget=TimeBudget(0.0))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_study_with_what_it_has(best: fabopt.Result, number: int) -> None:
    told: list[str] = []

    def tell(name: str, _seconds: float) -> None:
        told.append(name)
        if name == "gains at +10 %":
            os.kill(os.getpid(), number)

    study = study_of(best.plan, ASKED, budget=TimeBudget(tell=tell))
    assert told.index("gains at +10 %") < told.index("cascade")
    assert study.first is not None
    assert study.first.steps
    assert study.cascade == ()
    assert study.draws is None
    assert any("cascade" in what for what in study.unexplored)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_and_saves_what_it_has_when_a_signal_comes(
    best: fabopt.Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def telling(_quiet: bool) -> Callable[[str, float], None]:
        return lambda name, _seconds: os.kill(os.getpid(), number) if name == "gains at +10 %" else None

    monkeypatch.setattr("fabopt.cli.planned.telling_steps", telling)
    out = tmp_path / "choke"
    assert main(["choke", str(best.save(tmp_path / "plan")), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    said = " ".join(printed.out.split())
    assert "Not explored: " in said
    assert "; the cascade from step 1 on; " in said
    assert "Traceback" not in printed.err
    assert (out / "choke.json").is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_has_nothing_yet_ends_as_interrupted(
    best: fabopt.Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    folder, load = best.save(tmp_path / "plan"), fabopt.api.load_result

    def loaded(path: Path) -> fabopt.Result:
        os.kill(os.getpid(), number)
        return load(path)

    monkeypatch.setattr("fabopt.api.load_result", loaded)
    assert main(["choke", str(folder)]) == INTERRUPTED
    assert "it was interrupted before" in capsys.readouterr().err
