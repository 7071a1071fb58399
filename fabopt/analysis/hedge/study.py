r"""What a plan under several states says, by programs of the same states in which some first decisions are held.

With the states s of probability :math:`\pi_s`, the best plan for one alone worth :math:`w_s`, and :math:`v_s(x)` the
best that is left in s when what x commits before anything is known is held (orders, contracts and retirements; where no
plan orders anything then, all that it decides),

.. math::
   \mathrm{WS} = \sum_s \pi_s w_s, \quad \mathrm{RP} = \max_x \sum_s \pi_s v_s(x), \quad
   \mathrm{EEV} = \sum_s \pi_s v_s(\bar x), \quad \mathrm{EVPI} = \mathrm{WS} - \mathrm{RP}, \quad
   \mathrm{VSS} = \mathrm{RP} - \mathrm{EEV}

with :math:`\bar x` the first stage of the best plan for mean data (`fabopt.analysis.hedge.average`). The regret of x
in s is :math:`w_s - v_s(x)`. Where states become known one after the other, v is that of plans that know no more than
the tree says.

A **candidate** hedge takes what another first stage orders more of one thing, and adds it to the orders of
:math:`\bar x`: both are held, all that is no order is decided again, and everything after it. So each is one program,
and what it removes of regret counts what it costs. First stages are this plan's, those of the best plans for single
states, and those that are best without what was found, as long as something new takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fabopt.analysis.compare.tables import choke_points
from fabopt.analysis.hedge.average import averaged
from fabopt.analysis.hedge.programs import MADE, ORDERS, Programs, Solved, Values, What, alone, held, keys_of, levels
from fabopt.analysis.hedge.records import (
    HEDGE,
    MEAN,
    SIGN,
    STOCHASTIC,
    WAIT,
    WORK,
    Candidate,
    Choke,
    Decision,
    Hedge,
    Information,
    Regret,
    Waiting,
)
from fabopt.analysis.states.measure import mean, measured, tail_mean
from fabopt.analysis.states.records import StatesInfo, StatesInputs
from fabopt.analysis.states.tree import Leaf
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import CLOSE, rounding
from fabopt.errors import StudyError
from fabopt.io.tree import Tree, tree_of_json
from fabopt.io.validate import validate
from fabopt.model.columns import decided
from fabopt.model.tables import ModelTables, model_tables
from fabopt.network.lower import lower
from fabopt.network.tables import Activity, Array, Network, Unit
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.stack import Branch
from fabopt.solve.start import start_plan

SOLVES = 60
"""Programs that a study may solve where nobody says how many."""

SEARCHED = 0.6
"""Share of the programs that are left by then that go into hedges; the others say what may wait."""

ROUNDS = 3
"""How often it is asked, at most, what would be ordered in the place of the candidates that are found."""

INSTEAD = "in their place"
"""Plan in which a candidate was found that takes the place of others."""

LEVEL = 0.9
"""Share of the probability that is better than the worst cases, where the plan is judged by none."""


@dataclass(frozen=True)
class Given:
    """What is studied.

    Attributes
    ----------
    info
        The record of the plan under several states.
    tree, data
        The instance without its states.
    leaves
        The states.
    plans
        The plan of each, in their order.
    """

    info: StatesInfo
    tree: Tree
    data: Instance
    leaves: Sequence[Leaf]
    plans: Sequence[Plan]


def given(info: StatesInfo, inputs: StatesInputs, plans: Sequence[Plan]) -> Given:
    """Return a plan under several states as it is studied.

    Parameters
    ----------
    info, inputs
        What was solved, and of what.
    plans
        The plan of each state, in their order.

    Raises
    ------
    StudyError
        When there is no plan, or it gives up some of an objective for a later one.
    """
    if not info.has_plan:
        raise StudyError(f"There is no plan under the states, so there is nothing to hedge: the run ended with "
                         f"'{info.status}'.")  # fmt: skip
    # Of an LP relaxation all programs are relaxations, so that they can be held against each other.
    unstudied = replace(info.options, relaxed=False).unstudied
    if unstudied:
        raise StudyError(f"What a plan says of hedges is asked of plans for one aim: {unstudied}.")
    trees = [tree_of_json(text) for text in inputs.leaves]
    leaves = [
        Leaf(state.name, state.description, state.probability, tree, validate(tree, Instance), state.known)
        for state, tree in zip(info.states, trees, strict=True)
    ]
    tree = tree_of_json(inputs.planned)
    return Given(info, tree, validate(tree, Instance), leaves, plans)


def hedge(given: Given, most: int = SOLVES, budget: TimeBudget | None = None) -> Hedge:
    """Return what a plan under several states says.

    Parameters
    ----------
    given
        The plan with its states.
    most
        How many programs may be solved. In order: each state alone, mean data and its first stage, this plan's mean
        where it is judged otherwise, waiting, the first stage of each state's own plan, candidates, what may wait.
    budget
        Tells of each program, and ends the study with Ctrl-C.
    """
    return _Study(given, most, TimeBudget() if budget is None else budget).record()


class _Study:
    """One study; parts are made in the order in which they are most worth having."""

    def __init__(self, given: Given, most: int, budget: TimeBudget) -> None:
        info = given.info
        self.given, self.info, self.sign, self.first = given, info, info.sign, info.first
        self.programs = Programs(info.options, most, budget)
        self.names = [leaf.name for leaf in given.leaves]
        self.shares = [leaf.probability for leaf in given.leaves]
        self.early = range(self.first)
        aim = info.options.aim
        self.branches = [
            Branch(leaf.name, leaf.probability, leaf.known, model_tables(lower(leaf.data, info.instance), aim))
            for leaf in given.leaves
        ]
        self.unaveraged: tuple[str, ...] = ()
        self.best: list[float | None] = []
        self.rows: dict[tuple[float, ...], Solved | None] = {}
        self.blocks: frozenset[str] | None = None
        self.keys = [key for key, early in zip(keys_of(self.tables), self._decided_now(), strict=True) if early]

    @property
    def tables(self) -> ModelTables:
        """The model of the first state: what is decided before anything is known is that of all."""
        return self.branches[0].tables

    @property
    def net(self) -> Network:
        """Its network."""
        return self.tables.net

    def record(self) -> Hedge:
        """Return all of it."""
        info, programs = self.info, self.programs
        own = [programs.solve(f"{branch.name} alone", [alone(branch)]) for branch in self.branches]
        self.best = best = [one.values[0] if one and one.values else None for one in own]
        recourse = self._recourse()
        mean_plan, mean_value = self._mean_plan()
        firsts: dict[str, Values] = {STOCHASTIC: self._mine()}
        if mean_plan is not None:
            firsts[MEAN] = mean_plan
        firsts |= {name: one.plans[0] for name, one in zip(self.names, own, strict=True) if one and one.plans}
        if any(levels(self.tables, one, self.early, "ordered") for one in firsts.values()):
            self.blocks = ORDERS
        frozen = None if mean_plan is None else self._row(MEAN, mean_plan)
        waiting = self._waiting()
        mine = Solved(tuple(state.objective for state in info.states))
        rows = {STOCHASTIC: mine, MEAN: frozen, **{n: self._row(n, firsts[n]) for n in self.names if n in firsts}}
        if recourse is not None:
            recourse = max(
                [recourse, *(value for row in rows.values() if (value := self._mean(row)) is not None)],
                key=lambda value: self.sign * value,
            )
        with programs.part(SEARCHED):
            candidates, searched = self._candidates(firsts, best)
        wait = self._wait_and_see(best)
        return Hedge(
            name=info.instance,
            objective_name=info.objective_name,
            unit=info.objective_unit,
            sign=self.sign,
            risk=info.risk,
            level=self._level,
            probabilities=dict(zip(self.names, self.shares, strict=True)),
            known=info.periods[self.first] if self.first < len(info.periods) else "",
            information=Information(recourse, wait, mean_value, self._mean(frozen), self.sign),
            regrets=tuple(self._regrets(rows, best)),
            candidates=candidates,
            decisions=tuple(self._decisions(firsts)),
            waiting=waiting,
            chokes=tuple(self._chokes()),
            searched=searched,
            solves=programs.solves,
            most=programs.most,
            not_run=tuple(programs.not_run),
            unaveraged=self.unaveraged,
            open=max(programs.open, self._own_gap),
            orders=self.blocks is not None,
            relaxed=info.options.relaxed,
            input_hash=info.input_hash,
        )

    # -- the value of knowing ----------------------------------------------------------------------------------------

    @property
    def _level(self) -> float:
        risk = self.info.judged
        return risk.level if risk.name in ("cvar", "mean+cvar") else LEVEL

    @property
    def _own_gap(self) -> float:
        """How much better than this plan another might be, by what it was judged."""
        info = self.info
        return 0.0 if info.bound is None or info.objective is None else abs(info.bound - info.objective)

    def _mean(self, solved: Solved | None) -> float | None:
        """Return the mean over the states; None where one has no plan."""
        if solved is None or len(solved.values) < len(self.shares):
            return None
        return mean(self.shares, solved.values)

    def _recourse(self) -> float | None:
        """Return the mean of the plan that is best by its mean: this one, or another where it is judged otherwise."""
        if self.info.judged.name == "expected":
            return self.info.expected
        return self._mean(self.programs.solve("the plan that is best by its mean", self.branches))

    def _wait_and_see(self, best: Sequence[float | None]) -> float | None:
        known = [value for value in best if value is not None]
        return mean(self.shares, known) if len(known) == len(self.shares) else None

    def _mean_plan(self) -> tuple[Values | None, float | None]:
        """Return the best plan for mean data, and what it is worth in these."""
        if not self.programs.allows("the plan for mean data"):
            return None, None
        data, self.unaveraged = averaged(self.given.tree, self.given.data, self.given.leaves)
        tables = model_tables(lower(data, self.info.instance), self.info.options.aim)
        solved = self.programs.solve("the plan for mean data", [Branch(MEAN, 1.0, (), tables)])
        return (solved.plans[0], solved.values[0]) if solved and solved.plans else (None, None)

    def _mine(self) -> Values:
        """Return the decisions of this plan in its first state: those of the first stage are those of all."""
        return start_plan(STOCHASTIC, self.given.plans[0].table("core/decisions")).values

    # -- regret ------------------------------------------------------------------------------------------------------

    def _row(self, name: str, values: Values) -> Solved | None:
        """Return what is left in each state when what is committed in a first stage is held; of equal ones once."""
        own = tuple(values.get(key, 0.0) for key in self.keys if self.blocks is None or key[0] in self.blocks)
        if own not in self.rows:
            branches = [held(branch, self.early, values, self.blocks) for branch in self.branches]
            self.rows[own] = self.programs.solve(f"{name}, held in all states", branches)
        return self.rows[own]

    def _decided_now(self) -> NDArray[np.bool_]:
        """Return which columns of the first state are decided before anything is known."""
        return np.asarray(decided(self.net, self.tables.columns) < self.first)

    def _regrets(self, rows: Mapping[str, Solved | None], best: Sequence[float | None]) -> Iterator[Regret]:
        for name, row in rows.items():
            for k, state in enumerate(self.names):
                if row is None or not row.values:
                    why = "not solved" if row is None else row.reason
                    yield Regret(name, state, None, best[k], None, why)
                else:
                    yield Regret(name, state, row.values[k], best[k], self._regret(row.values[k], best[k]))

    def _regret(self, value: float, best: float | None) -> float | None:
        if best is None:
            return None
        regret = self.sign * (best - value)
        return regret if regret > rounding(best, value) else 0.0

    # -- candidates --------------------------------------------------------------------------------------------------

    def _candidates(
        self, firsts: Mapping[str, Values], best: Sequence[float | None]
    ) -> tuple[tuple[Candidate, ...], int]:
        """Return what might be ordered beside the orders of the plan for mean data, best first, and how many."""
        if MEAN not in firsts or self.first == 0:
            return (), 0
        base = firsts[MEAN]
        found = sorted(self._found(base, firsts), key=lambda pair: -pair[0].cost)
        for number in range(ROUNDS if found else 0):
            instead = self._instead(base, {one.id for one, _ in found}, number, best)
            more = [] if instead is None else list(self._found(base, {INSTEAD: instead}))
            more = [pair for pair in more if pair[0].id not in {one.id for one, _ in found}]
            if not more:
                break
            found += more
        if not found:
            return (), 0
        reference = self._row(MEAN, base)
        rows = [self._weighed(one, reference, self._row(f"with {one.name}", values), best) for one, values in found]
        rows.sort(key=_worth, reverse=True)
        return tuple(rows), len(found)

    def _instead(self, base: Values, barred: Set[str], number: int, best: Sequence[float | None]) -> Values | None:
        """Return the first stage that is best where nothing more is ordered of what was found."""
        known = [value for value in best if value is not None]
        risk = self.info.judged
        if risk.name == "regret" and len(known) < len(best):
            return None
        branches = self.branches
        for id in sorted(barred):
            branches = [held(branch, self.early, base, ORDERS, id) for branch in branches]
        solved = self.programs.solve(f"what takes the place of these, round {number + 1}", branches, risk, known)
        return solved.plans[0] if solved and solved.plans else None

    def _found(self, base: Values, firsts: Mapping[str, Values]) -> Iterator[tuple[Candidate, Values]]:
        """Yield what other first stages order more, a thing and an amount once, and the orders with it."""
        tables, labels = self.tables, self.info.periods
        units = {unit.id: unit for unit in self.net.units}
        mine, seen = levels(tables, base, self.early, "ordered"), set[tuple[str, tuple[float, ...]]]()
        nothing = np.zeros(self.first)
        for plan, values in firsts.items():
            for id, amounts in levels(tables, values, self.early, "ordered").items():
                more = amounts - mine.get(id, nothing)
                key = (id, tuple(amounts.tolist()))
                if more.sum() <= CLOSE * max(1.0, float(amounts.sum())) or key in seen:
                    continue
                seen.add(key)
                when = [labels[t] for t in self.early if more[t] > CLOSE]
                unit = units[id]
                own = {
                    (block, id, "", labels[t]): values.get((block, id, "", labels[t]), 0.0)
                    for block in ORDERS
                    for t in self.early
                }
                yield (
                    Candidate(
                        id, unit.name, unit.tags.owner, unit.instrument, unit.unit, float(more.sum()), plan,
                        _span(when), _cost(self.net, unit, more, amounts, mine.get(id, nothing)),
                    ),
                    {**base, **own},
                )  # fmt: skip

    def _weighed(
        self, one: Candidate, reference: Solved | None, solved: Solved | None, best: Sequence[float | None]
    ) -> Candidate:
        """Return a candidate with what it removes of the regret of the reference."""
        if solved is None or reference is None:
            return replace(one, reason="not solved")
        if not solved.values or not reference.values:
            return replace(one, reason=solved.reason or f"without it: {reference.reason}")
        before, after = ([self.sign * v for v in row.values] for row in (reference, solved))
        gain = mean(self.shares, after) - mean(self.shares, before)
        tail = tail_mean(self.shares, after, self._level) - tail_mean(self.shares, before, self._level)
        most = [self._largest(row.values, best) for row in (reference, solved)]
        regret = None if most[0] is None or most[1] is None else most[0] - most[1]
        by_tail = self.info.judged.name in ("cvar", "mean+cvar", "worst")
        return replace(one, mean=gain, regret=regret, tail=tail, removed=tail if by_tail else regret)

    def _largest(self, values: Sequence[float], best: Sequence[float | None]) -> float | None:
        each = [self._regret(value, high) for value, high in zip(values, best, strict=True)]
        return max((one for one in each if one is not None), default=None)

    # -- now or later ------------------------------------------------------------------------------------------------

    def _decisions(self, firsts: Mapping[str, Values]) -> Iterator[Decision]:
        """Yield what is ordered before anything is known, in this plan or in the best one of a state."""
        own = [firsts[name] for name in self.names if name in firsts]
        rows = list(self._of(self.net.units, "ordered", firsts[STOCHASTIC], own))
        # The dearest first, what is signed before what waits: what there are no programs for is what matters least.
        rows.sort(key=lambda pair: (pair[0].verdict == WAIT, -pair[0].cost))
        if self.blocks is None:  # where nothing is ordered, it is work that commits
            rows += self._of(self.net.activities, "started", firsts[STOCHASTIC], own)
        for row, record in rows:
            yield row if row.verdict == WAIT else replace(row, waiting=self._lost(record))

    def _of(
        self,
        records: Sequence[Unit | Activity],
        what: What,
        first: Values,
        others: Sequence[Values],
    ) -> Iterator[tuple[Decision, Unit | Activity]]:
        """Yield what is ordered, or started, of some records, each with its record."""
        labels = self.info.periods
        mine = levels(self.tables, first, self.early, what)
        own = [levels(self.tables, one, self.early, what) for one in others]
        later = self._later(what)
        nothing = np.zeros(self.first)
        for unit in records:
            known = unit.id in mine or any(unit.id in one for one in own)
            if not known and (what == "started" or unit.id not in later):
                continue
            now = mine.get(unit.id, nothing)
            sums = [float(one.get(unit.id, nothing).sum()) for one in own]
            least, most = min(sums, default=0.0), max(sums, default=0.0)
            total = float(now.sum())
            slack = CLOSE * max(1.0, abs(total))
            signed = SIGN if sums and least >= total - slack else HEDGE
            verdict = signed if total > slack else WAIT
            when = [labels[t] for t in self.early if abs(now[t]) > CLOSE]
            until = when[-1] if when else later.get(unit.id, "")
            unit_cost = self._money(unit, now) if isinstance(unit, Unit) else 0.0
            kind = unit.instrument if isinstance(unit, Unit) else WORK
            row = Decision(
                unit.id, unit.name, unit.tags.owner, kind, unit.unit, verdict, total, least, most, _span(when), until,
                unit_cost,
            )  # fmt: skip
            yield row, unit

    def _money(self, unit: Unit, now: Array) -> float:
        """Return what orders cost, discounted."""
        return _cost(self.net, unit, now, now, np.zeros(len(now)))

    def _later(self, what: What) -> dict[str, str]:
        """Return what this plan orders once something is known, with the last period in which it does in any state."""
        later: dict[str, int] = {}
        labels = {label: t for t, label in enumerate(self.info.periods)}
        for plan in self.given.plans:
            table, column = ("core/units", "ordered") if what == "ordered" else ("core/activities", "level")
            units = plan.table(table)
            for id, period, number in zip(units["id"], units["period"], units[column], strict=True):
                if number > CLOSE and labels[period] >= self.first:
                    later[id] = max(later.get(id, 0), labels[period])
        return {id: self.info.periods[t] for id, t in later.items()}

    def _lost(self, unit: Unit | Activity) -> float | None:
        """Return what is lost, as the plan is judged, if nothing of it is decided before anything is known."""
        what: What = "ordered" if isinstance(unit, Unit) else "started"
        without = [held(branch, self.early, {}, MADE[what], unit.id) for branch in self.branches]
        return self._less(self._judged(f"without {unit.name} until it is known", without))

    def _waiting(self) -> Waiting | None:
        """Return what a period more or less of knowing is worth, as the plan is judged."""
        if self.first == 0 or self.first >= len(self.info.periods):
            return None
        last = range(self.first - 1, self.first)
        label = self.info.periods[self.first - 1]
        what = MADE["started"] if self.blocks is None else self.blocks  # where nothing is ordered, work commits
        back = [held(branch, last, {}, what) for branch in self.branches]
        loss = self._less(self._judged(f"{'work' if self.blocks is None else 'orders'} of {label} held back", back))
        sooner = [
            replace(branch, known=tuple((name, max(first - 1, 0)) for name, first in branch.known))
            for branch in self.branches
        ]
        more = self._less(self._judged("all known a period sooner", sooner), -1.0)
        return Waiting(label, loss, more)

    def _judged(self, what: str, branches: Sequence[Branch]) -> float | None:
        """Return the figure of the best plan of some states, by what this plan is judged by."""
        risk, best = self.info.judged, [value for value in self.best if value is not None]
        if risk.name == "regret" and len(best) < len(self.shares):
            return None
        solved = self.programs.solve(what, branches, risk, best)
        return measured(risk, self.shares, solved.values, self.sign, best) if solved and solved.values else None

    def _less(self, figure: float | None, sign: float = 1.0) -> float | None:
        """Return how much worse (with -1: better) a figure is than that of this plan."""
        mine = self.info.objective
        if figure is None or mine is None:
            return None
        way = -1.0 if self.info.judged.name == "regret" else self.sign
        less = sign * way * (mine - figure)
        return less if less > rounding(mine, figure) else 0.0

    def _chokes(self) -> Iterator[Choke]:
        """Yield what holds the plan back most in each state, period by period, at its prices."""
        for name, plan in zip(self.names, self.given.plans, strict=True):
            periods = plan.table("core/periods")
            reported = list(periods[periods["reported"]]["period"])
            for row in choke_points(name, plan.table, reported):
                yield Choke(name, row.period, row.name, row.owner, row.kind, row.gain)


def _worth(one: Candidate) -> tuple[bool, float, float]:
    """Order candidates: what removes something for nothing first, then by what a unit of money removes."""
    if one.removed is None:
        return False, 0.0, -np.inf
    return one.cost <= 0.0 < one.removed, one.per_dollar or 0.0, one.removed


def _span(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    return labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"


def _cost(net: Network, unit: Unit, more: Array, amounts: Array, before: Array) -> float:
    """Return what orders cost more than others, discounted: units, and the fixed cost of orders that are new."""
    discount = np.array([period.discount for period in net.periods])[: len(more)]
    cost = 0.0 if unit.cost is None else unit.cost[: len(more)]
    fixed = 0.0 if unit.fixed_cost is None else unit.fixed_cost[: len(more)]
    placed = (amounts > CLOSE).astype(float) - (before > CLOSE)
    return float(np.sum(discount * (cost * more + fixed * placed)))
