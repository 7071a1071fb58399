"""The memo as one HTML file: no network, charts that answer the mouse, and a style for paper.

The page forbids itself every outside request. A picture stands in it as SVG, so that it is there without scripts and on
paper; with scripts the chart takes its place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from fabopt.report.memo import template
from fabopt.report.memo.document import WHOLE, Block, Figure, Heading, Listing, PageEnd, Paragraph, Quote, Runs, Table
from fabopt.report.memo.figures import Drawn
from fabopt.report.page import bundle


def html(
    blocks: Sequence[Block], drawn: Mapping[str, Drawn], folder: Path | None, lang: str, title: str, memo: Any
) -> str:
    """Return the page.

    Parameters
    ----------
    blocks
        The memo.
    drawn
        Its figures by name.
    folder
        Folder of templates, or None.
    lang, title
        Language and title of the page.
    memo
        The record, for a page of one's own.

    Raises
    ------
    TemplateError
        When the page's template is faulty.
    """
    from markupsafe import Markup

    context = {
        "lang": {"zh": "zh-Hans"}.get(lang, lang),
        "title": title,
        "body": Markup(fragment(blocks, drawn)),
        "script": Markup(_script(drawn)) if drawn else "",
        "memo": memo,
    }
    return template.page(folder, context)


def fragment(blocks: Sequence[Block], drawn: Mapping[str, Drawn]) -> str:
    """Return the memo as a piece of HTML, for a notebook."""
    return "\n".join(_block(block, drawn) for block in blocks)


def _block(block: Block, drawn: Mapping[str, Drawn]) -> str:
    match block:
        case Heading(level, runs):
            return f"<h{level}>{_text(runs)}</h{level}>"
        case Paragraph(runs, note):
            return f'<p class="note">{_text(runs)}</p>' if note else f"<p>{_text(runs)}</p>"
        case Figure(pictures, caption):
            shown = "".join(_picture(drawn[name], name, alt) for name, alt in pictures)
            said = f"<figcaption>{_text(caption)}</figcaption>" if caption else ""
            return f'<figure><div class="pictures">{shown}</div>{said}</figure>'
        case Table():
            return _table(block)
        case Listing(ordered, items):
            tag = "ol" if ordered else "ul"
            inner = "".join("<li>" + "".join(_block(part, drawn) for part in item) + "</li>" for item in items)
            return f"<{tag}>{inner}</{tag}>"
        case Quote(parts):
            return '<aside role="note">' + "".join(_block(part, drawn) for part in parts) + "</aside>"
        case PageEnd():
            return '<hr class="page">'


def _table(table: Table) -> str:
    def row(cells: Sequence[Runs], tag: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        parts = (
            f'<{tag}{scope} class="{side}">{_text(cell)}</{tag}>' for side, cell in zip(table.sides, cells, strict=True)
        )
        return f"<tr>{''.join(parts)}</tr>"

    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    body = "".join(row(cells, "td") for cells in table.rows)
    whole = " whole" if len(table.rows) <= WHOLE else ""
    head = f"<thead>{row(table.head, 'th')}</thead>"
    return f'<div class="wide{whole}"><table>{caption}{head}<tbody>{body}</tbody></table></div>'


def _text(runs: Runs) -> str:
    said = []
    for run in runs:
        text = escape(run.text).replace("\n", "<br>")
        for tag, on in (("code", run.code), ("em", run.em), ("strong", run.strong)):
            text = f"<{tag}>{text}</{tag}>" if on else text
        said.append(f'<a href="{escape(run.href)}" rel="noreferrer">{text}</a>' if run.href else text)
    return "".join(said)


def _picture(drawn: Drawn, name: str, alt: str) -> str:
    data = base64.b64encode(drawn.svg.encode()).decode()
    image = f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}">'
    return f'<div class="picture" id="figure-{escape(name)}" data-alt="{escape(alt)}">{image}</div>'


def _script(drawn: Mapping[str, Drawn]) -> str:
    specs = {name: figure.spec for name, figure in drawn.items()}
    safe = json.dumps(specs, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return f"{bundle()}\nconst figures = {safe};\n{_EMBED}"


_EMBED = """
for (const [name, spec] of Object.entries(figures)) {
  const place = document.getElementById("figure-" + name);
  if (!place) continue;
  const chart = document.createElement("div");
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", place.dataset.alt);
  vegaEmbed(chart, spec, {renderer: "svg", actions: false})
    .then(() => place.replaceChildren(chart))
    .catch((fault) => console.error(fault));
}
"""
