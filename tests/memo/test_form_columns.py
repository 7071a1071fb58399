"""Columns are as wide as what they hold: by hand, from the letters of a table."""

import pytest
from docx import Document
from memo_sample import SAMPLE

from fabopt.report.memo.columns import BETWEEN, LINE, LONGEST_WORD, wide, widths
from fabopt.report.memo.document import Run, Table
from fabopt.report.memo.report import MemoReport


def table(head, *rows, sides):
    def cells(row):
        return tuple((Run(text),) for text in row)

    return Table(cells(head), tuple(cells(row) for row in rows), sides)


def test_a_column_is_as_wide_as_what_it_holds_where_there_is_room():
    made = table(("a", "b"), ("some words", "12"), sides=("left", "right"))
    assert widths(made) == pytest.approx([wide("some words") + BETWEEN, wide("12") + BETWEEN])


def test_words_break_before_numbers_and_no_column_is_narrower_than_its_longest_word():
    text = f"a name of unimaginable length that goes {'on and ' * 12} on to the end"
    made = table(("What", "Paid"), (text, "USD 1,234 (1,000 to 2,000) m"), sides=("left", "right"))
    words, numbers = widths(made)
    assert words + numbers == pytest.approx(LINE)
    assert numbers >= LONGEST_WORD
    assert words >= wide("unimaginable") + BETWEEN
    head = table(("Incomprehensibilities", "b"), ("x", text * 3), sides=("right", "left"))
    assert widths(head)[0] >= wide("Incomprehensibilities") + BETWEEN


def test_capitals_are_wide_points_narrow_and_chinese_letters_two():
    assert wide("USD") > wide("usd") > wide("...")
    assert wide("交付") == 4


def test_the_columns_of_a_docx_are_fixed_fill_no_more_than_the_line_and_have_room_for_each_word(tmp_path):
    MemoReport(SAMPLE).save(tmp_path / "memo", ["docx"])
    document = Document(tmp_path / "memo" / "memo.docx")
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    for one in document.tables:
        assert not one.autofit
        assert sum(column.width for column in one.columns) <= room * 1.001
        for n, column in enumerate(one.columns):
            assert all(cell.width == column.width for cell in column.cells)
            longest = max(
                (wide(word) for cell in column.cells for word in cell.text.replace("-", "- ").split()), default=0
            )
            assert column.width / room * LINE >= min(longest, LONGEST_WORD) or len(one.columns) > 8, (n, longest)
    parts = document.element.body.xpath(".//wp:inline")
    assert parts
    assert all(part.get("distL") == part.get("distR") == "0" for part in parts)


def test_a_page_of_a_docx_begins_with_the_heading_and_not_with_an_empty_line(tmp_path):
    MemoReport(SAMPLE).save(tmp_path / "memo", ["docx"])
    begins = [p for p in Document(tmp_path / "memo" / "memo.docx").paragraphs if p.paragraph_format.page_break_before]
    assert [p.text for p in begins] == ["Orders to sign", "Appendix A: assumptions"]
    assert all(p.style.name == "Heading 2" for p in begins)
