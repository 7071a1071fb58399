r"""Work that runs as one synchronised load, such as the training of one model, beside the sites that can bear it.

Of the IT power that a lab operates at site s only the share :math:`\sigma_s` can be part of one load. With
:math:`p_c` the IT power of an accelerator of chip c, :math:`x_{c,s}` those that are operated at s, :math:`r_{c,w}`
those that run workload w, and W the synchronised workloads, in every period

.. math:: \sum_c \sum_{w \in W} p_c\, r_{c,w} \le \sum_s \sigma_s \sum_c p_c\, x_{c,s}
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.customers import Lab
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import GroupLimit, Tags, Term


def lower_synchronised(chain: Chain, lab_id: str, lab: Lab) -> None:
    """Add the limit on the synchronised load of a lab, one row a period; none where every site may be one load."""
    sites = {s: site for s, site in chain.instance.sites.items() if site.lab == lab_id}
    if all(site.synchronised_share.value >= 1.0 for site in sites.values()):
        return
    terms: list[Term] = []
    for chip_id, chip in chain.instance.chips.items():
        power = chip.it_power.value
        for workload_id, workload in chain.instance.workloads.items():
            activity = f"run:{chip_id}:{lab_id}:{workload_id}"
            if workload.synchronised and activity in chain.build.activities:
                terms.append(Term("activity", activity, chain.flat(power)))
        for site_id, site in sites.items():
            activity = f"operate:{chip_id}:{site_id}"
            if activity in chain.build.activities:
                terms.append(Term("activity", activity, chain.flat(-power * site.synchronised_share.value)))
    chain.build.groups.append(
        GroupLimit(
            f"synchronised:{lab_id}",
            f"synchronised training of {lab.name}",
            "MW IT",
            "<=",
            tuple((t,) for t in range(chain.n)),
            np.zeros(chain.n),
            tuple(terms),
            Tags(stage="power", owner=lab_id, customer=lab_id, lab=lab_id, kind="site", role="rule", field="sites"),
            limit_kind="physical",
            family="synchronised_load",
        )
    )
