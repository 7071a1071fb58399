"""Result folders: what stands on disk recomputes to the objective, loads again, solves again, and has stable bytes."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import fabopt
from fabopt.analysis.recompute import recomputed
from fabopt.solve.results.build import ALL_TABLES
from fabopt.solve.results.folder import ResultError, read_manifest

INSTANCES = Path(__file__).parents[2] / "instances"
LARGE = {"frontier"}
"""Instances whose solve takes longer than a test may."""


def on_disk(folder):
    """Return a reader of tables as they stand, whatever the manifest says."""
    return lambda name: pq.read_table(folder / f"{name}.parquet").to_pandas()


def all_instances():
    for file in sorted(INSTANCES.glob("**/instance.yaml")):
        name = str(file.parent.relative_to(INSTANCES))
        yield pytest.param(file.parent, id=name, marks=[pytest.mark.slow] if name in LARGE else [])


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "tutorial"
    return fabopt.load(INSTANCES / "tutorial").solve(gap=0.005, out=folder), folder


@pytest.mark.parametrize("instance", list(all_instances()))
def test_the_objective_recomputed_from_the_tables_on_disk_is_the_solver_s(instance, tmp_path):
    result = fabopt.load(instance).solve(gap=0.01, time_limit=600, out=tmp_path / "result")
    run, _ = read_manifest(tmp_path / "result")
    again = recomputed(on_disk(tmp_path / "result"), run.constant_value).value
    assert again == pytest.approx(run.value, rel=1e-6)
    assert result.objective == run.objective


def test_a_changed_quantity_on_disk_changes_the_recomputed_value(tutorial, tmp_path):
    # So the test above cannot pass by reading a total from somewhere.
    import shutil

    result, folder = tutorial
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    path = copy / "core" / "deliveries.parquet"
    table = pq.read_table(path).to_pandas()
    table.loc[0, "delivered"] += 1.0
    table.to_parquet(path)
    discount = result.table("periods").set_index("period")["discount"]
    gained = table.loc[0, "unit_value"] * discount[table.loc[0, "period"]]
    before, after = (recomputed(on_disk(place)).value for place in (folder, copy))
    assert after == pytest.approx(before + gained, rel=1e-12)


def test_a_plan_after_another_objective_recomputes_to_its_value(tmp_path):
    result = fabopt.load(INSTANCES / "tutorial").solve("compute", gap=0.005, out=tmp_path / "r")
    assert recomputed(on_disk(tmp_path / "r")).value == pytest.approx(result.run.value, rel=1e-6)
    assert result.run.value != pytest.approx(result.objective, rel=1e-3)


@pytest.mark.parametrize("name", ["tutorial", "textbook/food-manufacture-2", "textbook/wagner-whitin"])
def test_a_second_solve_gives_the_same_bytes_in_every_table(name, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        fabopt.load(INSTANCES / name).solve(gap=0.005, out=folder)
    one, two = (read_manifest(folder)[1] for folder in folders)
    tables = [file for file in one if file.endswith(".parquet")]
    assert len(tables) == len(ALL_TABLES)
    assert {file: one[file] for file in [*tables, "instance.json"]} == {
        file: two[file] for file in [*tables, "instance.json"]
    }


def test_a_result_loads_with_the_same_tables_and_answer(tutorial):
    result, folder = tutorial
    again = fabopt.load_result(folder)
    for spec in ALL_TABLES:
        assert again.table(spec.name).equals(result.table(spec.name)), spec.name
    assert str(again.answer) == str(result.answer)
    assert again.log == result.log != ""


def test_the_instance_in_a_result_solves_to_the_same_plan(tutorial, tmp_path):
    result, folder = tutorial
    again = fabopt.load(folder).solve(gap=0.005)
    assert again.objective == result.objective
    assert again.run.input_hash == result.run.input_hash
    assert again.orders.equals(result.orders)


def test_units_and_meanings_stand_in_the_metadata_of_every_column(tutorial):
    _, folder = tutorial
    for spec in ALL_TABLES:
        schema = pq.read_schema(folder / spec.group / f"{spec.name}.parquet")
        for column in spec.columns:
            metadata = schema.field(column.name).metadata
            assert metadata[b"unit"].decode() == column.unit
            assert metadata[b"description"].decode() == column.says
        assert b"pandas" not in schema.metadata


def test_the_manifest_says_what_was_solved_and_how(tutorial):
    _, folder = tutorial
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["instance"] == "tutorial"
    assert manifest["status"] in ("optimal", "within_gap")
    assert manifest["bound"] >= manifest["objective"]
    assert 0.0 <= manifest["gap"] <= 0.005
    assert manifest["options"]["gap"] == 0.005
    assert {"fabopt", "pyomo", "highspy"} <= set(manifest["versions"])


def test_a_changed_table_is_refused(tutorial, tmp_path):
    import shutil

    _, folder = tutorial
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "domain" / "orders.parquet").write_bytes(b"something else")
    with pytest.raises(ResultError, match="was changed after"):
        fabopt.load_result(copy).table("orders")
    (copy / "core" / "units.parquet").write_bytes(b"something else")
    with pytest.raises(ResultError, match="was changed after"):
        fabopt.load_result(copy)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "is no result"), ("{", "cannot be read"), ("{}", "in the format"), ("[]", "in the format")],
)
def test_a_folder_that_is_no_result_is_told_so(tmp_path, content, says):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ResultError, match=says):
        fabopt.load_result(tmp_path)


def test_a_result_replaces_a_result_and_nothing_else_and_keeps_what_people_put_there(tutorial, tmp_path):
    result, _ = tutorial
    result.save(tmp_path / "r")
    (tmp_path / "r" / "note.txt").write_text("mine", encoding="utf-8")
    result.save(tmp_path / "r")
    assert (tmp_path / "r" / "note.txt").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ResultError, match="fabopt does not replace it"):
        result.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text(encoding="utf-8") == "keep"


def test_a_relaxed_plan_with_parts_of_orders_tells_itself(tmp_path):
    # An order of power has a fixed part of its cost, of which the relaxation pays a part.
    instance = fabopt.load(INSTANCES / "tutorial")
    instance.solve(relaxed=True).save(tmp_path / "plan")
    units = fabopt.load_result(tmp_path / "plan").table("core/units")
    parts = units["placed"] % 1.0
    assert ((parts > 0.01) & (parts < 0.99)).any()


def test_a_plan_of_a_large_program_is_kept_before_it_is_found_what_holds_it_back(tutorial, tmp_path, monkeypatch):
    def interrupted(plan):
        raise KeyboardInterrupt

    result = fabopt.load_result(tutorial[1])
    monkeypatch.setattr("fabopt.solve.results.run_info.RunInfo.large", property(lambda run: True))
    monkeypatch.setattr("fabopt.report.answer.ranked_limits", interrupted)
    with pytest.raises(KeyboardInterrupt):
        result.save(tmp_path / "kept")
    assert fabopt.load_result(tmp_path / "kept").objective == result.objective
