r"""The one walk of the network, upstream and downstream, by structure and by recipe.

The walk by the flows of a plan, through lead times and stocks, is pegging (:mod:`fabopt.network.pegging`).

**By structure** (:func:`needs`, :func:`gives`, :func:`takers`, :func:`makers` and their :func:`closure`;
:func:`makeable`): what something feeds or is fed by, amounts left aside. :func:`making_time` counts the time that it
takes to make something: with all parts begun as late as they may and the mean ages :math:`\alpha` at which activities
take and give,

.. math:: L_i = \min_{a \to i} \Bigl( \max_{j \to a} (L_j - \alpha_{a,j})^+ + \alpha_{a,i} \Bigr) ;

what nothing makes is there, or never, and adds no time; stocks and what is in work are left aside.

**By recipe** (:func:`exploded`): what is started of every activity so that materials are there as wanted. A material i
that is wanted, or taken by what was started further downstream, comes from activities a in proportion to their weights
:math:`w_a`. With :math:`\mu` the amounts by age :math:`\tau` and period of the start,

.. math::
   x_{a,s} = w_{a,s}\; \frac{\sum_\tau \mu_{a,i,\tau,s}\, n_{i,s+\tau} \big/ \sum_\tau \mu_{a,i,\tau,s}}
                            {\sum_b w_{b,s} \sum_\tau \mu_{b,i,\tau,s}}
   \qquad
   n_{i,t} = \text{wanted}_{i,t} + \sum_{a,\tau} -\mu_{a,i,\tau,t-\tau}\, x_{a,t-\tau} ,

so that a lead time that is split between two ages splits the start in the same way. After the last period everything is
wanted as in it. What one start makes together (bins of a die) needs the most that any of it needs; where one of these
stands in for another, piece by piece and at once (a better bin for a lesser), what they need together counts. Each
material is worked out after all that it goes into. In a loop, where something needs some of itself, rounds are added up
until nothing changes; one that takes (nearly) as much as it gives has no end and is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fabopt.domain.tolerances import NEGLIGIBLE, ROUNDING
from fabopt.errors import StudyError
from fabopt.network.links import Links, MaterialLink, link
from fabopt.network.strong import strong_groups
from fabopt.network.tables import Array, Flow, Network, UnitEffect

Node = tuple[str, str]
"""Kind and id of a record: what is done ("activity", "unit", "demand"), or a thing ("material", "resource")."""

ROUNDS = 10_000
"""Most rounds of a loop."""


def closure(start: Iterable[Node], following: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Return all that can be reached from some nodes, these included."""
    closure = set(start)
    todo = list(closure)
    while todo:
        for node in following(todo.pop()):
            if node not in closure:
                closure.add(node)
                todo.append(node)
    return closure


def needs(links: Links, node: Node, always: bool = False) -> Iterator[tuple[Node, int]]:
    """Yield the things that an activity, unit or demand takes, or takes `always`, each at an age since its start."""
    kind, key = node
    if kind == "activity":
        yield from ((("material", f.material), f.age) for f in links.inputs[key] if f.high < 0 or not always)
        yield from ((("resource", use.resource), use.age) for use in links.uses[key] if use.low > 0 or not always)
    elif kind == "unit":
        yield from ((("material", part.material), part.age) for part in links.parts[key])
        yield from ((("resource", effect.resource), effect.first_age) for effect in links.occupied[key])
    else:
        yield from ((("material", demand.material), 0) for demand in links.net.demands if demand.id == key)


def gives(links: Links, node: Node) -> Iterator[tuple[Node, int]]:
    """Yield the things that an activity or unit makes, frees or adds to, each at an age since its start."""
    kind, key = node
    if kind == "activity":
        yield from ((("material", flow.material), flow.age) for flow in links.outputs[key])
    elif kind == "unit":
        yield from ((("material", part.material), part.age) for part in links.releases[key])
        yield from ((("resource", effect.resource), first_effect(effect)) for effect in links.added[key])


def first_effect(effect: UnitEffect) -> int:
    """Age at which an effect first adds capacity."""
    return effect.first_age + int(np.flatnonzero(np.any(effect.profile[:, None] > 0, axis=-1).ravel())[0])


def takers(links: Links, thing: Node) -> Iterator[Node]:
    """Yield the activities and units that take a thing."""
    kind, key = thing
    users = links.takers[key] if kind == "material" else links.users[key]
    yield from (("activity", user.activity) for user in users)
    units = links.part_of[key] if kind == "material" else links.occupiers[key]
    yield from (("unit", one.unit) for one in units)


def makers(links: Links, thing: Node) -> Iterator[Node]:
    """Yield the activities and units that make a thing, free it or add to it."""
    kind, key = thing
    yield from (("activity", flow.activity) for flow in links.makers[key] if kind == "material")
    yield from (("unit", one.unit) for one in (links.releasers if kind == "material" else links.adders)[key])


