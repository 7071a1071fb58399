"""What a plan under several states is held against: frozen records with frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from fabopt.analysis.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

SIGN, HEDGE, WAIT = "sign now", "sign now, as a hedge", "wait"
"""Verdicts on what is ordered before anything is known, or may be."""

WORK = "work"
"""Instrument of what is started and not ordered."""

IMPOSSIBLE = "no plan (infeasible)"
"""Why something has no value where there is proof that there is no plan."""
STOCHASTIC, MEAN = "this plan", "mean-value plan"
"""Names of two first stages; the others are called by the state whose own best plan they are."""


@dataclass(frozen=True, slots=True)
class Information:
    """What it is worth to know, and to plan with states at all, in the unit of the objective.

    Attributes
    ----------
    recourse
        Mean over the states of the best plan that decides now what must be decided now (RP).
    wait_and_see
        Mean of the best plans for each state alone (WS).
    mean_value
        What the plan for mean data is worth in these (EV).
    frozen
        Mean of that plan's first stage, with the rest decided in each state (EEV); None where a state has no plan then,
        or it was not solved: regrets say which.
    """

    recourse: float | None
    wait_and_see: float | None
    mean_value: float | None
    frozen: float | None
    sign: float = 1.0

    @property
    def perfect_information(self) -> float | None:
        """What it is worth to know now which state comes (EVPI)."""
        return self._less(self.wait_and_see, self.recourse)

    @property
    def stochastic_solution(self) -> float | None:
        """What the first stage of this plan is worth more than that of the plan for mean data (VSS)."""
        return self._less(self.recourse, self.frozen)

    def _less(self, one: float | None, other: float | None) -> float | None:
        return None if one is None or other is None else self.sign * (one - other)


@dataclass(frozen=True, slots=True)
class Regret:
    """A first stage that is signed, and a state that comes.

    Attributes
    ----------
    plan, state
        Whose first stage, and which state.
    value
        The best that is left in it; None where there is no plan, or it was not solved.
    best
        The best plan for the state alone.
    regret
        How much less the first is.
    reason
        Why there is no value; empty otherwise.
    """

    plan: str
    state: str
    value: float | None
    best: float | None
    regret: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order, option or second source that is added to the orders that the plan for mean data places now.

    Attributes
    ----------
    id, name, owner, instrument, unit
        Of what is ordered.
    amount
        How much more of it than in that plan, over the time before anything is known; ``plan`` says whose orders
        these are, and ``periods`` when.
    cost
        What these orders cost, discounted.
    mean, regret, tail
        By how much better the mean, the largest regret, and the mean of the worst cases are with it, its cost counted;
        None where it was not solved or a state has no plan.
    removed
        The one of these that the plan is judged by (regret, where it is judged by its mean).
    """

    id: str
    name: str
    owner: str
    instrument: str
    unit: str
    amount: float
    plan: str
    periods: str
    cost: float
    mean: float | None = None
    regret: float | None = None
    tail: float | None = None
    removed: float | None = None
    reason: str = ""

    @property
    def per_dollar(self) -> float | None:
        """What it removes per unit of money that it costs; None where it costs nothing, or was not solved."""
        return None if self.removed is None or self.cost <= 0.0 else self.removed / self.cost


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that is ordered before anything is known, or may be.

    Attributes
    ----------
    id, name, owner, instrument, unit
        Of what is ordered.
    verdict
        ``sign now``: every state's own best plan orders as much. ``sign now, as a hedge``: some do not. ``wait``: this
        plan orders it once it is known, or other plans order more of it now.
    now
        Ordered in this plan before anything is known.
    least, most
        Least and most that the best plans for single states order in that time.
    when
        Periods in which this plan orders it, the first and the last.
    until
        For what waits: the last period in which this plan orders it in some state; for what is signed: the last in
        which it is ordered now.
    cost
        What is ordered now costs, discounted.
    waiting
        What is lost, as the plan is judged, if none of it is ordered before it is known; None where it was not solved.
    """

    id: str
    name: str
    owner: str
    instrument: str
    unit: str
    verdict: str
    now: float
    least: float
    most: float
    when: str
    until: str
    cost: float = 0.0
    waiting: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a period more or less of knowing is worth, as the plan is judged.

    Attributes
    ----------
    held
        The last period before anything is known, of which all orders are held back.
    loss
        What is lost then: the price of waiting a period.
    sooner
        What it were worth to know a period sooner, so that those orders could wait.
    """

    held: str
    loss: float | None
    sooner: float | None


@dataclass(frozen=True, slots=True)
class Choke:
    """What holds the plan back most in a state and period: 1 % more of it is worth ``gain``, at its price."""

    state: str
    period: str
    name: str
    owner: str
    kind: str
    gain: float


@dataclass(frozen=True, slots=True)
class Hedge:
    """What a plan under several states says.

    Attributes
    ----------
    name, objective_name, unit, sign
        The instance, its objective with unit, and -1 where less is better.
    risk, level
        How the plan is judged, and the share of the probability that is better than the worst cases.
    probabilities
        Of the states.
    known
        Label of the first period in which anything is known; empty where nothing ever is.
    information, regrets, candidates, decisions, waiting, chokes
        The parts; candidates best first.
    searched
        Candidates that were found.
    solves, most
        Programs that were solved, and how many there might have been.
    not_run
        What was not solved, in words.
    unaveraged
        Levers of which states differ and that have no mean: they stand as planned in the plan for mean data.
    orders
        Whether orders, contracts and retirements are what is committed; else, where no plan has any, all that is.
    relaxed
        Whether the plan and all programs are LP relaxations.
    open
        How much better the worst proved of the plans that were solved might be.
    input_hash
        Of the data of the instance as planned.
    """

    name: str
    objective_name: str
    unit: str
    sign: float
    risk: str
    level: float
    probabilities: Mapping[str, float]
    known: str
    information: Information
    regrets: tuple[Regret, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    decisions: tuple[Decision, ...] = ()
    waiting: Waiting | None = None
    chokes: tuple[Choke, ...] = ()
    searched: int = 0
    solves: int = 0
    most: int = 0
    not_run: tuple[str, ...] = ()
    unaveraged: tuple[str, ...] = ()
    open: float = 0.0
    orders: bool = True
    relaxed: bool = False
    input_hash: str = ""

    @property
    def cheapest(self) -> Candidate | None:
        """The candidate that removes most per unit of money; None where none removes anything."""
        return next((one for one in self.candidates if one.removed is not None and one.removed > 0.0), None)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a first stage and state."""
        return frame_of(self.regrets, Regret)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table: regrets, candidates, decisions, chokes."""
        kinds: dict[str, tuple[Sequence[Any], type]] = {
            "regrets": (self.regrets, Regret),
            "candidates": (self.candidates, Candidate),
            "decisions": (self.decisions, Decision),
            "chokes": (self.chokes, Choke),
        }
        rows, kind = kinds[name]
        frame = frame_of(rows, kind)
        if name == "candidates":
            frame["per_dollar"] = [one.per_dollar for one in self.candidates]
        return frame

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["probabilities"] = dict(self.probabilities)
        own = asdict(self.information)
        own |= {name: getattr(self.information, name) for name in ("perfect_information", "stochastic_solution")}
        return {**plain, "information": own}
