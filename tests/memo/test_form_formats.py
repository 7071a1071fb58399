"""Each format is opened and read by a program that did not write it; what it says is what the record holds."""

import csv
import io
import re
from dataclasses import fields, is_dataclass, replace

import pypdf
import pytest
from browser import needs_browser, visit
from docx import Document
from memo_sample import RELIEFS, SAMPLE, SIGNATURES, STANDING, musd

from fabopt.analysis.memo.records import Amount, Withheld
from fabopt.report.memo.figures import FIGURES, tornado_chart
from fabopt.report.memo.people import People
from fabopt.report.memo.reader import read
from fabopt.report.memo.report import FORMATS, MemoReport
from fabopt.report.memo.words import LANGUAGES

ORDERS = {"en": "Orders to sign", "zh": "应签订单"}
APPENDIX = {"en": "Appendix A", "zh": "附录一"}
SENTENCES = {
    "en": (
        "By 2030 Q4 Aurora receives 690 thousand accelerators. It then runs 2.6 million H100 equivalents on 3.4 GW of "
        "facility power. Falcon gives 53 % of the compute. What holds it back most is Bridgeworks interposer wafers "
        "(Silicon North). 10 % more of it in every period is worth USD 1.2 (0.9 to 1.9) bn to Aurora, before what "
        "that costs. First to sign is Falcon with Nordic Devices, by 2027 Q3. Without it Aurora loses USD 2.3 bn. [1–6]"
    ),
    "zh": (
        "按本方案，到 2030 年第四季度，Aurora 共获得 69 万颗加速器。届时以 3.4 GW 设施电力运行 263 万颗 H100 当量。"
        "其中 53% 的算力来自 Falcon。最大的瓶颈是 Silicon North 的 Bridgeworks 中介层晶圆。"
        "各时段均增加 10% 对 Aurora 价值 12 (9 至 19) 亿美元，未扣费用。"
        "首先应与 Nordic Devices 签订 Falcon，不迟于 2027 年第三季度。"
        "不签则 Aurora 损失 23 亿美元。[1–6]"
    ),
}


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, tmp_path_factory):
    """A memo in all formats in each language."""
    folder = tmp_path_factory.mktemp("memo") / request.param
    MemoReport(SAMPLE).save(folder, lang=request.param)
    return request.param, folder


def squeezed(text):
    return re.sub(r"\s+", "", text)


def pdf_pages(folder):
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(folder / "memo.pdf").pages]


def test_every_format_is_written_with_the_record_and_the_numbers(made):
    _, folder = made
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    pictures = {f"figures/{name}.{ending}" for name in FIGURES for ending in ("png", "svg")}
    assert names == {"memo.json", "numbers.csv", *(f"memo.{name}" for name in FORMATS), *pictures}


def test_the_answer_stands_in_every_format(made):
    lang, folder = made
    said = SENTENCES[lang]
    assert said in (folder / "memo.md").read_text("utf-8")
    assert said in (folder / "memo.html").read_text("utf-8").replace("\u00a0", " ")
    written = [paragraph.text for paragraph in Document(folder / "memo.docx").paragraphs]
    assert said in [text.replace("\u00a0", " ") for text in written]
    assert any("USD\u00a02.3\u00a0bn" in text or "23\u00a0亿美元" in text for text in written)
    assert squeezed(said) in pdf_pages(folder)[0]


def test_the_pdf_has_at_most_four_pages_before_the_appendices_and_its_fonts_are_in_it(made):
    lang, folder = made
    pages = pdf_pages(folder)
    first = next(n for n, text in enumerate(pages) if squeezed(APPENDIX[lang]) in text)
    assert 1 <= first <= 4
    reader = pypdf.PdfReader(folder / "memo.pdf")
    fonts = {
        str(font.get_object()["/BaseFont"]): font.get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any("NotoS" in name for name in fonts)
    assert any("Libertinus" in name for name in fonts)
    for name, font in fonts.items():
        inner = (
            font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            if "/DescendantFonts" in font
            else font["/FontDescriptor"]
        )
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner), name
    assert reader.metadata.title


def test_the_docx_has_headings_tables_with_heads_captions_pictures_and_properties(made):
    lang, folder = made
    document = Document(folder / "memo.docx")
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    assert styles.count("Heading 1") == 1
    assert styles.count("Heading 2") == 17
    assert "Caption" in styles
    assert "List Bullet" in styles
    assert document.styles["Normal"].font.name == "Arial"  # a font of the same widths stands in for it everywhere
    assert len(document.tables) == 23
    for table in document.tables:
        assert table.rows[0]._tr.trPr.xpath("w:tblHeader")
        assert len({len(row.cells) for row in table.rows}) == 1
    signatures = document.tables[0]
    assert [cell.text for cell in signatures.columns[1].cells][1:] == ["Nordic Devices", "Cloudmakers", "Coast Grid"]
    assert len(document.inline_shapes) == 4
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    core = document.core_properties
    assert core.title == document.paragraphs[0].text
    assert core.created.date().isoformat() == SAMPLE.decision
    assert core.language == {"en": "en-GB", "zh": "zh-CN"}[lang]


