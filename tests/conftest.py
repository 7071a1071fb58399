"""What all tests share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import fabopt
from fabopt.cli import main

# The same examples every time, and no stopwatch: a busy machine is no fault.
settings.register_profile("fabopt", deadline=None, derandomize=True)
settings.load_profile("fabopt")

# Lines as wide as in a file, whatever the terminal of those who run the tests; pytest says 80 in its processes.
os.environ["COLUMNS"] = "100"

INSTANCES = Path(__file__).parents[1] / "instances"
Made = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a function that gives a folder by its name, which one process alone of all that run tests makes."""
    from filelock import FileLock  # of the development dependencies

    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        path = root / "shared" / name
        path.parent.mkdir(exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                make(path)
        return path

    return folder


@pytest.fixture(scope="session")
def tutorial_folder(made_once: Made) -> Path:
    """The saved plan of the tutorial; to be read only."""
    return made_once("tutorial", lambda path: fabopt.load(INSTANCES / "tutorial").solve().save(path))


@pytest.fixture(scope="session")
def aurora_folder(made_once: Made, tutorial_folder: Path) -> Path:
    """The memo of its lab Aurora as the command writes it, with time for all its parts; to be read only."""

    def write(path: Path) -> None:
        assert main(["memo", str(tutorial_folder), "--for", "aurora", "--budget", "60", "--out", str(path)]) == 0

    return made_once("aurora", write)
