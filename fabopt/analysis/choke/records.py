"""What a choke-point study says: one frozen record per limit group, and the record of the study.

Every amount of money is in the unit of the objective, discounted to the decision date. A gain has two faces that are
never mixed: the *plan gain* (this plan with its integers held, the limit relieved; a difference of two linear
programs, exact) and the *certified* interval of the mixed-integer program, which alone supports the word proven. None
stands where something was not explored; the study lists what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fabopt.analysis.choke.cut import Layer, SinglePoint
from fabopt.analysis.choke.lead import AfterLead
from fabopt.analysis.choke.owners import Instrument, Rent, Share
from fabopt.analysis.choke.timeline import Episode, Turn

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.groups import LimitGroup

Status = Literal["slack", "tight", "binding", "co-binding", "policy-binding", "undecided"]
Proof = Literal["proven zero", "proven positive", "undecided"]


@dataclass(frozen=True, slots=True)
class Certified:
    """Interval in which the exact gain of the mixed-integer program lies; ``run`` is the id of the run behind it."""

    lo: float
    hi: float
    proof: Proof
    run: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where the plan stands against the limit; load never decides the status.

    Attributes
    ----------
    status
        By proof: see :data:`Status`.
    load_peak, load_mean
        Use as a share of the limit, over the counted periods that have a limit.
    periods_at_limit, periods
        Counted periods without slack, and all counted ones of the limit.
    min_slack
        Least slack, in the limit's unit.
    """

    status: Status
    load_peak: float
    load_mean: float
    periods_at_limit: int
    periods: int
    min_slack: float


@dataclass(frozen=True, slots=True)
class Marginal:
    """Worth of one less and of one more unit in every counted period, and how far each holds (units)."""

    basis: Literal["integers held", "relaxation"]
    left: float
    right: float
    range_down: float | None
    range_up: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One finite relief in all counted periods.

    Attributes
    ----------
    name
        ``+1``, ``+10 %``, ``lifted``.
    amount
        Mean relief a period, in the limit's unit; infinite where the limit is lifted.
    plan_gain
        Gain with the integers of the plan held.
    certified
        Interval of the mixed-integer program, where it was asked.
    relaxed_gain
        Gain of the relaxation over itself, with fractions for integers; what is ordered whole can use relief here.
    """

    name: str
    amount: float
    plan_gain: float
    certified: Certified | None = None
    relaxed_gain: float | None = None

    @property
    def gain(self) -> float:
        """Gain by which limits are ranked.

        That of the plan; where the plan can make nothing of the relief, because what uses it is ordered in
        integers, that of the relaxation. Either is kept within what is certified.
        """
        gain = self.plan_gain if self.plan_gain > 0.0 or self.relaxed_gain is None else self.relaxed_gain
        if self.certified is None:
            return gain
        if self.certified.proof == "proven zero":
            return 0.0
        return min(max(gain, self.certified.lo), self.certified.hi)

    @property
    def unit_value(self) -> float:
        """Plan gain per unit and period."""
        return self.plan_gain / self.amount if 0 < self.amount < float("inf") else 0.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A corner of the gain curve: relief (share of the limit), value from below and above, what binds next there.

    In a large program, whose curve has thousands of corners, a finite step.
    """

    relief: float
    value_lo: float
    value_hi: float | None
    next_binding: str = ""


