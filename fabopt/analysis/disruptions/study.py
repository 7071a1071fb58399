r"""What the failure of suppliers does to a plan: time to survive, time to recover, impact, and failures at random.

A supplier that fails from a date on begins nothing until it has recovered: nothing that it runs is started and nothing
is ordered of the units that it stands behind (`fabopt.network.suppliers`); what is in work or deployed stays. What was
decided before the date stands as planned (nobody knew); the rest is planned again (:mod:`fabopt.analysis.replan`), so
that stocks and substitutes do what they can.

* **Time to survive** (Simchi-Levi): the longest time for which what is delivered can be kept, the supplier gone for
  good: period by period at least the plan's deliveries, and of the first period in which that cannot be its share.
* **Impact**: what of the plan's value is lost where it takes its time to recover. A part of a period counts for a part.
* **Failures at random**: each supplier fails as often as a Poisson process of the stated frequency says, from a date
  that is uniform over the reported periods, for a time drawn from its range. Losses of several failures in a draw are
  added up: what they share, and what they make worse for each other, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np
from scipy import sparse

from fabopt.analysis.disruptions.records import Disruptions, Drawing, Exposure
from fabopt.analysis.draws.distributions import Distribution, distribution_of, triangular
from fabopt.analysis.replan import OF_ACTIVITY, Again, Answer, closed
from fabopt.domain.disruptions import Disruption, Failing
from fabopt.domain.names import display_names
from fabopt.domain.quantity import Quantity
from fabopt.domain.suppliers import failing_names
from fabopt.domain.tolerances import COUNTS
from fabopt.errors import StudyError
from fabopt.io.uncertainty import Spoken
from fabopt.model.families import IntArray
from fabopt.network.suppliers import suppliers, unit_suppliers
from fabopt.network.tables import Array, Network
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.perturbation import Perturbation, bounds_at, rows_more

RECOVER = 12.0
"""Months to recover where the instance states none."""

YEAR = 12.0
DECIDED = ("start", "on", "lots", "order", "placed", "retire", "deliver")
"""Blocks of columns that a failure finds as they were decided."""

PARTS = 4
"""Durations of random failures are told apart by quarters of a period: each asks its own linear programs once."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A supplier that begins nothing from a period on for a while: whole periods, and a part of the one after them."""

    kind: Failing
    supplier: str
    first: int
    whole: int
    part: float


@dataclass(frozen=True, slots=True)
class _Who:
    """A supplier with its disruption, if the instance states one."""

    kind: Failing
    supplier: str
    id: str = ""
    of: Disruption | None = None


