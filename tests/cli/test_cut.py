"""``fabopt new DIR --from INSTANCE --only ...``: a smaller instance is whole, holds nothing else, and solves."""

import json
from importlib.resources import as_file, files
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.domain.kinds import things

ROOT = Path(__file__).parents[2]
TUTORIAL = str(ROOT / "instances" / "tutorial")


def cut(folder, source, *only):
    """Cut into a folder by the command; return the instance and the file without its comments."""
    asked = [part for text in only for part in ("--only", text)]
    assert main(["new", str(folder), "--from", str(source), *asked]) == 0
    text = (folder / "instance.yaml").read_text(encoding="utf-8")
    return fabopt.load(folder), "\n".join(line for line in text.splitlines() if line[:1] != "#")


def records(instance):
    return {kind.section: [*kind.records(instance.data)] for kind in things() if kind.records(instance.data)}


def errors(instance):
    return [finding.message for finding in instance.validate() if finding.severity == "error"]


def test_a_lab_and_a_designer_keep_what_they_need_and_nothing_speaks_of_others(tmp_path, capsys):
    small, text = cut(tmp_path / "small", "tutorial", "lab=borealis,designer=merlin")
    whole = records(fabopt.load(TUTORIAL))
    gone = {
        "designers": ["merlin"],
        "dies": ["falcon-die"],
        "chips": ["falcon"],
        "labs": ["borealis"],
        "sites": ["coast"],
    }
    assert records(small) == {**whole, **gone}
    assert errors(small) == []
    body = text.partition("horizon:")[2].lower()
    for name in ("aurora", "cirrus", "monolith", "osprey", "slate", "plains"):
        assert name not in body
    assert fabopt.load(tmp_path / "small", "hbm-squeeze").data.memory_makers["bitstack"].stacking.value == 12 * 0.67
    said = " ".join(capsys.readouterr().out.split())
    assert "1 of 3 chips" in said
    assert "- packaging line Bridgeworks: also Cirrus" in said
    assert "- fabs South fab, Memory Bay: also Cirrus" in said
    assert "- chip Falcon: also Aurora" in said
    assert "late-power" in said
    # It is read as well in the file, by whoever opens that alone.
    assert "# - packaging line Bridgeworks: also Cirrus" in (tmp_path / "small" / "instance.yaml").read_text(
        encoding="utf-8"
    )
    plan = small.solve()
    assert plan.has_plan
    assert {*plan.shipments.chip} == {"falcon"}


def test_a_lab_alone_keeps_all_that_it_may_buy(tmp_path):
    small, _ = cut(tmp_path / "small", TUTORIAL, "lab=Aurora")
    assert list(small.data.chips) == ["falcon", "slate"]
    assert list(small.data.designers) == ["merlin", "monolith"]
    assert list(small.data.sites) == ["plains"]


def test_a_chip_stays_where_a_kept_lab_may_buy_it_or_has_it(tmp_path):
    text = (ROOT / "instances" / "tutorial" / "instance.yaml").read_text(encoding="utf-8")
    for chip in ("Falcon", "Slate"):
        text = text.replace(f"    name: {chip}\n", f"    name: {chip}\n    customers: [aurora]\n")
    text = text.replace(
        "designers: {merlin: 2025, cirrus: 2027Q1}", "designers: {merlin: 2025, cirrus: 2027Q1, monolith: 2026}"
    )
    (tmp_path / "whole.yaml").write_text(text, encoding="utf-8")
    small, _ = cut(tmp_path / "small", tmp_path / "whole.yaml", "lab=borealis")
    assert [*small.data.chips] == ["falcon", "osprey"]  # it has falcons, and may buy no slate


def test_a_cut_that_keeps_all_labs_is_the_instance(tmp_path):
    small, _ = cut(tmp_path / "small", TUTORIAL, "lab=aurora", "lab=borealis")
    whole = fabopt.load(TUTORIAL).data
    assert small.data.model_copy(update={"about": whole.about}) == whole
    assert small.scenarios == fabopt.load(TUTORIAL).scenarios


def test_a_chip_without_memory_keeps_no_memory(tmp_path):
    small, _ = cut(tmp_path / "small", TUTORIAL, "chip=slate")
    assert {"hbm", "memory_makers", "packaging_lines"} & {*records(small)} == set()
    assert list(small.data.labs) == ["aurora"]
    assert errors(small) == []


def test_rules_stay_where_they_hold_and_go_with_those_whom_they_name(tmp_path):
    with as_file(files("fabopt.cli").joinpath("starter.yaml")) as starter:
        small, _ = cut(tmp_path / "small", starter, "lab=first")
    assert [*small.data.contracts] == ["packaging-deal"]
    assert [*small.data.policies] == []  # of equal parts for two one is left
    assert [*small.data.components] == ["substrate", "transformer"]
    assert small.solve(relaxed=True).has_plan


def test_a_made_up_chain_is_cut(tmp_path):
    main(["new", str(tmp_path / "big"), "--synthetic", "chips=8,fabs=4,labs=4,periods=4", "--seed", "2"])
    big = fabopt.load(tmp_path / "big").data
    lab, designer = next(iter(big.labs)), big.chips["chip-1"].designer
    small, _ = cut(tmp_path / "small", tmp_path / "big", f"lab={lab},designer={designer}")
    assert errors(small) == []
    assert [*small.data.labs] == [lab]
    assert len(small.data.chips) < len(big.chips)
    assert {chip.designer for chip in small.data.chips.values()} == {designer}
    assert small.solve(relaxed=True).has_plan


@pytest.mark.slow
def test_a_cut_of_the_world_is_right(tmp_path):
    small, _ = cut(tmp_path / "small", "frontier", "lab=anthropic,designer=nvidia")
    assert small.validate() == []
    assert [*small.data.labs] == ["anthropic"]
    assert {chip.designer for chip in small.data.chips.values()} == {"nvidia"}
    assert "tpu" not in json.dumps([*small.data.chips])
    assert {*small.data.sources} < {*fabopt.example("frontier").data.sources}


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--only", "lb=aurora"], "did you mean 'lab'?"),
        (["--only", "aurora"], "is not KIND=NAME"),
        (["--only", "lab=auroraa"], "There is no lab 'auroraa'; did you mean 'aurora'? There are: aurora, borealis."),
        (["--only", "lab=aurora,designer=cirrus"], "no lab could buy a chip. aurora may buy of merlin, monolith"),
        ([], "that comes with fabopt"),
        (["--only", "lab=aurora", "--synthetic", "chips=4,fabs=2,labs=2,periods=2"], "fabopt new DIR --from"),
    ],
)
def test_what_cannot_be_cut_is_refused_and_nothing_is_written(argv, says, tmp_path, capsys):
    assert main(["new", str(tmp_path / "small"), "--from", TUTORIAL, *argv]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "small").exists()


def test_an_instance_that_is_neither_there_nor_shipped_is_named_with_those_that_are(tmp_path, capsys):
    assert main(["new", str(tmp_path / "small"), "--from", "tutorail", "--only", "lab=aurora"]) == 2
    assert "did you mean 'tutorial'?" in capsys.readouterr().err
