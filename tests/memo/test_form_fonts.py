"""A memo says which characters its PDF cannot show; Noto SC, which it has, holds no Hangul and not every ideograph."""

import csv
import io
import re
from dataclasses import replace

import pypdf
import pytest
from docx import Document
from memo_sample import SAMPLE

from fabopt.report.memo import figures
from fabopt.report.memo.document import Paragraph, Run
from fabopt.report.memo.figures import Drawn
from fabopt.report.memo.pdf import unshown
from fabopt.report.memo.report import MemoReport
from fabopt.report.memo.words import LANGUAGES, words

RARE = "\U0002a6d6"
ODD = replace(SAMPLE, signatures=(replace(SAMPLE.signatures[0], supplier=f"한국 {RARE} 漢"), *SAMPLE.signatures[1:]))
NAMES = ("국 (HANGUL SYLLABLE GUG)", "한 (HANGUL SYLLABLE HAN)", f"{RARE} (CJK UNIFIED IDEOGRAPH-2A6D6)")
ROW = {"en": "| The PDF cannot show | {} |", "zh": "| PDF 无法显示 | {} |"}


@pytest.fixture(autouse=True)
def no_extra(monkeypatch):
    monkeypatch.setattr(figures, "EXTRA_FONTS", ())


def said(text):
    return unshown([Paragraph((Run(text),))], {}, "en", "memo")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_characters_that_no_font_has_are_told_by_name_and_listed_in_an_appendix(lang, tmp_path, caplog):
    MemoReport(ODD).save(tmp_path / "memo", lang=lang)
    (note,) = caplog.messages
    assert note == f"The PDF cannot show these characters, which no font here has: {', '.join(NAMES)}."
    text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
    row = ROW[lang].format(words(lang)["text"]["comma"].join(NAMES))
    assert text.count(row) == 1
    assert text.index(row) > text.index("\n---\n")
    pages = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "memo" / "memo.pdf").pages)
    assert "HANGULSYLLABLEHAN" in re.sub(r"\s+", "", pages)
    cells = [c.text for t in Document(tmp_path / "memo" / "memo.docx").tables for r in t.rows for c in r.cells]
    assert any(NAMES[1] in cell for cell in cells)
    numbers = csv.DictReader(io.StringIO((tmp_path / "memo" / "numbers.csv").read_text("utf-8")))
    MemoReport(SAMPLE).save(tmp_path / "plain", ["md"], lang)
    plain = csv.DictReader(io.StringIO((tmp_path / "plain" / "numbers.csv").read_text("utf-8")))
    assert list(numbers) == list(plain)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_ordinary_memo_tells_of_none(lang, tmp_path, caplog):
    MemoReport(SAMPLE).save(tmp_path / "memo", lang=lang)
    assert caplog.messages == []
    assert ROW[lang].partition("{")[0] not in (tmp_path / "memo" / "memo.md").read_text("utf-8")


def test_nothing_is_told_of_a_pdf_that_is_not_written(tmp_path, caplog):
    MemoReport(ODD).save(tmp_path / "memo", ["md", "docx"])
    assert caplog.messages == []


def test_what_fonts_have_and_what_is_not_drawn_is_not_told():
    assert said('Zürich – 90 % ≈ † ‰ → Ω Я 中介层 漢 \u00a0\u200b\u00ad\u3000 e\u0301 \\ " # | $') == ()


def test_each_of_many_is_told_once_in_the_order_of_their_codes():
    many = "".join(map(chr, range(0xAC00, 0xAC00 + 600)))
    assert [text[0] for text in said(many[::-1] + "abc" + many)] == list(many)


def test_a_character_without_a_name_is_told_by_its_code_and_not_dropped():
    assert said("\U0003fffd") == ("\U0003fffd (U+3FFFD)",)


def test_what_only_a_picture_says_is_told_too():
    picture = Drawn({}, '<svg viewBox="0 0 9 9"><text>&#xD55C; 漢</text></svg>', b"")
    assert unshown([], {"mix": picture}, "en", "memo") == (NAMES[1],)


def test_fonts_of_the_extra_are_taken_where_they_are_installed(tmp_path, monkeypatch):
    (tmp_path / "fonts_of_the_test").mkdir()
    (tmp_path / "fonts_of_the_test" / "__init__.py").touch()
    monkeypatch.setattr(figures, "EXTRA_FONTS", ("fonts_that_are_not_there", "fonts_of_the_test"))
    assert len(figures.font_folders()) == 1
    monkeypatch.syspath_prepend(tmp_path)
    assert figures.font_folders()[1:] == [str(tmp_path / "fonts_of_the_test")]
