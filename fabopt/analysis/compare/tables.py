"""The tables of two plans against each other: joined by who, what and when, with zero where one has nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from fabopt.analysis.compare.records import ChokePoint, Gain, LimitChange, Mix, Order, Worth
from fabopt.analysis.plan_tables import accelerators, binding, reported
from fabopt.domain.tolerances import same
from fabopt.solve.results.folder import Read

if TYPE_CHECKING:
    import pandas as pd


def joined(
    base: pd.DataFrame, other: pd.DataFrame, keys: Sequence[str], numbers: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]]]:
    """Yield every key of either frame with the sums of its numbers in both, in order of appearance."""
    first = _sums(base, keys, numbers)
    second = _sums(other, keys, numbers)
    none = (0.0,) * len(numbers)
    for key in dict.fromkeys((*first, *second)):
        yield key, first.get(key, none), second.get(key, none)


def _sums(frame: pd.DataFrame, keys: Sequence[str], numbers: Sequence[str]) -> dict[tuple[str, ...], tuple[float, ...]]:
    sums = frame.groupby(list(keys), sort=False)[list(numbers)].sum()
    places = [tuple(str(part) for part in key) for key in sums.index]
    values = sums.astype(float).to_numpy().tolist()
    return {key: tuple(row) for key, row in zip(places, values, strict=True)}


# -- who has what ----------------------------------------------------------------------------------------------------


def gains(plan: str, base: Read, other: Read, periods: Sequence[str]) -> Iterator[Gain]:
    """Yield what labs, designers and demands have by period."""
    for measure, unit, read in _MEASURES:
        one, two = read(base, periods), read(other, periods)
        names = {who: name for rows in (two, one) for who, name in zip(rows["who"], rows["name"], strict=True)}
        units = (
            {}
            if unit
            else {who: one for rows in (two, one) for who, one in zip(rows["who"], rows["unit"], strict=True)}
        )
        gains = {key: (a, b) for key, (a,), (b,) in joined(one, two, ("who", "period"), ("amount",))}
        for who in dict.fromkeys(who for who, _ in gains):
            for period in periods:
                if (who, period) in gains:
                    a, b = gains[who, period]
                    share = (b - a) / abs(a) if a else None
                    yield Gain(plan, measure, units.get(who, unit), who, names[who], period, a, b, b - a, share)


def _running(read: Read, _: Sequence[str]) -> pd.DataFrame:
    rows = accelerators(read, "domain/fleet")
    return rows.assign(who=rows["lab"], name=rows["lab"], amount=rows["running"])


def _compute(read: Read, _: Sequence[str]) -> pd.DataFrame:
    rows = reported(read("domain/chip_mix"))
    return rows.assign(who=rows["lab"], name=rows["lab"], amount=rows["kh100e"])


def _power(read: Read, _: Sequence[str]) -> pd.DataFrame:
    rows = reported(read("domain/fleet"))
    return rows.assign(who=rows["lab"], name=rows["lab"], amount=rows["facility_mw"] / 1000.0)


def _shipped(read: Read, _: Sequence[str]) -> pd.DataFrame:
    rows = accelerators(read, "domain/shipments")
    return rows.assign(who=rows["designer"], name=rows["designer"], amount=rows["kaccelerator"])


def _delivered(read: Read, periods: Sequence[str]) -> pd.DataFrame:
    """Deliveries cumulated over the periods in common, for what is no compute."""
    rows = reported(read("core/demands"))
    rows = rows[(rows["stage"] != "compute") & rows["period"].isin(list(periods))]
    amount = rows.groupby("id", sort=False)["delivered"].cumsum()
    return rows.assign(who=rows["id"], amount=amount)


_MEASURES: tuple[tuple[str, str, Callable[[Read, Sequence[str]], pd.DataFrame]], ...] = (
    ("running", "thousand accelerators", _running),
    ("compute", "thousand H100 equivalents", _compute),
    ("power", "GW of facility power", _power),
    ("shipped", "thousand accelerators", _shipped),
    ("delivered", "", _delivered),
)
"""Measures, their units (of what each demand counts in, where there is none), and what reads them."""


def chip_mix(plan: str, base: Read, other: Read, periods: Sequence[str]) -> Iterator[Mix]:
    """Yield each chip's part in each lab's compute by period."""
    keys = ("lab", "designer", "chip", "period")
    one, two = (reported(read("domain/chip_mix")) for read in (base, other))
    for key, (a, share_a), (b, share_b) in joined(one, two, keys, ("kh100e", "share")):
        lab, designer, chip, period = key
        if period in periods and (a or b):
            yield Mix(plan, lab, designer, chip, period, a, b, b - a, share_a, share_b)


# -- what is ordered, what it is worth, what binds ---------------------------------------------------------------------


def orders(plan: str, base: Read, other: Read) -> Iterator[Order]:
    """Yield the orders of reported periods that are not the same, retirements as negative numbers."""
    keys = ("id", "name", "stage", "owner", "instrument", "unit", "period")
    one, two = (
        rows.assign(net=rows["ordered"] - rows["retired"])
        for rows in (reported(read("domain/orders")) for read in (base, other))
    )
    for key, (a, cost_a), (b, cost_b) in joined(one, two, keys, ("net", "cost")):
        if not same(a, b):
            unit_id, name, stage, owner, instrument, unit, period = key
            yield Order(plan, unit_id, name, stage, owner, instrument, unit, period, a, b, b - a, cost_b - cost_a)


def worth(plan: str, base: Read, other: Read) -> Iterator[Worth]:
    """Yield what values, costs and transfers come to for each party; they add up to the values of the plans."""
    one, two = base("domain/perspective"), other("domain/perspective")
    for (party, term, transfer), (a,), (b,) in joined(one, two, ("party", "kind", "transfer"), ("amount",)):
        if a or b:
            yield Worth(plan, party, term, transfer == "True", a, b, b - a)


def limits(plan: str, first: str, base: Read, other: Read) -> Iterator[LimitChange]:
    """Yield the limits that bind in one plan at least."""
    sides = [_binding(read) for read in (base, other)]
    for key in dict.fromkeys((*sides[0], *sides[1])):
        (when_a, price_a, gain_a, row_a), (when_b, price_b, gain_b, row_b) = (side.get(key, _FREE) for side in sides)
        name, owner, kind, unit = row_a or row_b
        where = "both" if row_a and row_b else f"only {first if row_a else plan}"
        family, record, side = key
        yield LimitChange(
            plan, family, record, side, name, owner, kind, unit, where, when_a, when_b, price_a, price_b,
            gain_a, gain_b, gain_b - gain_a,
        )  # fmt: skip


_Bound = tuple[str, float, float, tuple[str, ...]]
_FREE: _Bound = ("", 0.0, 0.0, ())


def _binding(read: Read) -> dict[tuple[str, str, str], _Bound]:
    """Return what binds: when, worth of one unit and of 1 % in every period, and name, owner, kind and unit."""
    bounds: dict[tuple[str, str, str], _Bound] = {}
    for (family, record, side), own in binding(read("core/limits")).groupby(["family", "id", "side"], sort=False):
        first, last = own["period"].iloc[0], own["period"].iloc[-1]
        words = tuple(str(own[column].iloc[0]) for column in ("name", "owner", "kind", "unit"))
        when = first if first == last else f"{first} to {last}"
        bounds[str(family), str(record), str(side)] = (
            str(when), float(own["price"].abs().sum()), float(own["gain"].sum()), words,
        )  # fmt: skip
    return bounds


def choke_points(plan: str, read: Read, periods: Sequence[str]) -> Iterator[ChokePoint]:
    """Yield the limit of each period of which 1 % more is worth most."""
    rows = binding(read("core/limits"))
    for period in periods:
        own = rows[rows["period"] == period]
        if own.empty:
            yield ChokePoint(plan, period, "", "", "", "", "", "", 0.0)
            continue
        first = own.sort_values("gain", ascending=False, kind="stable").iloc[0]
        family, record, side, name, owner, kind = (
            str(first[column]) for column in ("family", "id", "side", "name", "owner", "kind")
        )
        yield ChokePoint(plan, period, family, record, side, name, owner, kind, float(first["gain"]))
