r"""The one walk of the network, upstream and downstream: by structure, by recipe, and by the flows of a plan.

**By structure** (:func:`doings_before`, :func:`doings_after`, :func:`closure`, :func:`makeable`): activities, units and
demands that something feeds or is fed by, amounts left aside.

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
until nothing changes; one that takes as much as it gives has no end and is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fabopt.domain.tolerances import ROUNDING
from fabopt.errors import StudyError
from fabopt.network.links import Links, extremes
from fabopt.network.strong import strong_groups
from fabopt.network.tables import Array, Flow, Network

Doing = tuple[str, str]
"""Kind ("activity", "unit" or "demand") and id."""

ROUNDS = 10_000
"""Most rounds of a loop."""


def closure(start: Iterable[Doing], following: Callable[[Doing], Iterable[Doing]]) -> set[Doing]:
    """Return all that can be reached from some doings, these included."""
    found = set(start)
    todo = list(found)
    while todo:
        for doing in following(todo.pop()):
            if doing not in found:
                found.add(doing)
                todo.append(doing)
    return found


def doings_after(links: Links, doing: Doing) -> Iterator[Doing]:
    """Yield the activities and units that take what an activity or unit makes, or use what a unit adds."""
    kind, key = doing
    made = [flow.material for flow in links.outputs.get(key, [])] if kind == "activity" else []
    made += [part.material for part in links.releases.get(key, [])] if kind == "unit" else []
    for material in made:
        yield from (("activity", flow.activity) for flow in links.takers.get(material, []))
        yield from (("unit", part.unit) for part in links.part_of.get(material, []))
    if kind == "unit":
        for effect in links.added.get(key, []):
            yield from (("activity", use.activity) for use in links.users.get(effect.resource, []))


def doings_before(links: Links, doing: Doing) -> Iterator[Doing]:
    """Yield the activities and units that make what an activity, unit or demand takes."""
    kind, key = doing
    if kind == "activity":
        taken = [flow.material for flow in links.inputs.get(key, [])]
    elif kind == "unit":
        taken = [part.material for part in links.parts.get(key, [])]
    else:
        taken = [d.material for d in links.net.demands if d.id == key]
    for material in taken:
        yield from (("activity", flow.activity) for flow in links.makers.get(material, []))
        yield from (("unit", part.unit) for part in links.releasers.get(material, []))


def makeable(net: Network, without: Collection[str]) -> set[str]:
    """Return the materials that can come into being without some activities; what is in stock does not count.

    An activity can run if no capacity that it uses is nothing for ever, and all that it takes can come into being.
    """
    there = {r.id for r in net.resources if np.any(r.base > 0)}
    there |= {e.resource for e in net.unit_effects if np.any(e.profile > 0)}
    able = {a.id for a in net.activities if a.upper is None or np.any(a.upper > 0)} - set(without)
    able -= {use.activity for use in net.uses if use.resource not in there and np.any(use.amount > 0)}
    known = Recipes(net.flows)
    made: set[str] = {part.material for part in net.unit_materials if part.amount > 0}
    waiting = able
    while ready := {a for a in waiting if all(part.material in made for part in known.takes[a])}:
        made |= {part.material for a in ready for part in known.makes[a]}
        waiting = waiting - ready
    return made


@dataclass(frozen=True, slots=True)
class Part:
    """What a unit of an activity makes or takes of a material at an age: ``amount[T] >= 0`` by period of the start."""

    material: str
    age: int
    amount: Array


class Recipes:
    """What activities make and take, and what makes each material, in the order of the flows.

    Parameters
    ----------
    flows
        Of a network, or of any records of the same form; the last index of amounts need not be periods.
    at
        Take the amounts of starts in this period, all ages together (a chain that has run for long); None: of each.
    """

    def __init__(self, flows: Sequence[Flow], at: int | None = None) -> None:
        self.makes: defaultdict[str, list[Part]] = defaultdict(list)
        self.takes: defaultdict[str, list[Part]] = defaultdict(list)
        self.makers: defaultdict[str, dict[str, None]] = defaultdict(dict)
        if at is not None:
            flows = [Flow(f.activity, f.material, 0, f.amount[at : at + 1]) for f in flows]
        for flow, low, high in zip(flows, *extremes(flows), strict=True):
            if high > 0.0:
                self.makes[flow.activity].append(Part(flow.material, flow.age, np.maximum(flow.amount, 0.0)))
                self.makers[flow.material][flow.activity] = None
            if low < 0.0:
                self.takes[flow.activity].append(Part(flow.material, flow.age, np.maximum(-flow.amount, 0.0)))

    def sources(self, material: str) -> list[str]:
        """Return the activities by which a material comes anew: without those that take some of it themselves, and
        without those by which another stands in for it, unless there are no others.
        """
        new = [a for a in self.makers[material] if all(part.material != material for part in self.takes[a])]
        return [a for a in new if not self.turns(a)] or new

    def better(self, material: str) -> list[str]:
        """Return what stands in for a material: becomes it, piece by piece and at once."""
        return [self.takes[a][0].material for a in self.makers[material] if self.turns(a)]

    def turns(self, activity: str) -> bool:
        """Return whether all that an activity does is to turn one material into another, piece by piece and at once."""
        made, taken = self.makes[activity], self.takes[activity]
        if len(made) != 1 or len(taken) != 1 or made[0].material == taken[0].material:
            return False
        return all(part.age == 0 and bool(np.all(part.amount == 1.0)) for part in (*made, *taken))


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


def exploded(
    recipes: Recipes, wanted: Mapping[str, Array], ways: Callable[[str], Weights], before: int = 0
) -> Exploded:
    """Return what must be started so that materials are there as wanted, and what is needed of each.

    Parameters
    ----------
    recipes
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
    walk = _Walk(recipes, ways, before)
    walk.outside = {material: np.concatenate([np.zeros(before), amount]) for material, amount in wanted.items()}
    for loop in walk.in_order(wanted):
        walk.settle(loop)
    return walk.found


Family = tuple[str, ...]
"""Materials that come by the same activities."""


class _Walk:
    """An explosion under way."""

    def __init__(self, recipes: Recipes, ways: Callable[[str], Weights], before: int) -> None:
        self.recipes, self.before = recipes, before
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
                reached[material] = [part.material for a in ways for part in self.recipes.takes[a]]
                better = self.recipes.better(material)
                ahead += [*reached[material], *(m for m in better if self._weights(m).keys() == ways.keys())]
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
        better = {m: [other for other in self.recipes.better(m) if other in members] for m in members}
        return [m for group in strong_groups(better) for m in group]

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
                for part in self.recipes.takes[activity]:
                    taken[part.material] = taken.get(part.material, none) + _later(
                        more * self._along(part.amount), part.age
                    )
            within = {m: taken.pop(m) for m in materials & taken.keys()}
            if all(_same(amount, inner.get(m, none)) for m, amount in within.items()):
                break
            inner = within
        else:
            raise StudyError(f"What goes round by '{next(iter(starts))}' takes as much of itself as comes out.")
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
            if before not in self.recipes.better(material):
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
        for part in self.recipes.makes[activity]:
            if part.material == material:
                amount = self._along(part.amount)
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
