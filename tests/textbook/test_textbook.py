"""Published problems: what fabopt finds equals what the publication states and what another formulation finds.

Every folder of instances/textbook is taken up by itself; it needs a source, a published optimum and a function of its
name in `formulations`.
"""

from pathlib import Path

import formulations
import numpy as np
import pytest

import fabopt
from fabopt.domain.instance import Instance
from fabopt.network.checks import check
from fabopt.network.lower import lower
from fabopt.network.tables import Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve
from fabopt.solve.solution import Status

FOLDER = Path(__file__).parents[2] / "instances" / "textbook"
PROBLEMS = sorted(path.parent.name for path in FOLDER.glob("*/instance.yaml"))


def is_about_cost(net: Network) -> bool:
    """Nothing delivered is worth anything: the publication minimises cost, and value is its negative."""
    return not any(np.any(step.value) for demand in net.demands for step in demand.steps)


def read(problem: str) -> tuple[Instance, Network]:
    instance = fabopt.load(FOLDER / problem).data
    return instance, lower(instance)


def test_there_are_at_least_nine_problems():
    assert len(PROBLEMS) >= 9


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_published_optimum_is_that_of_an_independent_formulation(problem):
    instance, _ = read(problem)
    assert len(instance.about.source) > 40
    optimum = getattr(formulations, problem.replace("-", "_"))()
    # The relative tolerance covers the digits that publications round away.
    assert instance.about.published_optimum == pytest.approx(optimum, rel=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_fabopt_finds_the_published_optimum(problem):
    instance, net = read(problem)
    solution = solve(net, SolveOptions(gap=0.0))
    assert solution.status is Status.OPTIMAL
    found = -solution.objective if is_about_cost(net) else solution.objective
    assert found == pytest.approx(instance.about.published_optimum, rel=1e-6)
    assert found == pytest.approx(getattr(formulations, problem.replace("-", "_"))(), rel=1e-7)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_textbook_problems_are_sound(problem):
    assert check(read(problem)[1]) == []
