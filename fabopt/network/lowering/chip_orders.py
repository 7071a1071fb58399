r"""Order lead of chips: what is not booked at the decision date ships so long after it is ordered.

With :math:`x_{a,t}` the shipments of a chip, :math:`b_t` what is due of the orders that stand at the decision date,
:math:`o_t` new orders and :math:`w_k` the share of them that comes at the age k (the lead, split over two periods where
it is no whole number of them), :math:`q_t \ge 0` what is due and ships later, and :math:`f_t \ge 0` what ships without
an order at a premium,

.. math:: \sum_a x_{a,t} + q_t - q_{t-1} - \sum_k w_k\, o_{t-k} - f_t \le b_t

An order costs nothing by itself and may be late or lapse; what is ordered must be ordered before anything that a later
decision date brings is known.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from fabopt.domain.chips import Chip, OrderBook
from fabopt.network.lowering.builder import PER_THOUSAND, Chain
from fabopt.network.lowering.policy_scope import Expression, by_order
from fabopt.network.tables import Activity, Array, GroupLimit, Tags, UnitEffect


def lower_chip_orders(chain: Chain) -> None:
    """Hold the shipments of each chip with an order book to what was ordered in time."""
    shipments: dict[str, list[str]] = defaultdict(list)
    for activity in chain.build.activities.values():
        if activity.tags.role == "shipment":
            shipments[activity.tags.chip].append(activity.id)
    for chip_id, chip in chain.instance.chips.items():
        if chip.orders is not None and chip_id in shipments:
            _hold(chain, chip_id, chip, chip.orders, shipments[chip_id])


def _hold(chain: Chain, chip_id: str, chip: Chip, book: OrderBook, shipments: list[str]) -> None:
    label = Tags(
        stage="deployment",
        owner=chip.designer,
        customer=chip.designer,
        item=chip.designer,
        chip=chip_id,
        kind="chip",
        role="chip_order",
        field=f"chips.{chip_id}.orders.lead",
    )
    home = f"chips.{chip_id}.orders"
    ordered, late, unordered = f"order:{chip_id}", f"late:{chip_id}", f"unordered:{chip_id}"
    lead = chain.lead(book.lead.value)
    there = chain.lengths.ages(lead) + np.arange(chain.n) < chain.n
    row = Expression({("activity", shipment, 0): np.ones(chain.n) for shipment in shipments})

    def may(key: str, name: str, tags: Tags, upper: Array, cost: Array | None = None) -> None:
        """Add a decision about orders."""
        chain.build.activity(Activity(key, f"{chip.name}, {name}", "kaccelerator", tags, cost=cost, upper=upper))

    may(ordered, "ordered", label, chain.open_upper(there.astype(float)))
    by_order(row, UnitEffect(ordered, "", *chain.lengths.arrive(lead), persistent=False), chain.n, -1.0, "activity")
    may(late, "due and shipped later", label.of("ordered", home), chain.flat(np.inf))
    row.add(("activity", late, 0), np.ones(chain.n))
    row.add(("activity", late, 1), -(np.arange(chain.n) > 0.0).astype(float))
    if book.premium is not None:
        tags = Tags(stage="deployment", chip=chip_id, kind="chip", role="shortfall", field=f"{home}.premium")
        may(unordered, "shipped unordered", tags, chain.flat(np.inf), chain.flat(book.premium.value * PER_THOUSAND))
        row.add(("activity", unordered, 0), -np.ones(chain.n))
    chain.build.groups.append(
        GroupLimit(
            f"ordered:{chip_id}",
            f"{chip.name} ordered in time",
            "kaccelerator",
            "<=",
            tuple((t,) for t in range(chain.n)),
            chain.per_period(book.booked),
            row.rows(),
            label.of("rule", f"{home}.booked"),
            limit_kind="contract",
            family="order_lead",
        )
    )
