"""The memo as DOCX that a person can edit: styles, real tables with a repeated head, captions, pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fabopt.report.memo import template
from fabopt.report.memo.columns import LINE, widths
from fabopt.report.memo.document import WHOLE, Block, Figure, Heading, Listing, PageEnd, Paragraph, Quote, Runs, Table
from fabopt.report.memo.errors import TemplateError
from fabopt.report.memo.figures import Drawn
from fabopt.report.memo.pdf import size

LATIN, ASIAN = "Arial", "Microsoft YaHei"
"""Fonts that Word finds where it runs; elsewhere one as wide as Arial stands in, so that words keep their columns."""

BODY, SMALL, CELLS = {"en": 9.0, "zh": 8.5}, 7.5, 7.0
"""Points of the text (Chinese lines are higher), of notes, and of what stands in tables."""

_LANG = {"en": "en-GB", "zh": "zh-CN"}
_UNIT_CM = 0.026
"""Centimetres of a unit of a picture."""

NOTE, WARNING, TABLE = "Memo Note", "Memo Warning", "Memo Table"


def docx(
    blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str, when: str
) -> bytes:
    """Return the memo as DOCX, the same bytes for the same memo.

    Parameters
    ----------
    blocks
        The memo.
    drawn
        Its figures by name.
    folder
        Folder of templates, or None; its ``styles.docx`` gives styles and page.
    lang, title
        Language and title.
    when
        Date of the decision, which the file bears as its own.

    Raises
    ------
    TemplateError
        When ``styles.docx`` cannot be read.
    """
    document = _opened(folder)
    _dress(document, lang, own=folder is not None and (folder / template.STYLES).is_file())
    _properties(document, title, lang, when)
    ended = False
    for block in blocks:
        if isinstance(block, PageEnd):
            ended = True
            continue
        first = len(document.paragraphs) if ended else 0
        _write(document, block, drawn)
        if ended and len(document.paragraphs) > first:
            document.paragraphs[first].paragraph_format.page_break_before = True
        ended = False
    stream = io.BytesIO()
    document.save(stream)
    return _without_times(stream.getvalue())


def _opened(folder: Path | None) -> Any:
    from docx import Document

    if folder is None or not (folder / template.STYLES).is_file():
        return Document()
    try:
        document = Document(io.BytesIO(template.source(folder, template.STYLES)))
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(f"{folder / template.STYLES} is no document of Word: {error}") from error
    for link in document.part.package.iter_rels():
        if link.is_external and not link.reltype.endswith("/hyperlink"):
            said = f"it would fetch '{link.target_ref[:60]}' when it is opened"
            raise TemplateError(f"{folder / template.STYLES}: {said}; put it into the document, or take it out.")
    body = document.element.body
    for child in list(body):
        if not child.tag.endswith("}sectPr"):
            body.remove(child)
    return document


def _dress(document: Any, lang: str, own: bool) -> None:
    """Set page and fonts, unless the styles are somebody's own, and the styles that the memo adds."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    styles = document.styles
    if not own:
        section = document.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm(1.9)
        section.top_margin = section.bottom_margin = Cm(1.8)
        styles["Normal"].font.name, styles["Normal"].font.size = LATIN, Pt(BODY[lang])
        styles["Normal"].paragraph_format.space_after = Pt(5)
        for level, points in ((1, 18), (2, 13), (3, 11)):
            heading = styles[f"Heading {level}"]
            heading.font.name, heading.font.size = LATIN, Pt(points)
            heading.font.color.rgb = RGBColor(0x12, 0x43, 0x6D)
        styles["Caption"].font.color.rgb = RGBColor(0x1C, 0x28, 0x33)
        for style in styles:
            if style.type == WD_STYLE_TYPE.PARAGRAPH:
                fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
                for name in [key for key in fonts.attrib if key.endswith("Theme")]:
                    del fonts.attrib[name]
                fonts.set(qn("w:eastAsia"), ASIAN)
    rpr = styles["Normal"].element.get_or_add_rPr()
    for old in rpr.findall(qn("w:lang")):
        rpr.remove(old)
    spoken = rpr.makeelement(qn("w:lang"), {qn("w:val"): "en-GB", qn("w:eastAsia"): "zh-CN"})
    rpr.append(spoken)
    for name, height in ((NOTE, SMALL), (WARNING, BODY[lang])):
        if name not in [style.name for style in styles]:
            added = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            added.base_style, added.font.size = styles["Normal"], Pt(height)
            if name == WARNING:
                _frame(added.element.get_or_add_pPr())
    if TABLE not in [style.name for style in styles]:
        _rules(styles.add_style(TABLE, WD_STYLE_TYPE.TABLE).element)


def _rules(style: Any) -> None:
    """Give a style of tables thin rules between rows, and none between columns."""
    from docx.oxml.ns import qn

    properties = style.makeelement(qn("w:tblPr"), {})
    borders = properties.makeelement(qn("w:tblBorders"), {})
    for edge, colour, eighths in (("top", "1C2833", "8"), ("bottom", "1C2833", "8"), ("insideH", "C5CDD5", "4")):
        of = {qn("w:val"): "single", qn("w:sz"): eighths, qn("w:space"): "0", qn("w:color"): colour}
        borders.append(borders.makeelement(qn(f"w:{edge}"), of))
    margins = properties.makeelement(qn("w:tblCellMar"), {})
    for edge in ("left", "right"):
        margins.append(margins.makeelement(qn(f"w:{edge}"), {qn("w:w"): "70", qn("w:type"): "dxa"}))
    properties.append(borders)
    properties.append(margins)
    style.append(properties)


