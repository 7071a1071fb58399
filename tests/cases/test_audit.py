"""`fabopt validate` checks what stands beside an instance too, tells all at once, and what the instance holds."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from fabopt.analysis.audit import audit
from fabopt.cli import main
from fabopt.domain.instance import Instance
from fabopt.io.load import apply_scenario, load_tree
from fabopt.io.tree import scenario_names
from fabopt.io.validate import validate

INSTANCES = Path(__file__).parents[2] / "instances"
TUTORIAL = INSTANCES / "tutorial"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in TUTORIAL.glob("*.yaml"):
        shutil.copyfile(file, tmp_path / file.name)
    return tmp_path


def changed(folder: Path, *edits: tuple[str, str], file: str = "instance.yaml") -> Path:
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / file).write_text(text, encoding="utf-8")
    return folder


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, " ".join(out.split()), err


SCENARIO = "scenarios:\n"


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("{set: {memory_makers.bitstackk.stacking: .nan}}", "did you mean 'memory_makers.bitstack.stacking'?"),
        ("{set: {memory_makers.bitstack.stacking: .nan}}", "nan is no number"),
        ("{set: {sites.coast.pue: 0.5}}", "it must be at least 1"),
        ("{merge: {fabs: {north: {nodes: [n9]}}}}", "there is no process node 'n9'"),
        ("{merge: {fabs: {nort: null}}}", "there is no 'nort' to delete"),
        ("{extends: [nope]}", "there is no scenario 'nope'"),
        ("{extends: [x]}", "extend each other in a circle"),
        ("{sets: {}}", "did you mean 'set'?"),
    ],
)
def test_every_scenario_is_checked_and_named(scenario: str, says: str, folder: Path, capsys):
    changed(folder, (SCENARIO, f"{SCENARIO}  x: {scenario}\n"))
    code, out, err = run(capsys, "validate", folder)
    assert code == 2
    assert says in err
    assert "scenario" in err
    assert "the files are not right" in out


def test_a_scenario_in_a_file_of_its_own_is_checked_too(folder: Path, capsys):
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "odd.yaml").write_text("set: {sites.coast.pue: 0.5}\n")
    code, _, err = run(capsys, "validate", folder)
    assert code == 2
    assert "scenarios/odd.yaml:1: sites.coast.pue: in scenario 'odd'" in err


def test_a_fault_of_the_instance_is_not_told_again_for_each_scenario(folder: Path):
    changed(folder, ("pue: 1.3", "pue: 0.3"), ("nodes: [n3]", "nodes: [n9]"))
    said = [str(problem) for problem in audit(folder).problems]
    assert len(said) == len(set(said))
    assert not any("in scenario" in line for line in said)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (("method: grid", "method: gird"), "did you mean 'grid'?"),
        (("[base, hbm-squeeze]", "[base, hbm-squeez]"), "did you mean 'hbm-squeeze'?"),
        (("sites.coast.power:", "sites.cost.power:"), "did you mean"),
        (("figures: [compute", "figures: [computes"), "computes"),
        (("low: 350 MW", "low: 350 GB"), "GB"),
        (("compute@2027Q4", "compute@2037Q4"), "2037Q4"),
    ],
)
def test_the_file_of_a_sweep_is_checked(edit: tuple[str, str], says: str, folder: Path, capsys):
    changed(folder, edit, file="sweep.yaml")
    code, _, err = run(capsys, "validate", folder)
    assert code == 2
    assert "sweep.yaml:" in err
    assert says in err


def test_other_yaml_beside_an_instance_is_nobodys_business(folder: Path):
    (folder / "notes.yaml").write_text("just: {some: notes}\n")
    (folder / "broken.yaml").write_text("a: [\n")
    found = audit(folder)
    assert found.problems == ()
    assert found.sweeps == ("sweep.yaml",)


def test_faults_of_form_of_meaning_and_of_scenarios_are_told_at_once(folder: Path):
    changed(
        folder,
        ("pue: 1.3", "pue: 0.3"),  # form
        ("technologies:", "technologie:"),  # form
        ("lead: 15 month", "lead: 15 GB"),  # form
        ("reported_until: 2028Q4", "reported_until: 2038Q4"),  # meaning
        ("  merlin: {name: Merlin", "  merlin: {lab: nobody, name: Merlin"),  # reference
        (SCENARIO, f"{SCENARIO}  x: {{sets: {{}}}}\n"),  # scenario
    )
    said = "\n".join(map(str, audit(folder).problems))
    for part in ("sites.coast.pue", "technologie: no such field", "'15 GB'", "2038-10-01 lies after", "'nobody'"):
        assert part in said or part.replace("'15 GB'", "'GB'") in said, part
    assert "scenarios.x.sets" in said


def test_files_that_cannot_be_read_do_not_hide_faults_of_those_that_can(folder: Path):
    (folder / "more.yaml").write_text("fabs: [\n")
    changed(folder, ("about:\n", "include: [more.yaml, gone.yaml]\nabout:\n"), ("pue: 1.3", "pue: 0.3"))
    said = "\n".join(map(str, audit(folder).problems))
    assert "more.yaml:" in said
    assert "gone.yaml" in said
    assert "sites.coast.pue" in said


def test_what_the_loss_of_a_faulty_part_makes_wrong_is_not_told(folder: Path):
    changed(folder, ("wafer_starts: 12 kwafer/month", "wafer_starts: 12 GB"))
    assert [problem.path for problem in audit(folder).problems] == ["fabs.north.wafer_starts"]


def test_it_ends_with_what_the_instance_holds_by_section(folder: Path, capsys):
    code, out, _ = run(capsys, "validate", folder)
    assert code == 0
    assert "nodes: 2, fabs: 3, hbm: 1" in out
    assert "sites: 2, markets: 2, events: 2, outcomes: 2" in " ".join(out.split())
    written = (folder / "instance.yaml").read_text(encoding="utf-8").split("\nscenarios:\n")[1].splitlines()
    section = itertools.takewhile(lambda line: not line[:1].isalpha(), written)
    scenarios = sum(line.startswith("  ") and line[2] != " " for line in section)
    assert f"the files are right, with {scenarios} scenarios, 1 sweep; 0 errors and 0 warnings" in out
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    cut = text.index("\n", text.index("markets:") + 250)
    (folder / "instance.yaml").write_text(text[: text.index("  commodity")] if "  commodity" in text else text[:cut])
    _, out, _ = run(capsys, "validate", folder)
    assert "markets: 2" not in out  # the loss is seen


def test_a_plain_network_is_counted_too(capsys):
    _, out, _ = run(capsys, "validate", INSTANCES / "textbook" / "dakota")
    assert "it holds network.materials: 4, network.activities: 3, network.resources: 2, network.demands: 3" in out


@pytest.mark.parametrize("name", ["tutorial", "frontier"])
def test_what_scenarios_share_with_the_instance_is_validated_once_with_the_same_outcome(name: str):
    base = load_tree(INSTANCES / name)
    data = validate(base, Instance)
    assert scenario_names(base)
    for scenario in scenario_names(base):
        tree = apply_scenario(base, scenario, Instance)
        assert validate(tree, Instance, (base, data)) == validate(tree, Instance)
