r"""Limits on the chain as data: rows over a measure of what some tags choose.

With the measure :math:`M(t)` and the whole :math:`G(t)` of a share (:mod:`fabopt.network.lowering.measured`), windows
W, the part :math:`h_t` of a period in which a limit holds, and weights :math:`w_t` that are 1 for a flow and the share
of its length in the window for a level:

* ceiling :math:`\sum_W h_t w_t M(t) \le \sum_W h_t m_t + f_W`; in a window of one period :math:`M \le m/h + f`.
* floor :math:`\sum_W w_t M(t) + f_W \ge \sum_W h_t m_t`.
* share :math:`\sum_W w_t M(t) \le \sum_W w_t \gamma_t G(t) + f_W` (or at least), where a share at most counts as
  :math:`1 - h_t (1 - \gamma_t)`, one at least as :math:`h_t \gamma_t`.
* change, in the period t of length :math:`\ell_t` (1 for a level), with the time :math:`d_t` from the middle of one
  period to the middle of the next, in units of `per`:
  :math:`M(t)/\ell_t \le (1+g)^{d_t} M(t-1)/\ell_{t-1} + a\,d_t + f_t` upwards, and
  :math:`M(t)/\ell_t + f_t \ge (1-g)^{d_t} M(t-1)/\ell_{t-1} - a\,d_t` downwards; the row is that times
  :math:`\ell_t`. Before the first period stands the start, for one as long as the first. A change over a year compares
  with the mean of M/l over the time that lies a year before the period instead, with :math:`d_t = 1`.

:math:`f \ge 0` is what is missed at a price (an activity with that cost); it is 0 where the limit is firm. A rate
counts with the length of the period, an amount is that of a period as long as the first, of a calendar year (less in a
part of one), or of the whole time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.limits import Change, Limit, Whole
from fabopt.domain.measured import MEASURED, MeasureName, Tagged, TagName, Where
from fabopt.domain.quantity import Quantity
from fabopt.network.lowering.builder import HOURS_PER_YEAR, PER_THOUSAND, Chain
from fabopt.network.lowering.measured import Scope, Sum
from fabopt.network.lowering.policy_scope import Expression, windows_of
from fabopt.network.lowering.standing_units import year_before
from fabopt.network.tables import Activity, Array, GroupFamily, GroupLimit, Network, Tags

Sense = Literal["<=", ">="]
Windows = tuple[tuple[int, ...], ...]
_MONTHS = {"month": 1.0, "quarter": 3.0, "year": 12.0}
_BY: dict[str, Literal["period", "year", "window"]] = {"period": "period", "year": "year", "whole": "window"}


def lower_limits(chain: Chain, net: Network) -> Network:
    """Return the network with the limits of the section `limits` as rows, and what is missed of them as activities.

    Raises
    ------
    FieldProblem
        Where a tag is nobody's, a floor, a share or a change is one of nothing, or units do not fit.
    """
    if not chain.instance.limits:
        return net
    scope = Scope(chain, net)
    rows = Rows(scope)
    faults = [
        fault.under("limits", limit_id)
        for limit_id, limit in chain.instance.limits.items()
        for fault in rows.stated(limit_id, limit)
    ]
    if faults:
        raise FieldProblem(faults)
    return replace(
        net,
        activities=(*net.activities, *rows.missed),
        groups=(*net.groups, *rows.groups),
        notes=(*net.notes, *rows.idle),
    )


@dataclass(frozen=True)
class Words:
    """How the rows of a limit are called: beginning of their ids, its name and their tags."""

    id: str
    name: str
    tags: Tags


class Rows:
    """Writes limits on measures as rows."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.chain, self.n = scope, scope.chain, scope.n
        self.groups: list[GroupLimit] = []
        self.missed: list[Activity] = []
        self.idle: list[tuple[str, str]] = []

    def stated(self, limit_id: str, limit: Limit) -> Iterator[Fault]:
        """Add the rows of a limit of the instance; yield what is wrong with it."""
        scope = self.scope
        faults = [fault.under("where") for fault in scope.faults(limit.where)]
        if limit.share_of is not None:
            faults += [fault.under("share_of") for fault in scope.faults(limit.share_of)]
        if faults:
            yield from faults
            return
        every = scope.measure(limit.of, [limit.where], limit.party or "")
        if not every.chosen:
            yield from self._of_nothing(limit_id, limit)
            return
        yield from _units(limit, every)
        name = limit.name or limit_id
        for values in scope.each(limit.each, every.chosen):
            own = Tagged.model_validate(values)
            part = scope.measure(limit.of, [limit.where, own], limit.party or "") if values else every
            said = ", ".join((name, *map(self.chain.called, values.values())))
            words = Words(
                ":".join(("limit", limit_id, *values.values())),
                f"{said}: {worded(self.chain, limit.of, limit.where, limit.party)}",
                self._tags(limit_id, limit, values),
            )
            yield from self._rows(limit, part, values, words)

    def _of_nothing(self, limit_id: str, limit: Limit) -> Iterator[Fault]:
        message = f"no record counts: {described(limit.of, limit.where.said)}, {MEASURED[limit.of].by}"
        if limit.share_of is not None or limit.at_least is not None:
            yield Fault(("where",), message, "so the limit can never be met; look at the tags, or leave it out")
        else:
            self.idle.append((f"limits.{limit_id}", f"The limit '{limit.name or limit_id}' says nothing: {message}."))

    def _tags(self, limit_id: str, limit: Limit, values: dict[TagName, str]) -> Tags:
        """Return the tags of a limit: those of which it chooses one value."""
        one = {tag: chosen[0] for tag, chosen in limit.where.named if len(chosen) == 1} | values
        plain = ("customer", "node", "chip", "lab", "site", "region", "workload")
        owner = limit.party or one.get("owner", "") or one.get("lab", "")
        return Tags(
            stage="limit", owner=owner, item=limit_id, kind="limit", role="rule", field=f"limits.{limit_id}",
            **{tag: one[tag] for tag in plain if tag in one},
        )  # fmt: skip

    def _rows(self, limit: Limit, part: Sum, values: dict[TagName, str], words: Words) -> Iterator[Fault]:
        if limit.share_of is not None:
            same = Tagged.model_validate({tag: values[tag] for tag in limit.share_of.each})
            whole = self.scope.measure(limit.of, [limit.share_of, same], limit.party or "")
            if not whole.chosen:
                said = described(limit.of, limit.share_of.said)
                yield Fault(("share_of",), f"it is a share of nothing: no record counts as {said}")
                return
            self.share(limit, limit.share_of, part, whole, words)
        else:
            self.amount(limit, part, words)
        if limit.change is not None:
            yield from self.change(limit, limit.change, part, words)

    def amount(self, limit: Limit, part: Sum, words: Words) -> None:
        """Add floor and ceiling as amounts."""
        chain, windows = self.chain, self._windows(limit)
        held = chain.window(limit.since, limit.until).share
        sides: tuple[tuple[Sense, str, GroupFamily], ...] = (
            (">=", "at_least", "stated_floor"),
            ("<=", "at_most", "stated_ceiling"),
        )
        for sense, side, family in sides:
            quantity: Quantity | None = getattr(limit, side)
            if quantity is None:
                continue
            level = is_level(limit.of, part)
            weights, rhs = np.zeros(self.n), np.zeros(len(windows))
            numbers = chain.mean(quantity) * self._of_unit(limit, quantity, level)
            for k, window in enumerate(windows):
                at = list(window)
                # A ceiling on one period is wider where it holds for a part of it, as a floor is lower.
                hold = 1.0 / held[at] if sense == "<=" and len(at) == 1 else held[at]
                long = chain.years[at] / chain.years[at].sum() if level else np.ones(len(at))
                if not level and limit.by == "whole" and not _is_rate(quantity):
                    # An amount is for all the time that it holds.
                    hold_time = hold * chain.years[at]
                    rhs[k] = (numbers[at] * hold_time).sum() / hold_time.sum()
                else:
                    rhs[k] = (numbers[at] * hold * long).sum()
                weights[at] = long * (hold if sense == "<=" and len(at) > 1 else 1.0)
            rhs = rhs - _total(part.constant * weights, windows)
            terms = part.terms.times(weights)
            self._add(limit, words, family, side, sense, terms, rhs, windows, _unit(quantity, part), level)

    def share(self, limit: Limit, share_of: Whole, part: Sum, whole: Sum, words: Words) -> None:
        """Add floor and ceiling as shares of a whole."""
        windows, held = self._windows(limit), self.chain.window(limit.since, limit.until).share
        level = is_level(limit.of, part)
        of = worded(self.chain, limit.of, share_of, limit.party)
        sides: tuple[tuple[Sense, str], ...] = ((">=", "at_least"), ("<=", "at_most"))
        for sense, side in sides:
            quantity: Quantity | None = getattr(limit, side)
            if quantity is None:
                continue
            terms, rhs = shared(self.chain, part, whole, self.chain.mean(quantity), held, sense, windows, level)
            given = f"{100.0 * quantity.value:.6g} %" if quantity.shape == "constant" else "the share stated"
            named = replace(words, name=f"{words.name}, {side.replace('_', ' ')} {given} of {of}")
            self._add(limit, named, "stated_share", side, sense, terms, rhs, windows, _unit(None, part), level)

    def change(self, limit: Limit, change: Change, part: Sum, words: Words) -> Iterator[Fault]:
        """Add the rows of a change from period to period."""
        level = is_level(limit.of, part)
        sizes = self.chain.lengths.sizes
        start = self._start(limit, change, part, level)
        held, windows = self.chain.window(limit.since, limit.until).share, self._windows(limit)
        if windows and windows[0] == (0,) and start is None:
            yield Fault(
                ("change", "from_opening"),
                f"the instance does not say what {MEASURED[limit.of].says} were before the decision date",
                "give a 'start'",
            )
            return
        first = self.chain.months[0] / _MONTHS[change.per]
        apart = np.concatenate([sizes[:1], 0.5 * (sizes[1:] + sizes[:-1])]) * first
        ratio = np.ones(self.n) if level else sizes / np.concatenate([sizes[:1], sizes[:-1]])
        length = np.ones(self.n) if level else sizes
        ago, earlier = year_before(self.chain)
        if change.over == "year":
            apart = np.ones(self.n)
            back = earlier * length[:, None] / length[None, :]
            past, before = ago_of(part.terms, back), back @ part.constant + ago * length * (start or 0.0)
        else:
            past = before_of(part.terms)
            before = ratio * np.concatenate([[start or 0.0], part.constant[:-1]])
            past = past.times(ratio)
        sides: tuple[tuple[Sense, Quantity | None, Quantity | None, float, str], ...] = (
            ("<=", change.up, change.up_by, 1.0, "growth"),
            (">=", change.down, change.down_by, -1.0, "decline"),
        )
        for sense, relative, absolute, sign, what in sides:
            if relative is None and absolute is None:
                continue
            share = np.zeros(self.n) if relative is None else self.chain.mean(relative)
            step = np.zeros(self.n) if absolute is None else self._per_first(limit, absolute, level)
            wide = np.divide(1.0, held, out=np.zeros(self.n), where=held > 0.0) if sense == "<=" else held
            factor = (1.0 + sign * share) ** apart * wide
            terms = part.terms.plus(past, -factor)
            room = sign * step * apart * length * wide + factor * before - part.constant
            # Capacity that is data may grow faster: only what is ordered is held to a growth.
            room = np.maximum(room, 0.0) if limit.of == "capacity" and sense == "<=" else room
            named = replace(words, id=f"{words.id}:{what}", name=f"{words.name}, {what}")
            self._add(
                limit,
                named,
                "stated_change",
                "change",
                sense,
                terms,
                room[held > 0.0],
                windows,
                _unit(absolute, part),
                level,
            )

    def _start(self, limit: Limit, change: Change, part: Sum, level: bool) -> float | None:
        if change.start is None:
            return part.opening if change.from_opening else None
        return float(self._per_first(limit, change.start, level)[0])

    def _per_first(self, limit: Limit, quantity: Quantity, level: bool) -> Array:
        """Return a rate or an amount as that of a period as long as the first ``[T]``."""
        numbers = self.chain.mean(quantity)
        if level or limit.of == "capacity_added" or not _is_rate(quantity):
            return numbers
        first = self.chain.years[0] if quantity.unit.endswith("/year") else self.chain.months[0]
        return np.asarray(numbers * first)

    def _of_unit(self, limit: Limit, quantity: Quantity, level: bool) -> Array:
        """Return what a number is multiplied by to be one of a period ``[T]``."""
        if level:
            return np.ones(self.n)
        if _is_rate(quantity) and limit.of != "capacity_added":
            return self.chain.years if quantity.unit.endswith("/year") else self.chain.months
        return {"period": self.chain.lengths.sizes, "year": self.chain.years, "whole": np.ones(self.n)}[limit.by]

    def _windows(self, limit: Limit) -> Windows:
        return windows_of(self.chain, limit.since, limit.until, _BY[limit.by])

    def _add(
        self, limit: Limit, words: Words, family: GroupFamily, side: str, sense: Sense, terms: Expression, rhs: Array,
        windows: Windows, unit: str, level: bool,
    ) -> None:  # fmt: skip
        """Add a row a window, with what is missed where that has a price."""
        both = side != "change" and limit.at_least is not None and limit.at_most is not None
        key = f"{words.id}:{side.replace('_', '-')}" if both else words.id
        label = replace(words.tags, field=f"{words.tags.field}.{side}")
        if limit.price is not None:
            last = np.zeros(self.n)
            last[[window[-1] for window in windows]] = 1.0
            cost = self.chain.mean(limit.price) * money_per(limit.of, limit.price, self.chain, level)
            # A row of amounts has the mean of a level, one of shares its sum over periods as long as the first.
            mean = level and family in ("stated_floor", "stated_ceiling")
            cost = cost if mean or not level or family == "stated_change" else cost / self.chain.lengths.sizes
            total = np.zeros(self.n)
            for window in windows:
                total[window[-1]] = cost[list(window)].sum() if mean else cost[list(window)].mean()
            tags = replace(label, owner="", customer="", lab="", role="shortfall", field=f"{words.tags.field}.price")
            name = f"{words.name}, missed"
            missed = Activity(f"{key}:missed", name, unit, tags, cost=total, upper=np.where(last > 0.0, np.inf, 0.0))
            self.missed.append(missed)
            sign = 1.0 if sense == ">=" else -1.0
            terms = terms.plus(Expression({("activity", missed.id, 0): sign * last}))
        self.groups.append(
            GroupLimit(
                key, words.name, unit, sense, windows, rhs, terms.rows(), label,
                limit_kind=limit.limit_kind or ("cash" if MEASURED[limit.of].party else "policy"), family=family,
            )
        )  # fmt: skip


