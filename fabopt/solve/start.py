"""A plan of another run as the beginning of a search, by the names of its decisions: it may be of another chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fabopt.model.tables import ModelTables
from fabopt.network.tables import Array, Network
from fabopt.solve.solution import Solution

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str, str, str]
"""Decision, id of the record, what else tells it apart (a value step), period; empty where there is none."""


@dataclass(frozen=True, slots=True)
class StartPlan:
    """Decisions of a plan.

    Attributes
    ----------
    name
        What the plan is called, for words.
    values
        Value of each decision.
    """

    name: str
    values: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Start:
    """A start plan on the columns of a program.

    Attributes
    ----------
    x
        Plan [columns]; decisions that the start plan does not have are zero, or at the bound next to it.
    says
        How much of the start plan fits, a sentence.
    """

    x: Array
    says: str


def start_plan(name: str, decisions: pd.DataFrame) -> StartPlan:
    """Return the start plan that the table `decisions` of a result states."""
    *keys, values = (decisions[column] for column in ("decision", "id", "more", "period", "value"))
    return StartPlan(name, dict(zip(zip(*keys, strict=True), values.astype(float), strict=True)))


def start_of(name: str, net: Network, solution: Solution) -> StartPlan | None:
    """Return a solution as the start plan of another run, or None where it has no plan."""
    if not solution.has_plan or solution.decisions is None:
        return None
    labels = tuple(period.label for period in net.periods)
    decided = zip(solution.decisions.labels, solution.decisions.value.tolist(), strict=True)
    return StartPlan(name, {decision_key(block, key, labels): value for (block, key), value in decided})


def on_columns(plan: StartPlan, tables: ModelTables, n: int) -> Start:
    """Return a start plan on the columns of a model.

    Parameters
    ----------
    plan
        The decisions of another run.
    tables
        The model.
    n
        Columns of the program: hooks may have added some.
    """
    keys = [decision_key(block.name, key, tables.columns.labels) for block in tables.columns for key in block.keys]
    there = np.array([key in plan.values for key in keys], dtype=bool)
    x = np.zeros(n)
    x[: len(keys)] = [plan.values.get(key, 0.0) for key in keys]
    low, high = tables.columns.stacked("lower"), tables.columns.stacked("upper")
    moved = int((there & ((x[: len(keys)] < low) | (x[: len(keys)] > high))).sum())
    x[: len(keys)] = np.clip(x[: len(keys)], low, high)
    gone = len(plan.values) - int(there.sum())
    said = [f"{int(there.sum()):,} of {len(plan.values):,} decisions of {plan.name} fit"]
    said += [f"{gone:,} are not there any more"] if gone else []
    said += [f"{moved:,} are moved to their new limits"] if moved else []
    said += [f"{n - int(there.sum()):,} are new"] if n > there.sum() else []
    return Start(x, f"{'; '.join(said)}.")


def decision_key(block: str, key: tuple[str, ...], labels: tuple[str, ...]) -> Key:
    """Return how a decision is told apart in every run: by names alone, without its place among the columns."""
    dated = bool(key) and key[-1] in labels
    return block, key[0] if key else "", " ".join(key[1 : len(key) - dated]), key[-1] if dated else ""
