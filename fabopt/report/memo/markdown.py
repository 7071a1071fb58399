"""Markdown as text that is safe to put together: what comes from an instance is escaped, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_ALWAYS = re.compile(r"([\\`*_\[\]<>|~#$&@^{}])")
_FIRST = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")


class Md(Markup):
    """A piece of Markdown; what is joined to it is escaped first, unless it is Markdown itself."""

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any, /) -> Md:
        """Return text as Markdown that shows it letter by letter; Markdown itself as it stands."""
        return cls(s) if hasattr(s, "__html__") else cls(escaped(str(s)))


def escaped(text: str) -> str:
    """Return Markdown that shows a text letter by letter, on one line, within a table too.

    Characters that are not printable (control, direction, line ends) become spaces.
    """
    clean = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    safe = _ALWAYS.sub(r"\\\1", clean)
    safe = _FIRST.sub(lambda m: m[1] + "\\" if m[1].isdigit() else f"\\{m[1]}", safe)
    return safe.replace("://", "\\://")


def parsed(text: str) -> SyntaxTreeNode:
    """Return Markdown as a tree: CommonMark with pipe tables, without HTML and without links that are made of text."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return SyntaxTreeNode(reader.parse(text))
