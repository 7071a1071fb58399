"""The command: a result, an instance or a memo's folder in, a folder of files out; bad input is told in a sentence."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

import fabopt
from fabopt.cli import main
from fabopt.io.seal import as_bytes, sealed, sealed_with
from fabopt.report.memo.reader import FORMAT

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"


@pytest.fixture(scope="module")
def result(tutorial_folder):
    """A saved plan of the tutorial."""
    return tutorial_folder


@pytest.fixture(scope="module")
def written(aurora_folder):
    """A memo for a lab of it, written by the command, with time for all its parts."""
    return aurora_folder


def test_the_memo_of_a_result_is_written_in_four_formats(written):
    names = {path.name for path in written.iterdir()}
    assert {"memo.md", "memo.html", "memo.pdf", "memo.docx", "memo.json", "numbers.csv"} <= names


def test_the_numbers_of_the_answer_are_those_of_the_tables(written, result):
    """Computed again from the tables of the result, without what made the memo."""
    tables = fabopt.load(TUTORIAL).solve(perspective="lab:aurora", given=fabopt.load_result(result), gap=1e-6)
    headline = json.loads((written / "memo.json").read_text("utf-8"))["memo"]["headline"]
    power, shipped = tables.table("domain/power"), tables.table("domain/shipments")
    compute, mix = tables.table("domain/compute"), tables.table("domain/chip_mix")
    until = tables.table("core/periods").query("reported")["period"].iloc[-1]
    mine = power[(power["lab"] == "aurora") & (power["period"] == until)]
    assert headline["power"]["value"] == pytest.approx(mine["used"].sum())
    got = shipped[(shipped["lab"] == "aurora") & shipped["reported"]]
    assert headline["accelerators"]["value"] == pytest.approx(got["kaccelerator"].sum())
    made = compute[(compute["lab"] == "aurora") & (compute["period"] == until)]
    assert headline["compute"]["value"] == pytest.approx(made["delivered"].sum())
    chips = mix[(mix["lab"] == "aurora") & (mix["period"] == until)].groupby("chip")["kh100e"].sum()
    assert headline["first_chip_share"]["value"] == pytest.approx(chips.max() / chips.sum())
    text = (written / "memo.md").read_text("utf-8")
    assert f"{mine['used'].sum():.0f} MW of facility power" in text
    assert f"receives {got['kaccelerator'].sum():.0f} thousand accelerators" in text
    assert f"runs {made['delivered'].sum() / 1000.0:.0f} million H100 equivalents" in text
    assert f"Falcon gives {100.0 * chips.max() / chips.sum():.0f} % of the compute." in text


def test_what_the_first_signature_is_worth_is_what_a_plan_without_it_is_worth_less(written, result, tmp_path):
    """The instance is solved from nothing with every order of the site pinned at zero."""
    plan = fabopt.load_result(result)
    headline = json.loads((written / "memo.json").read_text("utf-8"))["memo"]["headline"]
    assert headline["sign"] == "Falcon"
    none = dict.fromkeys(plan.table("core/periods")["period"], 0)
    raw = yaml.safe_load((TUTORIAL / "instance.yaml").read_text("utf-8"))
    raw["pins"] = {"units": {"build:plains:1": none, "build:plains:2": none}}
    path = tmp_path / "never.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
    with_it, without = (
        fabopt.load(place).solve(perspective="lab:aurora", given=plan, gap=1e-6) for place in (TUTORIAL, path)
    )
    doubt = (with_it.bound - with_it.objective) + (without.bound - without.objective)
    signatures = json.loads((written / "memo.json").read_text("utf-8"))["memo"]["signatures"]
    (power,) = (one for one in signatures if one["id"] == "power:plains")
    assert power["without"]["value"] == pytest.approx(with_it.objective - without.objective, abs=doubt + 1.0)


def test_a_memo_is_written_again_without_computing(written, tmp_path, capsys):
    out = tmp_path / "zh"
    assert main(["memo", str(written), "--lang", "zh", "--format", "md", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"memo.md", "memo.json", "numbers.csv", "figures"}
    assert "# Aurora 算力采购备忘录" in (out / "memo.md").read_text("utf-8")
    records = [json.loads((folder / "memo.json").read_text("utf-8"))["memo"] for folder in (out, written)]
    assert records[0] == records[1]
    said = capsys.readouterr()
    assert "By 2028 Q4 Aurora receives" in said.out
    assert f"written to {out}" in said.out
    assert "choke points" not in said.err


def test_a_memo_is_written_over_itself(written, tmp_path):
    here = tmp_path / "memo"
    shutil.copytree(written, here)
    assert main(["memo", str(here), "--format", "docx", "--out", str(here)]) == 0
    assert {path.name for path in here.iterdir()} == {"memo.docx", "memo.json", "numbers.csv"}


def test_json_is_one_object(written, tmp_path, capsys):
    assert main(["memo", str(written), "--format", "md", "--json", "--out", str(tmp_path / "m")]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["memo"]["lab"] == "aurora"
    assert told["sentence"].startswith("By 2028 Q4 Aurora receives")
    assert said.err == ""


@pytest.mark.slow
def test_an_instance_is_solved_first(tmp_path, capsys):
    out = tmp_path / "m"
    assert (
        main(["memo", str(TUTORIAL), "--for", "borealis", "--budget", "0.2", "--format", "md", "--out", str(out)]) == 0
    )
    assert "# Borealis: compute procurement memo" in (out / "memo.md").read_text("utf-8")
    assert "solve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--for", "auror"], "aurora"),
        ([], "name it with --for"),
        (["--for", "aurora", "--format", "odt"], "There is no format 'odt'"),
        (["--for", "aurora", "--lang", "fr"], "Memos are not written in 'fr'"),
        (["--for", "aurora", "--template", "/nowhere/at/all"], "There is no folder /nowhere/at/all"),
        (["--for", "aurora", "--out", "/proc/memo"], "cannot be written to /proc/memo"),
        (["--for", "aurora", "--scenario", "hbm-squeeze"], "a scenario or lever cannot be set in it any more"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_computed(result, tmp_path, monkeypatch, capsys, options, said):
    monkeypatch.chdir(tmp_path)
    assert main(["memo", str(result), *options]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "choke points" not in told.err
    assert list(tmp_path.iterdir()) == []


def test_a_lab_that_an_instance_does_not_have_is_told_before_it_is_solved(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["memo", str(TUTORIAL), "--for", "boreali"]) == 2
    told = capsys.readouterr().err
    assert "borealis" in told
    assert "columns" not in told


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda m: m | {"versions": m["versions"] | {"fabopt": "0.0.9"}}, "is one of fabopt 0.0.9, this is"),
        (lambda m: m | {"format": 99}, "was not written in the format"),
    ],
)
def test_a_result_of_another_version_is_refused(result, tmp_path, monkeypatch, capsys, edit, said):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(result, tmp_path / "old")
    file = tmp_path / "old" / "manifest.json"
    record = edit(json.loads(file.read_text("utf-8")))
    file.write_bytes(as_bytes(sealed_with(record, record["format"], record["files"])))
    assert main(["memo", "old", "--for", "aurora"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "memos").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 99}', f"was not written in the format that this version of fabopt reads ({FORMAT})"),
        ("{", "cannot be read"),
        ("[" * 10_000 + "]" * 10_000, "nested too deeply"),
        (f'{{"format": {FORMAT}, "memo": {{"lab": 3}}}}', "was changed after it was written"),
        (as_bytes(sealed({"memo": {"lab": 3}}, FORMAT, {})).decode(), "is no memo: lab"),
        (as_bytes(sealed({}, FORMAT, {})).decode(), "is no memo"),
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path, monkeypatch, capsys, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memo").mkdir()
    (tmp_path / "memo" / "memo.json").write_text(text, encoding="utf-8")
    assert main(["memo", "memo"]) == 2
    assert said in capsys.readouterr().err


def test_what_would_compute_does_not_go_with_a_memo(written, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["memo", str(written), "--scenario", "hbm-squeeze"]) == 2
    assert "nothing is computed again" in capsys.readouterr().err
    assert main(["memo", str(written), "--for", "borealis"]) == 2
    assert "is a memo for aurora, not for borealis" in capsys.readouterr().err
