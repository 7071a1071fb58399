"""Term sheets: a page a signature to hand over and one to keep, in the formats and languages of the memo."""

import csv
import re
from dataclasses import replace

import pypdf
import pytest
from docx import Document
from memo_sample import SAMPLE, SIGNATURES

from fabopt.analysis.memo.records import Amount, Part
from fabopt.cli import main
from fabopt.report.memo.errors import TemplateError
from fabopt.report.memo.report import FORMATS, MemoReport, rehearse
from fabopt.report.memo.words import LANGUAGES, limit_name, words

ADVISED = [s for s in SIGNATURES if s.verdict == "sign"]
LONG = replace(
    ADVISED[0],
    id="long",
    what="<b>Long</b> | #eval `x`",
    supplier="**O'Hara** & [sons](https://example.org)",
    schedule=tuple((f"{2027 + n // 4}Q{n % 4 + 1}", ADVISED[0].amount) for n in range(41)),
    payments=tuple((f"{2027 + n // 4}Q{n % 4 + 1}", ADVISED[0].paid) for n in range(40)),
)


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, tmp_path_factory):
    """Term sheets in all formats in each language, one of a long contract with a bad name."""
    folder = tmp_path_factory.mktemp("sheets") / request.param
    memo = replace(SAMPLE, signatures=(*SIGNATURES, LONG))
    MemoReport(memo).save(folder, lang=request.param, term_sheets=True)
    return request.param, folder


def test_each_signature_that_is_advised_has_a_page_to_hand_over_and_one_to_keep_in_each_format(made):
    lang, folder = made
    assert {path.name for path in folder.glob("term-sheets.*")} == {f"term-sheets.{name}" for name in FORMATS}
    pages = [page.extract_text() for page in pypdf.PdfReader(folder / "term-sheets.pdf").pages]
    assert len(pages) == 2 * (len(ADVISED) + 1)
    for name in [limit_name(lang, s.what) for s in ADVISED]:
        assert sum(re.sub(r"\s+", "", name) in re.sub(r"\s+", "", page) for page in pages) == 2
    document = Document(folder / "term-sheets.docx")
    begins = [p for p in document.paragraphs if p.style.name == "Heading 1"]
    assert len(begins) == len(pages)
    assert [bool(p.paragraph_format.page_break_before) for p in begins] == [False, *[True] * (len(pages) - 1)]
    assert document.core_properties.title == words(lang)["text"]["sheets"].format(lab="Aurora")


def test_what_a_lab_can_go_to_stands_on_the_page_that_it_keeps_alone(made):
    lang, folder = made
    said = words(lang)["text"]
    pages = [re.sub(r"\s+", "", page.extract_text()) for page in pypdf.PdfReader(folder / "term-sheets.pdf").pages]
    for key in ("sheet by", "sheet without", "sheet even", "sheet cancellation", "sheet changes"):
        word = re.sub(r"\s+", "", said[key])
        assert not any(word in page for page in pages[::2]), key
        assert word in pages[1], key
    assert all(re.sub(r"\s+", "", said["field signature"]) in page for page in pages[::2])


def test_parts_of_an_order_of_its_own_stand_beside_it_and_not_in_its_price(tmp_path):
    power = ADVISED[2]
    parts = (Part("Transformers", ("Makers of A", "Makers of B"), Amount(90.0, "MW", "parts"), ADVISED[0].paid),)
    own = replace(
        power, supplier="Aurora", parts=parts, price=Amount(5.4e6, "USD", "x"), amount=Amount(90.0, "MW", "y")
    )
    MemoReport(replace(SAMPLE, signatures=(own,))).save(tmp_path / "memo", ["md"], term_sheets=True)
    sheet = (tmp_path / "memo" / "term-sheets.md").read_text("utf-8")
    assert "| Transformers | Makers of A, Makers of B | 90 MW | USD 4.1 bn |" in sheet
    assert "| Price of one | USD 5.4 m per MW |" in sheet
    assert "Aurora itself, as the data names no contractor" in sheet
    text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
    assert "Its parts, about USD 4.1 bn more, are orders of their own (suppliers: 2)." in text
    assert "| Aurora, own build; suppliers of parts: 2 |" in text


