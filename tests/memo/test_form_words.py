"""Every fixed word of the records stands in the lists of both languages; names of limits are put into Chinese."""

import re
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from jinja2 import Environment, nodes

from fabopt.analysis.alternatives import measures
from fabopt.analysis.alternatives.records import Verdict
from fabopt.analysis.choke import owners
from fabopt.analysis.choke.records import Status
from fabopt.analysis.hedge.records import HEDGE, SIGN, WAIT
from fabopt.analysis.memo.outlay import PURPOSES
from fabopt.analysis.memo.records import Confidence, LossNote, SignatureKind
from fabopt.analysis.memo.second_source import OWNER, ROLES
from fabopt.analysis.memo.study import SHARES
from fabopt.analysis.memo.tracks import Why
from fabopt.analysis.portfolio.records import Standing
from fabopt.analysis.roll.facts import NUMBER
from fabopt.domain.kinds import KINDS as MADE
from fabopt.domain.measured import MeasureName
from fabopt.model.limits import BOUNDS, Kind
from fabopt.model.registry import FAMILIES
from fabopt.model.sums import SUMS
from fabopt.network.suppliers import KINDS
from fabopt.report.memo.template import SHEETS, TEXT
from fabopt.report.memo.words import (
    LANGUAGES,
    LISTS,
    all_undone,
    limit_name,
    origin_name,
    per_unit,
    undone,
    word,
    words,
)
from fabopt.solve.options import SolveOptions

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "fabopt/report/memo/templates"
INSTRUMENTS = {value.name for value in vars(owners).values() if isinstance(value, owners.Instrument)}
LOWERED = set(
    re.findall(r'instrument="([a-z]+)"', "".join(f.read_text("utf-8") for f in (ROOT / "fabopt/network").rglob("*.py")))
)
FIXED = {
    "option": {field.name for field in fields(SolveOptions)} - {"time_limit"},
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
    "hedge_verdict": {SIGN, HEDGE, WAIT},
    "mix_kind": {"chip", *measures.KINDS, "owner"},
    "measure": {*get_args(MeasureName), NUMBER},
    "analysis": {*SHARES, "the plan", "sweep"},
    "outlay": {"orders", "contracts", "rest", *PURPOSES.values(), *(kind.paid for kind in MADE.values() if kind.paid)},
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


def test_rights_and_ramps_are_told_as_what_may_be_done():
    ramp = "Ramps of N's parts, Next (assumed): packages started (designer N), growth"
    assert limit_name("en", ramp) == "how fast N may ramp up Next (assumed)"
    assert limit_name("en", "HBM shares: right of AMD") == "HBM shares: what AMD may take"
    assert limit_name("zh", "HBM shares: right of AMD") == "HBM 份额：AMD 可取的量"


def test_what_a_price_is_the_price_of_has_words_in_both_languages():
    for family in (*SUMS.values(), *BOUNDS, *(f for f in FAMILIES if f.soft)):
        assert per_unit("en", family.name, "kwafer") == f"per {family.per_unit('thousand wafers')}"
        chinese = per_unit("zh", family.name, "kwafer")
        assert not re.search(r"[a-z]", chinese), (family.name, chinese)
    assert per_unit("zh", "demand", "") == "每单位需求"
    assert per_unit("en", "demand", "") == "per unit wanted"


def said(node, keys):
    """The keys that an expression for a phrase may come to: a constant, either of two, or a beginning and its ends."""
    if isinstance(node, nodes.Const):
        return {node.value}
    if isinstance(node, nodes.CondExpr):
        return said(node.expr1, keys) | said(node.expr2, keys)
    begin = [part.value for part in node.nodes if isinstance(part, nodes.Const)]
    return {key for key in keys if any(key.startswith(one) or key.endswith(one) for one in begin)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_phrase_of_the_template_is_in_the_words_of_each_language_with_the_places_that_are_filled(lang):
    trees = [Environment().parse((TEMPLATES / name).read_text("utf-8")) for name in (TEXT, SHEETS)]
    phrases, asked = words(lang)["text"], {"sheets": [{"lab"}]}
    for call in (call for tree in trees for call in tree.find_all(nodes.Call)):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            for key in said(call.args[0], phrases):
                asked.setdefault(key, []).append({place.key for place in call.kwargs})
    assert set(asked) == set(phrases)
    for key, fillings in asked.items():
        places = {name for _, name, _, _ in Formatter().parse(phrases[key]) if name is not None}
        assert all(places <= filling for filling in fillings), key


@pytest.mark.parametrize("of", ["text", "chart"])
def test_chinese_phrases_are_chinese_and_have_the_places_of_the_english_ones(of):
    english, chinese = words("en")[of], words("zh")[of]
    assert set(english) == set(chinese)
    for key, text in chinese.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key
        left = re.sub(r"\{\w+\}|`[^`]*`|numbers\.csv|PDF|H100", "", text)
        assert not re.search(r"[A-Za-z]", left), (key, text)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("choke points: +5 % is not reached by limits that have a price", "瓶颈：有价格的限制达不到 +5%"),
        ("losses: loss of tsmc", "失去供应商：失去 tsmc"),
        (
            "signatures: signing power:aurora:x in period 3 (the solver gave up)",
            "签约：在第 3 时段签订 power:aurora:x（求解器放弃）",
        ),
        ("flip points: a against b.c (structure)", "转折点：a 对 b.c（数字变动时其他决策成为可能）"),
        ("of one's own", "of one's own"),
    ],
)
def test_what_was_left_out_is_said_in_the_language_of_the_memo(english, chinese):
    assert undone("zh", english) == chinese
    assert undone("en", english) == english


