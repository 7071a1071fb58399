r"""Periods of unequal length: what falls on which of them of what takes time.

A process that starts in period t starts at :math:`E_t + \ell_t U`, with :math:`E_t` the time at which it begins,
:math:`\ell_t` its length and U uniform on :math:`[0, 1]`; its age k is the period :math:`[E_{t+k}, E_{t+k+1})`. That is
the rule of :mod:`fabopt.network.profiles`, with profiles that depend on the period of the start; where all periods are
of one length they are the ones that stand there. So a horizon may be cut finer or coarser: starts that are even over a
long period arrive as they do when they are even over the shorter ones that it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from fabopt.domain.tolerances import NEGLIGIBLE
from fabopt.network.profiles import part_profile, ramp_integral, ramp_profile, sound, split, spread_profile
from fabopt.network.tables import Array, Network, Period, UnitEffect


@dataclass(frozen=True, eq=False)
class Lengths:
    """The lengths of the periods of a horizon, and what falls on which period of what takes time.

    Attributes
    ----------
    sizes
        Length of each period ``[T]``, as a multiple of the first; after the last one more as long as it follow. All
        durations are counted in periods of the length of the first.
    """

    sizes: Array

    @classmethod
    def of(cls, periods: Sequence[Period]) -> Lengths:
        """Return the lengths of periods; the same record for as many that are as long."""
        return _lengths(tuple(period.years for period in periods))

    @cached_property
    def even(self) -> bool:
        """Whether all periods are of one length."""
        return bool(np.all(self.sizes == 1.0))

    @cached_property
    def begins(self) -> Array:
        """Time at which each period begins, and the last one ends ``[T + 1]``."""
        return np.concatenate([[0.0], np.cumsum(self.sizes)])

    @cached_property
    def edges(self) -> Array:
        """Time from the start of each period to the one of so many ages later ``[T + 1, T]``."""
        n = self.sizes.size
        index = np.arange(n + 1)[:, None] + np.arange(n)
        beyond = np.maximum(index - n, 0) * self.sizes[-1]
        return np.asarray(self.begins[np.minimum(index, n)] + beyond - self.begins[:-1])

    def ages(self, time: float | Array) -> NDArray[np.int64]:
        """Return the age ``[T]`` of the period that comes so long after each period begins; T where it lies later."""
        return np.asarray((self.edges[1:] <= np.asarray(time) + NEGLIGIBLE).sum(axis=0), dtype=np.int64)

    def begun(self, time: float) -> NDArray[np.int64]:
        """Return the age ``[T]`` of the first period that begins no earlier than so long after each period begins."""
        beyond = np.maximum(np.ceil((time - self.edges[-1]) / self.sizes[-1:]), 0.0)
        return np.asarray((self.edges[:-1] < time).sum(axis=0) + beyond, dtype=np.int64)

    def one(self, values: Array) -> float | Array:
        """Return values by period as the one number that they are where all periods are of one length."""
        return float(values[0]) if self.even else values

    def later(self, age: int) -> Array:
        """Return the length of the period that comes so many after each ``[T]``."""
        return self.sizes[np.minimum(np.arange(self.sizes.size) + age, self.sizes.size - 1)]

    def arrive(self, lead: float, opens: Array | None = None, even: bool = True) -> tuple[int, Array]:
        """Split a lead time over the ages at which the product arrives.

        Parameters
        ----------
        lead
            Lead time in periods.
        opens
            ``[T]``: part of each period that has gone by when starts open; nothing when left out.
        even
            Whether starts are even over the rest of the period (:func:`part_profile`).

        Returns
        -------
        first_age, weights
            Age of the first arrival, and shares ``[K, T]`` from it on, by period of the start.
        """
        late = np.zeros(self.sizes.size) if opens is None else opens
        if self.even:
            return part_profile(lead, late, even)
        split(lead)
        begins = lead + late * self.sizes
        return _trimmed(sound(self._between(begins, lead + self.sizes if even else begins + self.sizes)))

    def part(self, edge: Array, lead: float, first: int, k: int) -> Array:
        """Return the part of the period of age `first` + `k` that has gone by so long after a part of each has ``[T]``.

        It is cut off at the beginning and the end of that period.
        """
        if self.even:
            return np.asarray(np.clip(edge + (lead - first) - k, 0.0, 1.0))
        edges = np.concatenate([self.edges, self.edges[-1:] + self.sizes[-1]])
        begins, ends = edges[first + k], edges[first + k + 1]
        return np.asarray(np.clip((edge * self.sizes + lead - begins) / (ends - begins), 0.0, 1.0))

    def brought(self, duration: float, spread: bool = False) -> Array | None:
        """Return what falls on each period ``[T]`` of starts in the periods before the horizon, one a period.

        Of each start one arrives after the duration, or is used evenly over it. None where all periods are of one
        length: there every profile by age says it.
        """
        if self.even or duration == 0.0:
            return None if self.even else np.zeros(self.sizes.size)
        begun = np.minimum(self.begins, duration)
        return np.diff(begun * (1.0 - 0.5 * begun / duration) if spread else begun)

    def spread(self, duration: float, opens: Array) -> Array:
        """Return the shares ``[K, T]`` by age, from 0 on, of an even use over a duration (:func:`spread_profile`).

        Parameters
        ----------
        duration
            In periods.
        opens
            ``[T]``: part of each period that has gone by when starts open.
        """
        return _spread(self, duration, tuple(opens.tolist()))

    def ramp(self, lead: float, ramp: Array, *, persistent: bool = True) -> tuple[int, Array]:
        """Return the capacity by age of a unit that is ordered as a period begins (:func:`ramp_profile`).

        Parameters
        ----------
        lead
            Time from the order to the first output, in periods.
        ramp
            ``[n]``: output in the first, second... period after arrival.
        persistent
            Whether the last entry of the ramp holds for ever after.

        Returns
        -------
        first_age, profile
            Age of the first entry, and the entries from there on: ``[K]`` where all periods are of one length, else
            the mean over each period ``[K, T]`` by period of the order, with what holds for ever after as the last.
        """
        if self.even:
            return ramp_profile(lead, ramp, persistent=persistent)
        ramp_profile(lead, ramp)
        steps = np.append(np.diff(ramp, prepend=0.0), 0.0 if persistent else -ramp[-1])
        index = np.arange(self.sizes.size)
        long = self.sizes[np.minimum(index[:, None] + index, index[-1])]
        profile = np.zeros((self.sizes.size + 1, self.sizes.size))
        for k, step in enumerate(steps):
            done = np.maximum(self.edges - (lead + k), 0.0)
            profile[:-1] += step * np.minimum(np.diff(done, axis=0) / long, 1.0)
        profile[np.abs(profile) < NEGLIGIBLE] = 0.0
        profile[-1] = ramp[-1] if persistent else 0.0
        first = int(self.ages(lead).min())
        first = min(first, self.sizes.size - 1)
        return first, profile[first:]

    def lasting(self, lead: float, ramp: Array, life: float) -> tuple[int, Array]:
        """Return the capacity by age of a unit whose output ends so long after it began (:meth:`ramp`).

        The period in which it ends counts for the part before. Where that is after the horizon for whatever is ordered
        in it the capacity is that of a unit that lasts for ever.
        """
        if lead + life >= self.begins[-1]:
            return self.ramp(lead, ramp)
        levels = ramp[: max(1, int(np.ceil(life - NEGLIGIBLE)))]
        rise, fall = self.ramp(lead, levels), self.ramp(lead + life, levels[-1:])
        profile = self._filled(*rise) - self._filled(*fall)
        profile[np.abs(profile) < NEGLIGIBLE] = 0.0
        profile[-1] = 0.0
        return rise[0], profile[rise[0] :]

    def _filled(self, first: int, profile: Array) -> Array:
        """Return a profile for each age ``[T + 1]`` or ``[T + 1, T]``, the last of them for ever after."""
        filled = np.zeros((self.sizes.size + 1, *profile.shape[1:]))
        filled[first:] = profile[-1]
        filled[first : first + len(profile)] = profile[: max(self.sizes.size + 1 - first, 0)]
        return filled

    def effect(
        self, unit: str, resource: str, first_age: int, profile: Array, scale: Array | None = None, *,
        persistent: bool = True, late: Array | None = None,
    ) -> UnitEffect:  # fmt: skip
        """Return the effect of a unit on a resource: a profile by age times an amount by period ``[T]``.

        Where all periods are of one length it is one number an age.
        """
        if self.even:
            profile = profile if profile.ndim == 1 else profile[:, 0]
            profile, scale = profile if scale is None else profile * scale[0], None
        return UnitEffect(unit, resource, first_age, profile, persistent, late, scale)

    def waiting(self, lead: float) -> Array:
        """Return the share of each age that lies before so long after the order ``[K]``, or ``[K, T]`` by period."""
        if self.even:
            whole, fraction = split(lead)
            held = np.ones(min(whole, self.sizes.size) + (1 if fraction and whole < self.sizes.size else 0))
            if fraction and whole < self.sizes.size:
                held[-1] = fraction
            return held
        first, profile = self.ramp(lead, np.ones(1))
        return np.concatenate([np.ones((first, self.sizes.size)), 1.0 - profile])

    def instalments(self, lead: float) -> Array:
        """Return into how many parts like that of each age a sum is cut that is paid evenly over a lead time.

        ``[K, T]`` by age and period of the order; infinite where nothing is paid any more.
        """
        end = max(1.0, float(np.ceil(lead - NEGLIGIBLE)))
        edges = np.concatenate([self.edges, np.full((1, self.sizes.size), np.inf)])
        long = np.maximum(np.minimum(edges[1:], end) - edges[:-1], 0.0)
        parts = np.divide(end, long, out=np.full(long.shape, np.inf), where=long > 0.0)
        return np.asarray(parts[: min(int((long > 0.0).sum(axis=0).max()), self.sizes.size)])

    def _between(self, first: Array, end: Array) -> Array:
        """Return the share ``[T + 1, T]`` of what is even between two times after each period begins, by age."""
        edges = np.concatenate([self.edges, np.full((1, self.sizes.size), np.inf)])
        part = np.minimum(edges[1:], end) - np.maximum(edges[:-1], first)
        return np.asarray(np.maximum(part, 0.0) / (end - first))


@lru_cache(maxsize=64)
def _lengths(years: tuple[float, ...]) -> Lengths:
    return Lengths(np.array(years) / years[0])


@lru_cache(maxsize=4096)
def _spread(lengths: Lengths, duration: float, opens: tuple[float, ...]) -> Array:
    n, late = lengths.sizes.size, np.array(opens)
    if lengths.even:
        profiles = {a: spread_profile(duration, n, a) for a in dict.fromkeys(opens)}
        return np.stack([profiles[a] for a in opens], axis=1)
    if duration == 0.0:
        return np.ones((1, n))
    edges, length = lengths.edges / lengths.sizes, duration / lengths.sizes
    done = (ramp_integral(edges, late) - ramp_integral(edges - length, late)) / length
    return sound(np.diff(np.concatenate([done, np.ones((1, n))]), axis=0))


def _trimmed(weights: Array) -> tuple[int, Array]:
    """Return the first age at which there is any weight, and the weights ``[K, T]`` from it to the last such age."""
    there = np.flatnonzero(weights.any(axis=1))
    return int(there[0]), weights[there[0] : there[-1] + 1]


def full_age(net: Network) -> NDArray[np.int64]:
    """Return the age ``[units, T]`` at which the lasting effects of a unit ordered in a period are at their end value,
    at least its lead time.
    """
    lengths = Lengths.of(net.periods)
    age = {unit.id: lengths.begun(unit.lead) for unit in net.units}
    for effect in net.unit_effects:
        if effect.persistent and len(effect.profile):
            age[effect.unit] = np.maximum(age[effect.unit], effect.full)
    return np.array([age[unit.id] for unit in net.units], dtype=np.int64).reshape(len(net.units), net.n_periods)
