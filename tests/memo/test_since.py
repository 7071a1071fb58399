"""The page of a memo on what happened since the plan before, in both languages."""

from dataclasses import replace

import pytest
from memo_sample import SAMPLE, as_written, musd, share

from fabopt.analysis.memo.records import Amount, Since
from fabopt.analysis.memo.records.since import Changed, Fact
from fabopt.report.memo.report import MemoReport
from fabopt.report.memo.words import LANGUAGES

SHIPPED = Fact(
    "shipments",
    "Falcon to Plains campus",
    "2027Q2",
    Amount(20.23, "kaccelerator", "plan before: shipments"),
    Amount(15.0, "kaccelerator", "actuals: ledger"),
    share(-0.2586, "actuals: ledger"),
    musd(-195.4, "plan before: shipments, at its prices"),
)
AS_PLANNED = replace(SHIPPED, name="Falcon to Coast campus", share=share(0.0, "actuals: ledger"), worth=None)
BEFORE, NOW = as_written(0.0, "step", "before"), as_written(2.0, "step", "now")
STEP = Changed("Bridgeworks expansion", "Silicon North", "2027Q4", BEFORE, NOW, False)
PAST = Since("2027Q1", "2027Q2", "2027Q3", (SHIPPED, AS_PLANNED), (STEP,), (("Plains campus power", musd(9.0, "due")),))


def page(lang, folder, since):
    MemoReport(replace(SAMPLE, since=since)).save(folder, ["md"], lang)
    text = (folder / "memo.md").read_text("utf-8")
    return text, text.split("\n---\n")[1]


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("en", ["What happened since the plan before: 2027 Q1–2027 Q2", "(shipments)", "To order in 2027 Q3", "−26 %"]),
        ("zh", ["上一方案以来的情况：2027 Q1–2027 Q2", "（出货）", "应下订单", "−26%"]),
    ],
)
def test_the_page_stands_after_the_first_with_what_was_planned_and_happened(lang, says, tmp_path):
    _, own = page(lang, tmp_path / lang, PAST)
    for words in says:
        assert words in own, own
    rows = [line for line in own.splitlines() if line.startswith("|")]
    assert [len(row.split("|")) for row in rows if "Falcon to" in row] == [8, 8]
    assert "Bridgeworks" in own


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_actuals_there_is_no_such_page(lang, tmp_path):
    text, _ = page(lang, tmp_path / lang, None)
    assert "since the plan before" not in text
    assert "上一方案" not in text