def test_numbers_of_the_sheets_stand_with_those_of_the_memo(made):
    _, folder = made
    with (folder / "numbers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["document"] for row in rows} == {"memo", "term-sheets"}
    mine = [row for row in rows if row["document"] == "term-sheets"]
    assert sum(row["origin"] == LONG.paid.origin for row in mine) > len(LONG.payments)
    of = {row["origin"]: row["number"] for row in rows if row["document"] == "memo"}
    assert all(row["number"] == of[row["origin"]] for row in mine if row["origin"] in of)


def test_a_sheet_has_every_delivery_and_payment_and_fields_to_sign(made):
    lang, folder = made
    tables = Document(folder / "term-sheets.docx").tables
    lines = next(one for one in tables if len(one.columns) == 6)
    cells = [cell.text for row in lines.rows[1:] for cell in (row.cells[0], row.cells[3])]
    assert sorted(filter(None, cells)) == [f"{2027 + n // 4} Q{n % 4 + 1}" for n in range(41)]
    assert lines.rows[1].cells[3].text > lines.rows[-1].cells[0].text  # read down the left, then the right
    signed = [one for one in tables if one.rows[-1].cells[0].text == words(lang)["text"]["field signature"]]
    assert len(signed) == len(ADVISED) + 1
    assert all(set(row.cells[2].text) == {"_"} for one in signed for row in one.rows[1:])


def test_names_stand_on_a_sheet_as_they_are(made):
    _, folder = made
    cells = [
        cell.text for one in Document(folder / "term-sheets.docx").tables for row in one.rows for cell in row.cells
    ]
    assert any(cell.startswith(LONG.what) for cell in cells)
    assert any(LONG.supplier in cell for cell in cells)
    page = (folder / "term-sheets.html").read_text("utf-8")
    assert "<b>" not in page
    assert "<a href" not in page
    text = "".join(p.extract_text() for p in pypdf.PdfReader(folder / "term-sheets.pdf").pages)
    assert "<b>Long</b>|#eval" in re.sub(r"\s+", "", text)


def test_a_memo_that_advises_nothing_has_no_sheets_and_says_so(tmp_path, caplog):
    held = tuple(replace(s, verdict="undecided") for s in SIGNATURES)
    MemoReport(replace(SAMPLE, signatures=held)).save(tmp_path / "memo", ["md"], term_sheets=True)
    assert caplog.messages == ["There are no term sheets: nothing is proved to be worth signing."]
    assert not list((tmp_path / "memo").glob("term-sheets*"))


@pytest.mark.parametrize(("chance", "said"), [(0.4, "from a chance of 40 % on"), (1.0, "No chance of a cancellation")])
def test_a_sheet_says_which_chance_of_a_cancellation_is_too_much(tmp_path, chance, said):
    far = replace(SAMPLE.walk_aways[0], cancelled=replace(SAMPLE.walk_aways[0].cancelled, value=chance))
    MemoReport(replace(SAMPLE, walk_aways=(far,))).save(tmp_path / "memo", ["md"], term_sheets=True)
    text = (tmp_path / "memo" / "term-sheets.md").read_text("utf-8")
    assert said in text
    assert ("Chance of cancellation, at most" in text) == (chance < 1.0)


def test_a_faulty_template_of_sheets_is_named_before_anything_is_computed(tmp_path):
    (tmp_path / "term-sheets.md.j2").write_text(
        "{% for s, far, lines in sheets %}\n{{ s.prise }}\n{% endfor %}", "utf-8"
    )
    with pytest.raises(TemplateError, match=r"term-sheets\.md\.j2, line 2: Signature has no field 'prise'"):
        rehearse("en", tmp_path)


def test_the_command_writes_sheets_beside_a_memo_that_stands(aurora_folder, tmp_path):
    out = tmp_path / "memo"
    assert main(["memo", str(aurora_folder), "--term-sheets", "--format", "md", "--out", str(out)]) == 0
    text = (out / "term-sheets.md").read_text("utf-8")
    assert text.count("# Term sheet ") == 3
    assert "| Parties | Aurora, buyer; Merlin, seller |" in text
    assert "Aurora itself, as the data names no contractor" in text
