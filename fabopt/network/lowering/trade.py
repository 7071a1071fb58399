r"""Export rules that allow a quantity: a ceiling on deliveries in each calendar year, in accelerators or in compute.

With :math:`x_{a,t}` the deliveries that a rule covers, :math:`w_a` what one of them counts (1, or its compute),
:math:`h_t` the part of period t in which the rule holds and :math:`m_t` what it allows a year, for a year of periods W
of :math:`\ell_t` years each

.. math:: \sum_{t \in W} h_t \sum_a w_a\, x_{a,t} \le \sum_{t \in W} h_t\, \ell_t\, m_t
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.customers import BarredFlow
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.policy_scope import windows_of
from fabopt.network.tables import GroupLimit, Tags, Term


def lower_trade(chain: Chain) -> None:
    """Add a row for each export rule with a quantity and each calendar year in which it holds."""
    for place, rule in enumerate(chain.instance.barred_flows):
        if rule.most is not None:
            _ceiling(chain, place, rule, rule.most, compute=False)
        if rule.most_compute is not None:
            _ceiling(chain, place, rule, rule.most_compute, compute=True)


def _ceiling(chain: Chain, place: int, rule: BarredFlow, most: Quantity, compute: bool) -> None:
    windows = windows_of(chain, rule.since, rule.until, "year")
    # A part of a period in which the rule holds counts with that part of what is delivered in it.
    held = chain.window(rule.since, rule.until).share
    amounts = chain.mean(most) * chain.years * held
    terms: list[Term] = []
    for activity in chain.build.activities.values():
        label = activity.tags
        if label.role != "shipment":
            continue
        chip = chain.instance.chips[label.chip]
        home = chain.instance.designers[chip.designer].region
        if rule.between(home, label.region) and rule.covers(label.chip, chip, label.lab):
            terms.append(Term("activity", activity.id, held * (chip.best if compute else 1.0)))
    if not terms or not windows:
        return
    chain.build.groups.append(
        GroupLimit(
            f"export:{place + 1}" + (":compute" if compute else ""),
            rule.name or said(chain.instance, rule),
            "kH100e" if compute else "kaccelerator",
            "<=",
            windows,
            np.array([amounts[list(window)].sum() for window in windows]),
            tuple(terms),
            Tags(
                stage="deployment",
                owner=rule.origin or "",
                item=f"export:{place + 1}",
                region=rule.destination or "",
                kind="barred_flows",
                role="rule",
                field=f"barred_flows.{place}",
            ),
            limit_kind="law",
            family="export_rule",
        )
    )


def said(instance: Instance, rule: BarredFlow) -> str:
    """Return an export rule in words."""
    covered = " and ".join(instance.chips[chip].name for chip in rule.chips) or "accelerators"
    above = f" above {rule.above.value:g} H100e" if rule.above is not None else ""
    source = f" from {rule.origin}" if rule.origin is not None else ""
    labs = " and ".join(instance.labs[lab].name for lab in rule.labs)
    target = " in ".join(part for part in (labs, rule.destination or "") if part)
    return f"export of {covered}{above}{source} to {target}"
