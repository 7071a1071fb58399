"""A memo: its record, its text, and its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from fabopt.analysis.memo.records import Amount, Memo, Signature
from fabopt.errors import require
from fabopt.io.files import check_place
from fabopt.io.swap import LOG, write_folder
from fabopt.report.memo import document as doc
from fabopt.report.memo import template
from fabopt.report.memo.errors import MemoError, TemplateError
from fabopt.report.memo.filters import Writer
from fabopt.report.memo.ledger import Ledger
from fabopt.report.memo.people import People, step_of
from fabopt.report.memo.reader import RECORD, as_data, to_json
from fabopt.report.memo.words import LANGUAGES
from fabopt.report.report import Report

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.report.memo.figures import Drawn

FORMATS = ("md", "html", "pdf", "docx")
"""Formats of a memo's text."""

REFERENCES = re.compile(r"\s*\[[\d–, ]+\]")
"""Numbers of rows of the ledger of numbers, which stands in a memo alone."""
NUMBERS = "numbers.csv"
SHEETS = "term-sheets"
PAGES = 4
"""Pages of the PDF before the appendices, at most."""
ROWS = (8, 7, 6, 5, 4)
"""Rows of the longest tables before the appendices: as many as fit."""


@dataclass(frozen=True, slots=True)
class Text:
    """A memo's text: Markdown, its blocks, its figures, the numbers that it prints, what a PDF of it cannot show."""

    markdown: str
    blocks: tuple[doc.Block, ...]
    drawn: Mapping[str, Drawn]
    ledger: Ledger
    unshown: tuple[str, ...] = ()
    named: str = ""

    @property
    def title(self) -> str:
        """What it is called, or the first heading."""
        return self.named or next((doc.plain(b.runs) for b in self.blocks if isinstance(b, doc.Heading)), "memo")


class MemoReport:
    """The procurement memo of a lab: ``print`` it, save it, or look at its record.

    Attributes
    ----------
    memo
        The record.
    """

    def __init__(self, memo: Memo) -> None:
        require("memo")
        self.memo = memo

    @cached_property
    def report(self) -> Report[Memo]:
        """The answer in three sentences, what to sign, and the parts of the record as frames."""
        from fabopt.report.memo.tables import frame, parts, signature_table

        return Report(
            "memo",
            self.memo,
            (REFERENCES.sub("", answer(_written_with(self.memo, "en", None, {}, ROWS[0]).blocks)),),
            (signature_table(self.memo),),
            frames={part: partial(frame, self.memo, part) for part in parts(self.memo)},
            data=lambda: {"memo": as_data(self.memo)},
        )

    def __str__(self) -> str:
        return str(self.report)

    def __repr__(self) -> str:
        offers = "print(...), .memo .frame('signatures') .save(folder)"
        return f"Memo for {self.memo.lab}: {self.report.sentence}\ntry {offers}"

    def text(self, lang: str = "en", template: str | Path | None = None) -> Text:
        """Return the text in a language.

        Parameters
        ----------
        lang
            ``en`` or ``zh``.
        template
            Folder of templates that stand in for the package's.

        Raises
        ------
        MemoError
            When there is no such language.
        TemplateError
            When a template is faulty, or asks for what is not there.
        """
        return _text(self.memo, check_lang(lang), None if template is None else Path(template))

    def frame(self, table: str) -> pd.DataFrame:
        """Return a part of the record as a table, one row a record: ``signatures``, ``reliefs``, ``flips`` ...

        Raises
        ------
        MemoError
            When the memo has no such part.
        """
        from fabopt.report.memo.tables import frame

        return frame(self.memo, table)

    def save(
        self,
        out: str | Path,
        formats: Sequence[str] = FORMATS,
        lang: str = "en",
        template: str | Path | None = None,
        term_sheets: bool = False,
    ) -> tuple[Path, ...]:
        """Write the memo into a folder, whole or not at all, and return the paths of its files.

        Parameters
        ----------
        out
            The folder; an older memo there is replaced, and what people put there is kept.
        formats
            Some of ``md``, ``html``, ``pdf``, ``docx``.
        lang
            ``en`` or ``zh``.
        template
            Folder of templates that stand in for the package's.
        term_sheets
            Whether to write beside it a page for each signature that is advised, in the same formats.

        Raises
        ------
        MemoError
            When there is no such format or language, or the folder cannot be written.
        TemplateError
            When a template is faulty, or asks for what is not there.
        """
        folder = None if template is None else Path(template)
        chosen = check_formats(formats)
        check_out(Path(out))
        text = self.text(lang, folder)
        texts = [("memo", text)]
        if term_sheets:
            made = _sheets(self.memo, lang, folder, text.ledger)
            if made is None:
                LOG.warning("There are no term sheets: nothing is proved to be worth signing.")
            else:
                texts.append((SHEETS, made))
        files = {NUMBERS: text.ledger.csv().encode()}
        for name in chosen:
            for stem, one in texts:
                files |= _WRITERS[name](self.memo, one, stem, lang, folder)
        paths = _written(Path(out), {RECORD: to_json(self.memo, files), **files})
        missing = dict.fromkeys(ch for _, one in texts for ch in one.unshown)
        if "pdf" in chosen and missing:
            LOG.warning("The PDF cannot show these characters, which no font here has: %s.", ", ".join(missing))
        return paths

    def _repr_html_(self) -> str:
        from fabopt.report.memo.html import fragment

        text = self.text()
        return fragment(text.blocks, text.drawn)


