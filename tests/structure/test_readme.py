"""Every command of the README and the guide runs, here or in the check script."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fabopt.cli import main

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/guide.md")}
CHECKS = "".join((ROOT / part).read_text(encoding="utf-8") for part in (".ci/run", ".ci/strangers", "Makefile"))


def blocks(language):
    return [
        pytest.param(text, id=f"{name}-{n}")
        for name, page in PAGES.items()
        for n, text in enumerate(re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL))
    ]


def commands():
    lines = [line for block in blocks("sh") for line in block.values[0].splitlines()]
    lines += [line[2:] for block in blocks("console") for line in block.values[0].splitlines() if line[:2] == "$ "]
    return [line.partition("  #")[0].strip() for line in lines if line.strip()]


FABOPT = [command for command in commands() if command.startswith("fabopt ")]
OTHERS = [command for command in commands() if not command.startswith("fabopt ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that looks like the repository to commands that name instances/tutorial."""
    work = tmp_path_factory.mktemp("readme")
    (work / "instances").symlink_to(ROOT / "instances")
    return work


def test_the_pages_have_commands():
    assert len(FABOPT) >= 5
    assert len(blocks("python")) >= 3


def test_all_commands_of_fabopt_run_one_after_the_other(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    for command in FABOPT:
        assert main(shlex.split(command)[1:]) == 0, (command, capsys.readouterr().err)
    assert (folder / "tutorial.svg").is_file()


@pytest.mark.parametrize("command", OTHERS)
def test_other_commands_are_run_by_the_check_script(command):
    if command.startswith("make "):
        target = command.removeprefix("make ").strip()
        assert re.search(rf"^{target}:", CHECKS, flags=re.MULTILINE)
    elif command == "python -m pip install '.[all]'":
        assert re.search(r"python -m pip install .* '\.\[all,dev\]'$", CHECKS, flags=re.MULTILINE)
    else:
        assert command == "python -m pip install ."
        assert re.search(r"python\" -m pip install .* \.$", CHECKS, flags=re.MULTILINE)


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_example_runs(code, folder):
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:fabopt", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr


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
