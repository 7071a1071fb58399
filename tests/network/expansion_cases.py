"""A workshop of one line that grows as an expansion says: small enough that its best plan is known beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from chain_cases import edited

from fabopt.network.lowering.builder import Chain, finish, make_periods
from fabopt.network.lowering.expansion import Growing, expand
from fabopt.network.tables import Activity, Demand, Material, Network, Resource, Tags, Use, ValueStep

YEARS = {"horizon.period": None, "horizon.periods": "4 years", "horizon.discount_rate": 0}


def workshop(
    record: Any, *, wanted: Any, earns: float = 1.0, base: Any = 0.0, kind: Any = "level", **horizon: Any
) -> Network:
    """A line of so much capacity, goods that each use one of it, and a buyer who wants some in each period."""
    changes = YEARS | {f"horizon.{key}": value for key, value in horizon.items()}
    instance = edited(*changes.items())
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods)
    n, build = chain.n, chain.build
    build.resource(Resource("line", "Line", "MW", kind, np.full(n, base, dtype=float), Tags(owner="owner")))
    label = Tags(owner="owner", role="expansion", field="line.expansion")
    expand(chain, record, Growing("line", "Line", label, "grow", ground=("ground", "Line room")))
    build.material(Material("goods", "Goods", "MW"))
    build.activity(Activity("make", "Make", "MW"))
    build.flow("make", "goods", 0, np.ones(1), np.ones(n))
    build.uses.append(Use("make", "line", 0, np.ones(n)))
    width = np.full(n, wanted, dtype=float)
    build.demands.append(Demand("buyer", "Buyer", "goods", width, (ValueStep(width, np.full(n, earns)),)))
    return finish(chain, "workshop", 0.0)
