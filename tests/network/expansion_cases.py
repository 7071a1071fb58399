"""A workshop of one line that grows as an expansion says: small enough that its best plan is known beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from chain_cases import edited

from fabopt.network.lowering.builder import Chain, finish, make_periods
from fabopt.network.lowering.expansion import expand
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Activity, Demand, Material, Network, Resource, Tags, Use, ValueStep

YEARS = {"horizon.period": None, "horizon.periods": "4 years", "horizon.discount_rate": 0}


def workshop(record: Any, *, old: Any = None, growing: Any = None, changes: Any = None, **line: Any) -> Network:
    """Goods that each use one of a line, which grows, and a buyer who wants some in each period.

    Parameters
    ----------
    record
        How the line grows.
    old, growing, changes
        Another line of the same kind; what else is said of what grows; changes of the instance.
    line
        See `_line`.
    """
    instance = edited(*(YEARS | (changes or {})).items())
    calendar, periods = make_periods(instance)
    chain = Chain(instance, calendar, periods)
    for name, fields in {"line": line, "old": old}.items():
        if fields is not None:
            _line(chain, name, **fields)
    label = Tags(owner="lab", region="west", role="expansion", field="line.expansion")
    expand(chain, record, Growing("line", "Line", label, "grow", ground=("ground", "Line room"), **(growing or {})))
    return finish(chain, "workshop", 0.0)


def _line(chain: Chain, name: str, *, wanted: Any, earns: float = 1.0, base: Any = 0.0, kind: Any = "level") -> None:
    """Add a line with so much capacity, and a buyer who wants so much of it and pays so much for each."""
    n, build = chain.n, chain.build
    build.resource(Resource(name, name.title(), "MW", kind, np.full(n, base, dtype=float), Tags(owner="lab")))
    build.material(Material(f"goods-{name}", "Goods", "MW"))
    build.activity(Activity(f"make-{name}", "Make", "MW"))
    build.flow(f"make-{name}", f"goods-{name}", 0, np.ones(1), np.ones(n))
    build.uses.append(Use(f"make-{name}", name, 0, np.ones(n)))
    width = np.full(n, wanted, dtype=float)
    step = ValueStep(width, np.full(n, earns))
    build.demands.append(Demand(f"buyer-{name}", "Buyer", f"goods-{name}", width, (step,)))
