"""Whatever became of a saved file: it is read as it was written or refused in a sentence, and no edit is lost."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyomo.environ as pyo
import pytest

import fabopt
from fabopt.analysis.memo.records import Memo
from fabopt.analysis.recompute import DISCOUNTED, check_agreement
from fabopt.cli import main
from fabopt.io.seal import HASH, SavedError, as_bytes, contents, hash_of
from fabopt.plan.plan import Plan
from fabopt.report.memo.blank import blank
from fabopt.report.memo.report import MemoReport

INSTANCES = Path(__file__).parents[2] / "instances"
DEEP = "[" * 10_000 + "]" * 10_000
ODD: tuple[Any, ...] = (None, True, -1, 1e300, "", "x", [], [[]], {}, {"a": None}, float("nan"), 10**30)


@pytest.fixture(scope="module")
def dakota(tmp_path_factory: pytest.TempPathFactory) -> fabopt.Result:
    folder = tmp_path_factory.mktemp("saved") / "dakota"
    return fabopt.load(INSTANCES / "textbook" / "dakota").solve(threads=1, out=folder)


SHOP = """
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  resources: {line: {kind: level, unit: piece, capacity: 6}}
  activities: {make: {unit: piece, cost: 1, outputs: {goods: 1}, uses: {line: 1}}}
  demands: {shop: {material: goods, quantity: 10, value: 5}}
"""
SWEEP = {"levers": {"network.resources.line.capacity": [4, 8], "network.activities.make.cost": [1, 2]}}


@pytest.fixture(scope="module")
def memo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "memo"
    MemoReport(blank(Memo)).save(folder, ["md"])
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("saved")
    (made / "shop").mkdir()
    (made / "shop" / "instance.yaml").write_text(SHOP)
    fabopt.sweep(made / "shop", SWEEP, out=made / "sweep")
    return made / "sweep"


# -- mutations ---------------------------------------------------------------------------------------------------------


def broken(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes of a file with a fault: a bit turned, bytes cut, doubled or overwritten, nested, or gone."""
    at = dice.randrange(len(data)) if data else 0
    return dice.choice(
        (
            lambda: data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] if data else b"x",
            lambda: data[:at],
            lambda: data[:at] + data[at + dice.randint(1, 9) :],
            lambda: data[:at] + data[max(at - 5, 0) :],
            lambda: data[:at] + DEEP.encode() + data[at:],
            lambda: DEEP.encode(),
            lambda: b"",
            lambda: dice.randbytes(100),
        )
    )()


