"""The lowered process network: what the optimiser sees of an instance, as plain frozen records.

A network is a resource-task network in discrete time (DESIGN, section 3). It speaks of five kinds of thing,
activities, resources, units, materials and demands, and of rows that tie them together (budgets, group limits,
integer groups). Every number is a float in internal units: quantities of a material in that material's
``unit`` (thousands of wafers, thousands of accelerators, single scanners), capacities *per period* (a rate has
already been multiplied by the length of the period), money in millions of US dollars, undiscounted.

Arrays named ``[T]`` have one entry per period. ``age`` counts periods from the start of an activity or from the
order of a unit; age 0 is the period of the start itself. Records keep the order in which they were lowered, which is
the order in the instance: rows and columns of the model follow it, so the same instance always gives the same matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.kinds import Role
from fabopt.domain.names import Names

Array = NDArray[np.float64]

CONTRACT = "contract"
"""Stage of what contracts add to keep account of them."""
CHARGES = "charges"
"""Kind of the payments of charges between parties."""
MODEST = 1e4
"""Limit of a level that is a constant as good as any where a yes or no opens it: nothing smaller is looked for."""
DECISIONS = frozenset({"signature", "exercise", "exit", "tier", "closing"})
"""Instruments of units that are a yes or no and no capacity: that there is one of each limits nobody."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period of the horizon.

    Attributes
    ----------
    label
        As people write it: ``2027Q1``, ``2027H1``, ``2027-03``, ``2027W05``, ``2027``; or a plain number.
    years
        Nominal length in years (a quarter is 0.25, a half-year 0.5).
    discount
        Factor that brings money of this period to the decision date (mid-period convention).
    reported
        False for the periods that only keep the end of the horizon from distorting the plan.
    """

    index: int
    label: str
    start: date
    end: date
    years: float
    discount: float
    reported: bool = True


@dataclass(frozen=True, slots=True)
class Tags:
    """Where a record stands in the chain; every view of a result is a filter over these.

    ``kind`` is the class of thing that made it, ``role`` what it is in the chain (`fabopt.domain.kinds`), ``field`` the
    path in the instance of the number it came from.
    """

    stage: str = ""
    owner: str = ""
    customer: str = ""
    item: str = ""
    node: str = ""
    chip: str = ""
    lab: str = ""
    site: str = ""
    region: str = ""
    workload: str = ""
    kind: str = ""
    role: Role | Literal[""] = ""
    field: str = ""

    def of(self, role: Role, field: str) -> Tags:
        """Return the tags of a record of the same thing in another role, from another number."""
        return replace(self, role=role, field=field)


@dataclass(frozen=True, slots=True)
class Material:
    """Anything counted, with its balance row in every period.

    ``survival`` is the share of the stock that survives from one period to the next (``[T]`` where it differs).
    ``opening`` is there at the decision date; ``receipts[T]`` arrive whatever is decided (work in progress, the order
    book). ``disposal_cost`` is None where throwing away is not allowed, 0 where it is free. ``terminal_value`` is the
    worth of one unit at the end of the last period, in millions of dollars of that time; what lands after the end
    counts too. What came in more than ``shelf_life`` periods ago is lost (`fabopt.model.shelf_life`). ``cyclic``: the
    stock at the end of the last period is the one before the first.
    """

    id: str
    name: str
    unit: str
    tags: Tags = Tags()
    storable: bool = False
    opening: float = 0.0
    receipts: Array | None = None
    survival: float | Array = 1.0
    carrying_cost: Array | None = None
    disposal_cost: float | None = 0.0
    terminal_value: float = 0.0
    safety_stock: Array | None = None
    shortfall_cost: float | Array = 0.0  # one for all periods, or [T]
    stock_limit: float | Array = np.inf  # one for all periods, or [T]
    shelf_life: int | None = None
    cyclic: bool = False

    def kept(self, periods: int) -> Array:
        """Return the share of the stock at the end of each period that survives into the next ``[T]``."""
        return np.broadcast_to(np.asarray(self.survival, dtype=float), (periods,))


@dataclass(frozen=True, slots=True)
class Activity:
    """A process that turns materials into materials while it uses resources: level x[a,t] of starts in t.

    ``cost[T]`` is millions of dollars per unit of level, paid to parties outside the model by ``bearer`` (empty: by the
    owner, see `fabopt.network.parties`). ``lot`` makes the level a whole multiple. ``on_off`` adds a binary: the level
    is 0 or between ``lower`` and ``upper``, with ``fixed_cost`` while on, ``start_cost`` at each switch-on and at least
    ``min_run`` periods on and ``min_off`` periods off at a time. Of several identical ``units`` any number may be on:
    ``upper`` is then that of all, ``lower`` and the costs are those of one, and ``was_on`` says how many were.
    ``premium[T]`` steers: millions of dollars per unit of level that a plan is chosen by and that are nobody's money.
    ``counts_starts``: something counts how often it is switched on. ``cyclic``: what is under way or on at the end of
    the last period is so before the first.
    """

    id: str
    name: str
    unit: str
    tags: Tags = Tags()
    cost: Array | None = None
    lower: Array | None = None
    upper: Array | None = None
    lot: float | None = None
    on_off: bool = False
    fixed_cost: Array | None = None
    start_cost: float = 0.0
    min_run: int = 1
    was_on: int = 0
    units: int = 1
    min_off: int = 1
    counts_starts: bool = False
    cyclic: bool = False
    bearer: str = ""
    premium: Array | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Effect mu[a,i,age] of an activity on a material: negative consumed, positive produced.

    ``amount[T]`` is indexed by the period of the *start* (a yield belongs to the calendar).
    """

    activity: str
    material: str
    age: int
    amount: Array