@needs_browser
def test_the_page_draws_its_charts_and_asks_for_nothing_outside(made):
    _, folder = made
    page = visit(
        folder / "memo.html",
        until=f"document.querySelectorAll('svg.marks').length === {len(FIGURES)}",
        ask="document.querySelectorAll('table').length",
    )
    assert page.console == ()
    assert page.outside == ()
    assert page.answer == 23
    assert "Nordic Devices" in page.text


def test_the_page_shows_its_pictures_without_scripts_and_names_its_language(made):
    lang, folder = made
    text = (folder / "memo.html").read_text("utf-8")
    assert text.count('<img src="data:image/svg+xml;base64,') == 4
    assert f'<html lang="{ {"en": "en", "zh": "zh-Hans"}[lang] }">' in text
    assert "@page" in text
    assert "default-src 'none'" in text


def test_equal_memos_are_equal_byte_for_byte(made, tmp_path):
    lang, folder = made
    again = MemoReport(read(folder)).save(tmp_path / "again", lang=lang)
    for path in again:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "again")).read_bytes(), path.name


def test_the_record_is_read_again_without_loss(tmp_path):
    odd = replace(SAMPLE, standing=replace(STANDING, doubt=musd(float("inf"), "manifest: bound"), bound=None, gap=None))
    MemoReport(odd).save(tmp_path / "odd", ["md"])
    assert read(tmp_path / "odd") == odd
    assert "an unknown amount" in (tmp_path / "odd" / "memo.md").read_text("utf-8")


def amounts(value):
    """Every amount of a record, at any depth."""
    if isinstance(value, Amount):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from amounts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from amounts(item)


def test_no_number_of_the_text_is_written_by_hand(made):
    """What is left of the text without numbers.csv, names, dates and labels of the record has no digit."""
    lang, folder = made
    text = (folder / "memo.md").read_text("utf-8").partition(f"## {'Appendix C' if lang == 'en' else '附录三'}")[0]
    rows = list(csv.DictReader(io.StringIO((folder / "numbers.csv").read_text("utf-8"))))
    known = {(a.origin, value) for a in amounts(SAMPLE) for value in (a.value, a.low, a.high) if value is not None}
    known |= {(f"choke: lead of {r.limit}", float(r.lead)) for r in RELIEFS if r.lead is not None}
    known |= {(f"run: {name}", took) for name, took in STANDING.analyses} | {("sweep: cases", 40.0)}
    searched = {(f.now.origin, end) for f in SAMPLE.flips for end in (*f.searched, f.range_low, f.range_high)}
    assert {(row["origin"], float(row["value"])) for row in rows} <= known | searched
    named = (
        r"^1\. ",  # of a list
        r"\d{4}(?=: it pays|：付款)|(?<=the end of )\d{4}",
        r"\[[\d–, ]+\]",  # numbers of origins
        r"(Table|Figure|表|图) \d+",
        r"\d{4} Q\d|\d{4} 年(第.季度| \d+ 月 \d+ 日)?|\d+ [A-Z][a-z]+ \d{4}|\| \d{4} (?=\|)|\(20\d\d\)",
        r"\b10 ?%(?= (more|costs|of it|in all|at most|为|的|合计))|(增加|其|为) 10%|number \d+|size \d|规模 \d",
        r"0123456789abcdef|fabopt 0\.1\.0|HiGHS 1\.15\.1|0\.001",
    )
    left = re.sub("|".join(named), "", text, flags=re.M)
    for said in sorted({row["text"].removeprefix("'") for row in rows}, key=len, reverse=True):
        left = re.sub(rf"(?<![\d.,]){re.escape(said)}(?![\d,.]*\d)", "", left)
    left = left.replace("H100", "")
    assert re.findall(r".{0,20}\d.{0,20}", left) == []


def test_figures_of_low_confidence_are_marked_and_others_are_not(made):
    _, folder = made
    text = (folder / "memo.md").read_text("utf-8")
    assert re.search(r"\| 10 \(8 (to|至) 13\) (thousand wafers a month|千片晶圆/月) † \|", text)
    assert re.search(r"\| 20 \(16 (to|至) 26\) MW \|", text)


