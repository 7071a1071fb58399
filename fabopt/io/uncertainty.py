"""The numbers of an instance that its sections `distributions` and `correlations` speak of, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.uncertainty import Distribution, impossible
from fabopt.io.levers import LeverError, Scale, Shift, list_levers, read_setting
from fabopt.io.problems import brief, nearest

ANY = "*"


class Spoken:
    """Which numbers each entry of `distributions` and `correlations` speaks of.

    Parameters
    ----------
    data
        The instance.

    Attributes
    ----------
    quantities
        All its numbers by lever.
    """

    def __init__(self, data: Instance) -> None:
        self.data = data
        about = ("distributions", "correlations")
        self.quantities: Mapping[str, Quantity] = {
            lever.path: lever.quantity for lever in list_levers(data) if lever.path.partition(".")[0] not in about
        }

    def matched(self, pattern: str) -> list[str]:
        """Return the levers that a path means, in the order of the instance."""
        if ANY not in pattern:
            return [pattern] if pattern in self.quantities else []
        return [path for path in self.quantities if fnmatchcase(path, pattern)]

    def distributions(self) -> dict[str, tuple[str, Distribution]]:
        """Return what each number that a distribution speaks of is drawn from, with its id; exact paths go first."""
        found: dict[str, tuple[str, Distribution]] = {}
        for exact in (False, True):
            for name, distribution in self.data.distributions.items():
                for pattern in distribution.of:
                    if (ANY not in pattern) is exact:
                        found |= dict.fromkeys(self.matched(pattern), (name, distribution))
        return found

    def correlated(self) -> dict[str, list[list[str]]]:
        """Return for each correlation the numbers of each of its entries."""
        return {
            name: [self.matched(pattern) for pattern in correlation.of]
            for name, correlation in self.data.correlations.items()
        }

    def faults(self) -> Iterator[Fault]:
        """Yield paths that lead to no number, and numbers of which two entries speak."""
        for section in ("distributions", "correlations"):
            spoken: dict[tuple[bool, str], str] = {}
            for name, entry in getattr(self.data, section).items():
                for place, pattern in enumerate(entry.of):
                    paths, where = self.matched(pattern), (section, name, "of", place)
                    if not paths:
                        hint = nearest(pattern, self.quantities) or "fabopt show PATH names the levers"
                        yield Fault(where, f"{brief(pattern)} is no number of this instance", hint)
                    exact = section == "distributions" and ANY not in pattern
                    twice = next((path for path in paths if (exact, path) in spoken), None)
                    if twice is not None:
                        other = spoken[exact, twice]
                        before = "this entry" if other == name else f"'{other}'"
                        hint = "state one matrix for all" if section == "correlations" else "name each number once"
                        yield Fault(where, f"{before} speaks of '{twice}' already", hint)
                    spoken |= {(exact, path): name for path in paths}
        for name, distribution in self.data.distributions.items():
            yield from self._value_faults(name, distribution)
        for name, groups in self.correlated().items():
            yield from self._rank_faults(name, groups)

    def value_of(self, value: float | str, path: str) -> float | Scale:
        """Return a stated value of a number in its unit, or the factor that it is of it.

        Raises
        ------
        FieldProblem, LeverError
            When the number cannot have it.
        """
        quantity, read = self.quantities[path], read_setting(value)
        if isinstance(read, Scale):
            return read
        if isinstance(read, Shift) or quantity.shape != "constant":
            raise LeverError("write a value, or a factor such as '*0.8'; a series takes factors alone")
        number = In(quantity.unit).read(value, {code: rate.value for code, rate in self.data.currencies.items()}).value
        if wrong := quantity.limits.broken_by(number):
            raise LeverError(f"it must be {wrong}")
        return number

    def _value_faults(self, name: str, distribution: Distribution) -> Iterator[Fault]:
        """Yield values of a discrete distribution that its numbers cannot have."""
        for place, entry in enumerate(distribution.values):
            for path in (path for pattern in distribution.of for path in self.matched(pattern)):
                try:
                    self.value_of(entry.value, path)
                except (FieldProblem, LeverError) as error:
                    message = f"{brief(entry.value)} is no value of {path}: {error}"
                    yield Fault(("distributions", name, "values", place, "value"), message)
                    break

    def _rank_faults(self, name: str, groups: Sequence[Sequence[str]]) -> Iterator[Fault]:
        correlation = self.data.correlations[name]
        if correlation.rank is None:
            return
        size, rank = sum(map(len, groups)), correlation.rank.value
        if size < 2:
            yield Fault(("correlations", name, "of"), "it takes two numbers to go together, and here is one")
        elif reason := impossible(_equal(size, rank)):
            yield Fault(("correlations", name, "rank"), f"{rank:g} between every two of {size} numbers: {reason}")

    def rangeless(self) -> Iterator[Fault]:
        """Yield exact paths of numbers that have no range to be drawn from, and lows that a lognormal cannot have."""
        stated = self.distributions()
        for section in ("distributions", "correlations"):
            for name, entry in getattr(self.data, section).items():
                for place, pattern in enumerate(entry.of):
                    if ANY in pattern or pattern not in self.quantities:
                        continue
                    own = stated.get(pattern)
                    shape = own[1].shape if own else "triangular"
                    ranges = [self.quantities[pattern].range_of(p) for p in self.quantities[pattern].points]
                    if shape != "discrete" and not any(low < high for low, high, _ in ranges):
                        hint = "give the number a low and a high"
                        yield Fault((section, name, "of", place), f"'{pattern}' has no range to be drawn from", hint)
        for path, (name, distribution) in stated.items():
            quantity = self.quantities[path]
            least = min(quantity.range_of(p)[0] for p in quantity.points)
            if distribution.shape == "lognormal" and least <= 0.0:
                message = f"a lognormal number is above 0, and the low of '{path}' is {least:g}"
                yield Fault(("distributions", name, "shape"), message, "take triangular, or raise the low")


def _equal(size: int, rank: float) -> list[list[float]]:
    return [[1.0 if i == j else rank for j in range(size)] for i in range(size)]
