"""From a result, fresh or saved, to a lab's portfolio: the plan is brought back to life, nothing is searched again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from fabopt.analysis.portfolio.entry import Market, deals
from fabopt.analysis.portfolio.gates import Gates
from fabopt.analysis.portfolio.mix import bought, exposure, failure_points, mix, running
from fabopt.analysis.portfolio.records import ChipCase, Entry, Portfolio, Standing
from fabopt.analysis.replan import Again
from fabopt.domain.instance import Instance
from fabopt.domain.tolerances import COUNTS, TIE
from fabopt.errors import StudyError
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import Network
from fabopt.plan.plan import Plan
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.budget import TimeBudget


def portfolio(plan: Plan, lab: str, budget: TimeBudget | None = None) -> Portfolio:
    """Return the portfolio of a lab in a plan.

    Parameters
    ----------
    plan
        The solved plan.
    lab
        Id of the lab.
    budget
        Time for it; without end when left out. What it does not allow is left out and said.

    Raises
    ------
    StudyError
        If there is no such lab.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    data, read = plan.data, plan.table
    if lab not in data.labs:
        known = ", ".join(data.labs) or "none"
        raise StudyError(f"There is no lab {lab!r} in {plan.run.instance}; it has: {known}.")
    budget = TimeBudget() if budget is None else budget
    cases, hangs = _cases(plan, lab, budget), exposure(read, lab)
    chips = tuple(sorted((_in_time(cases, chip, budget) for chip in data.chips), key=_order(data)))
    return Portfolio(
        lab=lab,
        name=data.labs[lab].name,
        until=cases.until,
        money=not cases.unpriced,
        chips=chips,
        mix=mix(read, data, lab),
        exposure=hangs,
        points=failure_points(cases.net, lab, cases.until, cases.got, hangs),
        notes=tuple(budget.said_left_out()),
    )


def _in_time(cases: _Cases, chip: str, budget: TimeBudget) -> ChipCase:
    """Return where a chip stands, as far as time allows to find out."""
    with budget.attempt(f"what {chip} is worth"):
        return cases.case(chip)
    return cases.untold(chip)


def chip_case(plan: Plan, lab: str, chip: str, budget: TimeBudget | None = None) -> ChipCase:
    """Return where one chip of an instance stands with one of its labs; parameters as for :func:`portfolio`.

    Raises
    ------
    fabopt.solve.budget.OutOfTimeError
        If time or a signal ended it.
    """
    return _cases(plan, lab, TimeBudget() if budget is None else budget).case(chip)


def _cases(plan: Plan, lab: str, budget: TimeBudget) -> _Cases:
    chain, net = plan.lowered
    until = [p.label for p in net.periods if p.reported][-1]
    got, unpriced = bought(plan.table, lab), _unpriced(plan)
    solved = None if unpriced else plan.solved
    return _Cases(net, chain, lab, until, got, running(plan.table, lab, until), solved, unpriced, budget)


def _unpriced(plan: Plan) -> str:
    """Return why no price brings a chip into a plan, empty where one may."""
    if plan.seen:
        return f"the plan is seen by {plan.seen_by}, and entry prices are those of the system's plan"
    if plan.run.options.unstudied:
        return f"{plan.run.options.unstudied}, and entry prices are those of a best plan"
    if not plan.in_money:
        return "the plan's objective is not money, so no price brings it in"
    return ""


def _order(data: Instance) -> Callable[[ChipCase], tuple[float, ...]]:
    """Return the order of chips: bought ones by their compute, then by the cut that brings them in, then the others."""
    places = {chip: n for n, chip in enumerate(data.chips)}

    def key(case: ChipCase) -> tuple[float, ...]:
        if case.standing == "bought":
            return (0.0, -case.bought * data.chips[case.chip].best, places[case.chip])
        if case.entry is not None:
            return (1.0, case.entry.cut, places[case.chip])
        return (2.0, 0.0, places[case.chip])

    return key


class _Cases:
    """Judges the chips of an instance for one lab."""

    def __init__(
        self,
        net: Network,
        chain: Chain,
        lab: str,
        until: str,
        got: Mapping[str, float],
        runs: Mapping[str, float],
        solved: SolvedProgram | None,
        unpriced: str,
        budget: TimeBudget,
    ) -> None:
        self.net, self.until = net, until
        self.chain, self.lab, self.got, self.runs = chain, lab, got, runs
        self.gates, self.solved, self.unpriced, self.budget = Gates(chain, net), solved, unpriced, budget
        self.sites = [s for s, site in chain.instance.sites.items() if site.lab == lab]
        self.again: Again | None = None

    def case(self, chip: str) -> ChipCase:
        """Return where a chip stands."""
        if chip in self.got:
            return self._bought(chip)
        gate = self.gates.gate(chip, self.lab, self.sites)
        if gate is not None:
            return self._made(chip, *gate)
        if self.solved is None:
            return self._made(chip, "unpriced", self.unpriced)
        case = deals(self.market.plan, self.chain, chip, self.sites)
        entry = self.market.entry(case, chip, self.lab) if len(case) else None
        if entry is None:
            return self._made(chip, "blocked", "no plan with these orders has any: its parts or its limits are full")
        return self._made(chip, *_judged(entry), entry=entry)

    @cached_property
    def market(self) -> Market:
        """The plan with its prices."""
        assert self.solved is not None
        return Market(self.solved, self.budget)

    def untold(self, chip: str) -> ChipCase:
        """Return where a chip stands of which there was no time to find out more."""
        return self._made(chip, "bought" if chip in self.got else "unpriced", "there was no time to find out more")

    def _bought(self, chip: str) -> ChipCase:
        if self.solved is None:
            return self._made(chip, "bought", "the plan buys it")
        loss = self._loss(self.solved, chip)
        if loss is None:
            why = "no best plan without it was found"
        else:
            why = "the plan loses value without it" if loss > 0.0 else "another best plan does without it"
        return self._made(chip, "bought", why, loss=loss)

    def _loss(self, plan: SolvedProgram, chip: str) -> float | None:
        """Return what the plan loses if the lab buys none of a chip, M USD; None where no plan without it is known."""
        if self.again is None:
            self.again = Again(plan, budget=self.budget)
        left = self.again.without_chip(chip, self.lab)
        if left.x is None and self.budget.over:
            raise self.budget.out_of_time(f"what the plan loses without {chip}")
        if left.x is None or left.bound - left.value > max(plan.problem.near(), COUNTS * abs(left.value)):
            return None  # what a search that time ended has found is no answer
        loss = self.again.base - left.value
        return loss if loss > plan.problem.near() else 0.0

    def _made(
        self, chip: str, standing: Standing, why: str, loss: float | None = None, entry: Entry | None = None
    ) -> ChipCase:
        record = self.chain.instance.chips[chip]
        got, runs = self.got.get(chip, 0.0), self.runs.get(chip, 0.0)
        return ChipCase(chip, record.name, record.designer, standing, got, runs, why, loss, entry)


def _judged(entry: Entry) -> tuple[Standing, str]:
    if entry.cut <= TIE:
        return "ties", "it is worth what it costs: another best plan may buy it"
    if entry.below is not None:
        return "enters", "it costs more than it is worth"
    if entry.cost <= 0.0:
        return "no price", "making it costs nothing in the instance, so no lower price brings it in"
    if entry.package - entry.cost > entry.worth:
        return "no price", "it would need a negative price: its parts earn more elsewhere"
    return "no price", "it would need a negative price: it is worth less than what it needs beside the package"
