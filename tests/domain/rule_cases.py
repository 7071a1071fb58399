"""The tutorial as a raw tree that tests change before validation."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from fabopt.domain.base import Fault
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.io.load import load_tree

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial"
_RAW = load_tree(TUTORIAL).raw


def changed(changes: dict[str, Any]) -> Instance:
    """Return the tutorial with values set at dotted paths; None deletes."""
    raw = copy.deepcopy(_RAW)
    for path, value in changes.items():
        *parents, last = path.split(".")
        part = raw
        for key in parents:
            part = part.setdefault(key, {})
        if value is None:
            del part[last]
        else:
            part[last] = value
    return Instance.model_validate(raw)


def faults(changes: dict[str, Any]) -> list[Fault]:
    """Return what the rules say about the tutorial with changes."""
    return problems(changed(changes))
