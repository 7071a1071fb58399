"""The pages of docs/ that are written from the code are current."""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

import fabopt

DOCS = Path(__file__).parents[2] / "docs"


def program():
    spec = importlib.util.spec_from_file_location("fabopt_pages", DOCS / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = program().pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_code_says(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: make pages"


def test_a_ruled_table_becomes_a_markdown_table_and_a_row_without_a_first_cell_goes_on():
    text = "=====  =====\na      b\n=====  =====\nx      one\n       two\ny      p | q\n=====  ====="
    assert program().tables(text) == "| a | b |\n|---|---|\n| x | one two |\n| y | p \\| q |"


def test_the_reference_of_python_names_everything_that_is_public():
    named = re.findall(r"^::: fabopt\.(\w+)$", (DOCS / "api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {*named, "__version__"} >= set(fabopt.__all__)  # that every method is on the site, its build makes sure


def test_the_reference_of_python_has_every_class_with_verbs_that_a_method_returns():
    from fabopt.api import StatesResult

    page = (DOCS / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: fabopt\.(?:[\w.]+\.)?(\w+)$", page, flags=re.MULTILINE)
    returned = set()
    for one in (fabopt.Instance, fabopt.Result, StatesResult):
        for name in (name for name in dir(one) if not name.startswith("_")):
            found = inspect.getattr_static(one, name)
            method = getattr(found, "fget", None) or getattr(found, "func", found)
            if inspect.isfunction(method):
                returned |= set(re.findall(r"\b[A-Z]\w+", str(inspect.signature(method).return_annotation)))
    facades = ("api", "report", "model")  # what these parts define has methods to call; the others define records
    defined = {
        name
        for part in facades
        for file in (DOCS.parent / "fabopt" / part).rglob("*.py")
        for name in re.findall(r"^class (\w+)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert {"Report", "Explorer", "MemoReport", "Model"} <= returned & defined
    assert returned & defined - set(named) <= {"Finding", "Stage"}  # records


def test_every_page_is_in_the_menu_of_the_site():
    menu = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert {page.name for page in DOCS.glob("*.md")} <= set(re.findall(r"[\w-]+\.md", menu))


def test_the_page_of_the_mathematics_names_every_family():
    from fabopt.model.registry import FAMILIES

    page = PAGES["mathematics.md"]()
    assert all(f"**`{family.name}`**" in page for family in FAMILIES)