def shared(
    chain: Chain, part: Sum, whole: Sum, stated: Array, held: Array, sense: Sense, windows: Windows, level: bool
) -> tuple[Expression, Array]:
    """Return terms and right-hand sides of rows that hold a part to a stated share of a whole.

    The share and the part of each period in which it is held are ``[T]``; levels count with the length of a period.
    """
    # In the part of a period in which it does not hold a ceiling leaves all, a floor asks for nothing.
    share = held * stated if sense == ">=" else stated + (1.0 - held) * np.maximum(1.0 - stated, 0.0)
    weights = chain.lengths.sizes if level else np.ones(chain.n)
    terms = part.terms.plus(whole.terms, -share).times(weights)
    return terms, 0.0 - _total((part.constant - share * whole.constant) * weights, windows)


def described(of: MeasureName, said: str, party: str | None = None) -> str:
    """Return a measure of what is chosen, in words."""
    whose = f" of {party}" if party and MEASURED[of].party else ""
    return f"{MEASURED[of].says}{whose} ({said})" if said else f"{MEASURED[of].says}{whose}"


def worded(chain: Chain, of: MeasureName, where: Where, party: str | None = None) -> str:
    """Return a measure of what is chosen in words, with the names of things and parties."""
    return described(of, where.worded(chain.called), party and chain.called(party))


