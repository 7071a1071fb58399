"""A lab's chips by year, and why each chip is in its plan or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fabopt.analysis.memo.assumptions import confidence
from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.origin import amount, cells
from fabopt.analysis.memo.records import Amount, ChipReason, MixRow, Signature
from fabopt.analysis.portfolio.records import ChipCase, Portfolio
from fabopt.analysis.sensitivity.numbers import Number


def mix_by_year(ground: Ground) -> tuple[MixRow, ...]:
    """Return what is shipped of each chip by calendar year, and its share of the lab's compute at the year's end."""
    lab, read = ground.lab, ground.read
    mix_by_year = []
    for year, (_, last) in ground.years.items():
        for chip, record in ground.data.chips.items():
            shipped = cells("domain/shipments", "kaccelerator", lab=lab, chip=chip, period=ground.within(year))
            share = cells("domain/chip_mix", "share", lab=lab, chip=chip, period=last)
            row = MixRow(year, chip, record.name, amount(shipped, "kaccelerator", read), amount(share, "share", read))
            if row.shipped.value > 0.0 or row.share.value > 0.0:
                mix_by_year.append(row)
    return tuple(mix_by_year)


def reasons(ground: Ground, portfolio: Portfolio, signatures: Sequence[Signature]) -> tuple[ChipReason, ...]:
    """Return why each chip is in or out, from a portfolio: bought ones first.

    A chip has one loss in a memo: that of its signature, where there is one, not the portfolio's, which closes the
    reported periods alone.
    """
    own = {f"accelerators:{ground.lab}:{chip}": chip for chip in ground.data.chips}
    lost = {own[s.id]: s.without for s in signatures if s.id in own}
    return tuple(_reason(ground, case, lost) for case in portfolio.chips)


def _reason(ground: Ground, case: ChipCase, lost: Mapping[str, Amount | None]) -> ChipReason:
    entry, chip = case.entry, ground.data.chips[case.chip]
    loss = None if case.loss is None else ground.money(case.loss, f"portfolio: loss without {case.chip}")
    loss = lost.get(case.chip) or loss
    below = None
    if entry is None:
        price = Amount(
            float(ground.of.lowered[0].mean(chip.price)[0]),
            "USD",
            f"instance: chips.{case.chip}.price in {ground.first}",
            confidence=confidence(Number(f"chips.{case.chip}.price", chip.price), ground.data),
        )
    else:
        price = Amount(entry.price, "USD", f"portfolio: price of {case.chip} in {entry.period}")
        if entry.below is not None:
            below = Amount(entry.below, "USD", f"portfolio: entry price of {case.chip} in {entry.period}")
    return ChipReason(case.chip, case.name, ground.called(chip.designer), case.standing, loss, price, below)
