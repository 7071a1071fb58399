"""The status of a limit, by proof: load and slack never decide.

==============  ===================================================================================================
status          what is proven
==============  ===================================================================================================
binding         lifting it alone gains
policy-binding  the same, of a policy
co-binding      lifting it alone gains nothing; it is a member of a minimal set that gains together
tight           it is at its limit somewhere, lifting it alone gains nothing, and it is in no minimal set
slack           it has slack everywhere in the plan, lifting it alone gains nothing, and it is in no known minimal set
undecided       none of these
==============  ===================================================================================================

Since the value never falls with relief, a limit that gains nothing when it is lifted has an average shadow price of
zero. A limit with slack in the plan may bind (whole lots), and may be in a minimal set; then it is not slack here.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from fabopt.analysis.choke.joint import Joint
from fabopt.analysis.choke.oracle import Gain, Oracle
from fabopt.plan.groups import LimitGroup

Status = Literal["slack", "tight", "binding", "co-binding", "policy-binding", "undecided"]


def status(oracle: Oracle, id: str, lifted: Gain, joint: Joint | None = None, idle: bool = False) -> Status:
    """Return the status of a limit.

    Parameters
    ----------
    oracle
        With the plan.
    id
        Of the group.
    lifted
        Gain of lifting it alone.
    joint
        Minimal sets that gain at all; None where they were not looked for.
    idle
        Whether it is proven to gain nothing whatever the gap (:func:`fabopt.analysis.choke.finite.idle`).
    """
    group = oracle.problem.counted(oracle.problem.group(id))
    if lifted.proof == "positive":
        return "policy-binding" if group.kind == "policy" else "binding"
    if lifted.proof == "undecided" and not idle:
        return "undecided"
    if joint is not None and any(len(status.members) > 1 for status in joint.containing(id)):
        return "co-binding"
    if not _at_limit(oracle, group):
        return "slack"
    return "tight" if joint is not None and joint.sets.complete else "undecided"


def _at_limit(oracle: Oracle, group: LimitGroup) -> bool:
    assert oracle.problem.x is not None
    return bool(np.any(oracle.problem.at_limit(group, oracle.problem.x)))
