"""Studies of allocation as text and as plain data: who gets what, the price of the policies, the game of orders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import frame_of
from fabopt.domain.names import NO_NAMES, Names
from fabopt.domain.tolerances import CLOSE, rounding, same
from fabopt.domain.unit_words import with_unit
from fabopt.report.answer import relief
from fabopt.report.report import Report
from fabopt.report.text import Table, between, digits, in_unit, percent, plan_value, proof, whole

if TYPE_CHECKING:
    from fabopt.analysis.allocation.study import Entry, GameOf, PriceOf, Study

MOST_WINDOWS = 4
"""Windows of a policy that are shown one by one; more are added up by calendar year."""

MEANING = (
    "Order: what a customer asks for. Allotted: what the rule gives it of what is there without new capacity. Right: "
    "what it may claim at the plan's capacity. Used: what it takes in the plan. Without: what it would take in a plan "
    "without policies. Amounts are those of the whole time of a row."
)
"""What the columns of a policy mean."""

MODES = {
    "model": "The policies are constraints of the plan.",
    "two-stage": "The rules allot what is there in a first stage; in a second the plan is made.",
}


def allocation_report(study: Study, unit: str = "M USD", names: Names = NO_NAMES) -> Report[Study]:
    """Return who gets what under the policies, what these cost, and in two stages what holds each lab's plan back."""
    policies = dict.fromkeys(entry.policy for entry in study.entries)
    prices = [
        (supply.policy, supply.window, _interval(supply.price_low, supply.price_high))
        for supply in study.supplies
        if supply.price_low is not None and supply.price_high is not None
    ]
    values = [
        ("value with the policies", plan_value(study.value.low, study.value.status, unit)),
        ("value without the policies", plan_value(study.without.low, study.without.status, unit)),
        *([("price of the policies", between(*study.price, unit))] if study.price is not None else []),
        *((f"  of {names[one.policy]}", _price(one, unit)) for one in study.each),
    ]
    labs = [
        (one.lab, "no plan" if one.value is None else one.value, one.joint, proof(one.status)) for one in study.labs
    ]
    holds = [(lab.lab, one.name, one.owner or None, one.when, *relief(one)) for lab in study.labs for one in lab.holds]
    own = f"Each lab's own plan, the others held to the joint one: value less cost and payments{in_unit(unit)}"
    held = "What holds each lab's own plan back: worth to it of one unit more in every period, and of 1 % more"
    return Report(
        "allocate",
        study,
        (study_sentence(study, unit, names), MODES[study.mode]),
        (
            *(_table(study, policy, names) for policy in policies),
            Table("Prices that clear the market", ("policy", "when", "price"), prices, left=3),
            Table("What the policies cost", ("", "value"), values, left=2),
            Table(own, ("lab", "own plan", "joint plan", "proof of own"), labs),
            Table(held + in_unit(unit), ("lab", "limit", "owner", "binds", "1 more", "1 % more"), holds, left=4),
        ),
        notes=(MEANING,) if study.entries else (),
        frames={"allocation": lambda: study.frame},
        data=lambda: {
            "mode": study.mode,
            "value": study.value,
            "without": study.without,
            "price": study.price,
            "each": study.each,
            "why": study.why,
            "labs": study.labs,
            "supplies": study.supplies,
            "allocation": study.entries,
        },
    )


def _price(one: PriceOf, unit: str) -> str:
    return "no plan" if one.low is None or one.high is None else between(one.low, one.high, unit)


def study_sentence(study: Study, unit: str, names: Names) -> str:
    """Return in words what the policies cost, and whom they move most."""
    if study.price is None:
        without = " Without them there is one." if study.without.low is not None else ""
        return f"There is no plan under the policies ({study.value.status}).{without}"
    low, high = study.price
    if high <= rounding(study.without.high or 0.0):
        return f"The policies cost nothing.{_moved(study, names)}"
    share = (
        f", {percent(high / abs(study.without.high))} of the plan's value without them" if study.without.high else ""
    )
    return f"The policies cost {between(low, high, unit)}{share}.{_moved(study, names)}"