@dataclass(frozen=True, slots=True)
class Use:
    """Use rho[a,r,age] >= 0 of a resource by an activity; ``amount[T]`` is indexed by the period of the start."""

    activity: str
    resource: str
    age: int
    amount: Array


@dataclass(frozen=True, slots=True)
class Resource:
    """A capacity that activities use and units add to or occupy.

    ``kind`` is "rate" (so much per unit of time: ``base`` holds rate times length) or "level" (so much at once:
    floor space, megawatts; never multiplied by time). ``base[T]`` is what is there whatever is decided.
    ``limit_kind`` says what sort of limit it is to a person who wants it moved.
    """

    id: str
    name: str
    unit: str
    kind: Literal["rate", "level"]
    base: Array
    tags: Tags = Tags()
    limit_kind: Literal["physical", "contract", "policy", "demand", "cash", "law"] = "physical"
    relaxable: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """Something bought or built as capacity: y[e,t] ordered in t.

    ``whole`` makes y an integer. ``upper[T]`` bounds the orders of a period, ``total`` those of the horizon.
    ``fixed_cost[T]`` is paid once in a period with an order (a binary), ``min_order`` is the least order then; with a
    ``max_order`` several orders may be placed in a period (an integer), each between the two and each at that cost;
    ``pinned[T]`` (NaN where free) holds what is already decided. ``opening`` units stand at the decision date;
    with ``retire_cost`` not None, installed units may be retired at that cost each, which frees what they occupy.
    ``lead`` in periods is for words (the effects carry it in their ages). ``terminal_value[T]`` is the worth, in
    millions of dollars of the end of the horizon, of one unit ordered in t: the owner's. ``bearer`` bears the costs
    where the owner does not.
    """

    id: str
    name: str
    unit: str
    tags: Tags = Tags()
    cost: Array | None = None
    upper: Array | None = None
    total: float = np.inf
    whole: bool = True
    min_order: float = 0.0
    max_order: float = np.inf
    fixed_cost: Array | None = None
    pinned: Array | None = None
    opening: float = 0.0
    retire_cost: float | Array | None = None  # one for all periods, or [T]
    lead: float = 0.0
    terminal_value: Array | None = None
    instrument: str = "order"
    bearer: str = ""

    @property
    def placing(self) -> bool:
        """Whether an order is placed or not, or several are: it costs a fixed sum or has a least size."""
        return self.min_order > 0.0 or self.fixed_cost is not None

    @property
    def countable(self) -> bool:
        """Whether orders are integers up to a modest limit."""
        free = self.whole and self.pinned is None
        most = np.inf if self.upper is None else self.upper.max(initial=0.0)
        return free and bool(min(most, self.total) <= MODEST)


