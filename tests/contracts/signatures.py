"""Contracts by brute force: every choice of dates and tiers, and for each a linear program written down by itself.

Nothing here knows the lowered network: a case is plain numbers, from which both the raw instance and the linear
programs are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

RATE = 0.1


def discount(t: int) -> float:
    """Factor of the middle of year t."""
    return float((1.0 + RATE) ** -(t + 0.5))


@dataclass(frozen=True)
class Deal:
    """A contract for one material from outside, in whole years.

    ``dates`` are the years in which it may be signed, or in which its option may be exercised (``premium`` not None);
    ``tier`` is None or threshold and price above it; ``fee`` None where it cannot be left.
    """

    price: float
    least: float
    most: float
    dates: tuple[int, int]
    lead: int
    by: str
    must: bool
    short: float
    prepay: float
    credited: bool
    spread: float
    premium: float | None
    fee: float | None
    notice: int
    tier: tuple[float, float] | None

    def raw(self, number: int) -> dict[str, Any]:
        """The contract in the form of an instance."""
        first, last = (2027 + date for date in self.dates)
        found: dict[str, Any] = {
            "buyer": "a",
            "supplier": f"maker-{number}",
            "goods": {"materials": ["stack"]},
            "minimum": self.least,
            "maximum": self.most,
            "price": self.price,
            "lead": 12 * self.lead,
            "by": self.by,
            "must_take": self.must,
            "prepayment": self.prepay,
            "credited": self.credited,
            "cost_of_money": self.spread if self.prepay else 0,
        }
        if not self.must:
            found["shortfall_price"] = self.short
        if self.premium is None:
            found |= {"first": first, "last": last}
        else:
            found["option"] = {"premium": self.premium, "first": first, "last": last}
        if self.fee is not None:
            found["exit"] = {"fee": self.fee, "notice": 12 * self.notice}
        if self.tier is not None:
            found["tiers"] = [{"above": self.tier[0], "price": self.tier[1]}]
        return found

    def choices(self, years: int) -> list[tuple[int | None, int | None, int | None]]:
        """Years of signature, beginning and leaving that are allowed; None: never."""
        found: list[tuple[int | None, int | None, int | None]] = [(None, None, None)]
        for begin in range(self.dates[0], self.dates[1] + 1):
            signs = [begin] if self.premium is None else range(begin + 1)
            ends = [None, *range(years)] if self.fee is not None else [None]
            # What is left stops being in force; that cannot come before it is in force.
            found += [
                (sign, begin, end)
                for sign in signs
                for end in ends
                if end is None or end + self.notice >= begin + self.lead
            ]
        return found

    def windows(self, years: int) -> list[list[int]]:
        """Windows over which takes are counted: of years in which it could be in force."""
        could = list(range(self.dates[0] + self.lead, years))
        return ([could] if could else []) if self.by == "window" else [[t] for t in could]


def best(deals: list[Deal], demand: list[list[tuple[float, float]]]) -> float:
    """Largest value over all choices; demand is a list by year of quantity and worth of each step."""
    years = len(demand)
    found = -np.inf
    for choice in product(*(deal.choices(years) for deal in deals)):
        open_tiers = [
            range(2 ** len(deal.windows(years))) if deal.tier and made[1] is not None else [0]
            for deal, made in zip(deals, choice, strict=True)
        ]
        for tiers in product(*open_tiers):
            found = max(found, _value(deals, demand, choice, tiers))
    return found


def _value(deals: list[Deal], demand: list[list[tuple[float, float]]], choice: Any, tiers: Any) -> float:
    years = len(demand)
    program = _Program()
    supply: list[list[int]] = [[] for _ in range(years)]
    for deal, (sign, begin, end), opened in zip(deals, choice, tiers, strict=True):
        if begin is None:
            continue
        program.constant -= 0.0 if deal.premium is None else deal.premium * discount(sign)
        program.constant -= deal.prepay * discount(begin)
        program.constant -= 0.0 if end is None else deal.fee * discount(end)
        force = [begin + deal.lead <= t and (end is None or t < end + deal.notice) for t in range(years)]
        _takes(program, deal, begin, force, opened, supply)
    for t, steps in enumerate(demand):
        sold = [program.column(worth * discount(t), quantity) for quantity, worth in steps]
        program.row([*((j, 1.0) for j in sold), *((j, -1.0) for j in supply[t])], 0.0)
    return program.solve()


def _takes(program: _Program, deal: Deal, begin: int, force: list[bool], opened: int, supply: list[list[int]]) -> None:
    years = len(force)
    prices = [deal.price] if deal.tier is None else [deal.price, deal.tier[1]]
    x = [[program.column(-p * discount(t), None if force[t] else 0.0) for t in range(years)] for p in prices]
    for t in range(years):
        supply[t] += [level[t] for level in x]
    for place, window in enumerate(deal.windows(years)):
        held, n = sum(force[t] for t in window), len(window)
        total = [(level[t], 1.0) for level in x for t in window]
        program.row(total, deal.most * held)
        least = [(j, -1.0) for j, _ in total]
        if not deal.must:
            least.append((program.column(-deal.short * discount(window[-1]), None), -1.0))
        program.row(least, -deal.least * held)
        if deal.tier is not None:
            wide = [deal.tier[0] * n, (deal.most - deal.tier[0]) * n]
            is_open = bool(opened >> place & 1)
            program.row([(x[0][t], 1.0) for t in window], wide[0])
            program.row([(x[1][t], 1.0) for t in window], wide[1] if is_open else 0.0)
            if is_open:
                program.row([(x[0][t], -1.0) for t in window], -wide[0])
    _money(program, deal, begin, [[(level[t], p) for level, p in zip(x, prices, strict=True)] for t in range(years)])


def _money(program: _Program, deal: Deal, begin: int, owed: list[list[tuple[int, float]]]) -> None:
    """The prepayment: credited against what is owed, dear until then."""
    years = len(owed)
    interest = [deal.spread * discount(t) if t >= begin else 0.0 for t in range(years)]
    program.constant -= deal.prepay * sum(interest)
    if not deal.credited or deal.prepay == 0.0:
        return
    credit = [program.column(discount(t) + sum(interest[t:]), None) for t in range(years)]
    for t in range(years):
        program.row([(credit[t], 1.0), *((j, -p) for j, p in owed[t])], 0.0)
        program.row([(j, 1.0) for j in credit[: t + 1]], deal.prepay if t >= begin else 0.0)


class _Program:
    """A linear program: columns from 0 up, rows below a right-hand side, the largest value."""

    def __init__(self) -> None:
        self.gain: list[float] = []
        self.upper: list[float | None] = []
        self.rows: list[tuple[list[tuple[int, float]], float]] = []
        self.constant = 0.0

    def column(self, gain: float, upper: float | None) -> int:
        self.gain.append(gain)
        self.upper.append(upper)
        return len(self.gain) - 1

    def row(self, entries: list[tuple[int, float]], most: float) -> None:
        self.rows.append((entries, most))

    def solve(self) -> float:
        matrix = np.zeros((len(self.rows), len(self.gain)))
        for i, (entries, _) in enumerate(self.rows):
            for j, value in entries:
                matrix[i, j] += value
        bounds = [(0.0, upper) for upper in self.upper]
        solved = linprog(-np.array(self.gain), matrix, [most for _, most in self.rows], bounds=bounds)
        return float(self.constant - solved.fun) if solved.status == 0 else -np.inf
