"""The notebooks run, and what is shipped with them is what they say today."""

import importlib.util
import re
import warnings
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
LARGEST = 500_000  # bytes


def program():
    spec = importlib.util.spec_from_file_location("fabopt_notebooks", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN = program()
PATHS = [pytest.param(path, id=path.stem) for path in RUN.notebooks()]
FRONTIER = "07-frontier"
"""Its plan takes a quarter of an hour to find; it is run where the plan is there."""
RUNS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem == FRONTIER else [])
    for path in RUN.notebooks()
]


def test_all_seven_are_there():
    assert [path.stem[:2] for path in RUN.notebooks()] == ["01", "02", "03", "04", "05", "06", "07"]


@pytest.mark.parametrize("path", RUNS)
def test_a_notebook_runs_and_says_what_is_shipped(path):
    if path.stem == FRONTIER and not (FOLDER.parent / "results" / "frontier").exists():
        pytest.skip("needs its plan: fabopt solve instances/frontier")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the kernel's client, none of fabopt
        fresh = RUN.executed(path)
    shipped = nbformat.read(path, as_version=4)
    assert RUN.texts(fresh) == RUN.texts(shipped), "run: make notebooks"
    for now, then in zip(fresh.cells, shipped.cells, strict=True):
        kinds = [[sorted(output.get("data", {})) for output in cell.get("outputs", [])] for cell in (now, then)]
        assert kinds[0] == kinds[1], "run: make notebooks"


@pytest.mark.parametrize("path", PATHS)
def test_what_is_shipped_is_small_and_tells_nothing_of_the_machine(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < LARGEST
    assert not re.search(r"/home/|/tmp/|/root/|/Users/|site-packages|Traceback|Empty DataFrame", text)
    said = [part for _, parts in RUN.texts(nbformat.reads(text, as_version=4)) for part in parts]
    assert said
    assert not re.search(r"\d (s|min)\b", " ".join(said))
    assert RUN.WIDGET not in text


@pytest.mark.parametrize("path", PATHS)
def test_a_notebook_begins_with_the_question_and_ends_with_the_mathematics(path):
    words = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    assert words[0].startswith("# ")
    assert "?" in words[0]
    heads = [line for text in words for line in text.splitlines() if line.startswith("## ")]
    assert heads.index("## The answer") < heads.index("## How to read it") < heads.index("## The mathematics")
    assert heads[-1] == "## The mathematics"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_that_a_notebook_names_is_there(path):
    for target in re.findall(r"\]\((\.\./[^)#]+)", path.read_text(encoding="utf-8")):
        assert (FOLDER / target).exists(), target
