"""A result: a plan, with the studies and pictures that can be made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fabopt.api.places import WORKERS, path_of
from fabopt.api.plan import PlanTables
from fabopt.api.timed import timed
from fabopt.errors import require

if TYPE_CHECKING:
    from fabopt.analysis.agreement import Agreement
    from fabopt.analysis.alternatives.records import Alternatives
    from fabopt.analysis.choke.claim import Decided
    from fabopt.analysis.choke.records import Study
    from fabopt.analysis.disruptions.records import Disruptions
    from fabopt.analysis.draws.records import MonteCarlo
    from fabopt.analysis.explain.questions import Answer
    from fabopt.analysis.memo.records import WalkAway
    from fabopt.analysis.portfolio.records import Portfolio
    from fabopt.analysis.promise.records import Promise
    from fabopt.analysis.reconcile import Reconciled
    from fabopt.analysis.sensitivity.curve import ValueFunction
    from fabopt.analysis.sensitivity.dial import Setting
    from fabopt.analysis.sensitivity.phases import Phases
    from fabopt.analysis.sensitivity.records import Tornado
    from fabopt.analysis.targets.records import Needed
    from fabopt.domain.names import Names
    from fabopt.model.build import Model
    from fabopt.plan.plan import Plan
    from fabopt.report.memo.report import MemoReport
    from fabopt.report.report import Report
    from fabopt.solve.budget import TimeBudget


R = TypeVar("R")


def load_memo(path: str | Path) -> MemoReport:
    """Read the record of a memo's folder: it can be written again in another language or with other templates.

    Raises
    ------
    fabopt.report.memo.reader.MemoError
        When the folder holds no memo, or one of another format.
    """
    require("memo")
    from fabopt.report.memo.reader import read
    from fabopt.report.memo.report import MemoReport

    return MemoReport(read(Path(path)))


class Studies(PlanTables):
    """A plan with the studies that need no other instance."""

    def model(self) -> Model:
        """Return the model that was solved as Pyomo states it, its hooks called again, with the values of the plan.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or the hooks that it was solved with are not there.
        fabopt.errors.StudyError
            When the plan is one party's view.
        fabopt.errors.MissingExtraError
            When Pyomo is not installed.
        """
        require("pyomo")
        from fabopt.model.build import build
        from fabopt.plan.solved import options_of
        from fabopt.solve.compile import set_values
        from fabopt.solve.results.hooks import check_hooks

        check_hooks(self.run, self.hooks)
        self.plan.of_system("a model is that of the system's plan")
        made = build(self.plan.net, self.hooks, options_of(self.run).aim)
        set_values(made, self.table("core/decisions")["value"].to_numpy(float))
        return made

    def _in_its_money(self, report: Report[R]) -> Report[R]:
        """Return an answer about the plan with names for ids, which says whose money it is in where not everybody's."""
        from fabopt.report.named import named
        from fabopt.report.perspective import in_whose_money

        return named(in_whose_money(report, self.plan.perspective), self._names)

    def _lever(self, path: str) -> str:
        """Return what a number is called."""
        from fabopt.analysis.lever_names import lever_name

        return lever_name(self.plan.data, path)

    @cached_property
    def _names(self) -> Names:
        """What things and parties are called, by id."""
        from fabopt.domain.names import display_names

        return display_names(self.plan.data)

    def choke_points(
        self,
        *,
        lab: str = "",
        period: str = "",
        top: int = 10,
        budget: float | TimeBudget = 10.0,
        draws: int = 40,
        seed: int = 0,
        workers: int | None = None,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        tell: Callable[[str, float], None] | None = None,
    ) -> Report[Study]:
        """Return what holds the plan back, what it is worth to move it, and what comes after it.

        Parameters
        ----------
        lab
            Id of a lab through whom alone relief may gain; all others keep what the plan delivers to them.
        period
            Label of the period in which alone relief stands, or ``2027Q1..2027Q4``.
        top
            How many limits are studied in full.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        draws
            Draws of the data.
        seed
            Seed of solver and draws.
        workers, scheduler
            Processes that answer questions and make draws, or the address of a Dask cluster (docs/cluster.md); two
            threads of this process when both are left out. The answers are the same.
        journal
            File in which answers are kept as they come; what stands there is not asked again.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.solve.work.cluster.ClusterError
            When there is no such cluster, or it is not fit.
        fabopt.errors.StudyError
            When there is no such lab or period, or the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        fabopt.solve.budget.OutOfTimeError
            When there was no time for anything.
        """
        from fabopt.analysis.choke.options import ChokeOptions
        from fabopt.analysis.choke.verb import study_of
        from fabopt.report.choke import choke_report
        from fabopt.solve.work.where import beside

        at_once = (workers or WORKERS) if scheduler is None else None
        asked = ChokeOptions(lab=lab, top=top, seed=seed, workers=at_once, draws=draws)
        with timed(budget, tell) as (time, _):
            study = study_of(self.plan, asked, period, time, beside(workers, scheduler), path_of(journal))
        return self._in_its_money(choke_report(study, top, self._names, self._lever))

    def claim(
        self,
        *claims: str,
        workers: int | None = None,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        budget: float | TimeBudget = math.inf,
    ) -> Report[tuple[Decided, ...]]:
        """Return whether claims about the choke point hold: ``"asml binds by 2029"``.

        Parameters
        ----------
        claims
            The claims, in the grammar of :mod:`fabopt.analysis.choke.claim_text`.
        workers, scheduler, journal
            As for :meth:`choke_points`.
        budget
            Minutes that may be spent, or a budget that has begun.

        Raises
        ------
        fabopt.solve.work.cluster.ClusterError
            When there is no such cluster, or it is not fit.
        fabopt.errors.StudyError
            When one is no claim, names no limit, or a period that does not count.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        fabopt.solve.budget.OutOfTimeError
            When there was no time to decide any; a claim for which there was none is named in the notes.
        """
        from fabopt.analysis.choke.claim import decide_all
        from fabopt.report.claim import claim_report
        from fabopt.solve.work.where import beside

        executor = beside(workers, scheduler)
        with timed(budget) as (time, _):
            decided = decide_all(
                self.plan, claims, workers=workers or WORKERS, budget=time, executor=executor, journal=path_of(journal)
            )
        return claim_report(decided, self.plan.unit, self.plan.held, time.said_left_out())

    def draws(
        self,
        draws: int = 200,
        *,
        exact: int = 0,
        seed: int = 0,
        targets: Sequence[str] = (),
        workers: int = 1,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        budget: float | TimeBudget = math.inf,
        tell: Callable[[int, int], None] | None = None,
    ) -> Report[MonteCarlo]:
        """Draw the numbers of the instance from their ranges: bands, chances of targets and of choke points.

        Parameters
        ----------
        draws
            How many; each holds the integers of the plan.
        exact
            So many of them, the first, are solved with all integers free as well, and the difference is told.
        seed
            Draw n of a seed depends on both alone, wherever it is made.
        targets
            Power or compute, of a lab that is named before a colon: ``2 GW``, ``aurora: 5 MH100e``; when left out what
            the plan itself reaches in the end.
        workers, scheduler
            Processes at a time, or the address of a Dask cluster.
        journal
            File in which finished draws are kept; those that stand there are not made again.
        budget
            Minutes that may be spent, or a budget that has begun.
        tell
            Told how many draws are finished, of how many.

        Raises
        ------
        fabopt.errors.StudyError
            When nothing can be drawn, or a target is none.
        fabopt.io.problems.InstanceError
            When a number that the instance would draw has no range.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.draws.study import DrawOptions, monte_carlo
        from fabopt.report.draws import draws_report
        from fabopt.solve.work.where import executor_of

        with timed(budget) as (time, line):
            record = monte_carlo(
                self.plan,
                DrawOptions(draws, exact, seed, tuple(targets)),
                executor=executor_of(workers, scheduler),
                journal=path_of(journal),
                budget=time,
                tell=tell or (None if line is None else partial(line.count, word="draws")),
            )
        return self._in_its_money(draws_report(record, self._names, self._lever))

    def disruptions(
        self,
        of: Sequence[str] = (),
        *,
        lab: str = "",
        draws: int = 10_000,
        seed: int = 0,
        budget: float | TimeBudget = math.inf,
        tell: Callable[[int, int], None] | None = None,
    ) -> Report[Disruptions]:
        """Tell how long deliveries survive the failure of each supplier, and what failures cost, also at random.

        Parameters
        ----------
        of
            Kinds of supplier beside those of which the instance states a disruption: ``owner``, ``region``, ``site``.
        lab
            Id of the lab whose deliveries are to survive; everybody's when left out.
        draws, seed
            Draws of failures at random, and their seed.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        tell
            Told how many suppliers are done, of how many.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such kind or lab, or deliveries cannot be added up.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.disruptions.study import disruptions
        from fabopt.report.disruptions import disruptions_report

        with timed(budget) as (time, line):
            told = tell or (None if line is None else partial(line.count, word="suppliers"))
            record = disruptions(self.plan, of, lab, draws, seed, time, told)
        return self._in_its_money(disruptions_report(record))

    def companies(self, *, per: str = "quarter", of: Sequence[str] = (), by: Sequence[str] = ()) -> Report[Plan]:
        """Return wafers, stacks, packages, power, revenue, cost and margin by company and time, past and plan.

        >>> result.companies().frame  # a row for each company, measure and quarter
        >>> result.companies(per="year").table("wide")  # a column for each year

        Parameters
        ----------
        per
            ``quarter``, ``year`` or ``period``.
        of
            Ids of the companies that are told; all of them when left out.
        by
            ``item`` or ``other`` (party) or both: told apart by these as well, of the plan alone and without margins.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such company, or no such way to put together or tell apart.
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        from fabopt.report.companies import companies_report

        return companies_report(self.plan, per, of, by)

    def portfolio(self, lab: str, *, budget: float | TimeBudget = math.inf) -> Report[Portfolio]:
        """Return what a lab's compute stands on: its chips, why these and not others, and its suppliers.

        Parameters
        ----------
        lab
            Id of the lab.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such lab.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.portfolio.study import portfolio
        from fabopt.report.portfolio import portfolio_report

        with timed(budget) as (time, _):
            return self._in_its_money(portfolio_report(portfolio(self.plan, lab, time), self._names))

    def promise(
        self, chip: str, quantity: float, *, lab: str = "", budget: float | TimeBudget = math.inf
    ) -> Report[Promise]:
        """Return when a quantity of a chip can be delivered, at what cost, displacing whom, and what brings it nearer.

        Parameters
        ----------
        chip
            Id of the chip.
        quantity
            Accelerators, beside what the plan delivers.
        lab
            Id of the lab that gets them; whoever takes them when left out.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such chip or lab, the quantity is not positive, nothing of the chip can be shipped there,
            or the result is one party's view.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.promise.study import promise
        from fabopt.report.promise import promise_report

        with timed(budget) as (time, _):
            return self._in_its_money(promise_report(promise(self.plan, chip, quantity, lab, time)))

    def walk_away(
        self, lab: str, *, tolerance: float | None = None, budget: float | TimeBudget = 10.0, workers: int = WORKERS
    ) -> Report[tuple[WalkAway, ...]]:
        """Return how far each term of what a lab should sign may move before signing is worth nothing to it.

        Price, volume, prepayment, date and cancellation of every signature of the lab's own plan that is proved to be
        worth more than the tolerance; everybody else stands as in this result.

        Parameters
        ----------
        lab
            Id of the lab.
        tolerance
            Million dollars; a hundredth of a per cent of the value of its plan, to one digit, when left out.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        workers
            Programs at a time, one solver thread each.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no plan or no such lab, the result is one party's view, or its objective is not money.
        fabopt.solve.results.folder.ResultError
            When the result is one of another version, or does not fit the instance.
        """
        from fabopt.analysis.memo.study import MemoOptions, walk_away_of
        from fabopt.report.walk_away import walk_away_report
        from fabopt.solve.results.folder import check_version

        check_version(self.run)
        with timed(budget) as (time, _):
            found = walk_away_of(self.plan, MemoOptions(lab, tolerance, workers=workers), time)
        return walk_away_report(self.plan.data.labs[lab].name, found, time.left_out)

    def memo(
        self,
        lab: str,
        *,
        budget: float | TimeBudget = 10.0,
        tolerance: float | None = None,
        within: float = 0.01,
        sweep: str | Path | None = None,
        draws: str | Path | None = None,
        hedge: str | Path | None = None,
        seed: int = 0,
        workers: int = WORKERS,
        tell: Callable[[str, float], None] | None = None,
    ) -> MemoReport:
        """Return the procurement memo of a lab: what to sign, with whom, by when, and what would change that.

        Parameters
        ----------
        lab
            Id of the lab.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        tolerance
            Million dollars that the lab may lose by a signature's delay: what defines a last responsible date; a
            hundredth of a per cent of its plan's value, to one digit, when left out.
        within
            Share of the plan's value that an alternative may be worse.
        sweep
            Folder of a sweep, from which the chances of reaching a target come.
        draws
            Folder of a report of :meth:`draws` of this result, from which they come instead.
        hedge
            Folder of a report of ``hedge`` of a plan under states of the same data: regrets, and what to wait for.
        seed, workers
            Seed of solver and draws; programs at a time, one solver thread each.
        tell
            Called with the name of each analysis and how long it took.

        Returns
        -------
        MemoReport
            ``save(folder, formats, lang, template)`` writes it; ``frame("signatures")`` is a part as a table.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no plan or no such lab, the result is one party's view, or its objective is not money.
        fabopt.solve.results.folder.ResultError
            When the result is one of another version, or does not fit the instance.
        fabopt.errors.MissingExtraError
            When what writes memos is not installed.
        """
        require("memo")
        from fabopt.analysis.draws.records import MonteCarlo
        from fabopt.analysis.hedge.records import Hedge
        from fabopt.analysis.memo.study import MemoOptions, memo_of
        from fabopt.report.memo.report import MemoReport
        from fabopt.report.report import saved
        from fabopt.solve.results.folder import check_version

        check_version(self.run)
        asked = MemoOptions(
            lab,
            tolerance,
            within,
            sweep=None if sweep is None else Path(sweep),
            draws=None if draws is None else saved(Path(draws), "draws", MonteCarlo),
            hedge=None if hedge is None else saved(Path(hedge), "hedge", Hedge),
            seed=seed,
            workers=workers,
        )
        with timed(budget, tell) as (time, _):
            return MemoReport(memo_of(self.plan, asked, time))

    def explain(
        self,
        *,
        why_not: str = "",
        lab: str = "",
        why_short: str = "",
        next_unit: str = "",
        from_: str = "",
        period: str = "",
        budget: float | TimeBudget = math.inf,
    ) -> Report[Answer]:
        """Return the answer to one question about the plan, as a sentence and a frame.

        Parameters
        ----------
        why_not
            Id of a chip: why does `lab` not buy it?
        lab
            Id of a lab.
        why_short
            Id of a lab: why does it get no more in `period`?
        next_unit
            A limit, by name or id: whom would one more unit of it go to, in `period` or in every reported one?
        from_
            Id of a chip: where does a unit of it that is packaged in `period` come from?
        period
            Label of a period.
        budget
            Minutes that may be spent, or a budget that has begun.

        Raises
        ------
        fabopt.solve.budget.OutOfTimeError
            When time or a signal ended it before there was an answer.
        fabopt.errors.StudyError
            When the question is not complete, or names what is not there, with the nearest.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.explain.questions import Question, explained
        from fabopt.report.explain import explain_report

        question = Question(why_not, lab, why_short, next_unit, from_, period)
        with timed(budget) as (time, _):
            return self._in_its_money(explain_report(explained(self.plan, question, time), self._names))

    def tornado(
        self,
        top: int = 20,
        *,
        whole: bool = False,
        workers: int = WORKERS,
        scheduler: str | None = None,
        journal: str | Path | None = None,
        budget: float | TimeBudget = math.inf,
        tell: Callable[[str, float], None] | None = None,
        count: Callable[[int, int, str], None] | None = None,
    ) -> Report[Tornado]:
        """Return which numbers of the instance matter: adjoint for all that have a range, re-solves for the widest.

        Parameters
        ----------
        top
            How many numbers are solved again at both ends of their range.
        whole
            Whether integers may move at the ends; otherwise they are held as in the plan.
        workers
            Processes that price numbers, and threads that solve ends.
        scheduler
            Address of a Dask cluster that does both in their place (docs/cluster.md).
        journal
            File in which numbers are kept that were solved again; those that stand there are not.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        tell
            Called with the name of each step and how long it took.
        count
            Called with how many numbers of a step are done, of how many, and the word for them.

        Raises
        ------
        fabopt.errors.StudyError
            When the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.tornado import TornadoOptions
        from fabopt.analysis.sensitivity.verb import tornado_of
        from fabopt.report.tornado import tornado_report

        asked = TornadoOptions(top, "whole" if whole else "held", workers, scheduler, path_of(journal))
        with timed(budget, tell) as (time, line):
            record = tornado_of(self.plan, asked, time, count or (None if line is None else line.count))
        return self._in_its_money(tornado_report(record, self._lever))

    def alternatives(
        self,
        within: float = 0.01,
        *,
        until: str = "",
        budget: float | TimeBudget = 10.0,
        tell: Callable[[str, float], None] | None = None,
    ) -> Report[Alternatives]:
        """Return what all plans nearly as good have in common, and how far they differ.

        Parameters
        ----------
        within
            Share of the objective, without what stands whatever is planned, that a plan may be worse.
        until
            Label of the last period whose orders count; all of them when left out.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.errors.StudyError
            When the share or the period makes no sense, or the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.alternatives.study import AlternativesOptions, alternatives
        from fabopt.report.alternatives import alternatives_report

        asked = AlternativesOptions(within=within, until=until)
        with timed(budget, tell) as (time, _):
            return self._in_its_money(alternatives_report(alternatives(self.plan, asked, time)))

    def reconcile(self) -> Report[Reconciled]:
        """Return the instance and its plan held against published figures, and the plan against what is expected of it.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.expectations import expected
        from fabopt.analysis.history import history
        from fabopt.analysis.reconcile import reconciled
        from fabopt.analysis.skill import skills
        from fabopt.report.frames import reconcile_report

        plan = self.plan
        found, past = reconciled(plan.net, plan.data, plan), history(plan)

        def drawn() -> dict[str, Any]:
            from fabopt.report.charts.history import past_chart
            from fabopt.report.charts.style import sources
            from fabopt.report.names import names_of

            chart = past_chart(past, plan.name, sources(plan.instance, ("outcomes",)), names_of(plan.data))
            return {} if chart is None else {"past": chart}

        return reconcile_report(found, skills(plan.data, found.rows), expected(plan), past, drawn)

    def feasible(
        self, *, budget: float | TimeBudget = 10.0, tell: Callable[[str, float], None] | None = None
    ) -> Report[Agreement]:
        """Return whether the published outcomes can all hold at once; what clashes, and what move of data ends it.

        Parameters
        ----------
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is said.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.errors.StudyError
            When the plan is not one with the objective ``agreement``.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.agreement import agreement
        from fabopt.report.frames import agreement_report

        with timed(budget, tell) as (time, _):
            return agreement_report(agreement(self.plan, time), self._lever)

    def needed(
        self,
        target: str | float,
        *,
        by: str = "",
        lab: str = "",
        levers: Sequence[str] | Mapping[str, Setting | None],
        costs: Mapping[str, float] | None = None,
        budget: float | TimeBudget = 10.0,
        tell: Callable[[str, float], None] | None = None,
    ) -> Report[Needed]:
        """Return what would have to be true for a target: the least movement of levers, or the proof that none does.

        Parameters
        ----------
        target
            ``"30 GW"``: facility power in use; ``"5 MH100e"``: compute; ``"90 bn USD"`` or a number: value.
        by
            Label of the period in which power or compute counts; the last that is reported when left out.
        lab
            Id of the lab whose power or compute counts; all of them when left out.
        levers
            Paths of the numbers that may move within their range, or each with its end, a setting:
            ``["a.b=*2", "c.d"]`` or ``{"a.b": "*2"}``. A series moves by a factor, or with an end such as ``+800 MW``
            by what is added.
        costs
            Million dollars for one unit of change, by path, for least cost; otherwise relative changes are added up.
            One unit is that of the lever; of a series a factor of 1 (all of it once more) or one unit added.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow stands in the notes.
        tell
            Called with the name of each step and how long it took.

        Raises
        ------
        fabopt.errors.StudyError
            When target, period, lab, levers or costs make no sense, or the rules refuse the end of a lever.
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.targets.study import TargetOptions, needed
        from fabopt.report.needed import target_report

        asked = TargetOptions(target, by, lab, levers, costs or {})
        with timed(budget, tell) as (time, _):
            return self._in_its_money(target_report(needed(self.plan, asked, time), self._names, self._lever))

    def value_function(
        self,
        lever: str,
        low: Setting | None = None,
        high: Setting | None = None,
        *,
        whole: bool = False,
        budget: float | TimeBudget = math.inf,
    ) -> Report[ValueFunction]:
        """Return objective and plan against one lever, with the breakpoints of the curve.

        Parameters
        ----------
        lever
            Its path, with ``@`` and a date for one point of a series.
        low, high
            From where to where, as settings: ``400``, ``"0.4 GW"``, ``"*0.8"``. A series moves over a factor of all its
            points (``"*0.8"`` to ``"*1.2"``) or what is added to them (``"+-50 MW"`` to ``"+50 MW"``), and the report
            has that unit: ``times``, ``MW added``. When left out the range of the lever; of a series the factors that
            keep every point in its range.
        whole
            Whether the value with integers free is certified too.
        budget
            Minutes that may be spent, or a budget that has begun; what it does not allow is listed.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest, or an end is none: one number would flatten a series.
        fabopt.errors.StudyError
            When low lies above high, no plan stands at an end, or the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.verb import value_of
        from fabopt.report.value_function import value_report

        with timed(budget) as (time, _):
            return self._in_its_money(value_report(value_of(self.plan, lever, low, high, whole, time), self._lever))

    def phase_diagram(self, x: str, y: str, steps: int = 9, *, budget: float | TimeBudget = math.inf) -> Report[Phases]:
        """Return which limit is the choke point where, on a grid over the ranges of two levers.

        Parameters
        ----------
        x, y
            Paths of the levers; a series moves over a factor of all its points.
        steps
            Values of each, at equal distances.
        budget
            Minutes that may be spent, or a budget that has begun; cells that it does not allow say so.

        Raises
        ------
        fabopt.io.levers.LeverError
            When there is no such lever, with the nearest.
        fabopt.errors.StudyError
            When both are the same, or the result is seen from one party's perspective.
        fabopt.solve.results.folder.ResultError
            When there is no plan, or it does not fit the instance.
        """
        from fabopt.analysis.sensitivity.verb import phases_of
        from fabopt.report.value_function import phase_report

        with timed(budget) as (time, _):
            return self._in_its_money(phase_report(phases_of(self.plan, x, y, steps, time), self._lever))

    def chart(
        self,
        kind: str = "plan",
        *,
        period: str = "",
        lab: str = "",
        top: int | None = None,
        lever: str = "",
        against: str = "",
    ) -> Any:
        """Return a picture of the result as an Altair chart: interactive in a notebook.

        Parameters
        ----------
        kind
            plan, flow, use, choke, mix, power, tornado, value or phase (docs/charts.md).
        period
            flow: label of the period; the one in which most is shipped when left out.
        lab
            plan, mix, power: id of the lab that is drawn alone.
        top
            use, choke, tornado: rows that are drawn.
        lever, against
            value, phase: the numbers that are moved.

        Raises
        ------
        fabopt.report.charts.style.ChartError
            When there is no such kind or nothing to draw, or the kind does not take what is asked.
        """
        from fabopt.report.charts.kinds import ChartOptions, draw

        return draw(self.plan, kind, ChartOptions(period, lab, top, lever, against))

    def save_chart(self, path: str | Path, kind: str = "plan", **asked: Any) -> None:
        """Write a picture of the result as ``.svg``, ``.png`` or ``.html``; what is asked as for :meth:`chart`."""
        from fabopt.report.charts.style import check_path, write

        check_path(Path(path))
        write(self.chart(kind, **asked), Path(path))
