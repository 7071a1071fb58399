r"""Own silicon: a lab funds the design of a chip, a binary decision with a date, and only then does the chip exist.

The unit ``programme:<chip>`` is ordered at most once, costs the non-recurring cost, and its lead L is the design time
and the expected delay of a respin. With y its orders and :math:`h_L` the step that rises at the age L (a fraction of a
period counts as a fraction), every start of a package or an interposer of the chip, and of a wafer of a die that only
such a chip takes, is held by

.. math:: x_{a,t} \le M_{a,t} \sum_{t'} h_L(t - t')\, y_{t'}

The row is a gate (:mod:`fabopt.model.gates`): :math:`M_{a,t}` is no datum. Where the chip is ready for the whole period
it is the most that the activity can be in the program that is solved, so that the row says nothing; in the period in
which the chip is ready part of the time, that part of what the activity's resources offer is the limit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fabopt.domain.chips import Programme
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.packaging import routes
from fabopt.network.lowering.policy_scope import Expression, by_order
from fabopt.network.tables import Activity, Array, GroupLimit, Network, Tags, Unit, UnitEffect

ONE = np.ones(1)


def lower_programmes(chain: Chain) -> None:
    """Add the decision to fund each programme of own silicon, with what the lab pays for it."""
    for chip_id, chip in chain.instance.chips.items():
        programme = chip.programme
        if programme is None:
            continue
        lead = chain.lead(programme.months)
        cost, lab = programme.non_recurring_cost.value, programme.funded_by
        unit_id = f"programme:{chip_id}"
        chain.instalments[unit_id] = chain.flat(cost), 0.0
        chain.build.unit(
            Unit(
                unit_id,
                f"{chip.name} programme",
                "programme",
                Tags(
                    stage="design",
                    owner=lab,
                    customer=lab,
                    item=chip_id,
                    chip=chip_id,
                    lab=lab,
                    kind="chip",
                    role="programme",
                    field=f"chips.{chip_id}.programme",
                ),
                cost=chain.progress_payment(chain.flat(cost), lead),
                upper=chain.order_upper(lead, 1.0, chain.window(None, programme.decide_by).open),
                total=1.0,
                lead=lead,
                instrument="programme",
            )
        )


def gate_programmes(chain: Chain, net: Network) -> Network:
    """Return the network in which nothing of a chip with a programme starts before it is funded and designed."""
    gated = _gated(chain)
    if not gated:
        return net
    upper = {activity: _from(chain, programme) for activity, (_, programme) in gated.items()}
    activities = tuple(
        replace(a, upper=upper[a.id] if a.upper is None else np.where(upper[a.id] > 0.0, a.upper, 0.0))
        if a.id in gated
        else a
        for a in net.activities
    )
    known = {a.id: a for a in net.activities}
    rows = [_row(chain, known[key], *gated[key]) for key in gated if key in known]
    return replace(net, activities=activities, groups=(*net.groups, *rows))


def _gated(chain: Chain) -> dict[str, tuple[str, Programme]]:
    """Return the activities that wait for a programme, each with its chip and programme."""
    chips = chain.instance.chips
    gated: dict[str, tuple[str, Programme]] = {}
    for chip_id, chip in chips.items():
        if chip.programme is None:
            continue
        for route in routes(chain, chip_id):
            gated[route.activity] = (chip_id, chip.programme)
            if route.line is not None:
                gated[route.interposer] = (chip_id, chip.programme)
    for die_id, die in chain.instance.dies.items():
        users = chain.chips_of_die(die_id)
        if len(users) == 1:
            programme = chips[users[0]].programme
            if programme is not None:
                gated |= {f"wafers:{die_id}:{fab}": (users[0], programme) for fab in die.fabs}
    return gated


def _from(chain: Chain, programme: Programme) -> Array:
    """Return upper bounds that are open from the first period in which a programme can be ready ``[T]``."""
    first = int(chain.lengths.ages(chain.lead(programme.months))[0])
    return chain.open_upper((np.arange(chain.n) >= first).astype(float))


def _row(chain: Chain, activity: Activity, chip_id: str, programme: Programme) -> GroupLimit:
    first, profile = chain.lengths.ramp(chain.lead(programme.months), ONE)
    terms = Expression({("activity", activity.id, 0): np.ones(chain.n)})
    by_order(terms, UnitEffect(f"programme:{chip_id}", "", first, profile), chain.n, -1.0)
    first = int(chain.lengths.ages(chain.lead(programme.months))[0])
    return GroupLimit(
        f"programme:{chip_id}:{activity.id}",
        f"{activity.name}: not before its design",
        activity.unit,
        "<=",
        tuple((t,) for t in range(first, chain.n)),
        np.zeros(chain.n - first),
        terms.rows(),
        Tags(
            stage="design",
            owner=programme.funded_by,
            customer=programme.funded_by,
            item=chip_id,
            chip=chip_id,
            kind="chip",
            role="rule",
            field=f"chips.{chip_id}.programme",
        ),
        limit_kind="physical",
        family="programme",
    )
