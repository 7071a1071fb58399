"""Every snippet of the README and of docs/ runs: commands and Python in their order, page by page, in one process."""

import re
import shlex
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.domain.instance import Instance
from fabopt.io.yaml import parse_yaml

ROOT = Path(__file__).parents[2]
BY_OTHERS = {
    "how-to-say.md": "tests/network/test_how_to_say.py runs it",
    "command-line.md": "it is written from the help",
}
PAGES = {
    page.name: page.read_text(encoding="utf-8")
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    if page.name not in BY_OTHERS
}
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

NOT_RUN = {
    "pip install": ".ci/strangers installs the core, `make` all of it",
    "make ": ".ci/run calls it",
    "mpiexec": "it needs a library of MPI; tests/work/test_ranks.py takes its place",
    "tcp://": "it needs a cluster; tests/work/test_cluster.py starts one",
    "frontier": "it takes minutes; the world's chain has tests of its own",
    "instances/mine": "the reader's own instance; tests/calibrate calibrates",
    "PATH": "any instance",
    "docs/backcast.py": "it solves the past several times over; tests/structure/test_instance_pages.py holds its marks",
    "docs/pages.py": "tests/structure/test_instance_pages.py fills a page",
    ".xlsx --out chain": "tests/workbook fills a workbook in",
}
"""What stands in a command that is not run, and why."""
SLOW = {
    "tutorial/sweep.yaml",
    "fabopt new big", "fabopt solve big", "fabopt choke", "fabopt target", "--workers", "--study study",
    "backcast-fit", "instances/backcast", "--html", "--out both.html", "hedge results/tutorial",
    "--actuals", "--perspective owner", "tutorial --states",
    'states="all"', "result.choke_points", "result.memo", "seen_by", "result.tornado",
}  # fmt: skip
"""What stands in a snippet that takes long: it is run with the marker `slow` alone."""
PARTS = {"guide.md": {"price"}, "reconcile.md": {"capital", "hbm-share", "rental", "added", "growth"}}
"""What pages show of a section without its name."""
RAN: set[str] = set()
"""Commands that a page has run already: all pages share one folder, and the same command gives the same files."""


def snippets(page, *languages):
    """The snippets of a page in some languages, in order; one without a language is of commands if it begins so."""
    for language, text in FENCE.findall(PAGES[page]):
        told = language or ("sh" if text.startswith(("fabopt ", "$ fabopt ")) else "text")
        if told in languages:
            yield told, text


def commands(text):
    """The commands of a snippet, without prompts and comments."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [re.sub(r"\s#\s.*", "", line).strip() for line in lines if line.strip()]


def all_commands():
    return [command for page in PAGES for _, text in snippets(page, "sh", "console") for command in commands(text)]


def is_slow(text):
    return any(mark in text for mark in SLOW)


def run(page, slow, names, complaints):
    """Run what is to be run of a page; what it says does not matter here, only that it works."""
    for language, text in snippets(page, "sh", "console", "python"):
        if language == "python":
            if slow or not is_slow(text):
                exec(compile(text, page, "exec"), names)
            continue
        for command in commands(text):
            if any(mark in command for mark in NOT_RUN) or command in RAN or (is_slow(command) and not slow):
                continue
            assert main(shlex.split(command.partition(" > ")[0])[1:]) == 0, (page, command, complaints())
            RAN.add(command)


def with_code(slow):
    """The pages with something to run."""
    return [
        page
        for page in PAGES
        if any(not slow or is_slow(text) for _, text in snippets(page, "sh", "console", "python"))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tutorial_folder):
    """A folder that looks like the repository after `fabopt solve instances/tutorial`."""
    work = tmp_path_factory.mktemp("snippets")
    (work / "instances").symlink_to(ROOT / "instances")
    fabopt.load_result(tutorial_folder).save(work / "results" / "tutorial")
    RAN.clear()
    return work


@pytest.fixture
def names(folder, monkeypatch):
    """What a snippet of Python may take as known."""
    monkeypatch.chdir(folder)
    return {"fabopt": fabopt, "result": fabopt.load_result("results/tutorial")}


@pytest.mark.parametrize("page", with_code(False))
def test_the_snippets_of_a_page_run(page, names, capsys):
    run(page, False, names, lambda: capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.parametrize("page", with_code(True))
def test_the_long_snippets_of_a_page_run(page, names, capsys):
    run(page, True, names, lambda: capsys.readouterr().err)


def test_every_reason_not_to_run_a_snippet_is_needed():
    code = [text for page in PAGES for _, text in snippets(page, "sh", "console", "python")]
    assert [mark for mark in NOT_RUN if not any(mark in command for command in all_commands())] == []
    assert [mark for mark in SLOW if not any(mark in text for text in code)] == []
    assert sum(all(mark not in command for mark in NOT_RUN) for command in all_commands()) > 50


@pytest.mark.parametrize("command", [one for one in all_commands() if one.startswith(("make ", "python -m pip"))])
def test_a_command_of_the_setup_stands_in_the_checks(command):
    checks = "".join((ROOT / part).read_text(encoding="utf-8") for part in (".ci/run", ".ci/strangers", "Makefile"))
    if command.startswith("make "):
        assert re.search(rf"^{command.split()[1]}:", checks, flags=re.MULTILINE)
    else:
        (extra,) = re.findall(r"\[(\w+)\]", command) or [""]
        assert re.search(rf"pip install .*\[{extra}" if extra == "all" else r"pip install .*\.tar\.gz", checks)


@pytest.mark.parametrize("page", [page for page in PAGES if any(snippets(page, "yaml"))])
def test_a_snippet_of_an_instance_can_be_read_and_has_sections_that_there_are(page):
    known = {*Instance.model_fields, "include", "tables", "scenarios"} | PARTS.get(page, set())
    for _, text in snippets(page, "yaml"):
        assert set(parse_yaml(text, page).value) <= known