def _frame(properties: Any) -> None:
    """Put a rule at the left of a paragraph."""
    from docx.oxml.ns import qn

    border = properties.makeelement(qn("w:pBdr"), {})
    left = {qn("w:val"): "single", qn("w:sz"): "36", qn("w:space"): "6", qn("w:color"): "922B21"}
    border.append(border.makeelement(qn("w:left"), left))
    properties.append(border)


def _properties(document: Any, title: str, lang: str, when: str) -> None:
    core = document.core_properties
    try:
        day = datetime.combine(date.fromisoformat(when), datetime.min.time(), UTC)
    except ValueError:
        day = datetime(2000, 1, 1, tzinfo=UTC)
    core.title, core.subject, core.author, core.last_modified_by = title, title, "fabopt", "fabopt"
    core.language, core.comments, core.keywords, core.revision = _LANG[lang], "", "", 1
    core.created = core.modified = day.replace(tzinfo=None)


def _write(document: Any, block: Block, drawn: Mapping[str, Drawn], style: str = "") -> None:
    match block:
        case Heading(level, runs):
            _runs(document.add_heading(level=level), runs)
        case Paragraph(runs, note):
            _runs(document.add_paragraph(style=style or (NOTE if note else None)), runs)
        case Figure(pictures, caption):
            _pictures(document, pictures, drawn)
            if caption:
                _runs(document.add_paragraph(style="Caption"), caption)
        case Table():
            _table(document, block)
        case Listing(ordered, items):
            for item in items:
                for part in item:
                    _write(document, part, drawn, "List Number" if ordered else "List Bullet")
        case Quote(parts):
            for part in parts:
                _write(document, part, drawn, WARNING)


def _runs(paragraph: Any, runs: Runs, strong: bool = False) -> None:
    for run in runs:
        written = paragraph.add_run(run.text)
        written.bold, written.italic = (run.strong or strong) or None, run.em or None
        if run.code:
            written.font.name = "Consolas"


def _pictures(document: Any, pictures: Sequence[tuple[str, str]], drawn: Mapping[str, Drawn]) -> None:
    from docx.shared import Cm

    section = document.sections[-1]
    room = (section.page_width - section.left_margin - section.right_margin) / Cm(1.0)
    wide = sum(size(drawn[name].svg)[0] for name, _ in pictures)
    unit = min(_UNIT_CM, (room - 0.4 * len(pictures)) / wide)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    for n, (name, alt) in enumerate(pictures):
        run = paragraph.add_run(" " if n else "")
        shape = run.add_picture(io.BytesIO(drawn[name].png), width=Cm(unit * size(drawn[name].svg)[0]))
        for side in ("T", "B", "L", "R"):  # LibreOffice takes its own where a document says nothing
            shape._inline.set(f"dist{side}", "0")
        described = shape._inline.docPr
        described.set("descr", alt)
        described.set("name", name)


def _table(document: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    if table.caption:
        caption = document.add_paragraph(style="Caption")
        caption.paragraph_format.keep_with_next = True
        _runs(caption, table.caption)
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.head))
    made.style = TABLE
    _set_widths(document, made, table)
    for n, (row, cells) in enumerate(zip(made.rows, (table.head, *table.rows), strict=True)):
        properties = row._tr.get_or_add_trPr()
        properties.append(properties.makeelement(qn("w:cantSplit"), {}))
        if n == 0:
            properties.append(properties.makeelement(qn("w:tblHeader"), {}))
        for cell, runs, side in zip(row.cells, cells, table.sides, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            if n < len(table.rows) and (n == 0 or len(table.rows) <= WHOLE):
                paragraph.paragraph_format.keep_with_next = True
            if side != "left":
                right = side == "right"
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.CENTER
            _runs(paragraph, runs, strong=n == 0)
            for run in paragraph.runs:
                run.font.size = Pt(CELLS)
    after = document.add_paragraph(style=NOTE).paragraph_format
    after.space_after, after.line_spacing = Pt(0), Pt(4)


def _set_widths(document: Any, made: Any, table: Table) -> None:
    """Set the widths of columns: whoever opens the document takes these, and reckons none of its own."""
    from docx.oxml.ns import qn

    section = document.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    letters = widths(table)
    line = max(LINE, sum(letters))
    made.autofit = False
    for column, share in zip(made.columns, letters, strict=True):
        column.width = int(room * share / line)
        for cell in column.cells:
            cell.width = column.width
    whole = made._tbl.tblPr.find(qn("w:tblW"))
    whole.set(qn("w:type"), "dxa")
    whole.set(qn("w:w"), str(sum(int(column.width.twips) for column in made.columns)))


def _without_times(data: bytes) -> bytes:
    """Return a zip file with every time in it the same."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
