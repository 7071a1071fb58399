"""Studies of allocation as text and as plain data: who gets what, the price of the policies, the game of orders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fabopt.domain.tolerances import CLOSE, rounding, same
from fabopt.report.answer import relief
from fabopt.report.base import Report, with_rows
from fabopt.report.text import WIDTH, TextTable, amount, clip, money, percent, proof, wrap

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.analysis.allocation.study import Entry, GameOf, Study

MOST_WINDOWS = 4
"""Windows of a policy that are shown one by one; more are added up by calendar year."""

MODES = {
    "model": "policies as constraints of the plan",
    "two-stage": "two stages: the rules allot what is there, then the plan is made",
}


class AllocationReport(Report):
    """Who gets what under allocation policies, and what they cost: ``print`` it, or look at its parts.

    Attributes
    ----------
    study
        The records.
    """

    offers = ".frame .study"

    def __init__(self, study: Study, unit: str = "M USD") -> None:
        self.study, self.unit = study, unit

    @property
    def sentence(self) -> str:
        """What the policies cost, and whom they move most."""
        return study_sentence(self.study, self.unit)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a policy, window and customer."""
        return self.study.frame

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """A table for each policy; in two stages each lab's own plan, and what holds it back."""
        policies = dict.fromkeys(entry.policy for entry in self.study.entries)
        return (*(_table(self.study, policy) for policy in policies), *_labs(self.study, self.unit))

    def records(self) -> Mapping[str, Any]:
        """Return the study as plain data."""
        return study_data(self.study)

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the answer, a table for each policy, the values of the plans, and the prices of the policies."""
        study, unit = self.study, self.unit
        lines = [*wrap(self.sentence, width), f"({MODES[study.mode]})"]
        for policy in dict.fromkeys(entry.policy for entry in study.entries):
            lines += ["", *_table(study, policy).lines(width)]
            for supply in study.supplies:
                if supply.policy == policy and supply.price_low is not None and supply.price_high is not None:
                    price = _interval(supply.price_low, supply.price_high)
                    lines.append(f"  {supply.window}: {price} clears the market")
        lines += ["", f"value with the policies     {_value(study.value.low, study.value.status, unit)}"]
        lines.append(f"value without the policies  {_value(study.without.low, study.without.status, unit)}")
        if study.price is not None:
            lines.append(f"price of the policies       {_between(*study.price, unit)}")
        for one in study.each:
            said = "no plan" if one.low is None or one.high is None else _between(one.low, one.high, unit)
            lines.append(f"  of {clip(one.policy, 22):<22}   {said}")
        return [*lines, *(line for table in _labs(study, unit) for line in ("", *table.lines(width)))]


def _labs(study: Study, unit: str) -> tuple[TextTable, ...]:
    """Return each lab's own plan: what it is worth to the lab, and what holds it back."""
    worths = tuple(
        (one.lab, "no plan" if one.value is None else amount(one.value), amount(one.joint), proof(one.status))
        for one in study.labs
    )
    holds = tuple(
        (lab.lab, one.name, one.owner or "-", one.when, *relief(one)) for lab in study.labs for one in lab.holds
    )
    title = f"Each lab's own plan, the others held to the joint one: value less cost and payments, {unit}"
    held = f"What holds each lab's own plan back: worth to it of one unit more in every period, and of 1 %, {unit}"
    return with_rows(
        TextTable(title, ("lab", "own plan", "joint plan", "proof of own"), worths),
        TextTable(held, ("lab", "limit", "owner", "binds", "1 unit", "1 %"), holds, left=4),
    )


def study_sentence(study: Study, unit: str = "M USD") -> str:
    """Return in words what the policies cost, and whom they move most."""
    if study.price is None:
        without = " Without them there is one." if study.without.low is not None else ""
        return f"There is no plan under the policies ({study.value.status}).{without}"
    low, high = study.price
    if high <= rounding(study.without.high or 0.0):
        return f"The policies cost nothing.{_moved(study)}"
    share = (
        f", {percent(high / abs(study.without.high))} of the plan's value without them" if study.without.high else ""
    )
    much = f"at most {money(high, unit)}" if low <= 0.0 else _between(low, high, unit)
    return f"The policies cost {much}{share}.{_moved(study)}"


def _moved(study: Study) -> str:
    """Say who takes most less, and who most more, than without the policies: by share of what a policy splits."""
    taken: dict[tuple[str, str], tuple[float, float]] = {}
    units = {entry.policy: entry.unit for entry in study.entries}
    for entry in study.entries:
        used, without = taken.get((entry.policy, entry.customer), (0.0, 0.0))
        taken[entry.policy, entry.customer] = used + entry.used, without + entry.without
    total = {p: sum(max(u, w) for (policy, _), (u, w) in taken.items() if policy == p) or 1.0 for p in units}
    change = {key: (used - without) / total[key[0]] for key, (used, without) in taken.items()}
    said = []
    for key, words in ((min(change, key=change.__getitem__), "loses"), (max(change, key=change.__getitem__), "gains")):
        used, without = taken[key]
        if abs(change[key]) > CLOSE and (change[key] < 0) == (words == "loses"):
            of = f" {units[key[0]]}" if units[key[0]] else ""
            said.append(
                f"{clip(key[1], 40)} {words} most ({_number(without)} to {_number(used)}{of}, {clip(key[0], 40)})"
            )
    return f" Of what they split, {' and '.join(said)}." if said else ""


