"""The memo as PDF, set by typst: no browser and no TeX.

Every piece of text reaches typst as a string, never as its markup, so that a name cannot become a command.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from unicodedata import category
from unicodedata import name as unicode_name

from fabopt.report.memo import template
from fabopt.report.memo.columns import widths
from fabopt.report.memo.document import Block, Figure, Heading, Listing, PageEnd, Paragraph, Quote, Runs, Table
from fabopt.report.memo.errors import TemplateError
from fabopt.report.memo.figures import Drawn, font_folders

_LANG = {"en": ("en", None), "zh": ("zh", "cn")}
_LETTERS = ("Cn", "Co")
"""Categories of letters that Python does not call printable: those that it has no name for, and private ones."""
_PACKAGE = re.compile(rb"[\"']@[a-z][a-z0-9-]*/")
MAIN, ENDS = "main.typ", "page-ends"


def pdf(blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str) -> bytes:
    """Return the memo as PDF, the same bytes for the same memo.

    Parameters
    ----------
    blocks
        The memo.
    drawn
        Its figures by name.
    folder
        Folder of templates, or None.
    lang, title
        Language and title.

    Raises
    ------
    TemplateError
        When ``page.typ`` is faulty.
    """
    with _compiler(blocks, drawn, folder, lang, title) as compiler:
        made = compiler.compile(format="pdf", timestamp=0)
    assert isinstance(made, bytes)
    return made


def page_ends(
    blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str
) -> tuple[int, ...]:
    """Return the pages on which the ends of a page lie that the text asks for; errors as for `pdf`."""
    with _compiler(blocks, drawn, folder, lang, title) as compiler:
        return tuple(map(int, json.loads(compiler.query(f"<{ENDS}>", field="value"))))


def unshown(blocks: Sequence[Block], drawn: Mapping[str, Drawn], lang: str, title: str) -> tuple[str, ...]:
    """Return the characters that no font has, each with its name: in the PDF a box stands for each.

    A PDF for archives may have no such box, so typst refuses to make one of them and says where they are.
    """
    import typst

    said = typst_source(blocks, drawn, lang, title) + unescape("".join(figure.svg for figure in drawn.values()))
    characters = sorted(ch for ch in set(said) if not ch.isascii())
    lines = [f"#set document(title: {_string(title)})", *(f"#par[#{_string(ch)}]" for ch in characters)]
    with tempfile.TemporaryDirectory(prefix="fabopt-memo-") as work:
        (Path(work) / MAIN).write_text("\n".join(lines), encoding="utf-8")
        try:
            _typst(Path(work)).compile(format="pdf", timestamp=0, pdf_standards="a-2b")
        except typst.TypstError as error:
            places = {int(line) for line in re.findall(rf"{re.escape(MAIN)}:(\d+):", error.diagnostic)}
            if not places:
                raise
            missing = [ch for line, ch in enumerate(characters, 2) if line in places]
            return tuple(f"{ch} ({unicode_name(ch, f'U+{ord(ch):04X}')})" for ch in missing)
    return ()


def _typst(place: Path) -> Any:
    """Return a compiler of the text in a folder, with the fonts of packages alone."""
    import typst

    return typst.Compiler(
        str(place / MAIN),
        root=str(place),
        font_paths=font_folders(),
        ignore_system_fonts=True,
        package_path=str(place),
        package_cache_path=str(place),
    )


@contextmanager
def _compiler(
    blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str
) -> Iterator[Any]:
    """Lay out what typst reads, and say where a fault lies that it finds."""
    import typst

    with tempfile.TemporaryDirectory(prefix="fabopt-memo-") as work, _no_network():
        place = _laid_out(Path(work), blocks, drawn, folder, lang, title)
        try:
            yield _typst(place)
        except (typst.TypstError, RuntimeError) as error:  # a query says it with the latter
            said = " ".join(str(error).split())
            raise TemplateError(f"{_place(folder)}: typst says: {said}") from error


@contextmanager
def _no_network() -> Iterator[None]:
    """Send whatever the body would download to a port where nobody listens: typst fetches the packages of a page."""
    names = [name for proxy in ("http", "https", "all") for name in (f"{proxy}_proxy", f"{proxy}_proxy".upper())]
    before = {name: os.environ.get(name) for name in (*names, "NO_PROXY", "no_proxy")}
    os.environ.update(dict.fromkeys(names, "http://127.0.0.1:9"))
    for name in ("NO_PROXY", "no_proxy"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _laid_out(
    place: Path, blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str
) -> Path:
    """Write what typst reads into a folder, out of which it reads nothing."""
    (place / "figures").mkdir()
    for name, figure in drawn.items():
        (place / "figures" / f"{name}.svg").write_text(figure.svg, encoding="utf-8")
    page = template.source(folder, template.TYPST)
    if _PACKAGE.search(page):
        raise TemplateError(f"{_place(folder)}: it imports a package of typst, and a memo downloads nothing.")
    (place / template.TYPST).write_bytes(page)
    (place / MAIN).write_text(typst_source(blocks, drawn, lang, title), encoding="utf-8")
    return place


def _place(folder: Path | None) -> str:
    own = folder is not None and (folder / template.TYPST).is_file()
    return str(folder / template.TYPST) if folder is not None and own else f"the package's {template.TYPST}"


def typst_source(blocks: Sequence[Block], drawn: Mapping[str, Drawn], lang: str, title: str) -> str:
    """Return the memo as the source that typst compiles, beside ``page.typ``."""
    code, region = _LANG[lang]
    where = "none" if region is None else _string(region)
    parts = [
        f'#import "{template.TYPST}": memo, note, warning, pictures, datatable',
        f"#show: memo.with(title: {_string(title)}, lang: {_string(code)}, region: {where})",
        *(_block(block, drawn) for block in blocks),
    ]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, drawn: Mapping[str, Drawn]) -> str:
    match block:
        case Heading(level, runs):
            return f"#heading(level: {level})[{_text(runs)}]"
        case Paragraph(runs, note):
            return f"#par(note[{_text(runs)}])" if note else f"#par[{_text(runs)}]"
        case Figure(pictures, caption):
            shown = "".join(
                f"({_string(f'figures/{name}.svg')}, {_string(alt)}, {', '.join(map(str, size(drawn[name].svg)))}), "
                for name, alt in pictures
            )
            return f"#pictures(({shown}), {_content(caption)})"
        case Table(head, rows, sides, caption):
            said = "".join(f"({_cells(row)}), " for row in rows)
            places = "".join(f"{_string(side)}, " for side in sides)
            wide = ", ".join(f"{width:.2f}fr" for width in widths(block))
            parts = f"columns: ({wide},), sides: ({places}), head: ({_cells(head)}), rows: ({said})"
            return f"#datatable({parts}, caption: {_content(caption)})"
        case Listing(ordered, items):
            inner = ", ".join("[" + "".join(_block(part, drawn) for part in item) + "]" for item in items)
            return f"#{'enum' if ordered else 'list'}({inner})"
        case Quote(parts):
            return "#warning[" + "\n".join(_block(part, drawn) for part in parts) + "]"
        case PageEnd():
            return f"#context [#metadata(counter(page).get().first()) <{ENDS}>]\n#pagebreak(weak: true)"


def _cells(row: Sequence[Runs]) -> str:
    return "".join(f"[{_text(cell)}], " for cell in row)


def _content(runs: Runs) -> str:
    return f"[{_text(runs)}]" if runs else "none"


def _text(runs: Runs) -> str:
    said = []
    for run in runs:
        if run.code:
            text = f"#raw({_string(run.text)})"
        else:
            text = "#linebreak()".join(f"#{_string(line)}" for line in run.text.split("\n"))
        for function, on in (("emph", run.em), ("strong", run.strong)):
            text = f"#{function}[{text}]" if on else text
        said.append(f"#link({_string(run.href)})[{text}]" if run.href else text)
    return "".join(said)


def _string(text: str) -> str:
    """Return text as a string of typst, without characters that would steer how it is set."""
    clean = "".join(ch if ch.isprintable() or ch == "\u00a0" or category(ch) in _LETTERS else " " for ch in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a picture in its own units."""
    size = re.search(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if size is None:
        raise ValueError("the picture has no size")
    return float(size[1]), float(size[2])
