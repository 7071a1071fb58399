"""Questions of a solved plan: processor and wall seconds, beside plain Pyomo that rebuilds and solves.

``python -m benchmarks.questions RESULT [--only WORD ...] [--heavy] [--lab LAB] [--lever LEVER] [--out FILE]``

Every row is one question of the plan in the folder RESULT, asked in this order in one process, as a table in Markdown.
Whoever asks pays for what is made first: ``load`` and ``first`` have rows of their own. *Plain* is the linear program
of the plan, integers held, made with Pyomo from its lowered network and solved from nothing (``benchmarks.whatif``);
the ratio is how often the question fits into it, for questions that are one such program. The rows that take minutes
(choke points complete, tornado, memo) are asked with ``--heavy``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

import fabopt
from benchmarks.common import both, machine, markdown, median
from benchmarks.whatif import plain_held
from fabopt.analysis.sensitivity.adjoint import slopes
from fabopt.analysis.sensitivity.ends import Ends
from fabopt.analysis.sensitivity.numbers import numbers_of
from fabopt.analysis.sensitivity.places import prices_of
from fabopt.api import WORKERS, Result, load_result
from fabopt.plan.plan import Plan
from fabopt.solve.perturbation import between
from fabopt.solve.whatif import WhatIf

LIMITS = 40
"""Limits of which 10 % more is asked."""


class Asked:
    """A result and what is asked of it; what is made once is kept, as in a session."""

    def __init__(self, folder: Path, lab: str, lever: str) -> None:
        self.folder, self._lab, self._lever = folder, lab, lever

    @cached_property
    def result(self) -> Result:
        """The result, loaded."""
        return load_result(self.folder)

    @cached_property
    def plan(self) -> Plan:
        """Its plan."""
        return self.result.plan

    @cached_property
    def ask(self) -> WhatIf:
        """What answers what-ifs of the plan."""
        solved = self.plan.solved
        return WhatIf(
            solved.net, replace(solved.options, threads=1), plan=solved.x, basis=solved.basis, extra=solved.hooks
        )

    @property
    def lab(self) -> str:
        """The lab that is asked for: the one given, or the first."""
        return self._lab or next(iter(self.plan.data.labs))

    @property
    def lever(self) -> str:
        """The lever under the slider: the one given, or the first with a range."""
        return self._lever or next(iter(numbers_of(self.plan).found))

    def first(self) -> None:
        """Load, and answer the first question: what the plan with its integers held is worth."""
        assert self.ask.held().objective is not None

    def more(self) -> list[tuple[float, float]]:
        """Return the seconds of 10 % more of each of some binding limits, all periods, one after the other."""
        solved = self.plan.solved
        groups = [g for g in solved.problem.groups if g.relaxable and len(g)]
        price = {g.id: float(np.abs(g.prices(solved.row_price, solved.column_price)).max()) for g in groups}
        binding = sorted(groups, key=lambda g: -price[g.id])[:LIMITS]
        patches = [between(solved.program, solved.problem.relieved(g.by(0.1 * g.base))) for g in binding]
        return [both(lambda patch=patch: self.ask.held(patch))[0] for patch in patches]
