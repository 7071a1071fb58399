"""Results for notebooks: HTML in which every name from an instance is escaped."""

from __future__ import annotations

from html import escape

from fabopt.report.answer import Answer


def answer_html(title: str, answer: Answer) -> str:
    """Return an answer as HTML."""
    parts = [f"<h4>{escape(title)}</h4>", f"<p>{escape(answer.sentence)}</p>"]
    parts += [table.html() for table in answer.tables]
    parts += [f"<p><small>{'<br>'.join(escape(line) for line in answer.closing)}</small></p>"]
    return "\n".join(parts)
