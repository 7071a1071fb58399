"""No two files import each other in a circle, inside functions too; what only a type checker reads does not count."""

import ast
from pathlib import Path

import networkx as nx

from tests.structure.test_imports import imported_modules

PACKAGE = Path(__file__).parents[2] / "fabopt"


def for_types_alone(source: str) -> set[int]:
    """Lines of the imports that only a type checker sees."""
    return {
        inner.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


def circles(package: Path) -> list[list[str]]:
    """Files of the package that import each other in a circle."""
    modules = {
        ".".join(["fabopt", *path.relative_to(package).with_suffix("").parts]).removesuffix(".__init__"): path
        for path in package.rglob("*.py")
    }
    graph = nx.DiGraph()
    for module, path in modules.items():
        source = path.read_text(encoding="utf-8")
        skipped = for_types_alone(source)
        for line, name in imported_modules(source, module):
            target = name if name in modules else name.rpartition(".")[0]
            if line not in skipped and target in modules and target not in (module, "fabopt"):
                graph.add_edge(module, target)
    return sorted(sorted(found) for found in nx.strongly_connected_components(graph) if len(found) > 1)


def test_no_files_import_each_other_in_a_circle():
    assert circles(PACKAGE) == []


def test_a_circle_inside_a_function_is_seen(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    from fabopt.b import g\n")
    (tmp_path / "b.py").write_text("from fabopt import a\n")
    (tmp_path / "c.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import fabopt.a\n")
    assert circles(tmp_path) == [["fabopt.a", "fabopt.b"]]
