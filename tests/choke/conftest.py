"""Studies of choke points run hundreds of programs: those that take minutes are left to `make test-all`."""

from __future__ import annotations

from pathlib import Path

import pytest

LONG = {
    "test_choke_cli",
    "test_choke_confidence",
    "test_choke_examples_chain",
    "test_choke_infeasible",
    "test_choke_primitives",
    "test_choke_properties",
    "test_choke_sentence",
    "test_choke_whole",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).stem in LONG:
            item.add_marker(pytest.mark.slow)
