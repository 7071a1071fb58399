"""What says the version says the same one, and what is published names no machine."""

import re
import tomllib
from pathlib import Path

import yaml

import fabopt

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITED = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_change_log_and_the_citation_have_the_version_of_the_package():
    versions = re.findall(r"^## (\d+\.\d+\.\d+) \((unreleased|\d{4}-\d\d-\d\d)\)$", text("CHANGELOG.md"), re.MULTILINE)
    assert versions[0][0] == fabopt.__version__ == CITED["version"]
    assert text("CHANGELOG.md").count("\n## ") == len(versions) == len(dict(versions))
    assert [when for _, when in versions[1:] if when == "unreleased"] == []
    assert ("date-released" in CITED) == (versions[0][1] != "unreleased")


def test_the_citation_has_what_its_format_requires():
    assert CITED["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITED)
    assert CITED["authors"] == [{"name": "The fabopt developers"}]
    assert (CITED["license"], CITED["type"]) == (PROJECT["license"], "software")


def test_the_workflow_tests_each_python_that_the_package_names_and_runs_what_there_is():
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    named = re.findall(r"Python :: (3\.\d+)", "".join(PROJECT["classifiers"]))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == named
    said = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    for command in said:
        if command.startswith("make "):
            assert re.search(rf"^{command.split()[1]}:", text("Makefile"), flags=re.MULTILINE)
        elif command.startswith(".ci/"):
            assert (ROOT / command).is_file()


def text(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")
