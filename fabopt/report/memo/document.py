"""The memo's Markdown as blocks: what the writers of HTML, PDF and DOCX share.

Three conventions make a report of plain Markdown: a paragraph all in emphasis before a table or after a picture is its
caption, elsewhere it is a note in small print; a rule (``---``) ends a page; a picture is one of the memo's figures,
named by its file, and pictures of one paragraph stand side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from fabopt.report.memo.markdown import parsed

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_UNBROKEN = re.compile(
    r"(?<=\bUSD) (?=[−\d])|(?<=\d) (?=(?:%|GW|MW|bn|m|tn|thousand|million|亿|万)(?![a-z]))|(?<=\d{4}) (?=Q\d)"
)
"""Spaces within a number and its unit, at which a line of a paragraph does not break."""

WHOLE = 12
"""Most rows of a table that no end of a page cuts, where a format can say so."""

Side = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one hand."""

    text: str
    strong: bool = False
    em: bool = False
    code: bool = False
    href: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, from level 1."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a note stands in small print."""

    runs: Runs
    note: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """Pictures side by side, each with its name and what it shows, and their caption."""

    pictures: tuple[tuple[str, str], ...]
    caption: Runs = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one row of heads, the side of each column, and its caption."""

    head: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]
    sides: tuple[Side, ...]
    caption: Runs = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; every item is a row of blocks."""

    ordered: bool
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A block that stands out: a warning."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class PageEnd:
    """Where a page ends."""


Block = Heading | Paragraph | Figure | Table | Listing | Quote | PageEnd


class DocumentError(Exception):
    """Markdown that is no memo: it shows a picture that the memo does not have, or holds what no writer writes."""


def document(text: str, figures: Sequence[str]) -> tuple[Block, ...]:
    """Return Markdown as blocks.

    Parameters
    ----------
    text
        The Markdown.
    figures
        Names of the memo's figures.

    Raises
    ------
    DocumentError
        When it shows another picture, or holds a kind of block that is not written.
    """
    return _joined(list(_blocks(parsed(text).children, figures)))


def _blocks(nodes: Sequence[SyntaxTreeNode], figures: Sequence[str]) -> Iterator[Block]:
    for node in nodes:
        if node.type == "heading":
            yield Heading(int(node.tag[1:]), _runs(node.children[0]))
        elif node.type == "paragraph":
            yield _paragraph(node.children[0], figures)
        elif node.type in ("bullet_list", "ordered_list"):
            items = tuple(_joined(list(_blocks(item.children, figures))) for item in node.children)
            yield Listing(node.type == "ordered_list", items)
        elif node.type == "blockquote":
            yield Quote(_joined(list(_blocks(node.children, figures))))
        elif node.type == "table":
            yield _table(node)
        elif node.type == "hr":
            yield PageEnd()
        elif node.type in ("fence", "code_block"):
            yield Paragraph((Run(node.content.rstrip("\n"), code=True),))
        else:
            raise DocumentError(f"the text holds a {node.type.replace('_', ' ')}, which a memo does not write")


def _paragraph(inline: SyntaxTreeNode, figures: Sequence[str]) -> Block:
    content = [child for child in inline.children if child.type not in ("softbreak", "hardbreak")]
    solid = [child for child in content if child.type != "text" or child.content.strip()]
    if solid and all(child.type == "image" for child in solid):
        return Figure(tuple((_figure(child, figures), child.content) for child in solid))
    runs = tuple(run if run.code else replace(run, text=_UNBROKEN.sub("\u00a0", run.text)) for run in _runs(inline))
    note = len(solid) == 1 and solid[0].type == "em"
    return Paragraph(tuple(replace(run, em=False) for run in runs) if note else runs, note)


def _figure(image: SyntaxTreeNode, figures: Sequence[str]) -> str:
    shown = str(image.attrs.get("src", ""))
    name = PurePosixPath(shown).stem
    if name not in figures or shown != f"figures/{name}.png":
        there = ", ".join(f"figures/{known}.png" for known in figures) or "none"
        raise DocumentError(f"the text shows a picture '{shown[:80]}'; the memo's pictures are: {there}")
    return name


def _table(node: SyntaxTreeNode) -> Table:
    rows = [row for part in node.children for row in part.children]
    cells = [tuple(_runs(cell.children[0]) if cell.children else () for cell in row.children) for row in rows]
    sides: list[Side] = []
    for cell in rows[0].children:
        style = str(cell.attrs.get("style", ""))
        sides.append("right" if "right" in style else "center" if "center" in style else "left")
    return Table(cells[0], tuple(cells[1:]), tuple(sides))


def _runs(node: SyntaxTreeNode, like: Run | None = None) -> Runs:
    like = like or Run("")
    runs: list[Run] = []
    for child in node.children:
        if child.type == "text":
            runs.append(replace(like, text=child.content))
        elif child.type in ("softbreak", "hardbreak"):
            runs.append(replace(like, text=" " if child.type == "softbreak" else "\n"))
        elif child.type == "code_inline":
            runs.append(replace(like, text=child.content, code=True))
        elif child.type == "strong":
            runs += _runs(child, replace(like, strong=True))
        elif child.type == "em":
            runs += _runs(child, replace(like, em=True))
        elif child.type == "link":
            runs += _runs(child, replace(like, href=_address(str(child.attrs.get("href", "")))))
        else:
            runs.append(replace(like, text=child.content))
    return tuple(_merged(runs))


def _address(href: str) -> str:
    """Return an address that may be followed: of the web, and nothing else."""
    return href if href.startswith(("https://", "http://")) else ""


def _merged(runs: Sequence[Run]) -> Iterator[Run]:
    last: Run | None = None
    for run in runs:
        if last is not None and replace(last, text="") == replace(run, text=""):
            last = replace(last, text=last.text + run.text)
            continue
        if last is not None and last.text:
            yield last
        last = run
    if last is not None and last.text:
        yield last


def _joined(blocks: list[Block]) -> tuple[Block, ...]:
    """Put captions to what they belong to."""
    made: list[Block] = []
    n = 0
    while n < len(blocks):
        block, following = blocks[n], blocks[n + 1] if n + 1 < len(blocks) else None
        if isinstance(block, Paragraph) and block.note and isinstance(following, Table):
            made.append(replace(following, caption=block.runs))
            n += 2
        elif isinstance(block, Figure) and isinstance(following, Paragraph) and following.note:
            made.append(replace(block, caption=following.runs))
            n += 2
        else:
            made.append(block)
            n += 1
    return tuple(made)


def plain(runs: Runs) -> str:
    """Return runs as text."""
    return "".join(run.text for run in runs)
