"""Templates end in time and size, stay in their folder, and no format of a memo fetches anything."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from docx import Document
from memo_sample import SAMPLE

from fabopt.report.memo import sandbox, template
from fabopt.report.memo.document import Paragraph, Run
from fabopt.report.memo.docx import docx
from fabopt.report.memo.errors import TemplateError
from fabopt.report.memo.filters import Writer
from fabopt.report.memo.pdf import pdf
from fabopt.report.memo.people import People

NAME = "memo.md.j2"


def rendered(folder: Path, text: str) -> str:
    (folder / NAME).write_text(text, encoding="utf-8")
    return template.markdown(
        folder, "en", Writer(People("en")), {"memo": SAMPLE, "figures": {}, "rows": 8, "big": 10**9}
    )


@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 9**(9**9) }}",
        "{{ 2**100000 }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 1000000000 * 'x' }}",
        "{{ [0] * 1000000000 }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '{:>{}}'.format(1, 1000000000) }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'|indent(1000000000) }}",
        "{{ lipsum(1000000000) }}",
        "{{ range(1000000000) }}",
        "{% set n = namespace(v='x' * 1000) %}{% for i in range(60) %}{% set n.v = n.v + n.v %}{% endfor %}",
    ],
)
def test_a_bomb_is_refused_at_once_with_its_line(bomb: str, tmp_path: Path):
    began = time.process_time()
    with pytest.raises(TemplateError, match="line 2"):
        rendered(tmp_path, "text\n" + bomb)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "loop",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% if j > i %}{% endif %}{% endfor %}{% endfor %}",
        "{% macro f() %}{% for i in range(99999) %}{% if i %}{% endif %}{% endfor %}{% endmacro %}"
        "{% for i in range(99999) %}{{ f() }}{% endfor %}",
    ],
)
def test_a_loop_without_end_is_stopped(loop: str, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 0.5)
    with pytest.raises(TemplateError, match="has run for"):
        rendered(tmp_path, loop)


def test_a_text_that_doubles_with_each_line_is_stopped(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sandbox, "MOST_MEMORY", 30_000)
    doubling = "{% set n = namespace(v='x' * 1000) %}{% for i in range(24) %}\n{% set n.v = n.v ~ n.v %}\n{% endfor %}"
    with pytest.raises(TemplateError, match="too much memory"):
        rendered(tmp_path, doubling)


def test_what_a_memo_needs_is_not_held_back(tmp_path: Path):
    text = "{{ 2**10 }} {{ 'ab' * 3 }} {{ '%05.1f' % 2.5 }} {{ big|int }} {{ big + 1 }} {{ 'a' + 'b' }}"
    assert rendered(tmp_path, text).strip() == "1024 ababab 002.5 1000000000 1000000001 ab"


def test_the_trace_of_a_debugger_is_put_back(tmp_path: Path):
    import sys

    before = sys.gettrace()
    rendered(tmp_path, "text")
    assert sys.gettrace() is before


# --- Links out of the folder ------------------------------------------------------------------------------------


TEXT = (Paragraph((Run("text"),)),)
USES = {
    NAME: lambda folder: template.markdown(folder, "en", Writer(People("en")), {}),
    "part.j2": lambda folder: rendered(folder, "{% include 'part.j2' %}"),
    "page.html.j2": lambda folder: template.page(folder, {}),
    "page.typ": lambda folder: pdf(TEXT, {}, folder, "en", "t"),
    "styles.docx": lambda folder: docx(TEXT, {}, folder, "en", "t", "2027-01-01"),
}


@pytest.mark.parametrize("name", USES)
def test_a_link_out_of_the_folder_is_refused(name: str, tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(TemplateError, match="link out of the folder"):
        USES[name](folder)


# --- Downloads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        '<img src="https://example.org/a.png">',
        "<script src=//example.org/a.js></script>",
        '<link rel="stylesheet" href="http://example.org/a.css">',
        '<style>@import "https://example.org/a.css";</style>',
        "<style>b { background: url(https://example.org/a.png) }</style>",
        '<iframe\n src="https://example.org"></iframe>',
        '<meta http-equiv="refresh" content="0; url=https://example.org">',
    ],
)
def test_a_page_that_would_fetch_is_refused(page: str, tmp_path: Path):
    (tmp_path / "page.html.j2").write_text(f"<html><body>{page}</body></html>")
    with pytest.raises(TemplateError, match="would fetch"):
        template.page(tmp_path, {})


def test_a_link_that_a_reader_follows_is_none_of_it(tmp_path: Path):
    (tmp_path / "page.html.j2").write_text('<p><a href="https://example.org">x</a> <img src="data:,"></p>')
    assert "example.org" in template.page(tmp_path, {})


@pytest.mark.parametrize("said", ['#import "@preview/tablex:0.0.8": *', '#import ("@pre" + "view/tablex:0.0.8"): *'])
def test_a_package_of_typst_is_not_fetched(said: str, tmp_path: Path):
    own = template.source(None, "page.typ").decode()
    (tmp_path / "page.typ").write_text(f"{said}\n{own}")
    began = time.monotonic()
    with pytest.raises(TemplateError, match=r"package|download"):
        pdf(TEXT, {}, tmp_path, "en", "t")
    assert time.monotonic() - began < 60


def test_a_document_of_styles_that_would_fetch_is_refused(tmp_path: Path):
    document = Document()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    document.part.relate_to("https://example.org/a.dotm", kind, is_external=True)
    document.save(tmp_path / "styles.docx")
    with pytest.raises(TemplateError, match=r"would fetch 'https://example.org"):
        docx(TEXT, {}, tmp_path, "en", "t", "2027-01-01")
    assert Document(io.BytesIO(docx(TEXT, {}, None, "en", "t", "2027-01-01"))).paragraphs
