"""The second stage of a two-stage allocation: each lab's own plan with what it was allotted.

The owners' rules have allotted what there is. The joint plan keeps the allotments and is best for all together; a lab's
own plan keeps them too, holds the others to the joint plan, and is best for the lab (`fabopt.network.perspective`). It
is worth to the lab what it gets there at least, and shows what holds this lab back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fabopt.analysis.plan_tables import Holding, holding
from fabopt.domain.instance import Instance
from fabopt.network.lower import lower_as_seen
from fabopt.network.tables import Network
from fabopt.solve.options import SolveOptions
from fabopt.solve.perspective import decided, solve_seen
from fabopt.solve.results.build import core_and_domain
from fabopt.solve.results.parties import by_party, party_rows
from fabopt.solve.solution import Solution

MOST = 3
"""Limits that are named for each lab."""


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What a lab gets in its own plan, in million dollars.

    Attributes
    ----------
    lab, status
        The lab, and how well its plan is proved.
    value
        What it gets: its values less its costs and what it pays others; None where no plan was found.
    joint
        What it gets in the plan that is best for all together, with the same allotments.
    holds
        What holds its own plan back most, with worth to the lab.
    """

    lab: str
    status: str
    value: float | None
    joint: float
    holds: tuple[Holding, ...]


def lab_plans(instance: Instance, net: Network, joint: Solution, options: SolveOptions) -> tuple[LabPlan, ...]:
    """Return each lab's own plan.

    Parameters
    ----------
    instance
        The instance.
    net
        Its network with the allotments.
    joint
        Its plan for all together.
    options
        Options of every run.
    """
    given, lab_plans = decided(net, joint), list[LabPlan]()
    for lab in instance.labs:
        weighed = lower_as_seen(instance, net, lab)
        before = by_party(party_rows(weighed, joint))
        seen, own = solve_seen(weighed, replace(options, perspective=f"lab:{lab}"), given)
        holds: tuple[Holding, ...] = ()
        if own.has_plan:
            tables = {spec.name: frame for spec, frame in core_and_domain(seen, own).items()}
            holds = tuple(holding(tables["limits"], MOST))
        lab_plans.append(LabPlan(lab, own.status.value, own.objective, before.get(lab, 0.0), holds))
    return tuple(lab_plans)