def is_level(of: MeasureName, part: Sum) -> bool:
    """Return whether a measure is a level, and no flow."""
    return MEASURED[of].level or (of == "deliveries" and list(part.units) == ["kH100e"])


def money_per(of: MeasureName, price: Quantity, chain: Chain, level: bool) -> Array:
    """Return what a price is multiplied by to be millions of dollars for one unit of a measure in a period ``[T]``."""
    if price.unit == "1":
        return chain.lengths.sizes if level else np.ones(chain.n)
    if price.unit == "USD/MWh" and level:
        return PER_THOUSAND**2 * HOURS_PER_YEAR * chain.years
    if price.unit == "USD/H100e/h":
        return PER_THOUSAND * HOURS_PER_YEAR * chain.years
    return np.full(chain.n, 1.0 if price.unit.startswith("MUSD") else PER_THOUSAND)


def _is_rate(quantity: Quantity) -> bool:
    return quantity.unit.endswith(("/month", "/year"))


def _unit(quantity: Quantity | None, part: Sum) -> str:
    """Return the unit of a row."""
    if quantity is None or quantity.unit == "1":
        return next(iter(part.units)) if len(part.units) == 1 else ""
    return quantity.unit.partition("/")[0] if next(iter(part.units), "") != quantity.unit else quantity.unit


