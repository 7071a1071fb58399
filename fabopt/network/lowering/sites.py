r"""Sites: their power, where it comes from, and the projects that add to it.

Accelerators that are operated draw facility power, of what is built. Where a site has a connection to the grid or
generation of its own, each with a capacity, a price and projects that add to it, they also draw electricity: with
:math:`f_c` the facility power of an accelerator, :math:`x` those operated and :math:`g_s` what comes from source s,
:math:`\sum_c f_c\, x_c \le \sum_s g_s`, and no more comes from a source than its capacity. Else all that is built is
energised, and electricity comes at one price.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fabopt.domain.chips import Chip
from fabopt.domain.customers import Site
from fabopt.domain.expansion import SiteExpansion
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import HOURS_PER_YEAR, Chain
from fabopt.network.lowering.expansion import expand
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Activity, Array, Material, Resource, Tags

MWH = 1 / 1e6
"""Million dollars for a megawatt hour at one dollar."""


def lower_site(chain: Chain, site_id: str, site: Site) -> None:
    """Add the power of a site, where it comes from, and how it can grow."""
    home = f"sites.{site_id}"
    label = Tags(
        stage="power", owner=site.lab, lab=site.lab, customer=site.lab, site=site_id, region=site.region, kind="site"
    )
    power, of = f"power:{site_id}", label.of("power", f"{home}.power")
    chain.build.resource(Resource(power, f"{site.name} facility power", "MW", "level", chain.mean(site.power), of))
    ground = f"ground:{site_id}", f"{site.name} room for more power"
    of = label.of("site_project", f"{home}.expansion")
    what = Growing(power, f"{site.name} power", of, f"build:{site_id}", ground=ground, site=True, instrument="build")
    expand(chain, site.expansion, what)
    for word, said, capacity, price, expansion in _sources(site):
        _source(chain, site_id, site, word, said, capacity, price, expansion)


def supplied(site: Site) -> bool:
    """Return whether electricity comes from sources that are told apart."""
    return site.grid is not None or site.generation is not None


def facility_power(chip: Chip, site: Site) -> float:
    """Return the facility power of a chip at a site (kW of an accelerator, MW of a thousand)."""
    return chip.it_power.value * site.pue.value


def energy_cost(chain: Chain, site: Site, price: Quantity) -> Array:
    """Return what a megawatt of facility power that runs costs in each period, in million dollars ``[T]``."""
    return site.load_factor.value * HOURS_PER_YEAR * chain.years * chain.mean(price) * MWH


def electricity(site_id: str) -> str:
    """Return the material that is the electricity of a site whose sources are told apart."""
    return f"supply:{site_id}"


def _sources(site: Site) -> Iterator[tuple[str, str, Quantity, Quantity, SiteExpansion | None]]:
    """Yield field, name, capacity, price and expansion of each source of electricity that is told apart."""
    if supplied(site):
        grid = site.grid
        carried = site.power if grid is None or grid.capacity is None else grid.capacity
        yield "grid", "grid connection", carried, site.energy_price, None if grid is None else grid.expansion
    if site.generation is not None:
        own = site.generation
        yield "generation", "generation", own.capacity, own.price, own.expansion


def _source(
    chain: Chain, site_id: str, site: Site, word: str, said: str, capacity: Quantity, price: Quantity,
    expansion: SiteExpansion | None,
) -> None:  # fmt: skip
    """Add a source of electricity."""
    home, name, source = f"sites.{site_id}.{word}", f"{site.name} {said}", f"{word}:{site_id}"
    label = Tags(
        stage="site", owner=site.lab, lab=site.lab, customer=site.lab, site=site_id, region=site.region, kind="site"
    ).of("supply", f"{home}.capacity")
    material, build = electricity(site_id), chain.build
    build.material(Material(material, f"{site.name} electricity", "MW", label))
    build.resource(Resource(source, name, "MW", "level", chain.mean(capacity), label))
    build.activity(Activity(source, name, "MW", label, cost=energy_cost(chain, site, price)))
    build.use(source, source, 0, np.ones(1), chain.flat(1.0))
    build.flow(source, material, 0, np.ones(1), chain.flat(1.0))
    ground = f"ground:{source}", f"{name}: room for more"
    of = label.of("site_project", f"{home}.expansion")
    expand(chain, expansion, Growing(source, name, of, f"build:{source}", ground=ground, instrument="build"))
