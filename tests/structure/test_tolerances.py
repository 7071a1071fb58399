"""Tolerances stand in one module, each with a name, a meaning and a use."""

import ast
import re
from pathlib import Path

import pytest

import fabopt
from fabopt.domain import tolerances
from fabopt.domain.tolerances import above, rounding, same

PACKAGE = Path(fabopt.__file__).parent
HOME = "domain/tolerances.py"
NOT_TOLERANCES = {
    "domain/plausible.py": "usual ranges of data, by unit",
    "report/memo/people.py": "units in words: a ten-thousandth of 亿",
}
SMALL = 1e-4


def small_numbers(source: str) -> list[int]:
    """Lines with a number that is small enough for a tolerance; usual ranges of fields (``usual=``) are none."""
    tree = ast.parse(source)
    ranges = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "usual"]
    allowed = {id(part) for node in ranges for part in ast.walk(node)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in allowed
        if 0.0 < node.value <= SMALL
    ]


def test_no_module_but_one_writes_a_small_number():
    found = {
        f"{relative}:{line}"
        for path in PACKAGE.rglob("*.py")
        if (relative := path.relative_to(PACKAGE).as_posix()) not in {HOME, *NOT_TOLERANCES}
        for line in small_numbers(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("source", ["x = 1e-9", "if a > 0.0001 * b: pass", "f(tol=1e-4)", "x = -1e-7", "x = 1 - 1e-12"])
def test_a_small_number_is_found(source):
    assert small_numbers(source) == [1]


@pytest.mark.parametrize("source", ["x = 1e-3", "x = 0.0", "In('1', usual=(1e-6, 10))", "x = 1e9", "x = '1e-9'"])
def test_what_is_no_tolerance_is_let_be(source):
    assert small_numbers(source) == []


def test_every_tolerance_has_a_meaning_and_a_use():
    tree = ast.parse((PACKAGE / HOME).read_text(encoding="utf-8"))
    names = [node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)]
    said = [b for a, b in zip(tree.body, tree.body[1:], strict=False) if isinstance(a, ast.Assign)]
    assert len(names) > 10
    for name, meaning in zip(names, said, strict=True):
        assert isinstance(meaning, ast.Expr), name
        assert isinstance(meaning.value.value, str), name
        assert 0.0 < getattr(tolerances, name) <= 1e-3
    text = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py") if not p.match(HOME))
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []


def test_what_is_above_is_so_by_a_share_and_not_by_an_amount():
    for unit in (1e-12, 1.0, 1e12):
        assert above(unit * (1 + 1e-8), unit)
        assert not above(unit * (1 + 1e-10), unit)
        assert above(unit * (1 + 1e-3), unit, 1e-4)
        assert not above(unit * (1 + 1e-3), unit, 1e-2)
        assert above(0.0, -unit)
    assert above(1e-300, 0.0)
    assert not above(0.0, 0.0)
    assert not above(1e300, float("inf"))
    assert above(1.0, float("-inf"))
    assert not above(1.6, 1.0, 0.5)  # half of the larger of the two
    assert rounding() == 0.0
    assert rounding(-3.0, 1.0) == pytest.approx(3e-9)
    assert same(2.0, 2.0)
    assert same(0.0, 0.0)
    assert not same(0.0, 1e-300)