def _total(values: Array, windows: Windows) -> Array:
    return np.array([values[list(window)].sum() for window in windows])


def ago_of(terms: Expression, back: Array) -> Expression:
    """Return an expression as it was by period in others, by what each period takes of each ``[T, T]``."""
    earlier, n = Expression(), len(back)
    for (kind, key, shift), coefficient in terms.terms.items():
        for lag in range(n):
            taken = np.diagonal(back, -lag) * coefficient[: n - lag]
            if taken.any():
                earlier.add((kind, key, shift + lag), np.concatenate([np.zeros(lag), taken]))
    return earlier


def before_of(terms: Expression) -> Expression:
    """Return an expression as it was in the period before."""
    earlier = Expression()
    for (kind, key, shift), coefficient in terms.terms.items():
        earlier.add((kind, key, shift + 1), np.concatenate([np.zeros(1), coefficient[:-1]]))
    return earlier


def _units(limit: Limit, part: Sum) -> Iterator[Fault]:
    """Yield where records are counted in another unit than an amount, or in several."""
    stated: dict[tuple[str, ...], Quantity | None] = {
        ("at_least",): limit.at_least if limit.share_of is None else None,
        ("at_most",): limit.at_most if limit.share_of is None else None,
    }
    if limit.change is not None:
        stated |= {("change", name): getattr(limit.change, name) for name in ("up_by", "down_by", "start")}
    yield from unit_faults(part, stated)


def unit_faults(part: Sum, stated: Mapping[tuple[str, ...], Quantity | None]) -> Iterator[Fault]:
    """Yield where the records of a measure are counted in several units, or in another than one of some amounts."""
    if len(part.units) > 1:
        which = " and ".join(unit or "no unit" for unit in part.units)
        yield Fault(("where",), f"it adds up what is counted in {which}", "choose records of one unit")
        return
    counted = next(iter(part.units))
    for path, quantity in stated.items():
        if quantity is None or quantity.unit == "1" or not counted:
            continue
        if quantity.unit not in (counted, f"{counted}/month", f"{counted}/year"):
            message = f"the records chosen are counted in {counted}, not in {quantity.unit.partition('/')[0]}"
            yield Fault(path, message, f"give a number in {counted}, or a bare one")
