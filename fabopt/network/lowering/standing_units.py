r"""Units of capacity while they stand: upkeep, retirement, ends of life, and how fast a capacity may grow.

* Upkeep of :math:`k` a year is in the cost of an order, discounted to it: with :math:`\sigma_{e,t'}(t)` the share of
  period t in which a unit of t' stands and :math:`\ell_t` its length in years,
  :math:`\sum_t \sigma_{e,t'}(t)\, k\, \ell_t\, \delta_t / \delta_{t'}`. A retirement saves what is left of it.
* Where units can be retired, one at the end of its life is: with :math:`L_e` its lead time and life,
  :math:`\sum_{t' \le t} q_{e,t'} \ge \sum_{t' + L_e \le t} y_{e,t'}`. It stands to the end of the period before.
* Closing for good is a decision :math:`c_t \in \{0, 1\}`, with :math:`C_t = \sum_{t' \le t} c_{t'}`:
  :math:`\sum_{t' \le t} q_{e,t'} \le N_e C_t` and :math:`y_{e,t} + M_e C_t \le M_e`.
* Growth of at most g a year: with :math:`K_t` the capacity per unit of time and :math:`P_t` its mean over the time that
  lies a year before t, :math:`K_t \le (1 + g) P_t`, where what is firm may grow faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.expansion import Expansion
from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.lowering.builder import Chain, Upkeep
from fabopt.network.lowering.components import ONE
from fabopt.network.lowering.growing import Growing
from fabopt.network.tables import Array, GroupLimit, Term, Unit, UnitEffect


def ends(chain: Chain, record: Expansion[Any]) -> float:
    """Return after how many periods of output a unit ends by itself; where it can be retired, it is taken down."""
    return np.inf if record.retirement is not None else chain.lead(record.life.value * 12.0)


def keep(
    chain: Chain, record: Expansion[Any], what: Growing, unit: str, opening: float
) -> tuple[float | Array, float | Array | None]:
    """Note what a unit costs while it stands.

    Returns
    -------
    upkeep, retiring
        What is added to the cost of an order ``[T]``, and what a retirement costs, less the upkeep that it saves
        ``[T]``; None where nothing can be retired.
    """
    way, a_year = record.retirement, record.upkeep.value
    paid = None if way is None else _one(chain.progress_payment(chain.flat(way.cost.value), chain.lead(way.over.value)))
    if a_year == 0.0:
        return 0.0, paid
    lead = chain.lead(record.lead.value)
    stands = UnitEffect(unit, "", *chain.lengths.lasting(lead, ONE, ends(chain, record))).by_order(chain.n)
    chain.upkeep[unit] = Upkeep(a_year, stands, paid)
    discount = np.array([period.discount for period in chain.periods])
    a_period = a_year * chain.years * discount
    owner = what.tags.owner
    chain.kept[owner] = chain.kept.get(owner, 0.0) + opening * a_year * chain.years
    index = np.arange(chain.n)
    later = np.minimum(index[:, None] + index, chain.n - 1)
    upkeep = (np.where(index[:, None] + index < chain.n, stands, 0.0) * a_period[later]).sum(axis=1) / discount
    left = np.cumsum(a_period[::-1])[::-1] / discount
    return upkeep, None if paid is None else paid - left


def _one(values: Array) -> float:
    return float(values[0])


def hold(chain: Chain, record: Expansion[Any], what: Growing, units: Sequence[str]) -> None:
    """Add what holds while units stand: ends of life, closing for good, growth."""
    if record.retirement is not None:
        for unit in units:
            _end_of_life(chain, record, what, unit)
            if record.retirement.for_good:
                _closing(chain, what, chain.build.units[unit])
    if record.growth is not None and units:
        _growth(chain, record.growth.value, what, units)


def _end_of_life(chain: Chain, record: Expansion[Any], what: Growing, unit: str) -> None:
    """Retire what is at the end of its life by then."""
    n, index = chain.n, np.arange(chain.n)
    age = chain.lengths.begun(chain.lead(record.lead.value + record.life.value * 12.0))
    full = [effect.full for effect in chain.build.effects_of(unit) if effect.persistent]
    ended = (index + np.max([age, *(np.broadcast_to(f, (n,)) for f in full)], axis=0))[None, :] <= index[:, None]
    due = np.flatnonzero(ended.any(axis=1))
    if due.size:
        terms = (*_terms("retire", unit, np.tri(n)), *_terms("unit", unit, -ended.astype(float)))
        _row(chain, what, f"ends:{unit}", "at the end of their life", ">=", due, np.zeros(n), terms, "life")


def _closing(chain: Chain, what: Growing, unit: Unit) -> None:
    """Add the decision after which nothing is ordered again, without which nothing is retired."""
    n, closing = chain.n, f"close:{unit.id}"
    most = np.full(n, np.inf) if unit.upper is None else np.minimum(unit.upper, unit.total)
    label = what.tags.of("switch", f"{what.tags.field}.retirement")
    name = f"closing {unit.name} for good"
    chain.build.unit(Unit(closing, name, "decision", label, upper=np.ones(n), total=1.0, instrument="closing"))
    closed = np.tri(n)
    in_all = unit.opening + float(min(unit.total, np.sum(most)))
    terms = (*_terms("retire", unit.id, np.tri(n)), *_terms("unit", closing, -in_all * closed))
    every = np.arange(n)
    _row(chain, what, f"closed:{unit.id}", "retired only once closed", "<=", every, np.zeros(n), terms, "retirement")
    terms = (*_terms("unit", unit.id, np.eye(n)), *_terms("unit", closing, most[:, None] * closed))
    open_ = np.flatnonzero(most > 0.0)
    _row(chain, what, f"open:{unit.id}", "ordered only until closed", "<=", open_, most, terms, "retirement")


def _growth(chain: Chain, rate: float, what: Growing, units: Sequence[str]) -> None:
    """Hold the growth of a capacity over a year."""
    n, resource = chain.n, chain.build.resources[what.resource]
    per_time = 1.0 / chain.months if resource.kind == "rate" else np.ones(n)
    ago, before = year_before(chain)
    factor = 1.0 + rate
    firm = resource.base * per_time
    firm_before = before @ firm + ago * firm[0]
    terms: list[Term] = []
    moves = np.zeros(n, dtype=bool)
    for unit in units:
        for effect in chain.build.effects_of(unit):
            if effect.resource != what.resource:
                continue
            adds = _landed(effect.by_order(n)) * per_time[:, None]
            terms += _terms("unit", unit, adds - factor * (before @ adds))
            moves |= (adds > 0.0).any(axis=1)
            if chain.build.units[unit].retire_cost is not None:
                gone = -np.tri(n) * (effect.at_end(n) * per_time)[:, None]
                terms += _terms("retire", unit, gone - factor * (before @ gone))
    rhs = np.maximum(factor * firm_before - firm, 0.0)
    _row(chain, what, f"growth:{what.unit}", "growth in a year", "<=", np.flatnonzero(moves), rhs, terms, "growth")


def year_before(chain: Chain) -> tuple[Array, Array]:
    """Return for each period on which periods the time falls that lies a year before it.

    Returns
    -------
    ago, before
        Share that lies before the horizon ``[T]``, and in each period ``[T, T]``.
    """
    edges, years = chain.elapsed, chain.years
    begins, ends_ = edges[:-1] - 1.0, edges[1:] - 1.0
    over = np.minimum(ends_[:, None], edges[1:]) - np.maximum(begins[:, None], edges[:-1])
    before = np.maximum(over, 0.0) / years[:, None]
    before[before < NEGLIGIBLE] = 0.0
    return np.maximum(np.minimum(ends_, 0.0) - begins, 0.0) * (begins < 0.0) / years, before


def _landed(by_age: Array) -> Array:
    """Return effects by period and period of the order ``[T, T]``, from those by period of the order and age."""
    n = len(by_age)
    landed = np.zeros((n, n))
    for age in range(n):
        at = np.arange(n - age)
        landed[at + age, at] = by_age[at, age]
    return landed


def _terms(kind: Literal["unit", "retire"], unit: str, matrix: Array) -> Iterator[Term]:
    """Yield coefficients by period of the row and of the decision ``[T, T]`` as terms, one a lag."""
    n = len(matrix)
    for lag in range(n):
        coefficient = np.concatenate([np.zeros(lag), np.diagonal(matrix, -lag)])
        if coefficient.any():
            yield Term(kind, unit, coefficient, lag)


def _row(
    chain: Chain, what: Growing, key: str, says: str, sense: Literal["<=", ">="], periods: NDArray[np.int64],
    rhs: Array, terms: Sequence[Term], field: str,
) -> None:  # fmt: skip
    """Add a row for some periods, with the right-hand side of each period ``[T]``."""
    unit = chain.build.resources[what.resource].unit
    family: Literal["growth", "standing"] = "growth" if field == "growth" else "standing"
    chain.build.groups.append(
        GroupLimit(
            key,
            f"{what.name}: {says}",
            unit if family == "growth" else "unit",
            sense,
            tuple((int(t),) for t in periods),
            rhs[periods],
            tuple(terms),
            what.tags.of("rule", f"{what.tags.field}.{field}"),
            limit_kind="physical",
            relaxable=family == "growth",
            family=family,
        )
    )
