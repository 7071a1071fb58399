"""What a user can meet is a FaboptError with an exit code of its own; the command line knows no list of classes."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import fabopt
from fabopt.errors import BAD_INPUT, LIMIT, FaboptError

PACKAGE = Path(fabopt.__file__).parent
INSIDE = {"CellError", "DocumentError", "LimitError", "_LostError", "_MissingError", "UnitError"}
"""Errors that another part catches and turns into one of a user's; none reaches the command line."""


def errors() -> list[type[Exception]]:
    """Every class of errors in the package."""
    found = []
    for module in pkgutil.walk_packages([str(PACKAGE)], "fabopt."):
        if module.name == "fabopt.__main__":
            continue
        for _, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(one, Exception) and one.__module__ == module.name:
                found.append(one)
    return found


def test_every_error_is_one_of_fabopts_or_stays_inside():
    strangers = {one.__name__ for one in errors() if not issubclass(one, FaboptError)}
    assert strangers == INSIDE


@pytest.mark.parametrize(
    ("name", "code"),
    [("InstanceError", BAD_INPUT), ("ResultError", BAD_INPUT), ("LevelError", BAD_INPUT), ("SolverError", LIMIT)],
)
def test_an_error_knows_its_exit_code(name, code):
    (one,) = [error for error in errors() if error.__name__ == name]
    assert one.exit_code == code


def test_the_command_line_names_no_class_of_errors_but_the_one():
    tree = ast.parse((PACKAGE / "cli" / "common.py").read_text(encoding="utf-8"))
    caught = {ast.unparse(node.type) for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.type}
    assert caught == {"KeyboardInterrupt", "BrokenPipeError", "FaboptError", "OSError"}
