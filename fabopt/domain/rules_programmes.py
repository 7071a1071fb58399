"""Rules of own silicon: who funds a chip, from when, and what a chip that does not exist yet cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.chips import Chip, Programme
from fabopt.domain.instance import Instance


def programme_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the programmes of an instance.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    for chip_id, chip in instance.chips.items():
        if chip.programme is not None:
            path: Path = ("chips", chip_id)
            yield from _funding(instance, chip, chip.programme, (*path, "programme"))
            yield from _dates(calendar, chip.programme, (*path, "programme"))
            yield from _before_it_exists(instance, chip_id, chip, path)


def _funding(instance: Instance, chip: Chip, programme: Programme, path: Path) -> Iterator[Fault]:
    designer = instance.designers.get(chip.designer)
    lab = instance.labs.get(programme.funded_by)
    if designer is None or lab is None:
        return
    if designer.lab != programme.funded_by:
        belongs = "is a company of its own" if designer.lab is None else f"belongs to {designer.lab!r}"
        yield Fault(
            (*path, "funded_by"),
            f"{programme.funded_by!r} funds the chip, but its designer {chip.designer!r} {belongs}",
            f"write 'lab: {programme.funded_by}' at designers.{chip.designer}, or give the chip to the lab's designer",
        )
    if chip.designer not in lab.designers or (chip.customers and programme.funded_by not in chip.customers):
        yield Fault(
            (*path, "funded_by"),
            f"{programme.funded_by!r} funds the chip but may not buy it",
            f"name {chip.designer!r} at labs.{programme.funded_by}.designers, and the lab among the chip's customers",
        )


def _dates(calendar: Calendar, programme: Programme, path: Path) -> Iterator[Fault]:
    by = programme.decide_by
    if by is not None and by < calendar.start:
        yield Fault(
            (*path, "decide_by"),
            f"{by} lies before the decision date {calendar.start}, so the chip can never be funded",
            "correct the date or leave the programme out",
        )
    late = calendar.after(0.0, programme.months)
    if late >= calendar.periods:
        yield Fault(
            (*path, "design_time"),
            f"design and expected respin take {programme.months:g} months, longer than the horizon",
            "correct the times or lengthen the horizon",
        )


def _before_it_exists(instance: Instance, chip_id: str, chip: Chip, path: Path) -> Iterator[Fault]:
    said = "a chip whose programme is still to be funded cannot have it"
    for field, there in (("running_rate", chip.running_rate.value > 0.0), ("stock", chip.stock.value > 0.0)):
        if there:
            yield Fault((*path, field), f"{field} is above zero, but {said}", f"leave out {field!r} or 'programme'")
    for field in ("design_start", "design_cycle", "respin"):
        if getattr(chip, field) is not None:
            instead = "programme.respin_chance" if field == "respin" else "programme.design_time"
            yield Fault((*path, field), "the chip's programme says when it is ready", f"use {instead} instead")
    for lab_id, lab in instance.labs.items():
        for site_id, fleet in lab.fleet.items():
            if chip_id in fleet and fleet[chip_id].value > 0.0:
                yield Fault(("labs", lab_id, "fleet", site_id, chip_id), f"{chip_id!r} is in the field, but {said}")
