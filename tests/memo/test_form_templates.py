"""Templates: faults are named with file and line, names of an instance are shown letter by letter, nothing gets out."""

import re
from dataclasses import replace

import pypdf
import pytest
from browser import needs_browser, visit
from docx import Document
from memo_sample import SAMPLE, SIGNATURES, musd

from fabopt.analysis.memo.records import Together
from fabopt.report.memo.document import document, plain
from fabopt.report.memo.errors import MemoError, TemplateError
from fabopt.report.memo.figures import FIGURES
from fabopt.report.memo.markdown import escaped
from fabopt.report.memo.report import MemoReport, check_formats, check_out, rehearse
from fabopt.report.memo.template import with_filled_columns

NASTY = [
    "<script>alert(1)</script>",
    "#eval(read(\"/etc/passwd\"))",
    "a | b",
    "`code` ``more``",
    "=cmd()|' /C calc'!A0",
    "**bold** _it_ ~~no~~",
    "[x](javascript:alert(1))",
    "![x](https://example.org/a.png)",
    "<img src=x onerror=alert(1)>",
    "\\ & &amp; &lt; $x$ @me",
    "- item",
    "1. item",
    "12) item",
    "# heading",
    "> quote",
    "--- ===",
    "+1 = 2",
    "{{ memo.lab }} {% raw %}",
    "\"quoted\" 'single'",
    "https://example.org www.example.org",
    "]]> --> #{x} #let x = 1; $ ~ ^",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_shown_letter_by_letter(name):
    (table,) = document(f"| {escaped(name)} | b |\n|---|---|\n| x | {escaped(name)} |", ())
    assert [plain(cell) for cell in table.head] == [name, "b"]
    assert [plain(cell) for cell in table.rows[0]] == ["x", name]
    (paragraph,) = document(f"{escaped(name)}", ())
    assert [(run.text, run.strong, run.em, run.code, run.href) for run in paragraph.runs] == [
        (name, False, False, False, "")
    ]


def test_what_cannot_be_printed_becomes_a_space():
    assert escaped("a\n\n# b\x00c\u202ed\u2028e") == r"a \# b c d e"


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """A memo of an instance with bad names, in all formats."""
    folder = tmp_path_factory.mktemp("nasty") / "memo"
    signatures = tuple(replace(SIGNATURES[0], id=str(n), what=name, supplier=name) for n, name in enumerate(NASTY))
    memo = replace(
        SAMPLE,
        name="<script>alert(1)</script> | #eval",
        instance="`x` <b>",
        signatures=signatures,
        chokes=tuple(replace(c, limit="</script><script>alert(2)</script>") for c in SAMPLE.chokes),
        mix=tuple(replace(m, name=f"<b>{m.name}") for m in SAMPLE.mix),
    )
    MemoReport(memo).save(folder)
    return folder


def test_a_column_of_a_table_with_nothing_in_it_is_left_out():
    table = "a\n\n| x | y | z \\| w |\n|:--|--:|:--|\n| 1 | – | – |\n| 2 | | 3 \\| 4 |\n\nb | – |\n"
    assert with_filled_columns(table) == "a\n\n| x | z \\| w |\n|:--|:--|\n| 1 | – |\n| 2 | 3 \\| 4 |\n\nb | – |\n"
    bare = "| x | y |\n|--|--|\n| – | |\n"
    assert with_filled_columns(bare) == bare


def test_bad_names_stand_in_the_pdf_and_in_the_docx_as_they_are(nasty):
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pypdf.PdfReader(nasty / "memo.pdf").pages))
    tables = Document(nasty / "memo.docx").tables
    cells = {row.cells[1].text for table in tables for row in table.rows if len(row.cells) > 2}
    for name in NASTY:
        assert name in cells
    assert "<script>alert(1)</script>|#eval" in text
    assert "#eval(read(" in text
    assert "root:" not in text


@needs_browser
def test_bad_names_do_nothing_on_the_page(nasty):
    page = visit(
        nasty / "memo.html",
        until=f"document.querySelectorAll('svg.marks').length === {len(FIGURES)}",
        ask="document.querySelectorAll('main script, main b, main a, main img[src=x], main h3').length",
    )
    assert page.console == ()
    assert page.outside == ()
    assert page.answer == 0
    for name in NASTY:
        assert re.sub(r"\s+", " ", name) in re.sub(r"\s+", " ", page.text)


def test_no_cell_of_the_numbers_is_a_formula(nasty):
    lines = (nasty / "numbers.csv").read_text("utf-8").splitlines()
    assert not [line for line in lines if re.search(r'(^|,|")[=+@-](?!\d)', line)]


