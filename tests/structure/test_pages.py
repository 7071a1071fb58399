"""The pages of docs/ that are written from the code are current."""

import importlib.util
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


def test_every_page_is_in_the_menu_of_the_site():
    menu = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert {page.name for page in DOCS.glob("*.md")} <= set(re.findall(r"[\w-]+\.md", menu))


def test_the_page_of_the_mathematics_names_every_family():
    from fabopt.model.registry import FAMILIES

    page = PAGES["mathematics.md"]()
    assert all(f"**`{family.name}`**" in page for family in FAMILIES)
