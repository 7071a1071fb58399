"""Rules of the limits on diversity and resilience: each in itself, and caps against each other; who may fail."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from itertools import groupby

from fabopt.domain.base import Fault
from fabopt.domain.calendar import Calendar
from fabopt.domain.diversity import Limited, ShareCap, SupplierKind
from fabopt.domain.instance import Instance
from fabopt.domain.references import names, nearest
from fabopt.domain.suppliers import designers_of, failing_names, supplier_names
from fabopt.domain.tolerances import SHARES
from fabopt.domain.users import buyers

Span = tuple[str, date, date]
"""Words for a window, its first day and the first day after it."""


def diversity_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the sections `diversity`, `resilience` and `disruptions`; labs are checked elsewhere."""
    for section, limits in (("diversity", instance.diversity), ("resilience", instance.resilience)):
        for name, limit in limits.items():
            yield from (fault.under(section, name) for fault in _of_one(instance, calendar, limit, section))
    for name, disruption in instance.disruptions.items():
        known = failing_names(instance, disruption.of)
        faults = _unknown(disruption.of, disruption.suppliers, known, "the disruption")
        yield from (fault.under("disruptions", name) for fault in faults)
    yield from _against_each_other(instance, calendar)


def _unknown(kind: str, suppliers: tuple[str, ...], known: tuple[str, ...], what: str) -> Iterator[Fault]:
    """Yield suppliers that are none of a kind, and a kind of which there are none."""
    if not known:
        yield Fault(("of",), f"the instance has no {kind}, so {what} says nothing")
        return
    for place, name in enumerate(suppliers):
        if name not in known:
            yield Fault(("suppliers", place), f"there is no {kind} '{name}'", nearest(name, known))


def _of_one(instance: Instance, calendar: Calendar, limit: Limited, section: str) -> Iterator[Fault]:
    yield from _unknown(limit.of, limit.suppliers, supplier_names(instance, limit.of), "the limit")
    if not names(instance)["compute_labs"]:
        yield Fault(("labs",), "the instance has no lab, so the limit says nothing")
    first, last = limit.since, limit.until
    end = calendar.end
    reported = instance.horizon.reported_until
    if section == "resilience" and reported is not None and calendar.holds(reported):
        end = calendar.spans[calendar.period_index(reported)].end
    what = "the end of the horizon" if first is None or first >= calendar.end else "the last reported period"
    if first is not None and last is not None and last < first:
        yield Fault(("until",), f"it ends on {last}, before it begins on {first}")
    elif first is not None and first >= end:
        yield Fault(("since",), f"{first} lies after {what}, so the limit never holds")
    elif last is not None and last < calendar.start:
        yield Fault(("until",), f"{last} lies before the decision date, so the limit never holds")


def _against_each_other(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Caps that leave a lab no chip mix: together its suppliers may make less than all of its compute."""
    kinds = dict.fromkeys(cap.of for cap in instance.diversity.values())
    for lab in instance.labs:
        for kind in kinds:
            caps = {
                name: cap
                for name, cap in instance.diversity.items()
                if cap.of == kind and (not cap.labs or lab in cap.labs)
            }
            by_period = {name: cap for name, cap in caps.items() if cap.by == "period"}
            sets = [by_period, *({name: cap} for name, cap in caps.items() if cap.by != "period")]
            for some in sets:
                yield from _too_tight(instance, calendar, lab, kind, some)


def _too_tight(
    instance: Instance, calendar: Calendar, lab: str, kind: SupplierKind, caps: dict[str, ShareCap]
) -> Iterator[Fault]:
    """Yield a fault for the first window in which some caps on a kind leave a lab nothing to run."""
    by = next(iter(caps.values())).by if caps else "period"
    for label, start, end in _spans(calendar, by):
        held = {
            n: c
            for n, c in caps.items()
            if (c.since is None or c.since < end) and (c.until is None or c.until >= start)
        }
        known = _available(instance, lab, kind, end) if held else ()
        least: dict[str, tuple[float, str]] = {}
        for name, cap in held.items():
            for supplier in cap.suppliers or known:
                share = cap.share.mean(max(start, cap.since or start), end)
                least[supplier] = min(least.get(supplier, (math.inf, "")), (share, name))
        if not known or any(supplier not in least for supplier in known):
            continue
        total = sum(least[supplier][0] for supplier in known)
        if total < 1.0 - SHARES:
            who = instance.labs[lab].name
            said = _and([f"'{least[s][1]}' caps {s} at {least[s][0]:.0%}" for s in known])
            only = "chips of " + _and(list(known)) if kind == "designer" else f"what is made by {_and(list(known))}"
            message = f"in {label} {who} can run only {only}, but {said}: together {total:.0%} of its compute"
            hint = "raise a cap, let it begin later, or give the lab another supplier"
            yield Fault(("diversity", list(held)[-1], "share"), f"{message}, so it could run nothing", hint)
            return


def _spans(calendar: Calendar, by: str) -> Iterator[Span]:
    spans = calendar.spans
    if by == "period":
        yield from ((span.label, span.start, span.end) for span in spans)
    elif by == "window":
        yield f"{spans[0].label} to {spans[-1].label}", spans[0].start, spans[-1].end
    else:
        for year, group in groupby(spans, key=lambda span: span.start.year):
            places = list(group)
            yield str(year), places[0].start, places[-1].end


def _available(instance: Instance, lab: str, kind: SupplierKind, end: date) -> tuple[str, ...]:
    """Return the suppliers of a kind of which a lab's compute must come; none where other compute is possible."""
    record = instance.labs[lab]
    held = {
        instance.chips[chip].designer for fleet in record.fleet.values() for chip in fleet if chip in instance.chips
    }
    if kind == "designer":
        return tuple(
            designer
            for designer in designers_of(instance, lab)
            if designer in held or (designer in record.designers and record.designers[designer] < end)
        )
    chips = [instance.chips[chip] for chip in instance.chips if lab in buyers(instance, chip)]
    in_work = any(chip.running_rate.value > 0.0 or chip.stock.value > 0.0 for chip in chips)
    boms = [bom for chip in chips for bom in chip.boms.values()]
    needed = {"foundry": all(bom.dies for bom in boms), "memory-maker": all(bom.hbm for bom in boms)}
    if held or in_work or not boms or not needed.get(kind, True):
        return ()
    return supplier_names(instance, kind)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
