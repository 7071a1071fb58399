"""Sites: their power, and the projects that add to it."""

from __future__ import annotations

from fabopt.domain.customers import Site
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.expansion import expand
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Resource, Tags


def lower_site(chain: Chain, site_id: str, site: Site) -> None:
    """Add the power of a site, and how it can grow."""
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