def test_what_was_left_out_is_one_line_a_kind_with_its_count_and_names():
    left_out = [
        "signatures: until when power:a:2027 is worth anything", "losses: loss of X", "choke points: sets",
        "signatures: until when power:a:2028 is worth anything", "losses: loss of Y",
        "flip points: a against b (time)", "flip points: a against c (time)", "flip points: a against b (level)",
        "signatures: power:a:2027 never signed",
    ]  # fmt: skip
    names = {"power:a:2027": "Plains", "a": "A"}
    assert all_undone("en", left_out, names) == (
        "signatures: until when 2 signatures are worth anything",
        "losses: loss of 2 suppliers: X, Y",
        "choke points: sets",
        "flip points: 2, for want of time",
        "flip points: A against b (level)",
        "signatures: Plains never signed",
    )
    more = ["choke points: the curve of budget of Google", "choke points: the curve of Plains facility power"]
    assert all_undone("zh", more) == ("瓶颈：2 个限制的曲线：预算， Google、Plains 设施电力",)
    mixes = [f"alternatives: mix by {kind}, least" for kind in ("designer", "memory-maker")]
    assert all_undone("en", mixes) == ("alternatives: 2 mixes: by designer, memory maker",)
    assert all_undone("zh", left_out)[:2] == ("签约：2 项签约在何时之前有价值", "失去供应商：失去 2 家供应商：X、Y")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "re-solve: wafers:x:n3 not signed before 2027Q1, integers held",
            "重新求解：wafers:x:n3 签订不早于 2027Q1，整数不变",
        ),
        ("paid by lab: x wafers, 2027Q1", "付款方 lab: x 晶圆, 2027Q1"),
        (
            "domain/transfers[payer=lab, what=wafers].price by quantity",
            "domain/transfers[payer=lab, what=wafers].price，按数量加权",
        ),
        ("instance: chips.a.price in 2027", "数据：chips.a.price，2027"),
        ("manifest: bound - objective", "结果清单：上界减目标值"),
    ],
)
def test_where_a_number_comes_from_is_said_in_the_language_of_the_memo(english, chinese):
    assert origin_name("zh", english) == chinese
    assert origin_name("en", english) == english


def test_kinds_of_what_was_left_out_are_counted_alike_in_each_language():
    english, chinese = words("en")["many"], words("zh")["many"]
    assert (
        english.keys()
        == chinese.keys()
        <= words("zh")["undone"].keys() | {f"{{0}} against {{1}} ({why})" for why in get_args(Why)}
    )
    for said, meant in english.items():
        assert re.findall(r"{[a-z]+}", meant) == re.findall(r"{[a-z]+}", chinese[said]), said


def test_what_the_analyses_of_a_memo_leave_out_has_words():
    """Every text that is given to a budget in the code that a memo runs."""
    asked = re.compile(r'(?:\.allows|leave_out|\bleft)\(\s*f?"([^"]+)"')
    files = [*(ROOT / "fabopt/analysis/memo").glob("*.py"), *(ROOT / "fabopt/analysis/choke").glob("*.py")]
    texts = {text for file in files for text in asked.findall(file.read_text("utf-8"))}
    assert len(texts) > 10
    drawn = {text for text in texts if re.search("draws of the data|dethrones", text)}  # which a memo does not
    for text in texts - drawn:
        plain = re.sub(r"\{[^{}]*\}", "7", text.replace("{words}", "is not reached by"))
        assert re.search(r"[\u4e00-\u9fff]", undone("zh", plain)), text