def incumbent():
    doubt = musd(900.0, "manifest: bound - objective")
    standing = replace(STANDING, status="time_limit", incumbent=True, doubt=doubt)
    gains = Withheld(SAMPLE.headline.choke_worth, doubt)
    held = tuple(replace(s, verdict="undecided") for s in SIGNATURES if s.without is not None)
    headline = replace(SAMPLE.headline, choke_withheld=gains, sign="", sign_supplier="", sign_by="", sign_loss=None)
    return replace(SAMPLE, standing=standing, headline=headline, signatures=held)


@pytest.mark.parametrize(
    ("lang", "warning", "undecided", "orders"),
    [
        ("en", "Not proved best.", "No signature is decided", "Orders to sign"),
        ("zh", "未证明最优。", "签约均未判定", "应签订单"),
    ],
)
def test_a_plan_that_time_cut_short_says_so_on_the_first_page_and_advises_nothing(
    tmp_path, lang, warning, undecided, orders
):
    MemoReport(incumbent()).save(tmp_path / "memo", ["md", "pdf", "docx"], lang)
    text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
    assert f"> **{warning}**" in text
    assert undecided in text
    assert orders not in text
    first = pdf_pages(tmp_path / "memo")[0]
    assert squeezed(warning) in first
    styles = [p.style.name for p in Document(tmp_path / "memo" / "memo.docx").paragraphs]
    assert styles.index("Memo Warning") < styles.index("Heading 2")
    assert "Memo Warning" not in [p.style.name for p in Document_of(SAMPLE, tmp_path)]


def Document_of(memo, folder):
    MemoReport(memo).save(folder / "proved", ["docx"])
    return Document(folder / "proved" / "memo.docx").paragraphs


def test_parts_that_were_not_run_are_said_to_be_so_and_those_without_content_vanish(tmp_path):
    bare = replace(
        SAMPLE, signatures=(), mix=(), reasons=(), chokes=(), reliefs=(), rivals=(), sources=(), own=(), losses=(),
        assumptions=(), flips=(), choices=(), alternatives=(), watch=(), chances=(), all_assumptions=(), outlays=(),
        ran=(), cases=0, walk_aways=(), hedging=None,
    )  # fmt: skip
    for lang in LANGUAGES:
        MemoReport(bare).save(tmp_path / lang, lang=lang)
        assert not (tmp_path / lang / "figures").exists()
        found = re.findall(r"^\*(?:Table|表) (\d+)", (tmp_path / lang / "memo.md").read_text("utf-8"), re.M)
        assert found == ["1"]  # what it pays
    text = (tmp_path / "en" / "memo.md").read_text("utf-8")
    headings = re.findall(r"^## (.*)", text.rpartition("\n---\n")[0], re.M)
    assert headings == ["The answer", "What to sign", "What it costs and brings", "Payments", SAYS_NOT]
    missing = text.partition(SAYS_NOT)[2].partition("\n---\n")[0]
    assert "**Not run**" in missing
    for part in ("what holds Aurora back", "the loss of single suppliers", "what would turn the advice"):
        assert part in missing
    assert "found" not in missing
    assert "the chance of reaching a target by a date: `fabopt draws" in missing
    assert "the regret of each signature" in missing


SAYS_NOT = "What this memo does not say"


def test_what_was_looked_for_and_not_found_is_told_apart_from_what_was_not_run(tmp_path):
    memo = replace(SAMPLE, reliefs=(), chokes=(), watch=(), ran=tuple(r for r in SAMPLE.ran if r != "losses"))
    MemoReport(memo).save(tmp_path / "memo", ["md"])
    said = (tmp_path / "memo" / "memo.md").read_text("utf-8").partition(SAYS_NOT)[2].partition("\n---\n")[0]
    not_run, not_found = said.split("**Looked for and not found**")
    assert "single suppliers" in not_run
    assert "holds Aurora back" not in not_run
    assert "a limit that holds Aurora back" in not_found
    assert "next publication" in not_found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tables_and_figures_are_numbered_in_order_whatever_is_left_out(tmp_path, lang):
    for memo in (SAMPLE, replace(SAMPLE, reasons=(), losses=(), chokes=())):
        MemoReport(memo).save(tmp_path / "memo", ["md"], lang)
        text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
        for kind in ("Table|表", "Figure|图"):
            numbers = [int(number) for number in re.findall(rf"^\*(?:{kind}) (\d+)", text, re.M)]
            assert numbers == list(range(1, len(numbers) + 1)) != []


