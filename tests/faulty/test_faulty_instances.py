"""Each faulty instance is refused with its file, line, field and a sentence; all faults of a file at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import FORM, MEANING, TEXT, TUTORIAL, Faulty, edited, line_of

import fabopt
from fabopt.io.problems import InstanceError, Problem


def problems_of(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InstanceError) as caught:
        fabopt.load(folder)
    return caught.value.problems


def write(folder: Path, text: str) -> Path:
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_tutorial_itself_is_sound():
    assert fabopt.load(TUTORIAL.parent).data.about.title == "Tutorial"


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


def with_hens(folder: Path, eggs: int) -> fabopt.Instance:
    """The tutorial with materials in a loop and none of them in stock: a hen lays eggs, an egg becomes a hen."""
    checks = "# --- Checks and variants"
    added = (
        "network:\n  materials: {egg: {}, hen: {}}\n  activities:\n"
        f"    lay: {{inputs: {{hen: 1}}, outputs: {{egg: {eggs}}}}}\n"
        "    hatch: {inputs: {egg: 1}, outputs: {hen: 1}}\n"
    )
    text = TUTORIAL.read_text(encoding="utf-8")
    assert text.count(checks) == 1
    return fabopt.load(write(folder, text.replace(checks, added + checks)))


def test_materials_in_a_loop_that_gains_nothing_are_accepted_because_no_plan_is_better_for_them(tmp_path: Path):
    instance = with_hens(tmp_path, eggs=1)
    assert instance.validate() == []
    plan = instance.solve(gap=0.0)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(fabopt.load(TUTORIAL.parent).solve(gap=0.0).objective, rel=1e-9)


def test_materials_in_a_loop_that_gains_without_limit_are_warned_of(tmp_path: Path):
    (finding,) = with_hens(tmp_path, eggs=2).validate()
    assert (finding.severity, finding.entity) == ("warning", ("activities", "lay"))
    assert "'lay', 'hatch' together make 'egg' from nothing in 2027Q1" in finding.message
