"""The JSON Schema takes what the loader takes, and the page lists every field."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from toy import Toy

from fabopt.domain import base
from fabopt.domain.base import Record, When, meanings
from fabopt.domain.instance import Instance
from fabopt.io.schema import instance_schema, schema_markdown, schema_rows
from fabopt.io.shape import fields_of
from fabopt.io.yaml import parse_yaml

jsonschema = pytest.importorskip("jsonschema")
TEXTBOOK = Path(__file__).parents[2] / "instances" / "textbook"


def errors(instance: dict[str, Any]) -> list[str]:
    checker = jsonschema.Draft202012Validator(instance_schema(Toy))
    return [".".join(map(str, error.absolute_path)) for error in checker.iter_errors(instance)]


@pytest.mark.parametrize(
    "capacity",
    [
        5,
        "5 kwafer/month",
        "1.2 million wafer/year",
        {"value": 5, "low": "4 kwafer/month", "source": ["f1"], "range": "5%", "confidence": "low"},
        {"linear": {"2027Q1": 1, "end-2027": {"value": "2 kwafer/month", "note": "n"}}, "unit": "kwafer/month"},
        {"csv": "c.csv", "column": "n3", "shape": "steps"},
    ],
)
def test_every_form_of_a_quantity_passes(capacity: object) -> None:
    assert errors({"fabs": {"n3": {"capacity": capacity}}}) == []


@pytest.mark.parametrize(
    ("fab", "place"),
    [
        ({"capacity": -5}, "fabs.n3.capacity"),
        ({"capacity": "five"}, "fabs.n3.capacity"),
        ({"capacity": {"valeu": 5}}, "fabs.n3.capacity"),
        ({"capacity": 5, "price": {"linear": {"2027": 1}}}, "fabs.n3.price"),
        ({"capacity": 5, "share": 1.5}, "fabs.n3.share"),
        ({"capacity": 5, "opened": "soon"}, "fabs.n3.opened"),
        ({"capacity": 5, "prize": 5}, "fabs.n3"),
        ({}, "fabs.n3"),
    ],
)
def test_what_the_loader_refuses_an_editor_marks(fab: dict[str, Any], place: str) -> None:
    assert errors({"fabs": {"n3": fab}}) == [place]


def test_an_editor_takes_the_short_forms_of_plain_networks_and_marks_what_is_wrong_in_them() -> None:
    checker = jsonschema.Draft202012Validator(instance_schema(Instance))
    files = sorted(TEXTBOOK.glob("*/instance.yaml"))
    assert len(files) > 9
    for file in files:
        assert list(checker.iter_errors(parse_yaml(file.read_text(), "").value)) == [], file
    wrong = {"network": {"activities": {"bake": {"outputs": {"bread": {"amont": 2}}}}}}
    assert list(checker.iter_errors(wrong))


def test_a_file_may_be_a_part_and_may_have_includes_tables_and_scenarios() -> None:
    assert errors({"include": ["a.yaml"], "tables": {"fabs": "f.csv"}, "scenarios": {"a": {"set": {"x": 1}}}}) == []
    assert errors({"scenarios": {"a": {"sets": {}}}}) == ["scenarios.a"]


@pytest.mark.parametrize("model", [Toy, Instance])
def test_the_schema_is_valid_and_says_each_shared_part_once(model: type[Any]) -> None:
    schema = instance_schema(model)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert json.dumps(schema).count('"title": "Sourced number"') == 1


def test_the_page_lists_every_field_of_every_record_with_its_unit() -> None:
    page = schema_markdown(Instance)
    for name in fields_of(Instance):
        assert f"| `{name}` |" in page
    assert (
        "| `capacity` | kwafer/month >= 0, <= 2e+07, usually 0.001 to 20000, may vary over time | "
        "required | Wafer starts. |" in schema_markdown(Toy)
    )
    assert "| `kind` | `logic`, `dram` | `logic` | Kind. |" in schema_markdown(Toy)
    assert "| `price` | USD/wafer >= 0, usually 20 to 500000 | 100 USD/wafer | Price of a wafer. |" in schema_markdown(
        Toy
    )


class Above(Record):
    """A record whose fields others have too."""

    first: When
    """First day,
    in words of two lines."""
    unit: str = "1"
    """Unit."""
    plain: int = 0


class Below(Above):
    """A record with fields of another one."""

    unit: str = "kg"
    """Unit of mass."""
    class_: str = Field(default="", alias="class")
    """Class."""


def test_a_field_is_described_by_the_docstring_below_it_by_its_written_name_and_from_the_record_it_comes_from() -> None:
    first = "First day,\nin words of two lines."
    assert meanings(Above) == {"first": first, "unit": "Unit."}
    assert meanings(Below) == {"first": first, "unit": "Unit of mass.", "class": "Class."}
    described = Below.model_json_schema()["properties"]
    assert {name: field.get("description") for name, field in described.items()} == {
        "first": first, "unit": "Unit of mass.", "plain": None, "class": "Class.",
    }  # fmt: skip


def test_every_field_of_an_instance_is_described() -> None:
    assert [row[:2] for row in schema_rows(Instance) if not row[-1]] == []
    for name, section in instance_schema(Instance)["properties"].items():
        assert section["description"], name


def test_without_source_fields_are_described_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(what: object) -> str:
        raise OSError("could not get source code")

    base._docstrings.cache_clear()
    monkeypatch.setattr(inspect, "getsource", gone)
    assert meanings(Above) == {}
    base._docstrings.cache_clear()
