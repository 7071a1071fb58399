"""How good the plan behind a memo is, and what the lab gets from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import amount, cells
from fabopt.analysis.memo.records import Amount, Headline, MixRow, Relief, Signature, Standing, Withheld
from fabopt.solve.results.hooks import hook_names

UNPROVEN = ("time_limit", "interrupted")
"""Statuses of a plan that is only the best found when its time ran out."""


def standing(
    ground: Ground, seconds: Mapping[str, float], left_out: Sequence[str], *, of: str = "manifest"
) -> Standing:
    """Return what a plan of a memo is and how good it is.

    Parameters
    ----------
    ground
        The plan: of the lab, or the one that everybody else is held at.
    seconds
        Of each analysis.
    left_out
        What their budget did not allow.
    of
        Whose manifest it stands in, as origins name it.
    """
    run = ground.of.run
    bound, gap = run.bound, run.gap
    return Standing(
        status=run.status,
        incumbent=run.status in UNPROVEN,
        value=ground.money(ground.of.objective, f"{of}: objective"),
        bound=None if bound is None else ground.money(bound, f"{of}: bound"),
        gap=None if gap is None else Amount(gap, "share", f"{of}: gap"),
        doubt=doubt(ground, of),
        version=run.versions.fabopt,
        solver=run.versions.highspy,
        input_hash=run.input_hash,
        hooks=hook_names(run),
        # How long it took stands beside them; the time that was left for it is no option of the plan.
        options={name: _written(value) for name, value in run.as_dict()["options"].items() if name != "time_limit"},
        analyses=tuple(seconds.items()),
        left_out=tuple(left_out),
    )


def doubt(ground: Ground, of: str = "manifest") -> Amount:
    """Return by how much a better plan may exceed this one."""
    return ground.money(ground.doubt, f"{of}: bound - objective")


def withheld(ground: Ground, difference: Amount, certain: float | None = None) -> Withheld | None:
    """Return why a difference proves nothing, None where it does.

    Parameters
    ----------
    ground
        The result.
    difference
        Between two plans with the same integers.
    certain
        What is proven of it by a search of its own; None: it is proven as far as it exceeds the doubt.
    """
    least = difference.value - ground.doubt if certain is None else certain
    return None if least > 0.0 else Withheld(difference, doubt(ground))


def headline(
    ground: Ground, mix: Sequence[MixRow], reliefs: Sequence[Relief], signatures: Sequence[Signature]
) -> Headline:
    """Return the facts of the first sentences: what the lab gets, what holds it back, what it signs first."""
    lab, until, read = ground.lab, ground.until, ground.read
    chip = _first_chip(mix)
    choke = reliefs[0] if reliefs else None
    sign = first_to_sign(signatures)
    return Headline(
        power=amount(cells("domain/power", "used", lab=lab, period=until), "MW", read),
        accelerators=amount(cells("domain/shipments", "kaccelerator", lab=lab, **ground.open), "kaccelerator", read),
        compute=amount(cells("domain/compute", "delivered", lab=lab, period=until), "kH100e", read),
        first_chip="" if chip is None else chip.name,
        first_chip_share=None if chip is None else chip.share,
        choke="" if choke is None else choke.limit,
        choke_owner="" if choke is None else choke.owner,
        choke_worth=None if choke is None else choke.to_lab,
        choke_withheld=None if choke is None else choke.withheld,
        sign="" if sign is None else sign.what,
        sign_supplier="" if sign is None else sign.supplier,
        sign_by="" if sign is None else sign.decide_by,
        sign_loss=None if sign is None else sign.without,
    )


def first_to_sign(signatures: Sequence[Signature]) -> Signature | None:
    """Return the advice with the earliest last responsible date, of several the one whose delay costs most.

    What is signed already, what is not proved to be worth signing, and what has no date is no advice; None where there
    is none.
    """
    open_ = [s for s in signatures if s.verdict == "sign" and s.decide_by]
    return min(open_, key=lambda s: s.urgency, default=None)


def _first_chip(mix: Sequence[MixRow]) -> MixRow | None:
    """Return the chip that has most of the lab's compute at the end: of those that are bought, where any is."""
    if not mix:
        return None
    last = [row for row in mix if row.year == mix[-1].year]
    bought = {row.chip for row in mix if row.shipped.value > 0.0}
    return max([row for row in last if row.chip in bought] or last, key=lambda row: row.share.value)


def _written(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(one)}" for name, one in value.items() if one)
    if isinstance(value, list):
        return ", ".join(map(_written, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)
