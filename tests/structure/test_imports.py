"""The parts of fabopt import one way, inside functions too; start-up stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fabopt

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "fabopt"
ORDER = ("domain", "io", "network", "model", "solve", "plan", "analysis", "report", "api", "cli")
TOP_LEVEL = ("__init__.py", "__main__.py")
ERRORS = "errors"  # every part may raise them, and they know no part


def part_of(path: Path, package: Path) -> str:
    """The part a file belongs to: its folder, or its own name for api.py."""
    first = path.relative_to(package).parts[0]
    return first.removesuffix(".py")


def called(node: ast.Call) -> str:
    """The name that is called, with that of its module before a dot; empty for anything longer."""
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def imported_modules(source: str, module: str) -> list[tuple[int, str]]:
    """Line and full name of every fabopt module that a source imports, at any depth and in every way."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
        elif (
            isinstance(node, ast.Call)
            and called(node) in {"importlib.import_module", "import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            found.append((node.lineno, str(node.args[0].value)))
    return [(line, name) for line, name in found if name.split(".")[0] == "fabopt"]


def violations(package: Path) -> list[str]:
    """Every import that goes against the order."""
    wrong: list[str] = []
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        if len(relative.parts) == 1 and relative.name in (*TOP_LEVEL, f"{ERRORS}.py"):
            continue
        part = part_of(path, package)
        module = ".".join(["fabopt", *relative.with_suffix("").parts])
        for line, name in imported_modules(path.read_text(encoding="utf-8"), module):
            pieces = name.split(".")
            target = pieces[1] if len(pieces) > 1 else ""
            if name == "fabopt.__version__" or target == ERRORS:
                continue
            if target not in ORDER or part not in ORDER or ORDER.index(target) > ORDER.index(part):
                wrong.append(f"{relative}:{line} imports {name}")
    return wrong


def test_every_part_imports_only_from_parts_before_it():
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("domain/x.py", "from fabopt.io.load import load_tree"),
        ("io/x.py", "def f():\n    import fabopt.model.build"),
        ("network/x.py", "from ..solve import session"),
        ("model/x.py", "import importlib\nimportlib.import_module('fabopt.report.chart')"),
        ("solve/x.py", "import fabopt"),
    ],
)
def test_an_import_against_the_order_is_found(tmp_path, place, source):
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert len(violations(tmp_path)) == 1


def test_only_the_live_program_imports_highspy_and_only_the_command_line_prints():
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE).as_posix()
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names} | {
            (node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and not node.level
        }
        if "highspy" in names:
            assert relative == "solve/program.py"
        calls = {called(node) for node in nodes if isinstance(node, ast.Call)}
        assert not calls & {"eval", "exec", "yaml.load", "pickle.load", "pickle.loads"}, relative
        if not relative.startswith("cli/") and relative != "__main__.py":
            assert not calls & {"print", "input", "sys.exit", "exit"}, relative


def loaded(code: str) -> set[str]:
    """Top-level modules in memory after a piece of code ran in a fresh interpreter."""
    program = f"import sys\n{code}\nprint(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


HEAVY = {"pyomo", "pandas", "highspy", "pint", "scipy", "altair", "numpy", "pyarrow", "networkx"}


def test_import_of_fabopt_loads_nothing_heavy():
    assert not loaded("import fabopt") & (HEAVY | {"pydantic"})


def test_help_loads_nothing_heavy():
    code = "import contextlib, io, fabopt.cli\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    code += "    assert fabopt.cli.main(['--help']) == 0"
    assert not loaded(code) & (HEAVY | {"pydantic"})


DRAWN = {"altair", "vl_convert", "jinja2", "openpyxl", "xlsxwriter", "docx", "typst", "networkx", "rich"}
SMALL = ROOT / "instances" / "textbook" / "giapetto"


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["validate"], DRAWN | {"pyomo", "pandas", "pyarrow", "highspy", "scipy", "pint"}),
        (["solve", "--out"], DRAWN | {"pyomo", "pint"}),
    ],
    ids=["validate", "solve"],
)
def test_a_command_loads_only_what_it_uses(arguments, unused, tmp_path):
    told = [arguments[0], str(SMALL), *arguments[1:], *([str(tmp_path / "out")] if arguments[1:] else [])]
    code = "import contextlib, io, fabopt.cli\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    code += f"    assert fabopt.cli.main({told!r}) == 0"
    assert not loaded(code) & unused


def test_to_show_what_a_result_says_loads_no_solver_and_no_reader_of_many_files(tmp_path):
    fabopt.load(SMALL).solve().save(tmp_path / "out")
    code = "import contextlib, io, fabopt.cli\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    code += f"    assert fabopt.cli.main({['show', str(tmp_path / 'out')]!r}) == 0\n"
    code += "assert 'pyarrow.dataset' not in sys.modules"
    assert not loaded(code) & (DRAWN | {"pyomo", "pint", "scipy", "highspy"})


def test_to_validate_a_small_instance_builds_no_schema_twice_and_reads_no_source():
    code = "import contextlib, io, linecache, fabopt.cli\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    code += f"    assert fabopt.cli.main({['validate', str(SMALL)]!r}) == 0\n"
    code += "from fabopt.domain.fabs import Fab\nassert not Fab.__pydantic_complete__\n"
    code += "assert not [file for file in linecache.cache if 'fabopt' in file]"
    loaded(code)


def test_validate_loads_no_model_and_no_solver():
    code = "import contextlib, io, fabopt.cli\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    code += f"    assert fabopt.cli.main({['validate', str(SMALL)]!r}) == 0\n"
    code += "assert not [m for m in sys.modules if m in ('fabopt.model.tables', 'fabopt.solve.run')]"
    loaded(code)


def test_no_two_modules_of_tests_have_one_name():
    """They are imported by name alone, so that the second of one name stops the whole run."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))
