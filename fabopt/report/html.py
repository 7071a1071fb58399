"""Results for notebooks: HTML in which every name from an instance is escaped."""

from __future__ import annotations

from html import escape

from fabopt.report.answer import Answer
from fabopt.report.text import TextTable


def answer_html(title: str, answer: Answer) -> str:
    """Return an answer as HTML."""
    parts = [f"<h4>{escape(title)}</h4>", f"<p>{escape(answer.sentence)}</p>"]
    parts += [table_html(table) for table in answer.tables]
    parts += [f"<p><small>{'<br>'.join(escape(line) for line in answer.closing)}</small></p>"]
    return "\n".join(parts)


def table_html(table: TextTable) -> str:
    """Return a small table as HTML."""

    def row(cells: tuple[str, ...], tag: str) -> str:
        sides = ["left" if n < table.left else "right" for n in range(len(cells))]
        return (
            "<tr>"
            + "".join(f'<{tag} style="text-align:{s}">{escape(c)}</{tag}>' for s, c in zip(sides, cells, strict=True))
            + "</tr>"
        )

    body = "".join(row(cells, "td") for cells in table.rows)
    head = row(table.headers, "th")
    return f"<table><caption>{escape(table.title)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"
