"""Plans that memos are written from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import fabopt
from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.records import Memo
from fabopt.analysis.memo.study import LAB_GAP
from fabopt.plan.seen import seen_by
from fabopt.solve.budget import TimeBudget

for name in ("portfolio", "sensitivity"):  # the small instances of their tests serve here too
    sys.path.insert(0, str(Path(__file__).parents[1] / name))


@pytest.fixture(scope="session")
def tutorial(tutorial_folder: Path) -> fabopt.Result:
    """The plan of the tutorial."""
    return fabopt.load_result(tutorial_folder)


@pytest.fixture(scope="session")
def mine(tutorial: fabopt.Result) -> Ground:
    """The tutorial's lab Aurora in its own plan, everybody else held at that of the tutorial."""
    return ground(seen_by(tutorial.plan, "aurora", TimeBudget(), gap=LAB_GAP), "aurora")


@pytest.fixture(scope="session")
def aurora(aurora_folder: Path) -> Memo:
    """The memo of the tutorial's lab Aurora."""
    return fabopt.load_memo(aurora_folder).memo