def _moved(study: Study, names: Names) -> str:
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
            taken_now = with_unit(f"{whole(without)} to {whole(used)}", units[key[0]])
            said.append(f"{names[key[1]]} {words} most ({taken_now}, {names[key[0]]})")
    return f" Of what they split, {' and '.join(said)}." if said else ""


def _interval(low: float, high: float) -> str:
    if not math.isfinite(high):
        return f"any price from {digits(low, 10)} on"
    if same(high, low):
        return f"a price of {digits(low, 10)}"
    return f"any price from {digits(low, 10)} to {digits(high, 10)}"


def _table(study: Study, policy: str, names: Names) -> Table:
    entries = [entry for entry in study.entries if entry.policy == policy]
    windows = list(dict.fromkeys(entry.window for entry in entries))
    by_year = len(windows) > MOST_WINDOWS
    amounts = ("order", "allotted", "right", "used", "without")
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.window[:4] if by_year else entry.window, entry.customer), []).append(entry)
    rows = [
        (
            when,
            customer,
            *(
                _total([getattr(entry, of) for entry in table])
                for of in ("order", "allotted", "right", "used", "without")
            ),
        )
        for (when, customer), table in groups.items()
    ]
    return Table(f"Split by {names[policy]}{in_unit(entries[0].unit)}", ("when", "customer", *amounts), rows, left=2)


def _total(values: list[float | None]) -> str | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values) or any(math.isnan(value) for value in known):
        return None
    total = sum(known)
    return "all" if math.isinf(total) else whole(total)


SAID = {
    "equilibrium": "Nobody changes an order any more: an equilibrium.",
    "cycle": "Orders come back again and again: best answers run in a cycle of {period} rounds.",
    "divergence": "Orders grow without end: no equilibrium.",
    "unsettled": "Orders had not settled when the rounds ended.",
}
SHOWN = 8
"""Rounds that are shown: the first ones and the last."""


def game_report(games: Sequence[GameOf], names: Names = NO_NAMES) -> Report[Sequence[GameOf]]:
    """Return games of orders: how each ended, its rounds, and who gets what against truth and the uniform rule."""
    said, tables = [], []
    for game in games:
        played = game.played
        policy, customers = names[game.policy], [names[id] for id in game.customers]
        text = f"{policy}: {SAID[played.ending].format(period=played.period)}"
        if played.in_turn:
            text += " Answers were given one after another; all at once they do not settle."
        of = in_unit(game.unit)
        said.append(f"{text} Allocated beyond needs in the end: {with_unit(whole(played.wasted), game.unit)}.")
        rows = [(n, played.inflation[n], *orders) for n, orders in enumerate(played.rounds.tolist())]
        title = f"{policy}: the game of orders under the rule '{game.rule}', {game.window}"
        headers = ("round", "orders/need", *customers)
        tables.append(Table(f"{title}{of}", headers, rows, most=SHOWN, ends=True))
        shares = zip(customers, game.needs, played.truthful, played.given, played.uniform, strict=True)
        outcome = [(customer, *map(whole, amounts)) for customer, *amounts in shares]
        title = f"{policy}: who gets what of {with_unit(whole(game.capacity), game.unit)}"
        tables.append(Table(title, ("customer", "need", "truthful", "after the game", "uniform"), outcome))
    data = [_game(game) for game in games]
    return Report(
        "allocate",
        games,
        tuple(said),
        tuple(tables),
        frames={"rounds": lambda: frame_of([row for game in games for row in _rounds(game)])},
        data=lambda: {"games": data},
    )


def _rounds(game: GameOf) -> list[dict[str, object]]:
    head = {"policy": game.policy, "window": game.window, "unit": game.unit}
    return [
        {**head, "round": n, "customer": customer, "order": order}
        for n, orders in enumerate(game.played.rounds.tolist())
        for customer, order in zip(game.customers, orders, strict=True)
    ]


def _game(game: GameOf) -> dict[str, Any]:
    """Return a game as plain data: its own fields, and how it went."""
    values = {f.name: getattr(part, f.name) for part in (game, game.played) for f in fields(part)}
    values["inflation"] = game.played.inflation
    del values["played"]
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in values.items()}
