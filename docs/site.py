"""What the documentation site has beside the pages of this folder: a hook of mkdocs (`make docs`).

The change log and the page for contributors stand elsewhere and are taken in as the site is built. Formulas become
MathML, which browsers draw without a script; links to files that are no pages become their names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import fabopt
from fabopt.api import StatesResult
from fabopt.api.statistics import Statistics
from fabopt.model.build import Model
from fabopt.report.explore import Explorer
from fabopt.report.memo.report import MemoReport
from fabopt.report.report import Report

ROOT = Path(__file__).parents[1]
PUBLIC = (fabopt.Instance, fabopt.Result, StatesResult, Statistics, Report, MemoReport, Explorer, Model)
"""Classes whose public methods the reference has."""
SHIM = "https://unpkg.com/iframe-worker/shim"
ELSEWHERE = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are written as the site is built."""
    for page, name in ELSEWHERE.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Write formulas as MathML, and links to what is no page as names, outside of code."""
    markdown = re.sub(r"^```(\w+) ([\w.-]+)$", r'```\1 title="\2"', markdown, flags=re.MULTILINE)  # a file's name
    parts = re.split(r"(^```.*?^```$|`[^`\n]+`)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if n % 2 else plain_links(formulas(part)) for n, part in enumerate(parts))


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """Refuse a reference of Python in which something public is missing."""
    if page.file.src_uri == "api.md":
        names = [f"fabopt.{name}" for name in fabopt.__all__ if name != "__version__"]
        names += [f"{one.__name__}.{name}" for one in PUBLIC for name in dir(one) if not name.startswith("_")]
        missing = [name for name in names if not re.search(rf'id="(?:[\w.]+\.)?{re.escape(name)}"', html)]
        if missing:
            raise PluginError(f"docs/api.md has no {', '.join(missing)}")
    return html


def on_post_page(output: str, **_: Any) -> str:
    """Take the script that lets search work in a file from this folder and not from a network."""
    return output.replace(SHIM, "assets/iframe-worker.js")


on_post_template = on_post_page


def formulas(text: str) -> str:
    """Return the text with its formulas, ``$$`` on lines of their own or ``$`` around a few words, as MathML."""
    text = re.sub(r"^\$\$\n(.*?)\n\$\$$", _display, text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<![\\$\w])\$(?![\s\d])([^$\n]+?)(?<!\s)\$(?![\w$])", _inline, text)


def _display(found: re.Match[str]) -> str:
    return f'<div class="arithmatex">{convert(found[1], display="block")}</div>'


def _inline(found: re.Match[str]) -> str:
    return convert(found[1])


def plain_links(text: str) -> str:
    """Return the text with links out of the folder of pages, as to notebooks, as the words they stand on."""
    return re.sub(r"\[([^\]\n]+)\]\(\.\./[^)\n]+\)", r"`\1`", text)