def disruptions(
    plan: Plan,
    kinds: Sequence[str] = (),
    lab: str = "",
    draws: int = 10_000,
    seed: int = 0,
    budget: TimeBudget | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Disruptions:
    """Return what the failure of suppliers does to a plan.

    Parameters
    ----------
    plan
        The solved plan.
    kinds
        Kinds of supplier that are looked at beside those of which the instance states a disruption; where it states
        none and none is given, owners.
    lab
        Id of the lab whose deliveries are to survive; empty: everybody's.
    draws, seed
        Draws of random failures.
    budget
        Time for it; what it does not allow is left out and said.
    tell
        Told how many suppliers are done, of how many.

    Raises
    ------
    StudyError
        If there is no such lab, deliveries cannot be added up, or the plan is no best plan of the system.
    """
    plan.of_system("suppliers fail in the system's plan")
    known = get_args(Failing)
    for kind in kinds:
        if kind not in known:
            raise StudyError(f"There is no kind of supplier {kind!r}; there are {', '.join(known)}.")
    return _Study(plan, lab, budget or TimeBudget()).run(cast("Sequence[Failing]", kinds), draws, seed, tell)


class _Study:
    """The study as it goes."""

    def __init__(self, plan: Plan, lab: str, budget: TimeBudget) -> None:
        self.plan, self.lab, self.budget, self.solved = plan, lab, budget, plan.solved
        self.net: Network = plan.net
        self.again = Again(plan.solved, budget=budget)
        self.reported = [p.index for p in self.net.periods if p.reported] or list(range(self.net.n_periods))
        self.delivered, self.unit = _measure(plan, lab)
        self._runs, self._units = suppliers(self.net), unit_suppliers(self.net)
        self._answers: dict[Failure, Answer] = {}

    def run(
        self, kinds: Sequence[Failing], draws: int, seed: int, tell: Callable[[int, int], None] | None
    ) -> Disruptions:
        """Return what failures do."""
        who, made = list(self._who(kinds)), list[Exposure]()
        for n, one in enumerate(who):
            if not self.budget.allows(f"failure of {one.supplier}"):
                continue
            made.append(self._exposure(one))
            if tell is not None:
                tell(n + 1, len(who))
        drawing, yearly = self._drawn(who, draws, seed)
        made = [replace(e, yearly=yearly.get((e.disruption, e.supplier))) for e in made]
        made.sort(key=lambda e: -np.inf if e.impact is None else -e.impact)
        return Disruptions(
            plan=self.plan.held,
            unit=self.plan.unit,
            of=self.lab,
            delivered=self.unit,
            value=self.solved.objective,
            how=self.again.how,
            exposures=tuple(made),
            drawing=drawing,
            notes=tuple(self.budget.said_left_out()),
        )

    # -- who fails ---------------------------------------------------------------------------------------------------

    def _who(self, kinds: Sequence[Failing]) -> Iterator[_Who]:
        data, told = self.plan.data, set[tuple[str, str]]()
        for id, disruption in data.disruptions.items():
            for name in disruption.suppliers or failing_names(data, disruption.of):
                told.add((disruption.of, name))
                if self._does(disruption.of, name):
                    yield _Who(disruption.of, name, id, disruption)
        for kind in kinds or (() if data.disruptions else ("owner",)):
            for name in failing_names(data, kind):
                if (kind, name) not in told and self._does(kind, name):
                    yield _Who(kind, name)

    def _does(self, kind: Failing, name: str) -> bool:
        return any(self._behind(kind, name))

    def _behind(self, kind: Failing, name: str) -> tuple[list[str], list[str]]:
        """Return the activities and units of a supplier."""
        if kind != "site":
            return list(self._runs.get((kind, name), ())), list(self._units.get((kind, name), ()))
        here = {r.id for r in self.net.resources if r.tags.site == name}
        used = {use.activity for use in self.net.uses if use.resource in here and use.amount.any()}
        return [a.id for a in self.net.activities if a.tags.site == name or a.id in used], []

    # -- one failure -------------------------------------------------------------------------------------------------

    def _failure(self, one: _Who, first: int, months: float) -> Failure:
        """Return a failure from the beginning of a period on, its length in quarters of periods."""
        whole, left = 0, months / YEAR
        for period in self.net.periods[first:]:
            if left < period.years * (1.0 - COUNTS):
                part = round(PARTS * left / period.years) / PARTS
                return Failure(one.kind, one.supplier, first, whole + (part == 1.0), part % 1.0)
            left -= period.years
            whole += 1
        return Failure(one.kind, one.supplier, first, whole, 0.0)

    def _change(self, failure: Failure) -> Perturbation:
        """Return the change that a failure makes: nothing begins, and what was decided before stands."""
        program, columns, T = self.solved.program, self.solved.tables.columns, self.net.n_periods
        activities, units = self._behind(failure.kind, failure.supplier)
        t, end = np.arange(T), failure.first + failure.whole
        change = closed(self.solved, activities, units, (t >= failure.first) & (t < end))
        if failure.part > 0.0 and end < T:
            at = columns.at.activity
            some = [columns[name].index[[at[id] for id in activities], end] for name in OF_ACTIVITY]
            partly: IntArray = np.concatenate([np.zeros(0, np.int64), *some])
            partly = partly[partly >= 0]
            less = (1.0 - failure.part) * self.solved.x[partly]
            change = change.then(bounds_at(program, partly, np.minimum(program.column_lower[partly], less), less))
        before = [columns[name].index[..., : failure.first].ravel() for name in DECIDED]
        past: IntArray = np.concatenate([np.zeros(0, np.int64), *before])
        past = past[past >= 0]
        held = np.clip(self.solved.x[past], program.column_lower[past], program.column_upper[past])
        return change.then(bounds_at(program, past, held, held))

    def answer(self, failure: Failure) -> Answer:
        """Return what is left of the plan under a failure."""
        if failure not in self._answers:
            self._answers[failure] = self.again.value(self._change(failure), lenient=True)
        return self._answers[failure]

    def _exposure(self, one: _Who) -> Exposure:
        recover = one.of.recover if one.of is not None else None
        low, high = (None, None) if recover is None else recover.bounds
        months = RECOVER if recover is None else recover.value
        survived = [(self._survival(one, first), first) for first in self._dates()]
        ends = [item for item in survived if not item[0][1]]
        (least, endless), when = min(ends) if ends else survived[0]
        answers = [(self.answer(self._failure(one, first, months)), first) for first in self._dates()]
        worst, since = max(answers, key=lambda item: self._loss(item[0]))
        impact = self._loss(worst)
        lost = None if worst.x is None else self._missing(worst.x)
        return Exposure(
            kind=one.kind,
            supplier=one.supplier,
            name=display_names(self.plan.data).get(one.supplier, one.supplier),
            disruption=one.id,
            survive=least,
            endless=endless,
            survive_from=self.net.periods[when].label,
            recover=months,
            recover_low=low,
            recover_high=high,
            impact=None if np.isinf(impact) else impact,
            impact_from=self.net.periods[since].label,
            lost=lost,
            short=worst.short,
            frequency=None if one.of is None or one.of.frequency is None else one.of.frequency.value,
        )

    def _missing(self, x: Array) -> float:
        """Return how much less a plan delivers, where that is more than rounding."""
        less = float(np.sum(self._amounts(self.solved.x) - self._amounts(x)))
        return less if abs(less) > COUNTS * self._size else 0.0

    def _dates(self) -> list[int]:
        """Return the periods with which a failure is looked at to begin: the first reported one of each year."""
        years: dict[int, int] = {}
        for t in self.reported:
            years.setdefault(self.net.periods[t].start.year, t)
        return list(years.values())

    def _loss(self, answer: Answer) -> float:
        """Return what is lost of the plan's value; infinite where no plan is left."""
        loss = np.inf if answer.x is None else self.again.base - answer.value
        return loss if loss > self.solved.problem.counts else 0.0

    # -- time to survive ---------------------------------------------------------------------------------------------

    def _amounts(self, x: Array) -> Array:
        """Return what is delivered in each reported period."""
        return np.asarray(self.delivered[self.reported] @ x)

    def _survival(self, one: _Who, first: int) -> tuple[float, bool]:
        """Return how many months deliveries hold where a supplier is gone from a period on, and whether to the end."""
        gone = self._change(Failure(one.kind, one.supplier, first, self.net.n_periods - first, 0.0))
        window = [t for t in self.reported if t >= first]
        low, high = 0, len(window)
        while low < high:
            middle = (low + high + 1) // 2
            if self._kept(gone, window[:middle]):
                low = middle
            else:
                high = middle - 1
        months = YEAR * sum(self.net.periods[t].years for t in window[:low])
        if low == len(window):
            return months, True
        return months + YEAR * self.net.periods[window[low]].years * self._share(gone, window[:low], window[low]), False

    def _held(self, gone: Perturbation, kept: Sequence[int]) -> Perturbation:
        rows = self.delivered[list(kept)]
        plan = np.asarray(rows @ self.solved.x)
        least = plan - COUNTS * np.maximum(np.abs(plan), self._size)
        return gone.then(rows_more(self.solved.program, rows, least, np.full(len(kept), np.inf))) if len(kept) else gone

    def _kept(self, gone: Perturbation, kept: Sequence[int]) -> bool:
        return self.again.value(self._held(gone, kept), lenient=True).x is not None

    def _share(self, gone: Perturbation, kept: Sequence[int], period: int) -> float:
        """Return which share of the deliveries of the first period that cannot be kept can be made."""
        row = self.delivered[[period]].toarray()[0]
        wanted = float(row @ self.solved.x)
        most = self.again.most(self._held(gone, kept), row)
        return 0.0 if most is None or wanted <= 0.0 else min(max(most / wanted, 0.0), 1.0)

    @property
    def _size(self) -> float:
        return float(np.max(np.abs(self._amounts(self.solved.x)), initial=0.0))

    # -- at random ---------------------------------------------------------------------------------------------------

    def _drawn(self, who: Sequence[_Who], draws: int, seed: int) -> tuple[Drawing | None, dict[tuple[str, str], float]]:
        """Return what failures at random cost, and the yearly loss by disruption and supplier."""
        chosen = [one for one in who if one.of is not None and one.of.frequency is not None]
        if not chosen or self.budget.over:
            return None, {}
        spoken, years = Spoken(self.plan.data), sum(self.net.periods[t].years for t in self.reported)
        ends = np.cumsum([self.net.periods[t].years for t in self.reported])
        lost, failures, without = np.zeros(draws), 0, np.zeros(draws, dtype=bool)
        yearly: dict[tuple[str, str], float] = {}
        for place, one in enumerate(chosen):
            assert one.of is not None
            assert one.of.frequency is not None
            chance = np.random.default_rng([seed, place])
            counts = chance.poisson(one.of.frequency.value * years, draws)
            dates = np.searchsorted(ends, years * chance.random(int(counts.sum())), side="right")
            months = self._durations(one, chance.random(int(counts.sum())), spoken)
            own, each = np.repeat(np.arange(draws), counts), np.zeros(int(counts.sum()))
            for n, (date, length) in enumerate(zip(dates.tolist(), months.tolist(), strict=True)):
                first = self.reported[min(date, len(self.reported) - 1)]
                each[n] = self._loss(self.answer(self._failure(one, first, length)))
            gone = np.isinf(each)
            without[own[gone]] = True
            np.add.at(lost, own[~gone], each[~gone])
            failures += len(each)
            mean = float(each[~gone].mean()) if (~gone).any() else 0.0
            yearly[one.id, one.supplier] = one.of.frequency.value * mean
        counted = lost[~without]
        p50, p90 = np.percentile(counted, (50, 90)) if len(counted) else (0.0, 0.0)
        mean, worst = (float(counted.mean()), float(counted.max())) if len(counted) else (0.0, 0.0)
        figures = (failures / draws, mean, float(p50), float(p90), worst, int(without.sum()))
        return Drawing(draws, seed, years, *figures), yearly

    def _durations(self, one: _Who, quantiles: Array, spoken: Spoken) -> Array:
        """Return months to recover at quantiles of their range."""
        assert one.of is not None
        path = f"disruptions.{one.id}.recover"
        stated = spoken.distributions().get(path)
        distribution: Distribution = triangular if stated is None else distribution_of(path, stated[1], spoken)
        recover: Quantity = one.of.recover
        low, high = recover.bounds
        return np.array([distribution(q, low, recover.value, high) for q in quantiles.tolist()])


def _measure(plan: Plan, lab: str) -> tuple[sparse.csr_array, str]:
    """Return what is delivered by period as rows [T, columns], and its unit."""
    net, columns = plan.net, plan.solved.tables.columns
    labs = {d.tags.lab for d in net.demands if d.tags.lab}
    if lab and lab not in labs:
        raise StudyError(f"There is no lab {lab!r}; the labs are {', '.join(sorted(labs)) or 'none'}.")
    weight = {d.id: d.weight for d in net.demands if lab in ("", d.tags.lab)}
    unit = "kH100e"
    if not any(weight.values()):
        units = {m.id: m.unit for m in net.materials}
        found = {units[d.material] for d in net.demands}
        if len(found) != 1:
            raise StudyError(f"Deliveries are counted in {', '.join(sorted(found))}, so they cannot be added up.")
        weight, unit = dict.fromkeys((d.id for d in net.demands), 1.0), found.pop()
    rows, cols, values = list[int](), list[int](), list[float]()
    index = columns["deliver"].index
    for j, demand in enumerate(net.demands):
        if not weight.get(demand.id):
            continue
        for steps in index[j]:
            for t, column in enumerate(steps.tolist()):
                if column >= 0:
                    rows.append(t)
                    cols.append(column)
                    values.append(weight[demand.id])
    shape = (net.n_periods, plan.solved.program.n_columns)
    return sparse.csr_array((values, (rows, cols)), shape=shape), unit