def own(folder, text, name="memo.md.j2"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "# x\n\n{{ memo.signaturs }}\n",
            ["memo.md.j2, line 3", "Memo has no field 'signaturs'", "did you mean 'signatures'?"],
        ),
        ("# x\n{{ memo.headline.sign_bye }}\n", ["line 2", "Headline has no field 'sign_bye'", "'sign_by'"]),
        (
            "{% for s in memo.signatures %}\n{{ s.prise | short }}\n{% endfor %}",
            ["line 2", "Signature has no field 'prise'", "'price'"],
        ),
        ("{{ memos.lab }}", ["line 1", "there is no 'memos'", "did you mean 'memo'?"]),
        ("a\n{% if memo.lab %}\nb", ["memo.md.j2, line", "the template has an error", "endif"]),
        ("{{ memo.lab | shout }}", ["line 1", "No filter named 'shout'"]),
        ("\n{{ 1 / 0 }}", ["line 2", "ZeroDivisionError"]),
        ("{{ memo.lab.__class__ }}", ["line 1"]),
        ("{{ ''.__class__.__mro__ }}", ["line 1"]),
        ("{% include 'other.j2' %}", ["other.j2"]),
        ("{{ 'x' | word('nothing') }}", ["there is no list of words 'nothing'"]),
        ("![x](https://example.org/a.png)", ["memo.md.j2", "https://example.org/a.png"]),
        ("![x](figures/other.png)", ["figures/other.png"]),
    ],
)  # fmt: skip
def test_a_faulty_template_is_named_with_its_line_and_nothing_is_written(tmp_path, text, said):
    folder = own(tmp_path / "own", text)
    with pytest.raises(TemplateError) as told:
        MemoReport(SAMPLE).save(tmp_path / "memo", ["md", "html"], template=folder)
    assert all(part in str(told.value) for part in said), str(told.value)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_fault_is_found_before_anything_is_computed(tmp_path):
    folder = own(tmp_path / "own", "{% for f in memo.flips %}{% if f.at %}{{ f.att }}{% endif %}{% endfor %}")
    with pytest.raises(TemplateError, match="Flip has no field 'att'"):
        rehearse("en", folder)
    rehearse("zh", None)
    rehearse("en", own(tmp_path / "own", "# {{ memo.name }}\n"))


def test_a_folder_without_templates_is_refused(tmp_path):
    with pytest.raises(TemplateError, match="There is no folder"):
        rehearse("en", tmp_path / "none")
    with pytest.raises(
        TemplateError,
        match=r"holds none of the templates: memo\.md\.j2, term-sheets\.md\.j2, words\.en\.yaml, page\.html\.j2",
    ):
        rehearse("en", tmp_path)


def test_a_template_of_ones_own_stands_in_for_the_package_and_the_rest_comes_from_it(tmp_path):
    folder = own(tmp_path / "own", "# House style for {{ memo.name }}\n\n{{ memo.headline.power | amount }}\n")
    own(folder, "<!doctype html><title>{{ title }}</title><body class=house>{{ body }}</body>", "page.html.j2")
    MemoReport(SAMPLE).save(tmp_path / "memo", template=folder)
    assert (tmp_path / "memo/memo.md").read_text("utf-8") == "# House style for Aurora\n\n3.4 GW\n"
    assert "<body class=house><h1>House style for Aurora</h1>" in (tmp_path / "memo/memo.html").read_text("utf-8")
    assert "House style for Aurora" in pypdf.PdfReader(tmp_path / "memo/memo.pdf").pages[0].extract_text()
    assert Document(tmp_path / "memo/memo.docx").paragraphs[0].text == "House style for Aurora"


def test_words_of_ones_own_stand_in_for_those_of_the_package(tmp_path):
    folder = own(tmp_path / "own", "text:\n  answer: In **short**\n  title: Memo of {lab}\n", "words.en.yaml")
    text = MemoReport(SAMPLE).text("en", folder).markdown
    assert text.startswith("# Memo of Aurora\n")
    assert "## In **short**" in text
    assert "## What to sign" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("text: [", ["words.en.yaml, line", "expected 'text:' with a phrase for each key"]),
        ("text: 3", ["words.en.yaml", "expected 'text:' with a phrase for each key"]),
        ("- a", ["words.en.yaml", "expected 'text:' with a phrase for each key"]),
        ("text: {answr: In short}", ["words.en.yaml: there is no phrase 'answr'", "did you mean 'answer'?"]),
        (
            "text: {title: 'Memo of {labb}'}",
            ["memo.md.j2, line", "the phrase 'title' has a place {labb} that is not filled"],
        ),
        (
            "text: {title: 'Memo of {lab.__class__}'}",
            ["words.en.yaml: the phrase 'title' has braces that name no place"],
        ),
        ("text: {title: '{lab:>99999999999}'}", ["the phrase 'title' has braces that name no place"]),
        ("text: {title: '{lab'}", ["the phrase 'title' has braces that name no place"]),
    ],
)
def test_faulty_words_are_named_before_anything_is_computed(tmp_path, words, said):
    with pytest.raises(TemplateError) as told:
        rehearse("en", own(tmp_path / "own", words, "words.en.yaml"))
    assert all(part in str(told.value) for part in said), str(told.value)