def makeable(net: Network, without: Collection[str]) -> set[str]:
    """Return the materials that can come into being without some activities; what is in stock does not count.

    An activity can run if no capacity that it uses is nothing for ever, and all that it takes can come into being.
    """
    links = link(net)
    there = {r.id for r in net.resources if np.any(r.base > 0)} | set(links.adders)
    able = {a.id for a in net.activities if a.upper is None or np.any(a.upper > 0)} - set(without)
    waiting = {a for a in able if all(use.resource in there for use in links.uses[a])}
    made = set(links.releasers)
    while ready := {a for a in waiting if all(part.material in made for part in links.inputs[a])}:
        made |= {part.material for a in ready for part in links.outputs[a]}
        waiting = waiting - ready
    return made


def making_time(net: Network) -> dict[str, float]:
    """Return the periods from the first start to its being there, for every material that some activity makes."""
    links = link(net)
    taken = {a: _mean_ages(links.inputs[a], -1.0) for a in links.activities}
    given = {a: _mean_ages(links.outputs[a], 1.0) for a in links.activities}
    making_time: dict[str, float] = {}
    changed = True
    while changed:
        changed = False
        for activity, things in given.items():
            parts = taken[activity].items()
            wait = max([0.0, *(making_time.get(m, math.inf if links.makers[m] else 0.0) - age for m, age in parts)])
            for material, age in things.items():
                if wait + age < making_time.get(material, math.inf) - NEGLIGIBLE:
                    making_time[material], changed = wait + age, True
    return making_time


def _mean_ages(flows: Sequence[MaterialLink], sign: float) -> dict[str, float]:
    """Return the mean age at which each material is given (1) or taken (-1)."""
    sums: dict[str, tuple[float, float]] = {}
    for flow in flows:
        amount, (weight, total) = float(np.maximum(sign * flow.amount, 0.0).sum()), sums.get(flow.material, (0.0, 0.0))
        sums[flow.material] = weight + amount, total + amount * flow.age
    return {material: total / weight for material, (weight, total) in sums.items()}


def recipes(flows: Iterable[Flow], at: int | None = None) -> Links:
    """Return flows linked: as they are, or with the amounts of starts in a period, all ages together.

    The latter is a chain that has run for long. The last index of amounts need not be periods.
    """
    if at is not None:
        flows = [Flow(f.activity, f.material, 0, f.amount[at : at + 1]) for f in flows]
    return link(Network("", (), flows=tuple(flows)))


def sources(links: Links, material: str) -> list[str]:
    """Return the activities by which a material comes anew: without those that take some of it themselves, and without
    those by which another stands in for it, unless there are no others.
    """
    every = dict.fromkeys(flow.activity for flow in links.makers[material])
    new = [a for a in every if all(part.material != material for part in links.inputs[a])]
    return [a for a in new if not _turns(links, a)] or new


def better(links: Links, material: str) -> list[str]:
    """Return what stands in for a material: becomes it, piece by piece and at once."""
    every = dict.fromkeys(flow.activity for flow in links.makers[material])
    return [links.inputs[a][0].material for a in every if _turns(links, a)]


def _turns(links: Links, activity: str) -> bool:
    """Return whether all that an activity does is to turn one material into another, piece by piece and at once."""
    made, taken = links.outputs[activity], links.inputs[activity]
    if len(made) != 1 or len(taken) != 1 or made[0].material == taken[0].material:
        return False
    return all(flow.age == 0 and bool(np.all(np.abs(flow.amount) == 1.0)) for flow in (*made, *taken))


Weights = Mapping[str, float | Array]
"""Activities by which a material may come, with the weight of their starts (``[T]`` or one for all)."""


@dataclass
class Exploded:
    """What is wanted and started.

    Attributes
    ----------
    needs
        By material, what is wanted of it or taken.
    starts
        By activity.
    """

    needs: dict[str, Array] = field(default_factory=dict)
    starts: dict[str, Array] = field(default_factory=dict)


def exploded(links: Links, wanted: Mapping[str, Array], ways: Callable[[str], Weights], before: int = 0) -> Exploded:
    """Return what must be started so that materials are there as wanted, and what is needed of each.

    Parameters
    ----------
    links
        What activities make and take.
    wanted
        By material ``[T]``.
    ways
        Returns the activities by which a material comes; none where it is not made.
    before
        Periods before the first that are worked out too, at the recipes and weights of the first: needs and starts then
        have ``before + T`` of them.

    Raises
    ------
    StudyError
        When a material needs as much of itself as comes out.
    """
    walk = _Walk(links, ways, before)
    walk.outside = {material: np.concatenate([np.zeros(before), amount]) for material, amount in wanted.items()}
    for loop in walk.in_order(wanted):
        walk.settle(loop)
    return walk.found


Family = tuple[str, ...]
"""Materials that come by the same activities."""


