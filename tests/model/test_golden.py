"""The rows of every family on a small case, read by a person and kept in ``golden``."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from family_cases import family_case
from model_cases import listing

from fabopt.model.demand import DEMAND
from fabopt.model.families import ModelError
from fabopt.model.registry import FAMILIES
from fabopt.model.sums import DEFINITIONS, GROUP_LIMIT, LIMITS, PIN, SURVIVAL
from fabopt.model.tables import model_tables
from fabopt.network.tables import GroupFamily

GOLDEN = Path(__file__).parent / "golden"


def test_every_family_has_a_listing_and_every_listing_a_family():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {family.name for family in FAMILIES}


def test_families_have_unique_names_and_say_what_row_and_price_mean():
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        words = (
            family.sentence("Cowos-L", "2027Q1", 3.0, "kwafer"),
            family.price_sentence("Cowos-L", "2027Q1", "kwafer"),
        )
        for sentence in words:
            assert len(sentence) > 10
            assert "{" not in sentence


@pytest.mark.parametrize("name", [family.name for family in FAMILIES])
def test_rows_are_those_a_person_has_read(name):
    net, aim = family_case(name)
    assert listing(model_tables(net, aim), name) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_a_thing_without_a_unit_leaves_no_hole_in_a_sentence():
    assert DEMAND.sentence("a", "2027", 80.0, "") == "a takes 80 in 2027"
    assert DEMAND.price_sentence("a", "2027", "") == "one more unit wanted by a in 2027"


def test_every_family_of_sums_has_a_record_and_a_place_that_states_its_rule():
    assert {family.name for family in (*LIMITS, *DEFINITIONS)} == set(get_args(GroupFamily))
    own = [GROUP_LIMIT, PIN]
    for family in (*LIMITS, *DEFINITIONS):
        text = import_module(family.stated_in or "fabopt.model.linear").__doc__
        assert "math:" in text
        assert (family.stated_in == "") == (family in own)


def test_relief_of_what_must_be_done_is_one_unit_less():
    assert (
        SURVIVAL.price_sentence("a", "2027", "kH100e", less=True)
        == "one thousand less H100e that must remain in 2027, a"
    )
    assert DEMAND.per_unit("kwafer") == "kwafer wanted"


def test_a_record_of_another_table_is_refused():
    net, _ = family_case("group_limit")
    strange = replace(net, groups=(*net.groups, replace(net.groups[0], id="strange", family="pin")))
    with pytest.raises(ModelError, match=r"'strange' is of the family 'pin', which has no place in its table\."):
        model_tables(strange)
