r"""Accelerators that are sold or handed on after they were in use, and the share of a fleet that must run.

**Resale.** ``resell:<chip>:<site>`` takes an accelerator that stands at a site, run or not, and brings the site's lab

.. math:: p_t = \phi_t\, (1-f)^{a_t}\, K_t

with K what replacing it costs (its parts and making, and what is installed with it), phi the stated share, f its fall
with age and a the years since the chip's first volume shipments, since a fleet is not told apart by age. Where a price
is stated, it stands for :math:`\phi_t K_t`. Buyers outside the instance take so many a year.

**Second life.** ``hand:<chip>:<site>:<other site>`` moves one to a site of a lab that takes them, which pays the same
price to the lab that gave it up, and the cost of moving; it arrives after the time of moving. Between sites of one lab
nobody pays a price.

**Must run.** With O those of a chip that are operated at a site in a period and I those that stand idle at its end, in
every period

.. math:: \mu_t\, (O_t + I_t) \le O_t

so that a fleet cannot be switched off and on again; what is sold, handed on or retired counts no more.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from fabopt.domain.chips import Resale
from fabopt.network.lowering.builder import PER_THOUSAND, Chain, Goods
from fabopt.network.lowering.components import ONE
from fabopt.network.lowering.deployment import replacement_costs
from fabopt.network.tables import Activity, Array, GroupLimit, Tags, Term


def lower_resale(chain: Chain) -> None:
    """Add resale and second lives of accelerators, and what must run."""
    for chip_id, chip in chain.instance.chips.items():
        held = [site for site in chain.instance.sites if f"asset:{chip_id}:{site}" in chain.build.materials]
        for site_id in held:
            if chip.resale is not None:
                _resell(chain, chip_id, chip.resale, site_id)
                for other in held:
                    if other != site_id and chain.instance.sites[other].lab in chip.resale.labs:
                        _hand_on(chain, chip_id, chip.resale, site_id, other)
            _must_run(chain, chip_id, site_id)


def _price(chain: Chain, chip_id: str, resale: Resale, site_id: str) -> Array:
    """Return what one thousand used accelerators bring ``[T]``, million dollars."""
    if resale.price is not None:
        whole = chain.mean(resale.price) * PER_THOUSAND
    else:
        assert resale.share is not None
        whole = chain.mean(resale.share) * replacement_costs(chain, chip_id, site_id)
    born = chain.instance.chips[chip_id].available or chain.calendar.start
    middles = chain.elapsed[:-1] + 0.5 * chain.years
    age = np.maximum(middles + _years(born, chain.calendar.start), 0.0)
    return np.asarray(whole * (1.0 - resale.fall.value) ** age)


def _years(first: date, last: date) -> float:
    return (last - first).days / 365.25


def _tags(chain: Chain, chip_id: str, site_id: str, owner: str) -> Tags:
    site, chip = chain.instance.sites[site_id], chain.instance.chips[chip_id]
    return Tags(
        stage="deployment",
        owner=owner,
        customer=site.lab,
        item=chip.designer,
        chip=chip_id,
        lab=site.lab,
        site=site_id,
        region=site.region,
        kind="chip",
        role="resale",
        field=f"chips.{chip_id}.resale",
    )


def _resell(chain: Chain, chip_id: str, resale: Resale, site_id: str) -> None:
    """Add the sale of a chip's assets at a site to buyers outside the instance."""
    site, chip = chain.instance.sites[site_id], chain.instance.chips[chip_id]
    if resale.most is not None and not chain.mean(resale.most).any():
        return
    activity = f"resell:{chip_id}:{site_id}"
    upper = chain.opens(activity, chain.window(resale.since, None))
    chain.build.activity(
        Activity(
            activity,
            f"resale of {chip.name} from {site.name}",
            "kaccelerator",
            _tags(chain, chip_id, site_id, site.lab),
            cost=-_price(chain, chip_id, resale, site_id),
            upper=upper,
            bearer=site.lab,
        )
    )
    chain.build.flow(activity, f"asset:{chip_id}:{site_id}", 0, ONE, chain.flat(-1.0))
    if resale.most is not None:
        _outside(chain, chip_id, resale, activity)