@dataclass(frozen=True, slots=True)
class UnitEffect:
    """Capacity that one unit adds to (positive) or takes from (negative) a resource, by age since the order.

    ``profile[k]`` acts at age ``first_age + k``; with ``persistent`` the last entry holds for ever after (until the
    unit is retired), otherwise the effect ends (a build slot at the maker). ``late[T]`` is the part of each period that
    has gone by when an order may be placed in it: the effect counts from then. A resource's ``base`` already counts
    what opening units add and occupy.

    Where periods are of unequal length the profile is ``[K, T]``, by age and period of the order. ``scale[T]``
    multiplies what acts in each period: the length of the period where the resource is a rate.
    """

    unit: str
    resource: str
    first_age: int
    profile: Array
    persistent: bool = True
    late: Array | None = None
    scale: Array | None = None

    @property
    def gains(self) -> bool:
        """Whether it adds capacity at any age."""
        return bool(np.any(self.profile > 0.0))

    def begins(self, periods: int) -> NDArray[np.int64]:
        """Return the age at which one that is ordered in each period first adds capacity ``[T]``."""
        return np.asarray(self.first_age + np.argmax(self._by_order(periods) > 0.0, axis=0))

    @property
    def full(self) -> Array | int:
        """Age at which the profile is at its end value, for one ordered in each period ``[T]`` where that differs."""
        late = 0 if self.late is None else 1
        if self.profile.ndim == 1:
            return self.first_age + len(self.profile) - 1 + late
        unlike = self.profile != self.profile[-1]
        rows = np.arange(1, len(self.profile) + 1)[:, None]
        return np.asarray(self.first_age + np.max(np.where(unlike, rows, 0), axis=0) + late)

    def at_end(self, periods: int) -> Array:
        """Return what one unit adds in each period once its profile is at its end value ``[T]``; 0 where it ends."""
        last = np.ravel(self.profile[-1])[0] if self.persistent and len(self.profile) else 0.0
        return np.full(periods, last) if self.scale is None else last * self.scale

    def grown(self, periods: int) -> Array:
        """Return what one unit adds in each period when its ramp is over ``[T]``, whether or not that ends."""
        last = self.at_end(periods)
        if last.any() or not self.profile.size:
            return last
        most = self.profile.max()
        return np.full(periods, most) if self.scale is None else most * self.scale

    def most(self, standing: Array) -> Array:
        """Return the most that units can add of which so many have been ordered by each period ``[T]``."""
        there = np.zeros(standing.size)
        there[self.first_age :] = standing[: max(standing.size - self.first_age, 0)]
        # A limit of 0 orders stays 0 also where one unit adds without limit.
        most = np.where(there > 0.0, there * self.profile.max(initial=0.0), 0.0)
        return most if self.scale is None else most * self.scale

    def _by_order(self, periods: int) -> Array:
        """Return the profile ``[K, T]`` by period of the order."""
        return np.tile(self.profile[:, None], periods) if self.profile.ndim == 1 else self.profile[:, :periods]

    def by_order(self, periods: int) -> Array:
        """Return the effect of one unit by period of its order and age, both below `periods` ``[T, T]``."""
        profile = self._by_order(periods).T
        at = np.zeros((periods, periods))
        end = self.first_age + profile.shape[1]
        at[:, self.first_age : end] = profile[:, : max(periods - self.first_age, 0)]
        if self.persistent and len(self.profile):
            at[:, end:] = profile[:, -1:]
        if self.late is not None:
            # As if in that part of the period it were ordered as the next one begins.
            after = np.zeros((periods, periods))
            after[:-1, 1:] = at[1:, :-1]
            late = self.late[:periods, None]
            at = (1.0 - late) * at + late * after
        if self.scale is None:
            return at
        index = np.arange(periods)
        return np.asarray(at * self.scale[np.minimum(index[:, None] + index, periods - 1)])


