"""The README and the guide link to what is there, and the README names every verb and exit code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/guide.md")}


def test_every_file_that_a_page_links_to_is_there():
    for name, page in PAGES.items():
        for link in re.findall(r"\]\(([^)#]+)\)", page):
            if not link.startswith("http"):
                assert (ROOT / name).parent.joinpath(link).exists(), (name, link)


def test_every_verb_and_exit_code_stands_in_the_readme():
    from fabopt.cli.app import app

    for command in app.registered_commands:
        assert f"fabopt {command.name or command.callback.__name__.replace('_', '-')}" in PAGES["README.md"]
    for code in ("0 a plan", "2 bad input", "3 infeasible", "4 a limit", "130 interrupted"):
        assert code in PAGES["README.md"]
