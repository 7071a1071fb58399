"""Plans that memos are written from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.memo.records import Memo
from fabopt.analysis.memo.study import MemoOptions, memo_of
from fabopt.solve.budget import TimeBudget

for name in ("portfolio", "sensitivity"):  # the small instances of their tests serve here too
    sys.path.insert(0, str(Path(__file__).parents[1] / name))


@pytest.fixture(scope="session")
def tutorial() -> fabopt.Result:
    """The plan of the tutorial."""
    return fabopt.load("instances/tutorial").solve()


@pytest.fixture(scope="session")
def aurora(tutorial: fabopt.Result) -> Memo:
    """The memo of the tutorial's lab Aurora, with time for all its parts: 30 processor seconds on any machine."""
    return memo_of(tutorial.plan, MemoOptions("aurora"), TimeBudget(3600))