def _between(low: float, high: float, unit: str) -> str:
    ends = money(low, unit), money(high, unit)
    close = high - low <= CLOSE * abs(high) or ends[0] == ends[1]
    return ends[1] if close else f"between {ends[0]} and {ends[1]}"


def _value(value: float | None, status: str, unit: str) -> str:
    return f"no plan: {status}" if value is None else f"{money(value, unit)} ({proof(status)})"


def _interval(low: float, high: float) -> str:
    if not math.isfinite(high):
        return f"any price from {low:,.10g} on"
    if same(high, low):
        return f"a price of {low:,.10g}"
    return f"any price from {low:,.10g} to {high:,.10g}"


def _table(study: Study, policy: str) -> TextTable:
    entries = [entry for entry in study.entries if entry.policy == policy]
    windows = list(dict.fromkeys(entry.window for entry in entries))
    by_year = len(windows) > MOST_WINDOWS
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.window[:4] if by_year else entry.window, entry.customer), []).append(entry)
    rows = tuple(
        (
            when,
            customer,
            _total([entry.order for entry in found]),
            _total([entry.allotted for entry in found]),
            _total([entry.right for entry in found]),
            _total([entry.used for entry in found]),
            _total([entry.without for entry in found]),
        )
        for (when, customer), found in groups.items()
    )
    unit = entries[0].unit
    headers = ("when", "customer", "order", "allotted", "right", "used", "without")
    return TextTable(f"{policy}" + (f", in {unit}" if unit else ""), headers, rows, left=2)


def _total(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values) or any(math.isnan(value) for value in known):
        return "-"
    total = sum(known)
    return "all" if math.isinf(total) else _number(total)


def _number(value: float) -> str:
    """Write an amount with four decimals, without the zeros at their end; large ones with thousands separators."""
    return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e5 else amount(value)


def study_data(study: Study) -> dict[str, Any]:
    """Return a study as plain data for JSON; numbers without end are null."""
    from dataclasses import asdict

    return {
        "mode": study.mode,
        "value": asdict(study.value),
        "without": asdict(study.without),
        "price": study.price,
        "each": [asdict(one) for one in study.each],
        "why": study.why,
        "labs": [asdict(one) for one in study.labs],
        "supplies": [_finite(asdict(supply)) for supply in study.supplies],
        "allocation": [_finite(asdict(entry)) for entry in study.entries],
    }


def _finite(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()
    }


SAID = {
    "equilibrium": "Nobody changes an order any more: an equilibrium.",
    "cycle": "Orders come back again and again: best answers run in a cycle of {period} rounds.",
    "divergence": "Orders grow without end: no equilibrium.",
    "unsettled": "Orders had not settled when the rounds ended.",
}
SHOWN = 8
"""Rounds that are shown: the first ones and the last."""


def game_lines(game: GameOf, width: int = WIDTH) -> list[str]:
    """Return a game of orders as lines: how it ended, the rounds, and who gets what against truth and uniform rule."""
    played = game.played
    rounds = list(range(len(played.rounds)))
    shown = rounds if len(rounds) <= SHOWN else [*rounds[: SHOWN - 1], rounds[-1]]
    rows = tuple((str(n), amount(played.inflation[n]), *(amount(order) for order in played.rounds[n])) for n in shown)
    unit, of = (f", in {game.unit}", f" {game.unit}") if game.unit else ("", "")
    title = f"{game.policy}: the game of orders under the rule '{game.rule}', {game.window}{unit}"
    said = SAID[played.ending].format(period=played.period)
    if played.in_turn:
        said += " Answers were given one after another; all at once they do not settle."
    lines = [*wrap(said, width), "", *TextTable(title, ("round", "orders/need", *game.customers), rows).lines(width)]
    outcome = tuple(
        (v, _number(need), _number(truth), _number(given), _number(level))
        for v, need, truth, given, level in zip(
            game.customers, game.needs, played.truthful, played.given, played.uniform, strict=True
        )
    )
    headers = ("customer", "need", "truthful", "after the game", "uniform")
    lines += ["", *TextTable(f"Who gets what of {_number(game.capacity)}{of}", headers, outcome).lines(width)]
    lines.append(f"allocated beyond needs in the end: {_number(played.wasted)}{of}")
    return lines


def game_data(game: GameOf) -> dict[str, Any]:
    """Return a game of orders as plain data for JSON."""
    played = game.played
    return {
        "policy": game.policy,
        "rule": game.rule,
        "window": game.window,
        "unit": game.unit,
        "capacity": game.capacity,
        "ending": played.ending,
        "period": played.period,
        "in_turn": played.in_turn,
        "customers": list(game.customers),
        "needs": game.needs.tolist(),
        "rounds": played.rounds.tolist(),
        "inflation": played.inflation.tolist(),
        "truthful": played.truthful.tolist(),
        "given": played.given.tolist(),
        "uniform": played.uniform.tolist(),
        "wasted": played.wasted,
    }
