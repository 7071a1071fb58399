"""docs/how-to-say.md: every snippet is run, and is worth what the page says."""

import re
from pathlib import Path

import pytest

import fabopt

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-say.md").read_text(encoding="utf-8")
IDIOMS = re.findall(r"^## (\d+\. [^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"```(\w+) ?([\w.]*)\n(.*?)```", re.DOTALL)


def test_there_are_thirty_idioms_and_each_says_what_it_is_worth():
    assert len(IDIOMS) >= 30
    assert [int(title.split(".")[0]) for title, _ in IDIOMS] == list(range(1, len(IDIOMS) + 1))
    for _, body in IDIOMS:
        assert len(re.findall(r"^Worth \*\*", body, re.MULTILINE)) == 1
        assert max(len(block.splitlines()) for _, _, block in BLOCK.findall(body)) <= 20


@pytest.mark.parametrize(("title", "body"), IDIOMS, ids=[title for title, _ in IDIOMS])
def test_the_snippet_is_worth_what_the_page_says(title, body, tmp_path):
    for language, name, block in BLOCK.findall(body):
        if language in ("yaml", "csv"):
            (tmp_path / (name or "instance.yaml")).write_text(block)
    result = fabopt.load(tmp_path).solve(gap=0)
    worth = re.search(r"^Worth \*\*(-?[\d.]+)\*\*", body, re.MULTILINE)
    assert result.objective == pytest.approx(float(worth[1]))
    asked = re.findall(r"```python\n(.*?)```\s+gives \*\*(-?[\d.]+)\*\*", body, re.DOTALL)
    assert len(asked) == body.count("```python")
    for expression, found in asked:
        assert eval(expression, {"result": result}) == pytest.approx(float(found))
