r"""Monte Carlo of a plan: draws of the data, each with its plan, and what they say together.

The integers of the plan are held in every draw (screening: a linear program each). A stated number of draws, the
first, is solved with all integers free as well, and the difference is told.

**What is unique.** The worth of a draw is; its amounts, prices and choke points are those of one best plan and one set
of prices where several are equally good: the same on every machine, but not the only ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fabopt.analysis.choke.timeline import counted
from fabopt.analysis.draws.distributions import place_of
from fabopt.analysis.draws.engine import Spread, couplings, quantiles, spreads
from fabopt.analysis.draws.figures import COMPUTE, FLOWS, POWER, UNITS, Read, figures, published
from fabopt.analysis.draws.indices import LEAST, by_chance, first_order, interval, rank_correlation, sorted_by
from fabopt.analysis.draws.one import Task, by_gain, draws_of
from fabopt.analysis.draws.records import Band, Chance, ChokeChance, Drawn, Matter, MonteCarlo, Reached, Screening
from fabopt.analysis.targets.records import Measured, Target
from fabopt.analysis.targets.target import target_of
from fabopt.domain.tolerances import CLOSE
from fabopt.errors import StudyError
from fabopt.network.tables import Array
from fabopt.plan.plan import Plan
from fabopt.solve.budget import TimeBudget
from fabopt.solve.work.executor import Executor, InProcess, Job
from fabopt.solve.work.journal import Journal, digest, record

OBJECTIVE = "objective"

INTERVALS = 24
"""Numbers, by the size of their index, of which the interval is found."""

PERCENT = (10.0, 50.0, 90.0)


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """What is asked.

    Attributes
    ----------
    draws
        How many.
    exact
        So many of them, the first, are solved with all integers free as well.
    seed
        Seed: draw n of a seed depends on both alone.
    targets
        Power or compute, of a lab that is named before a colon: ``2 GW``, ``aurora: 5 MH100e``. Left out: what the plan
        itself reaches in the end.
    seconds
        Longest search of a draw that is solved exactly.
    """

    draws: int = 200
    exact: int = 0
    seed: int = 0
    targets: tuple[str, ...] = ()
    seconds: float = 60.0


def monte_carlo(
    plan: Plan,
    asked: DrawOptions | None = None,
    *,
    executor: Executor | None = None,
    journal: Path | None = None,
    budget: TimeBudget | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> MonteCarlo:
    """Draw the data of a plan.

    Parameters
    ----------
    plan
        The solved plan.
    asked
        What is asked.
    executor
        Where draws are made; in this process when left out.
    journal
        File in which every draw is kept as it is finished; what it has of the same draws is not made again.
    budget
        Time for it; it ends with the draws that are finished then, as Ctrl-C does. Without end when left out.
    tell
        Told how many draws are finished, of how many.

    Raises
    ------
    StudyError
        If nothing in the instance can be drawn, more draws are to be solved exactly than there are, a target is none,
        or the plan is no best plan of the system.
    fabopt.io.problems.InstanceError
        If a number that is to be drawn has no range.
    fabopt.solve.results.folder.ResultError
        If there is no plan, or it does not fit its instance.
    """
    plan.of_system("data are drawn around the system's plan")
    asked = asked or DrawOptions()
    if asked.exact > asked.draws:
        raise StudyError(f"Of {asked.draws} draws {asked.exact} cannot be solved exactly: ask for fewer of them.")
    study = _Study(plan, asked)
    kept = None if journal is None else Journal(journal, study.digest, record(Drawn))
    return study.record(study.draws(executor or InProcess(), kept, budget or TimeBudget(), tell))


class _Study:
    """The study as it goes."""

    def __init__(self, plan: Plan, asked: DrawOptions) -> None:
        self.plan, self.asked = plan, asked
        self.spreads = spreads(plan.tree, plan.data)
        if not self.spreads:
            raise StudyError("No number of the instance has a range, so there is nothing to draw.")
        net, solved = plan.net, plan.solved
        self.periods = tuple(counted(net).periods)
        self.labels = tuple(net.periods[t].label for t in self.periods)
        self.money = (plan.run.money_unit or "money") if plan.in_money else ""
        read = Read(solved.tables, solved.x, solved.row_price)
        self.base, self.published = figures(read, self.money), published(read)
        series = tuple(self.base), tuple(self.published)
        self.task = Task(plan, self.asked.seed, asked.exact, asked.seconds, *series, self.periods, self.money)
        self.targets = tuple(self._target(text) for text in asked.targets) or tuple(self._own_targets())

    @property
    def digest(self) -> str:
        """What a draw depends on beside its number."""
        asked = self.asked
        return digest({"study": "draws", "seed": asked.seed, "seconds": asked.seconds, **self.plan.rests_on})

    def draws(
        self,
        executor: Executor,
        journal: Journal[Drawn] | None,
        budget: TimeBudget,
        tell: Callable[[int, int], None] | None,
    ) -> tuple[Drawn, ...]:
        """Return the draws by number, as far as time goes; Ctrl-C ends with those that are finished."""
        asked, done = self.asked, dict[int, Drawn]()
        for number in range(asked.draws) if journal is not None else ():
            before = None if journal is None else journal.find((number, number < asked.exact))
            if before is not None:
                done[number] = before
        todo = [number for number in range(asked.draws) if number not in done]
        try:
            with executor.crew(Job("draw", draws_of, self.task)) as crew:
                for _, drawn in crew.run(todo) if todo else ():
                    done[drawn.number] = drawn
                    if journal is not None:
                        journal.add((drawn.number, drawn.number < asked.exact), drawn)
                    if tell is not None:
                        tell(len(done), asked.draws)
                    if budget.over:
                        break
        except KeyboardInterrupt:
            pass
        return tuple(done[number] for number in sorted(done))

    # -- targets -----------------------------------------------------------------------------------------------------

    def _target(self, text: str) -> Target:
        lab, colon, amount = (part.strip() for part in text.rpartition(":"))
        target = target_of(amount, "", lab if colon else "", self.plan.net, self.plan.run.options.objective, self.money)
        if target.measure == "value":
            raise StudyError(f"{text!r} is no target of power or compute, such as '2 GW' or 'LAB: 5 MH100e'.")
        return target

    def _own_targets(self) -> list[Target]:
        """Return what the plan itself reaches in the end: power and compute, of all and of each lab."""
        made = []
        for (quantity, lab, unit), values in self.base.items():
            end = float(values[self.periods[-1]])
            if quantity in (POWER, COMPUTE) and end > 0.0:
                scale = 1000.0 if quantity == POWER else 1.0
                measure: Measured = "power" if quantity == POWER else "compute"
                made.append(Target(measure, scale * end, "MW facility" if quantity == POWER else unit, "", lab))
        return made

    # -- what the draws say ------------------------------------------------------------------------------------------

    def record(self, draws: tuple[Drawn, ...]) -> MonteCarlo:
        """Return what finished draws say together."""
        plan, stood = self.plan, [d for d in draws if d.status == "stood"]
        matters, chance = self._matters(stood)
        return MonteCarlo(
            plan=plan.held,
            objective=plan.solved.objective,
            unit=plan.unit,
            asked=self.asked.draws,
            seed=self.asked.seed,
            numbers=len(self.spreads),
            periods=self.labels,
            draws=draws,
            bands=tuple(self._bands(stood)),
            chances=tuple(self._chances(draws)),
            published=tuple(self._reached(draws)),
            chokes=tuple(self._chokes(stood)),
            matters=matters,
            by_gain=by_gain(plan.solved),
            by_chance=chance,
            screening=_screening(stood),
            input_hash=plan.run.input_hash,
        )

    def _bands(self, stood: Sequence[Drawn]) -> list[Band]:
        worth = _percentiles([d.objective for d in stood])
        made = [Band(OBJECTIVE, "", self.plan.unit, "", self.plan.solved.objective, *worth)]
        for n, (quantity, of, unit) in enumerate(self.task.series):
            if quantity in FLOWS:
                whole = float(self.base[quantity, of, unit][list(self.periods)].sum())
                sums = _percentiles([sum(value or 0.0 for value in d.figures[n]) for d in stood])
                made.append(Band(quantity, of, unit, "", whole, *sums))
            for k, (t, label) in enumerate(zip(self.periods, self.labels, strict=True)):
                value = float(self.base[quantity, of, unit][t])
                ends = _percentiles([d.figures[n][k] for d in stood])
                made.append(Band(quantity, of, unit, label, None if np.isnan(value) else value, *ends))
        return made

    def _chances(self, draws: Sequence[Drawn]) -> list[Chance]:
        made, place = [], {key: n for n, key in enumerate(self.task.series)}
        for target in self.targets:
            measure = POWER if target.measure == "power" else COMPUTE
            at = place.get((measure, target.lab, UNITS[measure]))
            amount = target.amount / 1000.0 if measure == POWER else target.amount
            reached = np.zeros(len(self.periods))
            for draw in draws if at is not None else ():
                if draw.status == "stood":
                    got = [value or 0.0 for value in draw.figures[at or 0]]
                    reached += np.maximum.accumulate(np.array(got) >= amount * (1.0 - CLOSE))
            made += [
                Chance(measure, target.lab, amount, UNITS[measure], label, float(reached[k]) / max(len(draws), 1))
                for k, label in enumerate(self.labels)
            ]
        return made

    def _reached(self, draws: Sequence[Drawn]) -> list[Reached]:
        """Return what the draws have of each published figure."""
        made, stated = [], {one.id: one for one in self.plan.net.outcomes}
        for n, id in enumerate(self.task.published):
            one = stated[id]
            found = [v for v in (d.published[n] for d in draws if d.status == "stood") if v is not None]
            near = CLOSE * max(abs(one.figure), abs(one.low), abs(one.high))
            reached = sum(v >= one.figure - near for v in found) / max(len(draws), 1)
            inside = sum(one.low - near <= v <= one.high + near for v in found) / max(len(draws), 1)
            until, ends = self.plan.net.periods[one.window[-1]].label, (one.figure, one.low, one.high)
            bands = self.published[id], *_percentiles(found)
            made.append(Reached(id, one.name, one.unit, until, *ends, *bands, reached, inside))
        return made

    def _chokes(self, stood: Sequence[Drawn]) -> list[ChokeChance]:
        made, count = [], max(len(stood), 1)
        for period, found in (
            ("", Counter(d.choke for d in stood)),
            *((label, Counter(d.by_period[k] for d in stood)) for k, label in enumerate(self.labels)),
        ):
            ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
            made += [ChokeChance(limit, period, n / count) for limit, n in ordered if limit]
        return made

    def _matters(self, stood: Sequence[Drawn]) -> tuple[tuple[Matter, ...], float]:
        """Return how the objective goes with each number, those that explain most first, and what is chance."""
        if len(stood) < 2 * LEAST:
            return (), 0.0
        x, y, seed = self._placed(stood), np.array([d.objective for d in stood], dtype=float), self.asked.seed
        order = sorted_by(x)
        index, chance = first_order(order, y), by_chance(order, y, seed)
        back = Counter(path for d in stood for path in d.back)
        made = []
        for n, k in enumerate(np.argsort(-index, kind="stable").tolist()):
            low, high = interval(x[:, k], y, seed) if n < INTERVALS else (None, None)
            path, first = self.spreads[k].path, float(index[k])
            rank, moved = rank_correlation(x[:, k], y), len(stood) - back[path]
            made.append(Matter(path, moved, rank, first, low, high, first > chance))
        return tuple(made), chance

    def _placed(self, stood: Sequence[Drawn]) -> Array:
        """Return the quantile at which each number stands in each draw; what rules put back stands where it was."""
        together = couplings(self.plan.data, self.spreads)
        rows = []
        for draw in stood:
            at, back = quantiles(self.spreads, self.asked.seed, draw.number, together), set(draw.back)
            rows.append([_rest(s) if s.path in back else at[s.path] for s in self.spreads])
        return np.array(rows)


def _rest(spread: Spread) -> float:
    low, high, _ = spread.quantity.low_high
    return place_of(spread.distribution, low, spread.quantity.value, high)


def _percentiles(values: Sequence[float | None]) -> tuple[float | None, float | None, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return None, None, None
    low, middle, high = np.percentile(known, PERCENT)
    return float(low), float(middle), float(high)


def _screening(stood: Sequence[Drawn]) -> Screening | None:
    """Return what holding integers costs, where some draws were solved without."""
    both = [d for d in stood if d.exact is not None and d.objective is not None]
    if not both:
        return None
    lost, left = [], []
    for draw in both:
        assert draw.exact is not None
        assert draw.objective is not None
        size = max(abs(draw.exact), abs(draw.objective)) or 1.0
        lost.append(abs(draw.exact - draw.objective) / size)
        left.append(0.0 if draw.bound is None else abs(draw.bound - draw.exact) / size)
    return Screening(len(both), float(np.mean(lost)), max(lost), max(left))