@dataclass(frozen=True, slots=True)
class UnitMaterial:
    """Material consumed (negative) or released (positive) by one unit at an age since its order.

    ``amount`` is one number, or ``[T]`` by the period of the order.
    """

    unit: str
    material: str
    age: int
    amount: float | Array


@dataclass(frozen=True, slots=True)
class ValueStep:
    """One step of a demand curve: up to ``width[T]`` units worth ``value[T]`` million dollars each."""

    width: Array
    value: Array


@dataclass(frozen=True, slots=True)
class Demand:
    """A customer's want of a material: d[j,k,t] delivered on value step k.

    ``quantity[T]`` is the sum of the steps' widths. ``required`` allows no shortfall. With ``expiry`` not None unmet
    demand waits, at ``backlog_cost`` per unit and period, for at most ``expiry`` periods and is then lost;
    ``lost_cost`` is paid per unit lost (or unmet). ``weight`` is the compute in one unit of the material (for the
    objectives that count compute); zero where the material is not compute.
    """

    id: str
    name: str
    material: str
    quantity: Array
    steps: tuple[ValueStep, ...]
    tags: Tags = Tags()
    required: bool = False
    expiry: int | None = None
    backlog_cost: float | Array = 0.0  # one for all periods, or [T]
    lost_cost: float = 0.0
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """Tasks of a tier of a lab's customers as one AI model would serve all of them, and what it adds on value steps.

    ``customers[T]`` are millions, ``tasks[T]`` millions and ``tokens[T]`` millions a day, ``compute[T]`` the thousand
    H100 equivalents that must stand ready for them, of which ``load_factor`` work on average, and ``value[T]`` their
    worth in the period, million dollars. ``steps`` are the demands whose value step (``[T]``, -1 where the model adds
    none) is the way to it from the next cheaper model.
    """

    lab: str
    tier: str
    model: str
    customers: Array
    tasks: Array
    tokens: Array
    compute: Array
    load_factor: float
    value: Array
    steps: tuple[tuple[str, Array], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a linear row over decisions: ``coefficient[T]`` times the activity, unit or demand named.

    ``kind`` "activity" is x[a,t], "unit" y[e,t], "demand" the sum of deliveries over the steps in t, "stock" s[i,t],
    "retire" the units retired in t, "placed" the binary z[e,t] of an order (units with a fixed cost or a least order),
    "on" and "switch" the binaries of an activity that is on or off and of its being switched on, "value" what the
    deliveries of a demand in t are worth, by the step.
    ``shift`` moves the period: the coefficient of row period t multiplies the decision of t - shift, which is counted
    from the end where it lies before the first period and the term is ``cyclic``.
    """

    kind: Literal["activity", "unit", "demand", "stock", "retire", "placed", "on", "switch", "value"]
    id: str
    coefficient: Array
    shift: int = 0
    cyclic: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """What one party inside the network pays another; it is no part of the network's value, as the two cancel.

    In period t the amount is ``price[t]`` times the term of that period (``coefficient[t]`` times the decision of
    t - shift): the term counts what changes hands, in ``unit``, and ``price[T]`` is in millions of dollars per unit of
    it. Without a price the term itself is the money. ``kind`` says what it is paid for, ``item`` of what sort.
    ``made[T]`` is what of the price only covers what making one costs the payee, who pays list prices itself; the rest
    is its margin. None where nothing is made for it: used goods, rented compute, a charge.
    """

    payer: str
    payee: str
    kind: str
    term: Term
    price: Array | None = None
    item: str = ""
    unit: str = "M USD"
    made: Array | None = None

    @property
    def money(self) -> Term:
        """What is paid, as a term in million dollars."""
        return self._times(1.0 if self.price is None else self.price)

    @property
    def margin(self) -> Term | None:
        """What of it is the payee's margin, as a term in million dollars; None where nothing is made for it."""
        if self.made is None:
            return None
        return self._times((1.0 if self.price is None else self.price) - self.made)

    def _times(self, price: Array | float) -> Term:
        return replace(self.term, coefficient=self.term.coefficient * price)


@dataclass(frozen=True, slots=True)
class Budget:
    """A ceiling on a party's spending: for each window, the sum of its terms (million dollars) <= amount."""

    id: str
    name: str
    windows: tuple[tuple[int, ...], ...]
    amount: Array  # one per window
    terms: tuple[Term, ...]
    tags: Tags = Tags()


GroupFamily = Literal[
    "synchronised_load", "must_run", "resale", "export_rule", "part_of_period", "group_limit", "programme",
    "order_lead", "contract_maximum", "contract_minimum", "contract_unlock", "contract_reserve",
    "policy_share", "policy_cap", "policy_floor",
    "share_cap", "survival", "growth", "standing", "stated_floor", "stated_ceiling", "stated_share", "stated_change",
    "held", "asked_for", "contract_term", "charged", "as_planned", "taste", "as_ordered", "pin", "in_step",
]  # fmt: skip
"""What a limit on a sum of decisions stands for."""


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """A linear limit over decisions, one row per window: sum of terms <= (>=, ==) rhs of the window.

    ``family`` says what it stands for (its record is in `fabopt.model.sums`), ``levers`` are the units whose order
    relieves it. A ``programme`` holds an activity at nothing until its other terms open it: the row is then ``activity
    - sum of shares <= 0``, and each share of a period is multiplied by the most that the activity can be in it
    (`fabopt.model.gates`).
    """

    id: str
    name: str
    unit: str
    sense: Literal["<=", ">=", "=="]
    windows: tuple[tuple[int, ...], ...]
    rhs: Array  # one per window
    terms: tuple[Term, ...]
    tags: Tags = Tags()
    limit_kind: Literal["physical", "contract", "policy", "demand", "cash", "law"] = "policy"
    relaxable: bool = True
    levers: tuple[str, ...] = ()
    family: GroupFamily = "group_limit"


@dataclass(frozen=True, slots=True)
class Observed:
    """A published figure: ``constant`` plus the sum of `terms` over the periods of `window`, as the plan has it.

    Coefficients hold what each period counts for, so that the sum is in the figure's own ``unit``. ``low`` and ``high``
    are the ends of its range, or the figure itself where it has none. ``decided`` says whether any decision moves it.
    Of a ratio, ``over`` is what it is divided by; where it is ``priced``, the terms say what is weighed, and the figure
    is of the price of that.
    """

    id: str
    name: str
    unit: str
    window: tuple[int, ...]
    terms: tuple[Term, ...]
    constant: float
    figure: float
    low: float
    high: float
    tags: Tags = Tags()
    decided: bool = True
    over: Observed | None = None
    priced: bool = False

    @property
    def windows(self) -> tuple[tuple[int, ...], ...]:
        """The window, as that of a limit with one row."""
        return (self.window,)

    @property
    def spread(self) -> float:
        """Half the range: what a miss is counted in; of a figure without one, a hundredth of it."""
        return 0.5 * (self.high - self.low) or 0.01 * abs(self.figure) or 1.0


@dataclass(frozen=True, slots=True)
class Remainder:
    """The part of the network that the stop of a supplier touches, with decisions of its own: what remains of a plan.

    Balances of `materials` and capacities of `resources` hold once more in the periods from `first` to `until`, with
    what `decisions` name from the period `first` on in place of the plan's (`fabopt.model.remainder`): kind
    ("activity", "unit", or "material" for its stock) and id, and the activity that stands for it; empty where none is.
    """

    id: str
    first: int
    until: int
    materials: tuple[str, ...]
    resources: tuple[str, ...]
    decisions: tuple[tuple[tuple[str, str], str], ...]


@dataclass(frozen=True, slots=True)
class WholeGroup:
    """Decisions that only their sum makes whole: per window, the sum of the terms is a whole multiple of ``lot``.

    Scanners ordered per owner and year, for instance, while their split over fabs and quarters stays continuous.
    """

    id: str
    name: str
    unit: str
    windows: tuple[tuple[int, ...], ...]
    terms: tuple[Term, ...]
    lot: float = 1.0
    tags: Tags = Tags()


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract as the network has it.

    ``take`` plus ``taken[T]`` is the volume under it, ``in_force`` plus ``standing[T]`` the share of a period in which
    it is in force; ``minimum[T]`` and ``maximum[T]`` (None: takes are not counted) hold for a whole period. ``sign``,
    ``exercise``, ``exit`` and ``short`` are ids of units and of the activity of what is paid and not taken, or empty;
    ``signed`` is the date of one that is data. ``payments`` are all that the buyer pays: those between parties of the
    instance are the network's payments too, less list prices; the others are costs of the decisions in their terms.
    """

    id: str
    name: str
    buyer: str
    supplier: str
    unit: str
    windows: tuple[tuple[int, ...], ...]
    take: tuple[Term, ...]
    taken: Array
    minimum: Array
    maximum: Array | None
    in_force: tuple[Term, ...]
    standing: Array
    sign: str = ""
    exercise: str = ""
    exit: str = ""
    short: str = ""
    signed: str = ""
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """The whole lowered instance.

    ``definitions`` are rows that only say what decisions mean which group limits speak of (what counts as taken under
    a contract), and ``remainders`` what remains of a plan when a supplier stops: they are nobody's limits and are never
    relaxed. ``outcomes`` are published figures that a plan is held against (`fabopt.model.goals`), ``compared`` those
    that are no sums of decisions: they are compared with a solved plan, and stand in no row.

    ``belongs`` names parties whose money is another's, each with that other (a lab's own designer). ``names`` are what
    things and parties are called, by id.
    ``constant_value`` is added to the objective whatever is decided. ``standing_value`` is what the objective already
    owes to what stands at the decision date (an estimate made before anything is solved); the gap's denominator leaves
    both out, so that a large installed base does not make a poor plan look proven.
    """

    name: str
    periods: tuple[Period, ...]
    materials: tuple[Material, ...] = ()
    activities: tuple[Activity, ...] = ()
    flows: tuple[Flow, ...] = ()
    uses: tuple[Use, ...] = ()
    resources: tuple[Resource, ...] = ()
    units: tuple[Unit, ...] = ()
    unit_effects: tuple[UnitEffect, ...] = ()
    unit_materials: tuple[UnitMaterial, ...] = ()
    demands: tuple[Demand, ...] = ()
    services: tuple[Service, ...] = ()
    budgets: tuple[Budget, ...] = ()
    groups: tuple[GroupLimit, ...] = ()
    whole_groups: tuple[WholeGroup, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    payments: tuple[Payment, ...] = ()
    definitions: tuple[GroupLimit, ...] = ()
    remainders: tuple[Remainder, ...] = ()
    outcomes: tuple[Observed, ...] = ()
    compared: tuple[Observed, ...] = ()
    belongs: tuple[tuple[str, str], ...] = ()
    constant_value: float = 0.0
    standing_value: float = 0.0
    end_discount: float = 1.0
    notes: tuple[tuple[str, str], ...] = field(default=())
    names: Names = field(default_factory=Names)

    def __repr__(self) -> str:
        parts = (self.materials, self.activities, self.resources, self.units, self.demands)
        names = ("materials", "activities", "resources", "units", "demands")
        held = ", ".join(f"{len(part):,} {name}" for part, name in zip(parts, names, strict=True))
        return f"Network {self.name!r}: {len(self.periods)} periods, {held}"

    @property
    def may_be_endless(self) -> bool:
        """Whether a yes or no opens something that may have no end: an activity on or off, a group that opens, an order
        that is placed or not and is no integer with a limit.
        """
        return (
            any(activity.on_off for activity in self.activities)
            or any(group.family == "programme" for group in self.groups)
            or any(u.placing and np.isinf(u.max_order) and not u.countable for u in self.units)
        )

    @property
    def n_periods(self) -> int:
        """Number of periods T."""
        return len(self.periods)
