"""Every fixed word of the records stands in the lists of both languages; names of limits are put into Chinese."""

import re
from pathlib import Path
from typing import get_args

import pytest

from fabopt.analysis.alternatives import measures
from fabopt.analysis.alternatives.records import Verdict
from fabopt.analysis.choke import owners
from fabopt.analysis.choke.records import Status
from fabopt.analysis.memo.records import Confidence, LossNote, SignatureKind
from fabopt.analysis.memo.second_source import OWNER, ROLES
from fabopt.analysis.portfolio.records import Standing
from fabopt.domain.kinds import KINDS as MADE
from fabopt.model.limits import BOUNDS, Kind
from fabopt.model.registry import FAMILIES
from fabopt.model.sums import SUMS
from fabopt.network.suppliers import KINDS
from fabopt.report.memo.words import LANGUAGES, LISTS, limit_name, per_unit, word, words

ROOT = Path(__file__).parents[2]
INSTRUMENTS = {value.name for value in vars(owners).values() if isinstance(value, owners.Instrument)}
LOWERED = set(
    re.findall(r'instrument="([a-z]+)"', "".join(f.read_text("utf-8") for f in (ROOT / "fabopt/network").rglob("*.py")))
)
FIXED = {
    "result_status": {"optimal", "within_gap", "wider_gap", "time_limit", "interrupted"},
    "signature_kind": set(get_args(SignatureKind)),
    "confidence": set(get_args(Confidence)),
    "chip_standing": set(get_args(Standing)),
    "limit_kind": set(get_args(Kind)),
    "limit_status": set(get_args(Status)),
    "instrument": INSTRUMENTS | LOWERED,
    "verdict": set(get_args(Verdict)),
    "supplier_kind": {*KINDS, OWNER, *ROLES.values()},
    "alternative": {"differs most", "least"},
    "loss_note": set(get_args(LossNote)) - {""},
    "mix_kind": {"chip", *measures.KINDS, "owner"},
    "outlay": {"orders", "running", *(kind.paid for kind in MADE.values() if kind.paid)},
}


def test_every_list_is_held_against_a_type():
    assert set(FIXED) == set(LISTS)
    assert len(INSTRUMENTS) >= 10
    assert {"build", "qualification"} <= LOWERED


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("of", LISTS)
def test_the_words_of_a_language_are_complete(lang, of):
    said = words(lang)[of]
    assert FIXED[of] <= set(said)
    assert all(text.strip() for text in said.values())


@pytest.mark.parametrize("of", LISTS)
def test_languages_have_the_same_words_and_chinese_ones_are_chinese(of):
    english, chinese = words("en")[of], words("zh")[of]
    assert set(english) == set(chinese)
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in chinese.values())


def test_a_word_that_an_instance_made_stands_as_it_is():
    assert word("zh", "instrument", "persuade") == "persuade"


@pytest.mark.parametrize(
    ("label", "chinese"),
    [
        ("Bridgeworks interposer wafers", "Bridgeworks 中介层晶圆"),
        ("Plains campus facility power", "Plains campus 设施电力"),
        ("Phones, floor", "Phones, 下限"),
        ("Servers, at lower prices", "Servers, 价格较低时的部分"),
        ("North fab wafer starts", "North fab 投片"),
        ("Coast campus power, size 12", "Coast campus 电力（规模 12）"),
        ("Floorplan Inc bonding", "Floorplan Inc 键合"),
    ],
)
def test_names_of_limits_in_chinese(label, chinese):
    assert limit_name("zh", label) == chinese
    assert limit_name("en", label) == label


def test_what_a_price_is_the_price_of_has_words_in_both_languages():
    for family in (*SUMS.values(), *BOUNDS, *(f for f in FAMILIES if f.soft)):
        assert per_unit("en", family.name, "kwafer") == f"per {family.per_unit('kwafer')}"
        chinese = per_unit("zh", family.name, "kwafer")
        assert not re.search(r"[a-z]", chinese), (family.name, chinese)
    assert per_unit("zh", "demand", "") == "每单位需求"
    assert per_unit("en", "demand", "") == "per unit wanted"