def turned(value: Any, dice: random.Random) -> Any:
    """Return plain data with one thing in it, at any depth, gone or of another kind."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        key = dice.choice(list(value))
        rest = {name: item for name, item in value.items() if name != key}
        return rest if dice.random() < 0.3 else {**rest, key: turned(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [*value[:at], *([] if dice.random() < 0.3 else [turned(value[at], dice)]), *value[at + 1 :]]
    if isinstance(value, float) and dice.random() < 0.5:
        return dice.choice((value * 1.01 + 1e-3, -value - 1.0, value * 1e6 + 1.0))
    return dice.choice(ODD)


def resealed(data: bytes, dice: random.Random) -> bytes:
    """Return a record with a fault in it and a right hash, as one who means harm would write it."""
    found = turned(json.loads(data), dice)
    if isinstance(found, dict):
        try:
            found[HASH] = hash_of(found)
        except ValueError:
            found[HASH] = ""
    return json.dumps(found).encode()


def faults(folder: Path, records: tuple[str, ...], count: int, seed: int, work: Path) -> Iterator[tuple[str, Path]]:
    """Yield copies of a folder with one fault each: in any file, gone or broken, or in a record with a right hash."""
    dice = random.Random(seed)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for number in range(count):
        copy = work / str(number)
        shutil.copytree(folder, copy)
        seal = number % 2 == 0
        name = dice.choice(records if seal else names)
        if not seal and dice.random() < 0.1:
            (copy / name).unlink()
        else:
            data = (folder / name).read_bytes()
            (copy / name).write_bytes(resealed(data, dice) if seal else broken(data, dice))
        yield f"{number}: {name}", copy
        shutil.rmtree(copy)


def tried(what: Callable[[], object], said: str) -> bool:
    """Return whether something is done; it is that, or refused in a sentence."""
    why = "."
    try:
        what()
    except SavedError as error:
        why = str(error)
    except Exception as error:
        raise AssertionError(said) from error
    assert why.endswith("."), (said, why)
    assert "\n" not in why, said
    return why == "."


# -- they are read whole or refused ------------------------------------------------------------------------------------

few_or_many = pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.slow)])


@few_or_many
def test_a_result_with_any_fault_is_read_as_it_was_or_refused(count, dakota, tmp_path):
    answer, read = str(dakota.answer), 0
    assert dakota.folder is not None
    for said, copy in faults(dakota.folder, ("manifest.json",), count, 1, tmp_path):

        def load(copy: Path = copy, said: str = said) -> None:
            again = fabopt.load_result(copy)
            for table in ("orders", "limits", "deliveries", "perspective"):
                assert again.table(table).equals(dakota.table(table)), said
            assert again.objective == pytest.approx(dakota.objective, rel=1e-6), said
            if said.endswith(".parquet"):
                assert str(again.answer) == answer, said

        read += tried(load, said)
    assert 0 < read < count / 2  # what is in no table and of its kind is read: a name, a number of seconds


@few_or_many
def test_a_memo_with_any_fault_is_read_as_it_was_or_refused(count, memo, tmp_path):
    read = 0
    for said, copy in faults(memo, ("memo.json",), count, 2, tmp_path):
        read += tried(lambda copy=copy: fabopt.load_memo(copy), said)
    assert 0 < read < count


@few_or_many
def test_a_sweep_with_any_fault_goes_on_to_the_same_tables_or_is_refused(count, swept, tmp_path):
    from fabopt.analysis.sweep.store import saved

    wanted, went = fabopt.sweep(swept.parent / "shop", SWEEP).frame, 0
    for said, copy in faults(swept, ("sweep.json",), count, 3, tmp_path):
        tried(lambda copy=copy: saved(copy), said)

        def resume(copy: Path = copy, said: str = said) -> None:
            again = fabopt.sweep(swept.parent / "shop", SWEEP, out=copy, resume=True)
            assert again.frame.equals(wanted), said

        went += tried(resume, said)
        shutil.rmtree(copy.with_name(f"{copy.name}.part"), ignore_errors=True)
        for kept in tmp_path.glob(f"{copy.name}.kept-*"):
            shutil.rmtree(kept)
    assert 0 < went < count


@pytest.mark.slow
@few_or_many
def test_a_report_with_any_fault_is_kept_when_another_takes_its_place(count, dakota, tmp_path):
    report = dakota.choke_points(budget=0.05, draws=0)
    drawn = report.charts()
    report = replace(report, charts=lambda: drawn)
    report.save(tmp_path / "choke")
    (tmp_path / "work").mkdir()
    clean = {path.name: path.read_bytes() for path in (tmp_path / "choke").iterdir()}
    for said, copy in faults(tmp_path / "choke", ("choke.json",), count, 4, tmp_path / "work"):
        before = [path.read_bytes() for path in copy.iterdir()]
        if not tried(lambda copy=copy: report.save(copy), said):
            assert not (copy / "choke.json").exists(), said  # then it is no folder of ours
            continue
        assert {path.name: path.read_bytes() for path in copy.iterdir()} == clean, said
        now = [path.read_bytes() for path in copy.parent.rglob("*") if path.is_file()]
        changed = [data for data in before if data not in clean.values()]
        assert all(data in now or json.loads(data) for data in changed), said
        for kept in copy.parent.glob(f"{copy.name}.kept-*"):
            shutil.rmtree(kept)


# -- what does not agree is refused ------------------------------------------------------------------------------------


def with_manifest(folder: Path, goal: Path, **changes: Any) -> Path:
    """Return a copy of a result whose manifest says something else, with a right hash."""
    shutil.copytree(folder, goal)
    manifest = json.loads((goal / "manifest.json").read_text())
    manifest |= changes
    (goal / "manifest.json").write_bytes(as_bytes({**manifest, HASH: hash_of(manifest)}))
    return goal


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"value": 281.0}, "its tables come to 280, and its manifest says 281"),
        ({"constant_value": 1.0}, "its tables come to 281, and its manifest says 280"),
        ({"objective": 281.0, "bound": 281.0}, "its objective is 281, and its plan is worth 280"),
        ({"bound": 279.0}, "its objective 280 is better than its bound, 279"),
        ({"bound": 294.0}, "its gap 0.0 does not follow from objective 280 and bound 294"),
        ({"bound": 294.0, "gap": 0.05}, "its status 'optimal' says more than its gap, 0.05"),
        ({"bound": 294.0, "gap": 0.05, "status": "within_gap"}, "its status 'within_gap' says more"),
        ({"bound": None}, "its gap 0.0 does not follow"),
        ({"objective": "280"}, "objective: Input should be a valid number"),
        ({"has_plan": 1}, "has_plan"),
        ({"status": "infeasible"}, "status: 'infeasible', and a result that is saved has a plan"),
        ({"status": "best"}, "status: Input should be 'optimal'"),
        ({"has_plan": False}, "a result that is saved has a plan"),
        ({"versions": {"fabopt": "0.1.0"}}, "versions.pyomo: Field required"),
        ({"options": {}}, "options.objective: Field required"),
    ],
)
def test_a_manifest_that_does_not_agree_with_the_tables_is_refused(changes, says, dakota, tmp_path, capsys):
    """Dakota's plan is worth 280 (Winston, chapter 3)."""
    folder = with_manifest(dakota.folder, tmp_path / "r", **changes)
    assert main(["show", str(folder)]) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert says in said
    assert str(folder) in said


