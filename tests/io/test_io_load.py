"""Instances in several files, with tables, scenarios and settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from toy import Toy, load, write

from fabopt.io.load import load_tree
from fabopt.io.problems import InstanceError
from fabopt.io.tree import read_tree, scenario_names
from fabopt.io.write import instance_hash, instance_json

BASE = """
title: toy
currencies: {EUR: 1.16}
include: [fabs.yaml]
tables: {sources: notes.csv, fabs: [more.csv]}
scenarios:
  hot:
    description: More of everything.
    set:
      fabs.n3.capacity: "*2"
      fabs.n2.lines: 3
  hotter:
    extends: [hot]
    merge:
      fabs:
        n3: {price: 50}
        n1: null
  looped: {extends: [looping]}
  looping: {extends: [looped]}
"""
FILES = {
    "instance.yaml": BASE,
    "fabs.yaml": "fabs:\n  n3:\n    capacity: {value: 10, low: 9, source: f1}\n    price: 100 EUR/wafer\n"
    "  n2:\n    capacity: {csv: tables/c.csv, column: n2, shape: steps, unit: wafer/month, source: f1}\n",
    "tables/c.csv": "date,n3,n2\n2027Q1,,1000\n2028Q1,1,\nend-2028,,3 kwafer/month\n",
    "notes.csv": "id,title\nf1,1984\n",
    "more.csv": 'id,capacity.value,capacity.low,price,ramp,kind\nn1,5,4,"7 kUSD/wafer","[0.5, 1]",dram\n',
    "scenarios/cold.yaml": "extends: [hot]\nset: {fabs.n3.capacity@2027: 5}\n",
    "scenarios/late.yaml": "merge:\n  fabs:\n    n3:\n      opened: 2029Q1\n      capacity:\n        "
    "csv: tables/c.csv\n        column: n3\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def test_files_tables_and_series_make_one_instance(folder: Path) -> None:
    toy = load(folder)
    assert list(toy.fabs) == ["n3", "n2", "n1"]
    assert toy.fabs["n3"].price.value == pytest.approx(116)  # 100 EUR at 1.16
    assert [(point.when, point.value) for point in toy.fabs["n2"].capacity.points] == [
        (date(2027, 1, 1), 1.0),
        (date(2028, 12, 31), 3.0),
    ]
    assert toy.fabs["n2"].capacity.shape == "steps"
    assert toy.fabs["n1"].capacity.low_high[0] == 4
    assert toy.fabs["n1"].price.value == 7000
    assert [entry.value for entry in toy.fabs["n1"].ramp] == [0.5, 1]
    assert toy.sources["f1"].title == "1984"  # a number in a text field is meant as text


def test_every_file_that_was_read_is_known_by_its_hash(folder: Path) -> None:
    tree = load_tree(folder, "late", model=Toy)
    assert set(tree.files) == {
        "instance.yaml", "fabs.yaml", "tables/c.csv", "notes.csv", "more.csv", "scenarios/late.yaml",
    }  # fmt: skip
    assert all(len(digest) == 64 for digest in tree.files.values())
    assert "scenarios" not in tree.raw


def test_a_scenario_scales_and_keeps_source_and_range(folder: Path) -> None:
    hot = load(folder, "hot")
    assert hot.fabs["n3"].capacity.value == 20
    assert hot.fabs["n3"].capacity.low_high[0] == 18
    assert hot.fabs["n3"].capacity.source == ("f1",)
    assert hot.fabs["n2"].lines == 3
    assert load(folder).fabs["n2"].lines == 1


def test_a_scenario_applies_what_it_extends_first_and_null_deletes(folder: Path) -> None:
    hotter = load(folder, "hotter")
    assert hotter.fabs["n3"].capacity.value == 20
    assert hotter.fabs["n3"].price.value == 50
    assert list(hotter.fabs) == ["n3", "n2"]


def test_settings_come_after_the_scenario(folder: Path) -> None:
    toy = load(folder, "hot", "fabs.n3.capacity=*2", "fabs.n3.price=7 EUR/wafer")
    assert toy.fabs["n3"].capacity.value == 40
    assert toy.fabs["n3"].price.value == pytest.approx(8.12)
    assert load_tree(folder, "hotter", ["fabs.n3.lines=2"], Toy).applied == (
        "scenario hot", "scenario hotter", "fabs.n3.lines=2",
    )  # fmt: skip


def test_a_scenario_in_a_file_may_bring_its_own_tables(folder: Path) -> None:
    late = load(folder, "late")
    assert late.fabs["n3"].opened == date(2029, 1, 1)
    assert [point.when for point in late.fabs["n3"].capacity.points] == [date(2028, 1, 1)]
    assert late.fabs["n3"].capacity.source == ()  # the source spoke for the number that was replaced
    assert scenario_names(read_tree(folder)) == ("hot", "hotter", "looped", "looping", "cold", "late")


@pytest.mark.parametrize(
    ("scenario", "files", "printed"),
    [
        ("hott", {}, "there is no scenario 'hott'; did you mean 'hot'?"),
        (
            "looped",
            {},
            "instance.yaml:19: scenarios.looping.extends.0: scenarios extend each other in a circle: "
            "looped -> looping -> looped",
        ),
        ("cold", {}, "scenarios/cold.yaml:2: 'fabs.n3.capacity@2027' is no series, so it has no point at 2027-01-01"),
        (
            "bad",
            {"scenarios/bad.yaml": "extnds: [hot]\n"},
            "scenarios/bad.yaml:1: extnds: no such field; did you mean 'extends'?",
        ),
        ("hot", {"scenarios/hot.yaml": "set: {}\n"}, "scenarios/hot.yaml:1: scenario 'hot' is given twice; first in "
         "instance.yaml:7"),
        (
            "bad",
            {"scenarios/bad.yaml": "merge:\n  fabs:\n    n33: null\n"},
            "scenarios/bad.yaml:3: fabs.n33: there is no 'n33' to delete; did you mean 'n3'?",
        ),
        (
            "bad",
            {"scenarios/bad.yaml": "merge:\n  fabs:\n    n3:\n      prize: 3\n"},
            "scenarios/bad.yaml:4: fabs.n3.prize: no such field; did you mean 'price'?",
        ),
        (
            "bad",
            {"scenarios/bad.yaml": "set:\n  fabs.n3.price: 3 GB\n"},
            "scenarios/bad.yaml:2: fabs.n3.price: 'GB' is data, but this number is counted in 'USD/wafer'; give a "
            "number in USD/wafer, such as '3 USD/wafer'",
        ),
        ("../hot", {}, "there is no scenario '../hot'; did you mean 'hot'?"),
        (
            "bad",
            {"scenarios/bad.yaml": "extends: [hoot]\n"},
            "scenarios/bad.yaml:1: extends.0: there is no scenario 'hoot'; did you mean 'hot'?",
        ),
    ],
)  # fmt: skip
def test_a_faulty_scenario_prints_where_it_is(folder: Path, scenario: str, files: dict[str, str], printed: str) -> None:
    with pytest.raises(InstanceError) as caught:
        load(write(folder, files), scenario)
    assert str(caught.value) == printed


def test_a_faulty_setting_is_named_by_its_words(folder: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        load(folder, None, "fabs.n3.price=-1", "fabs.n3.lines=2")
    assert str(caught.value) == (
        "--set fabs.n3.price=-1: fabs.n3.price: the value is -1 USD/wafer; it must be at least 0 USD/wafer"
    )
    with pytest.raises(InstanceError) as caught:
        load(folder, None, "fabs.n3.prize=1", "fabs.n3", "fabs.n4.price=3")
    assert [problem.file for problem in caught.value.problems] == [
        "--set fabs.n3", "--set fabs.n3.prize=1", "--set fabs.n4.price=3",
    ]  # fmt: skip


def test_a_range_alone_merges_into_a_quantity_and_a_value_replaces_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "instance.yaml": "sources: {f1: {title: x}}\nfabs:\n  n3:\n    capacity: {value: 10, low: 9, source: f1}\n",
            "scenarios/range.yaml": "merge: {fabs: {n3: {capacity: {high: 12}}}}",
            "scenarios/value.yaml": "merge: {fabs: {n3: {capacity: {value: 11}}}}",
        },
    )
    assert load(tmp_path, "range").fabs["n3"].capacity.low_high == (9, 12, False)
    replaced = load(tmp_path, "value").fabs["n3"].capacity
    assert (replaced.value, replaced.points[0].low, replaced.source, replaced.assumed) == (11, None, (), True)


def test_canonical_json_loads_as_the_same_instance_in_the_same_order(folder: Path) -> None:
    for scenario in (None, "hotter", "late"):
        toy = load(folder, scenario)
        (folder / "out").mkdir(exist_ok=True)
        (folder / "out" / "instance.json").write_text(instance_json(toy))
        again = load(folder / "out")
        assert again == toy
        assert list(again.fabs) == list(toy.fabs)
        assert instance_json(again) == instance_json(toy)


def test_the_hash_follows_the_contents_and_not_the_order(folder: Path) -> None:
    toy = load(folder)
    turned = toy.model_copy(update={"fabs": dict(reversed(toy.fabs.items()))})
    assert instance_hash(turned) == instance_hash(toy)
    assert instance_hash(load(folder, "hot")) != instance_hash(toy)


def test_a_tree_is_not_changed_by_what_is_applied_to_it(folder: Path) -> None:
    before = read_tree(folder)
    copy = repr(before.raw)
    load_tree(folder, "hotter", ["fabs.n3.capacity=3"], Toy)
    from fabopt.io.load import apply_scenario, apply_sets

    apply_sets(apply_scenario(before, "hotter", Toy), ["fabs.n3.capacity=3"], Toy)
    assert repr(before.raw) == copy