def test_a_note_without_a_number_has_no_empty_brackets(tmp_path):
    bare = replace(RELIEFS[2], lead=None)
    MemoReport(replace(SAMPLE, reliefs=(bare,), name="a [] b")).save(tmp_path / "memo", ["md"])
    text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
    assert "nothing in the data can be ordered, or it was not run.*" in text
    assert "[]" not in text
    assert r"a \[\] b" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_crowded_memo_shortens_its_tables_until_it_fits_on_four_pages(tmp_path, lang):
    long = "a name of many words that goes on and on to the end"
    crowded = replace(
        SAMPLE,
        signatures=tuple(
            replace(SIGNATURES[0], id=str(n), what=f"{n} {long}", supplier=f"{long} {n}") for n in range(20)
        ),
        reasons=tuple(replace(SAMPLE.reasons[0], name=f"{n} {long}", designer=long) for n in range(20)),
        reliefs=tuple(replace(RELIEFS[0], limit=f"{n} {long}", owner=long) for n in range(20)),
        flips=tuple(replace(SAMPLE.flips[0], name=f"{n} {long}", recommendation_name=long) for n in range(20)),
        chokes=tuple(replace(SAMPLE.chokes[0], year=str(2027 + n), limit=long, next_limit=long) for n in range(12)),
        losses=tuple(replace(SAMPLE.losses[0], name=f"{n} {long}") for n in range(20)),
        sources=tuple(replace(SAMPLE.sources[0], supplier=f"{n} {long}") for n in range(20)),
        chances=tuple(replace(SAMPLE.chances[0], period=f"{2027 + n // 4}Q{n % 4 + 1}") for n in range(20)),
        watch=tuple(replace(SAMPLE.watch[0], name=f"{n} {long}", publisher=long) for n in range(20)),
        choices=tuple(replace(SAMPLE.choices[0], name=f"{n} {long}", owner=long) for n in range(20)),
        rivals=tuple(
            replace(SAMPLE.rivals[0], limit=f"{n} {long}", customer=f"{long} {m}") for n in range(9) for m in range(9)
        ),
        alternatives=tuple(
            replace(a, changes=tuple((long, *a.changes[0][1:]) for _ in range(9))) for a in SAMPLE.alternatives * 5
        ),
    )
    MemoReport(crowded).save(tmp_path / "memo", ["md", "pdf"], lang)
    pages = pdf_pages(tmp_path / "memo")
    assert next(n for n, text in enumerate(pages) if squeezed(APPENDIX[lang]) in text) <= 4
    text = (tmp_path / "memo" / "memo.md").read_text("utf-8")
    assert all(f"| {n} {long}" in text for n in range(20))  # what does not fit stands in an appendix
    assert squeezed(ORDERS[lang]) in pages[1]  # tables begin on the second page
    shown = text.split("\n---\n")[1].count("USD 34,501" if lang == "en" else "34,501 美元")
    assert 4 <= shown < 8


def test_parts_of_the_record_are_tables():
    report = MemoReport(SAMPLE)
    frame = report.frame("signatures")
    assert list(frame["what"]) == [s.what for s in SIGNATURES]
    assert list(frame["amount unit"]) == ["kaccelerator"] * len(SIGNATURES)
    assert report.frame("mix")["share"].sum() == pytest.approx(sum(row.share.value for row in SAMPLE.mix))
    with pytest.raises(Exception, match="did you mean 'signatures'"):
        report.frame("signature")
    assert "First to sign is Falcon" in " ".join(str(report).split())
    assert "<svg" not in report._repr_html_()
    assert "Nordic Devices" in report._repr_html_()


def test_the_tornado_tells_what_was_solved_again_from_what_was_not():
    """A diamond stands where the choke point of the whole chain is another; a straight line by prices is marked."""
    people = People("en", "Q")
    solved = tornado_chart(SAMPLE, people).to_dict()
    rows = [row for data in solved["datasets"].values() for row in data]
    assert len({row["number"] for row in rows if row["turns"]}) == 1
    assert not any(row["number"].startswith("≈") for row in rows)
    priced = replace(SAMPLE, assumptions=tuple(replace(one, solved=False) for one in SAMPLE.assumptions))
    rows = [row for data in tornado_chart(priced, people).to_dict()["datasets"].values() for row in data]
    assert not any(row["turns"] for row in rows)
    assert all(row["number"].startswith("≈") for row in rows)


@pytest.mark.parametrize(("lang", "said"), [("en", "accelerators, under Frame | deal"), ("zh", "，属 Frame | deal")])
def test_a_purchase_under_a_contract_that_is_signed_says_so(tmp_path, lang, said):
    bought = tuple(replace(one, under=("Frame | deal",)) for one in SIGNATURES if one.kind == "accelerators")
    assert bought
    MemoReport(replace(SAMPLE, signatures=bought)).save(tmp_path / lang, ["docx"], lang)
    tables = Document(tmp_path / lang / "memo.docx").tables
    cells = [cell.text.replace("\u00a0", " ") for table in tables for row in table.rows for cell in row.cells]
    assert any(said in text for text in cells)
