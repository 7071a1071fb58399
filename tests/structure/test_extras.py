"""The core solves and shows; what needs an extra says which, with exit code 2 and no traceback."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fabopt.errors import EXTRAS, MissingExtraError, require

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]

PROGRAM = r"""
import contextlib, io, sys
from pathlib import Path

sys.modules.update(dict.fromkeys(BLOCKED))  # neither found nor imported

import fabopt
from fabopt.cli import main
from fabopt.errors import MissingExtraError

def ran(*arguments):
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = main([str(one) for one in arguments])
    return code, said.getvalue(), complained.getvalue()

def works(*arguments):
    code, said, complained = ran(*arguments)
    assert code == 0, (arguments, code, complained)
    return said

def wants(extra, *arguments):
    code, said, complained = ran(*arguments)
    flat = " ".join(complained.split())
    assert code == 2 and f'python -m pip install "fabopt[{extra}]"' in flat, (arguments, code, complained)
    assert "Traceback" not in complained, complained

def refuses(extra, asked):
    try:
        asked()
    except MissingExtraError as error:
        assert f'"fabopt[{extra}]"' in str(error)
    else:
        raise AssertionError(extra)

plan = Path("plan")
works("new", "starter")
works("validate", "starter")
works("solve", TUTORIAL, "--out", plan)
assert "908" in works("show", plan)
works("show", plan, "--table", "orders")
works("show", TUTORIAL)
works("promise", plan, "--chip", "falcon", "--quantity", "20000")
works("compare", plan, plan, "--json")
works("export", TUTORIAL, "--mps", "program.mps")
assert "fabopt can work here" in works("doctor")
wants("charts", "show", plan, "--chart", "plan.svg")
wants("charts", "compare", plan, plan, "--html", "page.html")
wants("charts", "page", plan, "--out", "page.html")
wants("workbook", "compare", plan, plan, "--xlsx", "book.xlsx")
wants("workbook", "export", plan, "--xlsx", "book.xlsx")
wants("workbook", "export", TUTORIAL, "--xlsx", "book.xlsx")
wants("workbook", "new", "--xlsx", "book.xlsx")
wants("workbook", "import", BOOK, "--out", "read")
wants("memo", "memo", plan, "--for", "aurora")
wants("pyomo", "solve", TUTORIAL, "--through-pyomo", "--out", "again")
wants("cluster", "choke", plan, "--scheduler", "tcp://127.0.0.1:8786")
wants("decomposition", "solve", FARMER, "--states", "all", "--method", "hedging", "--out", "again")
instance, result = fabopt.example("tutorial"), fabopt.load_result(plan)
refuses("pyomo", instance.model)
refuses("pyomo", result.model)
refuses("pyomo", lambda: instance.solve(extra=[print]))
refuses("charts", result.chart)
refuses("memo", lambda: result.memo("aurora"))
refuses("notebook", lambda: result.explore(["sites.coast.power"]).widget)
compared = result.compare(result)
with contextlib.redirect_stderr(io.StringIO()):
    compared.save("compared")
assert Path("compared/compare.json").is_file() and not list(Path("compared").glob("*.svg"))
"""


def test_the_core_solves_and_shows_and_says_what_else_needs(tmp_path):
    blocked = {module for _, modules in EXTRAS.values() for module in modules}
    blocked -= {"markdown_it"}  # Rich needs it, too
    names = {
        "BLOCKED": blocked,
        "TUTORIAL": str(ROOT / "instances" / "tutorial"),
        "FARMER": str(ROOT / "instances" / "stochastic" / "farmer"),
        "BOOK": str(next((ROOT / "tests" / "cases").rglob("chain.xlsx"))),
    }
    program = "".join(f"{name} = {value!r}\n" for name, value in names.items()) + PROGRAM
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def expanded(extra: str) -> set[str]:
    """Names of the distributions of an extra, those of other extras in it too."""
    found = set()
    for need in DECLARED[extra]:
        inner = re.match(r"fabopt\[([\w,]+)\]", need)
        found |= set().union(*map(expanded, inner[1].split(","))) if inner else {re.split(r"[\[>=]", need)[0].lower()}
    return found


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_an_extra_brings_the_modules_that_are_looked_for(extra):
    brought = packages_distributions()
    for module in EXTRAS[extra][1]:
        names = {name.lower() for name in brought.get(module, ())}
        assert not names or names & expanded(extra), module


def test_all_brings_every_extra_but_those_that_its_comment_names():
    assert set(re.findall(r"\w+", DECLARED["all"][0].partition("[")[2])) == set(EXTRAS) - {"mpi", "fonts"}


def test_what_is_installed_is_not_refused_and_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(EXTRAS, "charts", ("Pictures need", ("json", "no_such_module")))
    with pytest.raises(MissingExtraError, match=r'^Pictures need .* \(no_such_module\): .* "fabopt\[charts\]"$'):
        require("charts")
    monkeypatch.setitem(EXTRAS, "charts", ("Pictures need", ("json",)))
    require("charts")
