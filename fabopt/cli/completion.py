"""What a shell may complete: scenarios, levers and labs of the instance or result that the command line names.

Files are read as they stand and not validated, so that it is quick and a fault in them is no fault of completion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer


def scenarios(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the scenarios of the instance."""
    from fabopt.io.tree import scenario_names

    tree = _tree(ctx)
    return [] if tree is None else [name for name in scenario_names(tree) if name.startswith(incomplete)]


def levers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the paths of what stands in the instance one part further than what is written."""
    tree = _tree(ctx)
    if tree is None or "=" in incomplete:
        return []
    above, dot, begun = incomplete.rpartition(".")
    here: Any = tree.raw
    for part in above.split(".") if dot else ():
        here = here.get(part) if isinstance(here, Mapping) else None
    keys = [str(key) for key in here] if isinstance(here, Mapping) else []
    return [f"{above}{dot}{key}" for key in keys if key.startswith(begun)]


def labs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the labs of the instance or result."""
    tree = _tree(ctx)
    known = tree.raw.get("labs") if tree is not None else None
    return [name for name in known if name.startswith(incomplete)] if isinstance(known, Mapping) else []


def _tree(ctx: typer.Context) -> Any:
    """Return the plain data at the path that is written already; None where there is none."""
    from fabopt.errors import FaboptError
    from fabopt.io.tree import read_tree

    # While the value of an option is being written, what stands before it is not yet told apart.
    named = [ctx.params.get("path"), ctx.params.get("result"), *ctx.args]
    path = next((word for word in named if word), None)
    try:
        return None if path is None else read_tree(path)
    except (FaboptError, OSError):
        return None