def check_lang(lang: str) -> str:
    """Return a language that memos are written in, or raise MemoError."""
    if lang not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise MemoError(f"Memos are not written in '{lang}'; there are {known}.")
    return lang


def check_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """Return the formats that are asked for, each once, or raise MemoError."""
    asked = tuple(dict.fromkeys(name.strip().lower() for name in formats if name.strip()))
    unknown = [name for name in asked if name not in FORMATS]
    if unknown or not asked:
        said = f"There is no format '{unknown[0]}'" if unknown else "No format is named"
        raise MemoError(f"{said}; a memo is written as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    return asked


def check_out(out: Path) -> None:
    """Refuse, before anything is computed, a folder that a memo could not be written to.

    Raises
    ------
    MemoError
        When something else than a memo stands there, or nothing can be made there.
    """
    try:
        check_place(out, RECORD)
    except OSError as error:
        raise MemoError(f"The memo cannot be written to {out}: {error.strerror or error}.") from error


def rehearse(lang: str, folder: Path | None) -> None:
    """Write a memo of nothing with the templates, so that a fault in them is found before anything is computed.

    Raises
    ------
    MemoError
        When there is no such language.
    TemplateError
        When a template is faulty, or asks for what is not there.
    fabopt.errors.MissingExtraError
        When what writes memos is not installed.
    """
    require("memo")
    from fabopt.report.memo.blank import blank
    from fabopt.report.memo.figures import FIGURES
    from fabopt.report.memo.html import html

    check_lang(lang)
    template.check_folder(folder, lang)
    memo = blank(Memo)
    context = {"memo": memo, "figures": dict.fromkeys(FIGURES, True), "rows": ROWS[0], "unshown": ()}
    template.markdown(folder, lang, Writer(People(lang)), context)
    unsigned = tuple(replace(s, signed=False) for s in memo.signatures)
    _sheets(replace(memo, signatures=unsigned), lang, folder, Ledger())
    html((), {}, folder, lang, "", memo)


def answer(blocks: Sequence[doc.Block]) -> str:
    """Return the first paragraph under the first heading of the second level: the answer."""
    below = False
    for block in blocks:
        if isinstance(block, doc.Heading) and block.level == 2:
            below = True
        elif below and isinstance(block, doc.Paragraph):
            return doc.plain(block.runs).replace("\u00a0", " ")
    return ""


def _text(memo: Memo, lang: str, folder: Path | None) -> Text:
    """Return the text with as many rows in its tables as its pages before the appendices hold.

    The appendices come after the last end of a page; what stands before the first of several is one page.

    It says itself what the PDF cannot show, in an appendix, so that its pages before stay as they are.
    """
    from fabopt.report.memo.figures import figures
    from fabopt.report.memo.pdf import page_ends, unshown

    template.check_folder(folder, lang)
    drawn = figures(memo, _people(memo, lang))
    for rows in ROWS:
        text = _written_with(memo, lang, folder, drawn, rows)
        ends = page_ends(text.blocks, drawn, folder, lang, text.title)
        if not ends or (ends[-1] <= PAGES and (len(ends) == 1 or ends[0] == 1)):
            break
    missing = unshown(text.blocks, drawn, lang, text.title)
    return _written_with(memo, lang, folder, drawn, rows, missing) if missing else text


def _written_with(
    memo: Memo,
    lang: str,
    folder: Path | None,
    drawn: Mapping[str, Drawn],
    rows: int,
    unshown: tuple[str, ...] = (),
) -> Text:
    from fabopt.report.memo.figures import FIGURES

    writer = Writer(_people(memo, lang), {s.id: s.what for s in memo.signatures})
    context = {"memo": memo, "figures": {name: name in drawn for name in FIGURES}, "rows": rows, "unshown": unshown}
    markdown = template.markdown(folder, lang, writer, context)
    return Text(markdown, _blocks(markdown, template.TEXT, tuple(drawn)), drawn, writer.ledger, unshown)


def _sheets(memo: Memo, lang: str, folder: Path | None, ledger: Ledger) -> Text | None:
    """Return the term sheets, a page for each signature that is advised; None where there is none."""
    from fabopt.report.memo.pdf import unshown

    if not memo.advice:
        return None
    far = {one.signature: one for one in memo.walk_aways}
    sheets = [(s, far.get(s.id), _lines(s)) for s in memo.advice]
    ledger.document = SHEETS
    writer = Writer(_people(memo, lang), {s.id: s.what for s in memo.signatures}, ledger)
    markdown = template.markdown(folder, lang, writer, {"memo": memo, "sheets": sheets}, template.SHEETS)
    named = str(writer.say("sheets", lab=memo.name))
    text = Text(markdown, _blocks(markdown, template.SHEETS, ()), {}, writer.ledger, named=named)
    return replace(text, unshown=unshown(text.blocks, {}, lang, named))


def _lines(signature: Signature) -> tuple[tuple[str, Amount | None, Amount | None], ...]:
    """Return what is delivered and what is paid by period, in the order of periods."""
    there, paid = dict(signature.schedule), dict(signature.payments)
    return tuple((label, there.get(label), paid.get(label)) for label in sorted({*there, *paid}))


def _blocks(markdown: str, name: str, figures: Sequence[str]) -> tuple[doc.Block, ...]:
    try:
        return doc.document(markdown, figures)
    except doc.DocumentError as error:
        raise TemplateError(f"{name}: {error}.") from error


def _people(memo: Memo, lang: str) -> People:
    return People(lang, step_of([label for label in (memo.until, memo.headline.sign_by) if label]))


def _markdown(memo: Memo, text: Text, stem: str, lang: str, folder: Path | None) -> dict[str, bytes]:
    files = {f"{stem}.md": text.markdown.encode()}
    for name, figure in text.drawn.items():
        files |= {f"figures/{name}.png": figure.png, f"figures/{name}.svg": figure.svg.encode()}
    return files


def _html(memo: Memo, text: Text, stem: str, lang: str, folder: Path | None) -> dict[str, bytes]:
    from fabopt.report.memo.html import html

    return {f"{stem}.html": html(text.blocks, text.drawn, folder, lang, text.title, memo).encode()}


def _pdf(memo: Memo, text: Text, stem: str, lang: str, folder: Path | None) -> dict[str, bytes]:
    from fabopt.report.memo.pdf import pdf

    return {f"{stem}.pdf": pdf(text.blocks, text.drawn, folder, lang, text.title)}


def _docx(memo: Memo, text: Text, stem: str, lang: str, folder: Path | None) -> dict[str, bytes]:
    from fabopt.report.memo.docx import docx

    return {f"{stem}.docx": docx(text.blocks, text.drawn, folder, lang, text.title, memo.decision)}


_WRITERS: Mapping[str, Callable[[Memo, Text, str, str, Path | None], dict[str, bytes]]] = {
    "md": _markdown,
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
}


def _written(out: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    try:
        write_folder(out, RECORD, files)
    except OSError as error:
        raise MemoError(f"The memo cannot be written to {out}: {error.strerror or error}.") from error
    return tuple(out / name for name in files)
