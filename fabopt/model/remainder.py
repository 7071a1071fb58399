r"""What remains of a plan under a stop: balances and capacities over the part of the network that the stop touches.

The rows of :mod:`balance` and :mod:`capacity` of what is touched, from the beginning f of the stop on, with the
remaining decisions in place of the plan's: :math:`x'_{a,t}`, :math:`y'_{e,t}`, :math:`s'_{i,t}` for what is touched and
:math:`t \ge f`; the plan's own before f, and of what is not touched; nothing of what is touched and leads to nothing
that is measured. Deliveries count nothing, as what is measured comes first, and throwing away costs nothing:

.. math::
   s'_{i,t} - \sigma_i s'_{i,t-1} - \sum_{a,\tau} \mu_{a,i,\tau}\, x'_{a,t-\tau}
   - \sum_{e,\tau} \nu_{e,i,\tau}\, y'_{e,t-\tau} \le g_{i,t} \qquad
   \sum_{a,\tau} \rho_{a,r,\tau}\, x'_{a,t-\tau} - \sum_{e,\tau} \pi_{e,r}(\tau)\, y'_{e,t-\tau}
   + \sum_e \bar\pi_{e,r} \sum_{t' \le t} q_{e,t'} \le c_{r,t}

Symbols are those of the two families. That no more remains than is planned, and how much has to, are rows of the
families ``as_planned``, ``survival`` and ``share_cap``. The price is that of one unit more under this stop alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fabopt.model import balance, capacity
from fabopt.model.columns import Columns
from fabopt.model.families import Family, IntArray, Rows, Triplets, assemble
from fabopt.network.tables import Network, Remainder

REMAINING_BALANCE = Family(
    name="remaining_balance",
    index=("stop", "material", "period"),
    unit="unit of the material",
    says="{name}: under the stop no more is used and kept in {period} than remains ({rhs} {unit} received)",
    price_says="{one} of {name} at hand in {period} under the stop alone",
)
REMAINING_CAPACITY = Family(
    name="remaining_capacity",
    index=("stop", "resource", "period"),
    unit="unit of the resource",
    says="{name}: at most {rhs} {unit} in {period} under the stop, apart from what units add",
    price_says="{one} of {name} in {period} under the stop alone",
)
FAMILIES = (REMAINING_BALANCE, REMAINING_CAPACITY)


def rows(net: Network, columns: Columns) -> tuple[Rows, ...]:
    """Return the balance and capacity rows of what remains under each stop."""
    if not net.remainders:
        return ()
    (balances,), (capacities,) = balance.rows(net, columns), capacity.rows(net, columns)
    return (
        _remaining(REMAINING_BALANCE, balances, columns.at.material, lambda one: one.materials, net, columns),
        _remaining(REMAINING_CAPACITY, capacities, columns.at.resource, lambda one: one.resources, net, columns),
    )


def _remaining(
    family: Family,
    planned: Rows,
    at: Mapping[str, int],
    touched: Callable[[Remainder], Sequence[str]],
    net: Network,
    columns: Columns,
) -> Rows:
    """Return the rows of a family of the plan once more for each stop, over the decisions that remain."""
    entries, taken = Triplets(), [np.zeros(0, dtype=np.int64)]
    keys: list[tuple[str, ...]] = []
    for one in net.remainders:
        places = [at[key] for key in touched(one) if key in at]
        kept = np.isin(planned.entity, places) & (planned.period >= one.first) & (planned.period <= one.until)
        chosen = np.flatnonzero(kept)
        number = np.full(len(planned), -1, dtype=np.int64)
        number[chosen] = len(keys) + np.arange(len(chosen))
        entries.add(number[planned.row], _instead(one, columns)[planned.col], planned.val)
        taken.append(chosen)
        keys += [(one.id, *planned.keys[i]) for i in chosen.tolist()]
    source = np.concatenate(taken)
    entity = planned.entity[source]
    known = {
        place: ("", f"{planned.names[i]}, remaining", planned.units[i])
        for place, i in zip(entity.tolist(), source.tolist(), strict=True)
    }
    upper = planned.upper[source]
    return assemble(
        family,
        entries,
        np.full(len(source), -np.inf),
        upper,
        key=keys.__getitem__,
        who=known,
        entity=entity,
        period=planned.period[source],
        keep=entries.touched(len(source)) | (upper < 0.0),
    )


def _instead(one: Remainder, columns: Columns) -> IntArray:
    """Return the column that stands for each column of the plan under a stop [columns]; -1 where nothing does."""
    stands_for = np.arange(columns.n, dtype=np.int64)
    for block in ("deliver", "disposal"):
        stands_for[columns[block].columns] = -1
    start = columns["start"].index
    for (kind, key), remaining in one.decisions:
        block, at = {
            "activity": ("start", columns.at.activity),
            "unit": ("order", columns.at.unit),
            "material": ("stock", columns.at.material),
        }[kind]
        if key not in at:
            continue
        planned = columns[block].index[at[key], one.first :]
        instead = start[columns.at.activity[remaining], one.first :] if remaining else np.full_like(planned, -1)
        there = planned >= 0
        stands_for[planned[there]] = instead[there]
    return stands_for