def test_a_template_that_asks_for_a_phrase_that_is_not_there_is_told_the_nearest(tmp_path):
    folder = own(tmp_path / "own", "# x\n\n{{ say('titel', lab='x') }}\n")
    with pytest.raises(TemplateError, match=r"line 3: .*there is no phrase 'titel'; did you mean 'title'\?"):
        rehearse("en", folder)


def test_a_page_of_typst_that_is_faulty_is_named(tmp_path):
    folder = own(tmp_path / "own", "#let memo(title: , body) = body", "page.typ")
    with pytest.raises(TemplateError, match=r"own.page\.typ: typst says"):
        MemoReport(SAMPLE).save(tmp_path / "memo", ["pdf"], template=folder)
    assert not (tmp_path / "memo").exists()


def test_a_page_of_typst_cannot_read_outside_its_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    text = f'#let memo(..x, body) = read("{tmp_path}/secret.txt")\n#let note = it => it\n#let warning = note\n'
    folder = own(tmp_path / "own", text + "#let pictures(..x) = []\n#let datatable(..x) = []", "page.typ")
    with pytest.raises(TemplateError, match="typst says"):
        MemoReport(SAMPLE).save(tmp_path / "memo", ["pdf"], template=folder)


def test_styles_of_ones_own_dress_the_docx(tmp_path):
    from docx.shared import Pt

    folder = tmp_path / "own"
    folder.mkdir()
    house = Document()
    house.styles["Heading 1"].font.size = Pt(33)
    house.add_paragraph("a page that is not part of the memo")
    house.save(folder / "styles.docx")
    MemoReport(SAMPLE).save(tmp_path / "memo", ["docx"], template=folder)
    document_ = Document(tmp_path / "memo/memo.docx")
    assert document_.styles["Heading 1"].font.size == Pt(33)
    assert document_.paragraphs[0].text == "Aurora: compute procurement memo"
    (folder / "styles.docx").write_bytes(b"no zip")
    with pytest.raises(TemplateError, match=r"styles\.docx is no document of Word"):
        MemoReport(SAMPLE).save(tmp_path / "memo", ["docx"], template=folder)


def test_formats_languages_and_folders_are_checked(tmp_path):
    assert check_formats(["PDF", " md ", "pdf"]) == ("pdf", "md")
    with pytest.raises(MemoError, match="There is no format 'odt'; a memo is written as md, html, pdf or docx"):
        check_formats(["md", "odt"])
    with pytest.raises(MemoError, match="No format is named"):
        check_formats([""])
    with pytest.raises(MemoError, match=r"not written in 'fr'; there are en \(English\), zh"):
        rehearse("fr", None)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(MemoError, match=r"holds no memo\.json"):
        check_out(tmp_path / "mine")
    with pytest.raises(MemoError, match="cannot be written"):
        check_out(tmp_path / "mine" / "letter.txt" / "memo")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("lang", "phrases"),
    [
        (
            "en",
            (
                "Of accelerators, enough from any of these",
                ", by 2027 Q4",
                "Without any of them Aurora loses USD 1.8 bn",
            ),
        ),
        ("zh", ("加速器：下列各项任取足量即可", "，不迟于 2027", "全部不签则 Aurora 损失")),
    ],
)
def test_what_makes_up_for_each_other_is_told_together_and_not_as_not_needed(lang, phrases):
    pair = [replace(s, verdict="leave", decide_by="") for s in SIGNATURES[:2]]
    some = Together("accelerators", tuple(s.id for s in pair), musd(1_800.0, "re-solve"), "2027Q4")
    report = MemoReport(replace(SAMPLE, signatures=(*pair, *SIGNATURES[2:]), together=(some,)))
    text = report.text(lang).markdown
    for phrase in phrases:
        assert phrase in text
    assert ("Not needed" if lang == "en" else "不需要") not in text
    assert "enough from any" in str(report)
