"""A chain of five stages, built so that each stage in turn is the choke point.

Each stage makes one good from one of the stage before, in the same period, and nothing is kept. Stage k has room for
100 in every period but period k, where it has room for 50 + 10 k; a good that is delivered is worth 2, and 99 are
wanted in each period. So in period k stage k alone decides what is made; lifting it there gains 2 * (99 - 50 - 10 k).
"""

from datetime import date
from itertools import pairwise

import numpy as np

from fabopt.model.tables import model_tables
from fabopt.network.tables import (
    Activity,
    Demand,
    Flow,
    Material,
    Network,
    Period,
    Resource,
    Tags,
    Unit,
    UnitEffect,
    Use,
    ValueStep,
)
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

STAGES = ("lithography", "wafers", "memory", "packaging", "power")
T = len(STAGES)
WORTH, WANTED, ROOM = 2.0, 99.0, 100.0
NARROW = tuple(50.0 + 10.0 * k for k in range(T))


def network():
    day = [date(2027 + t // 4, 3 * (t % 4) + 1, 1) for t in range(T + 1)]
    periods = tuple(Period(t, f"2027Q{t + 1}", day[t], day[t + 1], 0.25, 1.0) for t in range(T - 1))
    periods = (*periods, Period(T - 1, "2028Q1", day[T - 1], day[T], 0.25, 1.0))
    base = np.full((T, T), ROOM)
    base[np.arange(T), np.arange(T)] = NARROW
    ones = np.ones(T)
    flows = [Flow(s, s, 0, ones) for s in STAGES]
    flows += [Flow(s, before, 0, -ones) for before, s in pairwise(STAGES)]
    tool = Unit("tool", "Scanner", "scanner", cost=np.full(T, 1000.0), upper=ones, lead=2.0)
    return Network(
        "five stages",
        periods,
        materials=tuple(Material(s, s.capitalize(), "unit") for s in STAGES),
        activities=tuple(Activity(s, f"Make {s}", "unit", cost=0 * ones) for s in STAGES),
        flows=tuple(flows),
        uses=tuple(Use(s, s, 0, ones) for s in STAGES),
        resources=tuple(
            Resource(s, s.capitalize(), "unit", "rate", base[k], Tags(stage=s, owner=f"maker of {s}"))
            for k, s in enumerate(STAGES)
        ),
        units=(tool,),
        unit_effects=(UnitEffect("tool", "lithography", 2, np.array([10.0])),),
        demands=(Demand("lab", "Lab", STAGES[-1], WANTED * ones, (ValueStep(WANTED * ones, WORTH * ones),)),),
    )


def solved():
    """The network's tables and its solution without a gap."""
    net, options = network(), SolveOptions(gap=0.0, threads=1)
    return model_tables(net, options.aim), solve(net, options)