@dataclass(frozen=True, slots=True)
class Average:
    """Average shadow price: the most that some purchase pays per unit, where, and where gains begin and end (units)."""

    price: float
    at: float
    first_gain_at: float | None
    saturates_at: float | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the limit is, and what can be done about it."""

    controlled_by: str
    instrument: Instrument
    cost: float | None
    lead: int | None
    earliest_effect: str
    rent: Rent


@dataclass(frozen=True, slots=True)
class Stability:
    """How the limit fares over draws of the data.

    Attributes
    ----------
    first, top3
        Shares of the draws in which it ranks first, and among the first three.
    low, median, high
        10th, 50th and 90th percentile of its gain at +10 %.
    """

    first: float
    top3: float
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Member:
    """One limit of a class of those that take each other's place.

    Attributes
    ----------
    id, label, owner
        Which it is, and whose.
    gain
        What 10 % more of it alone adds to the plan; None where it was not asked.
    rent
        What its scarcity earns its owner.
    """

    id: str
    label: str
    owner: str
    gain: float | None
    rent: Rent


@dataclass(frozen=True, slots=True)
class YearPoint:
    """What holds the plan back in one calendar year.

    Attributes
    ----------
    year
        The year.
    limit, owner, gain
        The limit of which 10 % more in this year alone gains most, whose it is, and what that adds to the plan; the
        label is empty where nothing gains.
    told
        Whether it gains more than the gap leaves open.
    rivals
        Labels of those whose gain is less by no more than that.
    """

    year: str
    limit: str
    owner: str
    gain: float
    told: bool
    rivals: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, year: str, gains: Sequence[tuple[str, float]], group: Callable[[str], LimitGroup], doubt: float
    ) -> YearPoint:
        """Return it from the gains of the year by id, the most first, and what the gap leaves open."""
        if not gains:
            return cls(year, "", "", 0.0, False)
        (id, most), *others = gains
        rivals = tuple(group(other).label for other, gain in others if gain > most - doubt)
        return cls(year, group(id).label, group(id).owner, most, most > doubt, rivals)


@dataclass(frozen=True, slots=True)
class LimitRecord:
    """One limit group: a limit of one owner over all its periods, with everything that was found out about it.

    Attributes
    ----------
    id, label, unit, kind, family, owner, stage, region, relaxable
        Identity; ``kind`` decides what can be done.
    state
        Status by proof, with load and slack.
    obligation
        Whether it says what must be done.
    less
        Whether relief, and every gain of it, is that of less of it.
    marginals
        Prices both ways, by basis.
    steps
        Finite reliefs.
    average
        Average shadow price.
    curve
        Corners of the gain curve.
    right_by_period, left_by_period
        Price of each counted period both ways, integers held.
    worth_by_period
        What 10 % more in each period is worth, by its price.
    episodes
        Stretches in which relief is worth about the same.
    offset
        Periods from the limit to the sale that it costs.
    relief
        What relief earns if present and after its lead time.
    after_certified, present_certified
        The same as certified intervals.
    handling
        Whose it is, and what can be done.
    customers
        Who gets what more of it brings.
    instead
        What the plan uses less of when there is more of this: names and change of use.
    minimal_sets, shapley, interactions
        Its part in sets that help only jointly; its Shapley share; whom it complements (+) or replaces (-).
    stability
        Its rank over draws of the data.
    quality
        Number of sourced, estimated and assumed numbers that it rests on.
    levers_in_data
        Fields of the instance that state it.
    members
        Of a class of limits that take each other's place: its limits; relief is that of all of them.
    runs
        Ids of the runs that its numbers come from.
    """

    id: str
    label: str
    unit: str
    kind: str
    family: str
    owner: str
    stage: str
    region: str
    relaxable: bool
    state: State
    obligation: bool = False
    less: bool = False
    marginals: tuple[Marginal, ...] = ()
    steps: tuple[Step, ...] = ()
    average: Average | None = None
    curve: tuple[CurvePoint, ...] = ()
    right_by_period: tuple[float, ...] = ()
    left_by_period: tuple[float, ...] = ()
    worth_by_period: tuple[float, ...] = ()
    episodes: tuple[Episode, ...] = ()
    offset: int | None = None
    relief: AfterLead | None = None
    present_certified: Certified | None = None
    after_certified: Certified | None = None
    handling: Owner | None = None
    customers: tuple[Share, ...] = ()
    instead: tuple[tuple[str, float], ...] = ()
    minimal_sets: tuple[tuple[str, ...], ...] = ()
    shapley: float | None = None
    interactions: tuple[tuple[str, float], ...] = ()
    stability: Stability | None = None
    quality: Mapping[str, int] = field(default_factory=dict)
    levers_in_data: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    runs: tuple[str, ...] = ()

    def step(self, name: str) -> Step | None:
        """Return the finite relief of a name, or None where it was not asked."""
        return next((s for s in self.steps if s.name == name), None)

    @property
    def gain(self) -> float:
        """Gain by which limits are ranked: that of +10 %; 0 where it was not asked."""
        ten = self.step("+10 %")
        return ten.gain if ten else 0.0

    @property
    def rents(self) -> tuple[tuple[str, Rent], ...]:
        """What its scarcity earns whom, by owner of its members."""
        if self.members:
            return tuple((member.owner, member.rent) for member in self.members)
        return () if self.handling is None else ((self.owner, self.handling.rent),)

    @property
    def gain_basis(self) -> str:
        """What the ranking gain is the gain of: ``plan`` or ``relaxation``."""
        ten = self.step("+10 %")
        return "relaxation" if ten and ten.plan_gain <= 0.0 < (ten.relaxed_gain or 0.0) else "plan"


@dataclass(frozen=True, slots=True)
class CascadeStep:
    """What binds next: the limits lifted in this step, and what it brings on top of those before."""

    order: int
    lifted: tuple[str, ...]
    value_before: float
    value_after: float
    stand_alone: float | None
    cost: float | None
    lead: int | None

    @property
    def gain(self) -> float:
        """Gain of the step."""
        return self.value_after - self.value_before


@dataclass(frozen=True, slots=True)
class Joint:
    """Which limits help only together, for one target.

    Attributes
    ----------
    target
        In words: ``more than nothing``, ``+10 %``.
    gain
        The gain that counts.
    minimal_sets
        Labels of the limits of each minimal set that reaches it.
    blocking_sets
        Labels of the limits of each minimal set of which one at least must be relieved.
    complete
        Whether all were found.
    searched
        Labels of the limits that were searched; of others nothing is said.
    basis
        Of which program. With integers held a set that reaches does so for sure, but a set that blocks is only
        proven where ``proven`` says so.
    proven
        By blocking set: whether it is proven that nothing among what was searched reaches the target without it.
    """

    target: str
    gain: float
    minimal_sets: tuple[tuple[str, ...], ...]
    blocking_sets: tuple[tuple[str, ...], ...]
    complete: bool
    searched: tuple[str, ...] = ()
    basis: Literal["certified", "integers held"] = "certified"
    proven: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """The cheapest relief that reaches a target, and the second best: labels with shares of relief, and cost."""

    target: str
    gain: float
    relief: tuple[tuple[str, float], ...]
    cost: float | None
    runner_up: tuple[tuple[str, float], ...]
    runner_up_cost: float | None


@dataclass(frozen=True, slots=True)
class WholeThing:
    """One or two more of a thing that comes whole, given free and standing in a period.

    Attributes
    ----------
    unit, name
        Id and name of the thing.
    period
        Label of the period from which it stands.
    count
        One or two.
    plan_gain
        Gain with the integers of the plan held; None where there is no room for it.
    certified
        Interval of the mixed-integer program, where it was asked.
    cost
        Price of that many at their order, discounted.
    """

    unit: str
    name: str
    owner: str
    period: str
    count: int
    plan_gain: float | None
    certified: Certified | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Dethrone:
    """The smallest change of one number that puts another limit first.

    Attributes
    ----------
    lever
        Path of the number.
    change
        Change as a share of its value.
    to
        Label of the limit that is first then.
    """

    lever: str
    change: float
    to: str


@dataclass(frozen=True, slots=True)
class Draws:
    """What the draws of the data were: how many stood, how many asked, the seed, and the change that dethrones."""

    asked: int
    stood: int
    seed: int
    dethrone: Dethrone | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the solver by which a number can be reproduced.

    Attributes
    ----------
    id
        Its id in this study.
    basis
        What was free: ``integers held``, ``relaxation``, ``mixed-integer``.
    change
        Relief in words: limit, step, periods.
    status, value, bound, seconds
        How it ended.
    """

    id: str
    basis: str
    change: str
    status: str
    value: float | None
    bound: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """What was studied, and how sure its numbers are.

    Attributes
    ----------
    value_lo, value_hi
        Certified interval of the plan's objective.
    held_from
        What plan the integers were held from.
    excluded
        Why some periods do not count, a sentence; empty where all do.
    caveats
        What holds only in part: a plan that is not optimal, intervals that are wide.
    """

    instance: str
    objective: str
    money: str
    value_lo: float
    value_hi: float | None
    status: str
    solver: str
    version: str
    seed: int
    threads: int | None
    seconds: float
    periods: tuple[str, ...]
    first_counted: str
    last_counted: str
    excluded: str
    held_from: str
    data_hash: str
    lab: str = ""
    policy: str = "value decides who gets what is scarce"
    price_of_policy: Certified | None = None
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """A choke-point study: records of limits in the order of their rank, and what concerns them together."""

    info: StudyInfo
    limits: tuple[LimitRecord, ...]
    timeline: tuple[Turn, ...] = ()
    years: tuple[YearPoint, ...] = ()
    cascade: tuple[CascadeStep, ...] = ()
    joint: tuple[Joint, ...] = ()
    packages: tuple[Package, ...] = ()
    whole: tuple[WholeThing, ...] = ()
    rents: tuple[tuple[str, Rent], ...] = ()
    layers: tuple[Layer, ...] = ()
    single_points: tuple[SinglePoint, ...] = ()
    draws: Draws | None = None
    unexplored: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    seconds_by_step: Mapping[str, float] = field(default_factory=dict)

    @property
    def first(self) -> LimitRecord | None:
        """The choke point: the limit whose relief gains most; None where nothing gains."""
        return next((r for r in self.limits[:1] if r.gain > 0 and not r.obligation), None)

    @property
    def doubt(self) -> float:
        """What the gap leaves open: a better plan may be worth so much more; infinite where no bound is known."""
        info = self.info
        return float("inf") if info.value_hi is None else abs(info.value_hi - info.value_lo)

    @property
    def told(self) -> bool:
        """Whether the first limit is known to bind: it gains more than the gap leaves open."""
        first = self.first
        if first is None:
            return False
        ten = first.step("+10 %")
        proven = ten is not None and ten.certified is not None and ten.certified.proof == "proven positive"
        return proven or first.gain > self.doubt

    @property
    def rivals(self) -> tuple[LimitRecord, ...]:
        """The limits that cannot be told from the first: theirs is less by no more than the gap leaves open."""
        if self.first is None:
            return ()
        least = self.first.gain - self.doubt
        return tuple(r for r in self.limits[1:] if not r.obligation and r.gain > 0 and r.gain > least)

    def limit(self, label: str) -> LimitRecord:
        """Return the record of a limit by its label.

        Raises
        ------
        KeyError
            When there is none.
        """
        for record in self.limits:
            if record.label == label:
                return record
        raise KeyError(label)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a limit: identity, status, prices, gains at each step, relief, rank over draws."""
        import pandas as pd

        return pd.DataFrame([_flat(record) for record in self.limits])


def _flat(record: LimitRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(record, name) for name in ("id", "label", "unit", "kind", "family", "owner", "stage", "region")
    }
    row |= {
        "obligation": record.obligation,
        "status": record.state.status,
        "load_mean": record.state.load_mean,
        "gain": record.gain,
    }
    for marginal in record.marginals[:1]:
        row |= {"left": marginal.left, "right": marginal.right}
    for step in record.steps:
        row[f"plan gain {step.name}"] = step.plan_gain
        if step.certified is not None:
            row |= {f"gain lo {step.name}": step.certified.lo, f"gain hi {step.name}": step.certified.hi}
    if record.relief is not None:
        row |= {
            "gain_if_present": record.relief.gain_if_present,
            "gain_after_lead": record.relief.gain_after_lead,
            "lead": record.relief.lead,
        }
    if record.stability is not None:
        row |= {"rank_first_freq": record.stability.first, "rank_top3_freq": record.stability.top3}
    return row