def test_a_changed_table_with_right_hashes_is_refused(dakota, tmp_path):
    folder = with_manifest(dakota.folder, tmp_path / "r")
    path = folder / "core" / "deliveries.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("delivered")
    more = table.set_column(at, table.schema.field(at), [[2.0 * x.as_py() for x in table["delivered"]]])
    pq.write_table(more, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    files = contents(folder, "manifest.json").changed
    assert files == ("core/deliveries.parquet",)
    import hashlib

    manifest["files"][files[0]] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_bytes(as_bytes({**manifest, HASH: hash_of(manifest)}))
    with pytest.raises(SavedError, match="its tables come to"):
        fabopt.load_result(folder)
    pq.write_table(more.drop_columns(["unit_value"]), path)
    manifest["files"][files[0]] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_bytes(as_bytes({**manifest, HASH: hash_of(manifest)}))
    with pytest.raises(SavedError, match="has no column unit_value"):
        fabopt.load_result(folder)


def test_a_worth_in_which_all_cancels_agrees_within_the_rounding_of_its_parts(dakota):
    """A stock worth 1 and one worth -1: bound and objective differ by less than adding them up may leave."""
    tables = {name: dakota.table(f"core/{name}").iloc[:0] for name in (*DISCOUNTED, "terms")}
    tables["periods"] = dakota.table("core/periods")
    tables["terminal"] = pd.DataFrame({"amount": [1.0, -1.0], "unit_worth": 1.0, "discount": 1.0})
    run = replace(dakota.run, value=0.0, objective=1e-16, bound=1e-13, gap=0.0, gap_denominator=1e-16)
    read = {f"core/{name}": table for name, table in tables.items()}.__getitem__
    check_agreement(Plan(run, read, dakota.plan.instance), "here")
    with pytest.raises(SavedError, match=r"its gap 0\.0 does not follow"):
        check_agreement(Plan(replace(run, bound=1e-3), read, dakota.plan.instance), "here")


@pytest.mark.parametrize("party", ["lab:alpha", "owner:foundry"])
def test_the_objective_of_one_party_is_held_against_its_part_of_the_plan(party, tmp_path):
    instance = fabopt.load(INSTANCES / "perspective" / "price-and-cost")
    result = instance.solve(perspective=party, out=tmp_path / "r")
    assert fabopt.load_result(tmp_path / "r").objective == result.objective != result.run.value
    folder = with_manifest(tmp_path / "r", tmp_path / "s", objective=result.objective + 1.0, bound=None, gap=None)
    with pytest.raises(SavedError, match="its plan is worth"):
        fabopt.load_result(folder)


def test_what_hooks_add_to_the_objective_counts(tmp_path):
    def bonus(m, model):
        m.gift = pyo.Var(bounds=(0, 1))
        m.value.set_value(m.value.expr + 5.0 * m.gift)

    result = fabopt.load(INSTANCES / "textbook" / "dakota").solve(extra=[bonus], out=tmp_path / "r")
    assert result.objective == pytest.approx(285.0)
    assert fabopt.load_result(tmp_path / "r").objective == result.objective


def test_a_result_of_an_older_format_says_how_to_solve_it_again(dakota, tmp_path):
    folder = with_manifest(dakota.folder, tmp_path / "r", format=1)
    with pytest.raises(SavedError, match=rf"in the format .* \(4\); solve it again: fabopt solve {folder} --out DIR"):
        fabopt.load_result(folder)
    assert main(["solve", str(folder), "--out", str(tmp_path / "again")]) == 0
    assert fabopt.load_result(tmp_path / "again").objective == pytest.approx(280.0)


# -- the verbs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb",
    [
        ["solve", "INSTANCE"],
        ["choke", "INSTANCE"],
        ["tornado", "INSTANCE"],
        ["memo", "INSTANCE", "--for", "aurora"],
        ["roll", "RESULT", "--to", "2027"],
    ],
    ids=lambda verb: verb[0],
)
@pytest.mark.parametrize("place", ["/proc/fabopt/out", "FILE/out", "MINE"])
def test_a_place_that_takes_no_folder_is_refused_before_anything_is_solved(
    verb, place, dakota, tmp_path, monkeypatch, capsys
):
    def never(*args: object, **more: object) -> None:
        raise AssertionError("solved")

    monkeypatch.setattr("fabopt.solve.run.solve", never)
    (tmp_path / "file").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    out = place.replace("FILE", str(tmp_path / "file")).replace("MINE", str(tmp_path / "mine"))
    names = {"INSTANCE": str(INSTANCES / "tutorial"), "RESULT": str(dakota.folder)}
    assert main([*(names.get(word, word) for word in verb), "--out", out]) == 2
    assert out in capsys.readouterr().err
    assert (tmp_path / "mine" / "letter").read_text() == "dear"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine"]