def _outside(chain: Chain, chip_id: str, resale: Resale, activity: str) -> None:
    """Count a sale in what buyers outside the instance take of a chip."""
    group = next((g for g in chain.build.groups if g.id == f"resale:{chip_id}"), None)
    term = Term("activity", activity, chain.flat(1.0))
    if group is not None:
        chain.build.groups[chain.build.groups.index(group)] = GroupLimit(
            group.id, group.name, group.unit, group.sense, group.windows, group.rhs, (*group.terms, term), group.tags,
            limit_kind=group.limit_kind, family=group.family,
        )  # fmt: skip
        return
    assert resale.most is not None
    chain.build.groups.append(
        GroupLimit(
            f"resale:{chip_id}",
            f"used {chain.instance.chips[chip_id].name} sold outside",
            "kaccelerator",
            "<=",
            tuple((t,) for t in range(chain.n)),
            chain.mean(resale.most) * chain.years * chain.window(resale.since, None).share,
            (term,),
            Tags(stage="deployment", chip=chip_id, kind="chip", role="rule", field=f"chips.{chip_id}.resale.most"),
            limit_kind="demand",
            family="resale",
        )
    )


def _hand_on(chain: Chain, chip_id: str, resale: Resale, site_id: str, other: str) -> None:
    """Add the moving of a chip's assets from a site to one of a lab that takes them."""
    chip, here, there = chain.instance.chips[chip_id], chain.instance.sites[site_id], chain.instance.sites[other]
    activity = f"hand:{chip_id}:{site_id}:{other}"
    opening = chain.window(chain.instance.labs[there.lab].designers.get(chip.designer), None)
    opening &= chain.window(resale.since, None)
    opening &= chain.allowed(here.region, there.region, chip_id, there.lab)
    upper = chain.opens(activity, opening)
    chain.build.activity(
        Activity(
            activity,
            f"{chip.name} from {here.name} to {there.name}",
            "kaccelerator",
            _tags(chain, chip_id, other, here.lab),
            cost=chain.flat(resale.moving_cost.value * PER_THOUSAND),
            upper=upper,
            bearer=there.lab,
        )
    )
    if here.lab != there.lab:
        price = _price(chain, chip_id, resale, site_id)
        goods = Goods("activity", activity, chain.flat(1.0), price, "kaccelerator")
        chain.pay(there.lab, here.lab, "used accelerators", chip_id, goods)
    chain.build.flow(activity, f"asset:{chip_id}:{site_id}", 0, ONE, chain.flat(-1.0))
    chain.arrive(activity, f"asset:{chip_id}:{other}", resale.moving_time.value, chain.flat(1.0), even=False)


def _must_run(chain: Chain, chip_id: str, site_id: str) -> None:
    """Add the least share of a chip's assets at a site that is operated, one row a period."""
    site, chip = chain.instance.sites[site_id], chain.instance.chips[chip_id]
    share = chain.mean(site.must_run)
    if not share.any():
        return
    tags = _tags(chain, chip_id, site_id, site.lab)
    chain.build.groups.append(
        GroupLimit(
            f"must-run:{chip_id}:{site_id}",
            f"{chip.name} at {site.name} that must run",
            "kaccelerator",
            "<=",
            tuple((t,) for t in range(chain.n)),
            np.zeros(chain.n),
            (
                Term("activity", f"operate:{chip_id}:{site_id}", share - 1.0),
                Term("stock", f"asset:{chip_id}:{site_id}", share),
            ),
            tags.of("rule", f"sites.{site_id}.must_run"),
            limit_kind="physical",
            family="must_run",
        )
    )