class _Walk:
    """An explosion under way."""

    def __init__(self, links: Links, ways: Callable[[str], Weights], before: int) -> None:
        self.links, self.before = links, before
        self.ways: dict[str, Weights] = {}
        self._ways_of = ways
        self.outside: dict[str, Array] = {}
        self.found = Exploded()

    def in_order(self, wanted: Iterable[str]) -> list[list[Family]]:
        """Return the families that the wanted ones come from, each after all that it goes into; loops together."""
        reached: dict[str, list[str]] = {}
        ahead = list(wanted)
        while ahead:
            material = ahead.pop()
            if material not in reached:
                ways = self._weights(material)
                reached[material] = [part.material for a in ways for part in self.links.inputs[a]]
                alike = (m for m in better(self.links, material) if self._weights(m).keys() == ways.keys())
                ahead += [*reached[material], *alike]
        together: dict[tuple[str, ...], list[str]] = {}
        for material in reached:
            together.setdefault(tuple(self.ways[material]) or ("", material), []).append(material)
        families = {m: tuple(members) for members in map(self._ranked, together.values()) for m in members}
        edges = {family: [families[part] for m in family for part in reached[m]] for family in families.values()}
        return strong_groups(edges)[::-1]

    def _weights(self, material: str) -> Weights:
        if material not in self.ways:
            self.ways[material] = {a: w for a, w in self._ways_of(material).items() if np.any(w)}
        return self.ways[material]

    def _ranked(self, members: list[str]) -> list[str]:
        """Return materials that come together, each after those that stand in for it."""
        if len(members) == 1:
            return members
        before = {m: [other for other in better(self.links, m) if other in members] for m in members}
        return [m for group in strong_groups(before) for m in group]

    def settle(self, loop: Sequence[Family]) -> None:
        """Work out families that go into one another, and add what their making takes."""
        materials = {m for family in loop for m in family}
        none = np.zeros(next(iter(self.outside.values())).shape)
        inner: dict[str, Array] = {}
        for _ in range(ROUNDS):
            starts: dict[str, Array] = {}
            for family in loop:
                self.found.needs |= {m: self.outside.get(m, none) + inner.get(m, none) for m in family}
                for activity, level in self._starts(family).items():
                    starts[activity] = np.maximum(level, starts.get(activity, self.found.starts.get(activity, none)))
            taken: dict[str, Array] = {}
            for activity, level in starts.items():
                more = level - self.found.starts.get(activity, none)
                for part in self.links.inputs[activity]:
                    amount = _later(more * self._along(np.maximum(-part.amount, 0.0)), part.age)
                    taken[part.material] = taken.get(part.material, none) + amount
            within = {m: taken.pop(m) for m in materials & taken.keys()}
            if all(_same(amount, inner.get(m, none)) for m, amount in within.items()):
                break
            inner = within
        else:
            raise StudyError(f"What goes round by '{next(iter(starts))}' takes nearly as much of itself as comes out.")
        self.found.starts |= starts
        for m, amount in taken.items():
            self.outside[m] = self.outside.get(m, none) + amount

    def _starts(self, family: Family) -> dict[str, Array]:
        """Return what is started of the activities by which a family comes."""
        weights = {a: self._along(np.asarray(w, dtype=float)) for a, w in self.ways[family[0]].items()}
        most: dict[str, Array] = {}
        before = ""
        seen, made = dict.fromkeys(weights, np.zeros(1)), np.zeros(1)
        for material in family:
            if before not in better(self.links, material):
                seen, made = dict.fromkeys(weights, np.zeros(1)), np.zeros(1)
            for activity, weight in weights.items():
                wanted, gives = self._seen(activity, material)
                seen[activity] = seen[activity] + wanted
                made = made + weight * gives
            for activity, weight in weights.items():
                level = weight * np.divide(seen[activity], made, out=np.zeros(made.shape), where=made > 0.0)
                most[activity] = np.maximum(most[activity], level) if activity in most else level
            before = material
        return most

    def _seen(self, activity: str, material: str) -> tuple[Array, Array]:
        """Return what is needed when starts of an activity bring a material, and how much each brings in all."""
        need = self.found.needs[material]
        total, moved = np.zeros(need.shape), np.zeros(need.shape)
        for part in self.links.outputs[activity]:
            if part.material == material:
                amount = self._along(np.maximum(part.amount, 0.0))
                total = total + amount
                moved = moved + amount * _earlier(need, part.age)
        return np.divide(moved, total, out=np.zeros(need.shape), where=total > 0.0), total

    def _along(self, amount: Array) -> Array:
        """Return amounts of the periods with those before them, which are as in the first."""
        if not self.before or not amount.ndim:
            return amount
        return np.concatenate([np.repeat(amount[:1], self.before), amount])


def _earlier(need: Array, age: int) -> Array:
    """Return by period what is needed so many periods later; after the last as in it."""
    return need if age == 0 else need[np.minimum(np.arange(need.size) + age, need.size - 1)]


def _later(amount: Array, age: int) -> Array:
    """Return by period what was started so many periods earlier."""
    return amount if age == 0 else np.concatenate([np.zeros(min(age, amount.size)), amount[:-age]])


def _same(one: Array, other: Array) -> bool:
    return bool(np.all(np.abs(one - other) <= ROUNDING * np.abs(one)))