def test_a_plan_that_cannot_be_saved_where_it_was_asked_for_is_printed_and_saved_elsewhere(
    tmp_path, monkeypatch, capsys
):
    from fabopt.solve.results import folder as module

    real = module.write_folder

    def full(path: Path, record: str, files: Any) -> None:
        if path == tmp_path / "asked":
            raise OSError(28, "No space left on device")
        real(path, record, files)

    monkeypatch.setattr(module, "write_folder", full)
    monkeypatch.chdir(tmp_path)
    instance = str(INSTANCES / "textbook" / "dakota")
    assert main(["solve", instance, "--out", str(tmp_path / "asked")]) == 2
    said = capsys.readouterr()
    where = tmp_path / "asked.rescued-1"
    assert "280" in said.out
    assert f"written to {where}" in said.out
    assert "No space left on device" in said.err
    assert f"It was written to {where} instead." in said.err
    assert fabopt.load_result(where).objective == pytest.approx(280.0)
    assert main(["solve", instance, "--out", str(tmp_path / "asked"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["result"] == str(tmp_path / "asked.rescued-2")


def test_a_result_that_a_stop_left_under_another_name_is_read_and_put_back(dakota, tmp_path, capsys):
    shutil.copytree(dakota.folder, tmp_path / "r.old-999999999-00000000")
    path = str(tmp_path / "r")
    assert main(["show", path]) == 0
    said = capsys.readouterr()
    assert "280" in said.out
    assert said.err.count("is not there: a run was stopped while it put it in place") == 1
    assert main(["solve", path, "--out", path]) == 0
    assert "the older one stands there again" in capsys.readouterr().err.replace("\n", " ")
    assert [entry.name for entry in tmp_path.iterdir()] == ["r"]
