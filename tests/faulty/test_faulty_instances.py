"""Each faulty instance is refused with its file, line, field and a sentence; all faults of a file at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import FORM, MEANING, TEXT, TUTORIAL, Faulty, edited, line_of

from fabopt.io.load import read_instance
from fabopt.io.problems import InstanceError, Problem


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InstanceError) as caught:
        read_instance(folder)
    return caught.value.problems


def write(folder: Path, text: str) -> Path:
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_tutorial_itself_is_sound():
    assert read_instance(TUTORIAL.parent).about.title == "Tutorial"


@pytest.mark.parametrize("case", TEXT + FORM + MEANING, ids=lambda case: case.name)
def test_a_faulty_instance_says_where_and_what(case: Faulty, tmp_path: Path):
    text = edited(case)
    found = problems_of(write(tmp_path, text))
    assert any(
        problem.file == "instance.yaml"
        and problem.line == line_of(text, case.on)
        and problem.path == case.field
        and case.says in str(problem)
        for problem in found
    ), "\n".join(map(str, found))


def test_there_are_at_least_forty_distinct_faults():
    assert len({(case.old, case.new) for case in TEXT + FORM + MEANING}) >= 40


@pytest.mark.parametrize(("cases", "least"), [(FORM, 20), (MEANING, 15)], ids=["form", "meaning"])
def test_all_faults_of_a_file_are_reported_at_once(cases: list[Faulty], least: int, tmp_path: Path):
    """Several edits that do not touch the same text, applied together: each is among the problems."""
    text, applied = TUTORIAL.read_text(encoding="utf-8"), []
    for case in cases:
        if text.count(case.old) == 1 and not any(case.old in other.new for other in applied):
            text = text.replace(case.old, case.new)
            applied.append(case)
    printed = "\n".join(map(str, problems_of(write(tmp_path, text))))
    reported = [case.name for case in applied if case.says in printed]
    assert len(reported) >= least, sorted({case.name for case in applied} - set(reported))
