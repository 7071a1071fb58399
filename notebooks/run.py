"""Runs the notebooks of this folder and writes them with their output: ``python notebooks/run.py`` (make notebooks).

What is written is the same on every machine: pictures are PNG, durations are left out, and in the place of widgets,
which need a running kernel, stands the page that they would show.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from fabopt.report.waiting import MARK

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = """
import base64, json
import altair, vl_convert
def still(spec, **_):
    return {"image/png": base64.b64encode(vl_convert.vegalite_to_png(json.dumps(spec, sort_keys=True))).decode()}
altair.renderers.register("still", still)
altair.renderers.enable("still")
"""
DRAWN = re.compile(r'<div class="fabopt-chart">.*?</svg></div>', re.DOTALL)
"""A picture within HTML, whose letters are as wide as the fonts of the machine make them."""
DURATION = re.compile(r"\b\d[\d,.]* (s|min)\b")


def notebooks() -> list[Path]:
    """Return the notebooks in their order."""
    return sorted(HERE.glob("*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """Return a notebook with fresh output; an error in a cell is raised, and so is what a cell warns of."""
    book = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(PICTURES)
    book.cells.insert(0, first)
    client = NotebookClient(
        book, timeout=300, kernel_name="python3", record_timing=False, store_widget_state=False, coalesce_streams=True,
        resources={"metadata": {"path": str(HERE)}},
    )  # fmt: skip
    client.execute()
    book.cells.remove(first)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        cell.execution_count = number
        cell.metadata = {}
        warned = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        if warned:
            raise RuntimeError(f"{path.name}, cell {number}: {''.join(warned)}")
        kept = [output for output in cell.outputs if not passing(output)]
        cell.outputs = [settled(output, number) for output in kept]
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return book


def passing(output: NotebookNode) -> bool:
    """Return whether an output is the line of a call that took long."""
    return MARK in output.get("metadata", {})


def settled(output: NotebookNode, number: int) -> NotebookNode:
    """Return an output without what differs from run to run."""
    if "text" in output:
        output.text = DURATION.sub(r"... \1", output.text)
    if "execution_count" in output:
        output.execution_count = number
    data = output.get("data", {})
    data.pop(WIDGET, None)
    for kind in ("text/plain", "text/html"):
        if kind in data:
            data[kind] = DURATION.sub(r"... \1", DRAWN.sub("", data[kind]))
    return output


def texts(book: NotebookNode) -> list[tuple[str, list[str]]]:
    """Return of each code cell what it says in words and tables, without pictures."""
    found = []
    for cell in book.cells:
        if cell.cell_type == "code":
            said = [output.get("text", "") for output in cell.outputs]
            said += [o.data.get(k, "") for o in cell.outputs if "data" in o for k in ("text/plain", "text/html")]
            found.append((cell.source, [text for text in said if text]))
    return found


if __name__ == "__main__":
    for path in notebooks():
        path.write_text(nbformat.writes(executed(path)) + "\n", encoding="utf-8")
