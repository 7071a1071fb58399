r"""Work that runs as one synchronised load, such as the training of one model, at sites that can bear it.

Of the IT power that is operated at site s only the share :math:`\sigma_s` can be part of such a load. With :math:`p_c`
the IT power of an accelerator of chip c, :math:`x_{c,s}` those that are operated at s, W the synchronised workloads and
:math:`r_{c,w}` those that run workload w, for the one site of a lab in every period

.. math:: \sum_c \sum_{w \in W} p_c\, r_{c,w} \le \sigma_s \sum_c p_c\, x_{c,s}

A lab with several sites decides where such a load stands: of the accelerators that are operated at a site
:math:`j_{c,s}` are joined to it, and only these run the synchronised workloads:

.. math:: \sum_{w \in W} r_{c,w} \le \sum_s j_{c,s} \qquad j_{c,s} \le x_{c,s} \qquad
          \sum_c p_c\, j_{c,s} \le \sigma_s \sum_c p_c\, x_{c,s}
"""

from __future__ import annotations

import numpy as np

from fabopt.domain.customers import Lab
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import Activity, GroupLimit, Material, Tags, Term

ONE = np.ones(1)


def by_site(chain: Chain, lab_id: str) -> bool:
    """Return whether a lab decides at which of its sites a synchronised load stands."""
    sites = chain.sites_of[lab_id].values()
    return len(sites) > 1 and any(site.synchronised_share.value < 1.0 for site in sites)


def joined(chain: Chain, chip_id: str, lab_id: str) -> str:
    """Add the accelerators of a chip that are joined to a synchronised load, at each site; return the material."""
    material, build = f"joined:{chip_id}:{lab_id}", chain.build
    if material in build.materials:
        return material
    chip, lab = chain.instance.chips[chip_id], chain.instance.labs[lab_id]
    label = build.materials[f"running:{chip_id}:{lab_id}"].tags
    name = f"{chip.name} of {lab.name} in a synchronised load"
    build.material(Material(material, name, "kaccelerator", label.of("joined", label.field)))
    for site_id, site in chain.sites_of[lab_id].items():
        operate, join = f"operate:{chip_id}:{site_id}", f"join:{chip_id}:{site_id}"
        if operate not in build.activities:
            continue
        where = build.activities[operate].tags.of("joining", f"sites.{site_id}.synchronised_share")
        name = f"{chip.name} in a synchronised load at {site.name}"
        build.activity(Activity(join, name, "kaccelerator", where, upper=build.activities[operate].upper))
        build.flow(join, f"running:{chip_id}:{lab_id}", 0, ONE, chain.flat(-1.0))
        build.flow(join, material, 0, ONE, chain.flat(1.0))
        terms = (Term("activity", join, chain.flat(1.0)), Term("activity", operate, chain.flat(-1.0)))
        _row(chain, f"joined:{chip_id}:{site_id}", name, site_id, terms, "kaccelerator", relaxable=False)
    return material


def lower_synchronised(chain: Chain, lab_id: str, lab: Lab) -> None:
    """Add the limits on the synchronised load of a lab, a row a site and period; none where all may be one load."""
    apart = by_site(chain, lab_id)
    for site_id, site in chain.sites_of[lab_id].items():
        if site.synchronised_share.value >= 1.0:
            continue
        terms: list[Term] = []
        for chip_id, chip in chain.instance.chips.items():
            power = chip.it_power.value
            at_once = [f"join:{chip_id}:{site_id}"] if apart else _runs(chain, chip_id, lab_id)
            terms += [Term("activity", a, chain.flat(power)) for a in at_once if a in chain.build.activities]
            activity = f"operate:{chip_id}:{site_id}"
            if activity in chain.build.activities:
                terms.append(Term("activity", activity, chain.flat(-power * site.synchronised_share.value)))
        name = f"synchronised training at {site.name}" if apart else f"synchronised training of {lab.name}"
        _row(chain, f"synchronised:{site_id if apart else lab_id}", name, site_id, tuple(terms), "MW IT")


def _runs(chain: Chain, chip_id: str, lab_id: str) -> list[str]:
    """Return the activities that run synchronised workloads."""
    workloads = chain.instance.workloads.items()
    return [f"run:{chip_id}:{lab_id}:{key}" for key, workload in workloads if workload.synchronised]


def _row(
    chain: Chain, key: str, name: str, site_id: str, terms: tuple[Term, ...], unit: str, relaxable: bool = True
) -> None:
    site = chain.instance.sites[site_id]
    label = Tags(
        stage="power", owner=site.lab, customer=site.lab, lab=site.lab, site=site_id, kind="site", role="rule",
        field=f"sites.{site_id}.synchronised_share",
    )  # fmt: skip
    windows = tuple((t,) for t in range(chain.n))
    chain.build.groups.append(
        GroupLimit(
            key, name, unit, "<=", windows, np.zeros(chain.n), terms, label, limit_kind="physical",
            relaxable=relaxable, family="synchronised_load",
        )
    )  # fmt: skip
