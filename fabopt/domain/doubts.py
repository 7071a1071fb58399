"""What is well formed and most likely a slip: names that are nearly another one, fleets that no site can feed, used
accelerators that are dearer than new ones.

Owners, regions and labels need no section of their own: they are known by being used. A name that is used once, and is
one slip of the hand from another, is doubted. Sections `parties` and `regions` put an end to doubt: what they list is
meant, and what they do not is refused (`fabopt.domain.references`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from fabopt.domain.base import Fault, Path
from fabopt.domain.instance import Instance
from fabopt.domain.references import named, named_groups

_ALIKE = 0.8
"""Likeness of two words from which on one is taken for a slip in the other (1: equal)."""


def doubts(instance: Instance) -> list[Fault]:
    """Return what is most likely a slip in a valid instance, each at its path.

    Parameters
    ----------
    instance
        An instance without faults.
    """
    return [*_names(instance), *_fleets(instance), *_resales(instance)]


def _names(instance: Instance) -> Iterator[Fault]:
    for group in named_groups():
        used: dict[str, list[Path]] = {}
        for path, name in named(instance, group):
            used.setdefault(name, []).append(path)
        known = {name for section in group.settled for name in getattr(instance, section)}
        known |= set(getattr(instance, group.section)) if group.section else set()
        for name, paths in used.items():
            if len(paths) > 1 or name in known:
                continue
            near = [other for other in (*used, *known) if other != name and _slipped(name, other)]
            if near:
                best = max(near, key=lambda other: SequenceMatcher(None, name, other).ratio())
                also = f", or list both in the section '{group.section}'" if group.section else ""
                yield Fault(
                    paths[0],
                    f"the {group.what} '{name}' is named here alone, and '{best}' elsewhere",
                    f"did you mean '{best}'? If not, leave it as it is{also}",
                )


def _slipped(name: str, other: str) -> bool:
    """Whether one name is the other with a slip of the hand, and not the next one of a series (site-1, site-2)."""
    if re.sub("[-_ ]?[0-9]+", "", name) == re.sub("[-_ ]?[0-9]+", "", other):
        return False
    words, others = re.split("[-_ ]", name.lower()), re.split("[-_ ]", other.lower())
    if len(words) != len(others):
        words, others = ["".join(words)], ["".join(others)]
    pairs = [(word, its) for word, its in zip(words, others, strict=True) if word != its]
    return all(
        min(len(word), len(its)) >= 3 and SequenceMatcher(None, word, its).ratio() >= _ALIKE for word, its in pairs
    )


def _fleets(instance: Instance) -> Iterator[Fault]:
    """Accelerators in the field that together draw more power than their site has at the decision date."""
    for lab_id, lab in instance.labs.items():
        for site_id, fleet in lab.fleet.items():
            site = instance.sites[site_id]
            drawn = site.pue.value * sum(number.value * instance.chips[c].it_power.value for c, number in fleet.items())
            there = site.power.at(instance.horizon.start)
            if drawn > there:
                counted = 1_000 * sum(number.value for number in fleet.values())
                yield Fault(
                    ("labs", lab_id, "fleet", site_id),
                    f"the {counted:,.0f} accelerators at '{site_id}' draw {drawn:,.0f} MW with its PUE, and the site "
                    f"has {there:,.0f} MW on {instance.horizon.start}",
                    "check their number (in thousands), their power and the site's; what has no power stands still",
                )


def _resales(instance: Instance) -> Iterator[Fault]:
    """Used accelerators that sell for more than new ones cost: a plan would buy to sell."""
    day = instance.horizon.start
    for chip_id, chip in instance.chips.items():
        if not chip.boms or chip.resale is None or chip.resale.price is None:
            continue
        used, new = chip.resale.price.at(day), chip.price.at(day) + chip.system_cost.at(day)
        if used > new:
            yield Fault(
                ("chips", chip_id, "resale", "price"),
                f"a used accelerator sells for {used:,.0f} USD on {day}, and a new one with its system costs "
                f"{new:,.0f} USD",
                "a plan would buy to sell; give a lower price, or a share of what replacing one costs",
            )
