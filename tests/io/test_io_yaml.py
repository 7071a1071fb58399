"""YAML under the rules of YAML 1.2, with the place of everything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabopt.io.problems import Place
from fabopt.io.yaml import parse_yaml, resolve_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),  # Norway; YAML 1.1 read false
        ("yes", "yes"),
        ("on", "on"),
        ("1e3", 1000.0),  # YAML 1.1 read text
        ("1_000", "1_000"),  # YAML 1.1 read 1000
        ("012", 12),  # YAML 1.1 read 10
        ("0o14", 12),
        ("0xff", 255),
        ("12:30", "12:30"),  # YAML 1.1 read 750
        ("2027-03-15", "2027-03-15"),  # YAML 1.1 read a date
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+7", 7),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nUll", "nUll"),
        ("True", True),
        ("tRUE", "tRUE"),
        ("-.inf", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("1 e3", "1 e3"),
        ("2027Q1", "2027Q1"),
        ("٣", "٣"),  # a digit, but none of YAML's
        ("9" * 30, 1e30),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = resolve_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_quoted_scalars_are_text_and_keys_are_text() -> None:
    parsed = parse_yaml("'1': \"2\"\n2027: 'true'\ntrue: |\n  12\n", "f")
    assert parsed.value == {"1": "2", "2027": "true", "true": "12\n"}


def test_every_scalar_and_key_has_its_line() -> None:
    text = "# a comment\nfabs:\n  n3:\n    capacity: 1\n    ramp:\n      - 0.5\n      - {value: 1,\n         low: 0}\n"
    places = parse_yaml(text, "f.yaml").places
    lines = {".".join(map(str, path)): place.line for path, place in places.items()}
    assert lines == {
        "": 2,
        "fabs": 2,
        "fabs.n3": 3,
        "fabs.n3.capacity": 4,
        "fabs.n3.ramp": 5,
        "fabs.n3.ramp.0": 6,
        "fabs.n3.ramp.1": 7,
        "fabs.n3.ramp.1.value": 7,
        "fabs.n3.ramp.1.low": 8,
    }


def test_an_alias_is_a_copy_with_the_place_of_its_original() -> None:
    parsed = parse_yaml("a: &x\n  k: 1\nb: *x\n", "f")
    assert parsed.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert parsed.value["a"] is not parsed.value["b"]
    assert parsed.places[("b", "k")] == Place("f", 2)


def test_an_empty_document_is_nothing() -> None:
    assert parse_yaml("# only a comment\n", "f").value is None
    assert parse_yaml("", "f").value is None


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(categories=["L", "N"], max_codepoint=0x2FFF), min_size=1, max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(plain)
def test_json_is_yaml_and_reads_as_json_does(value: object) -> None:
    assert parse_yaml(json.dumps(value, ensure_ascii=False), "f").value == value
