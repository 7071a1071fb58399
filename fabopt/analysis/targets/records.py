"""What would have to be true for a target: frozen records with frames."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from fabopt.analysis.frames import frame_of, plain
from fabopt.plan.problem import Interval

if TYPE_CHECKING:
    import pandas as pd

Measured = Literal["power", "compute", "value"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached.

    Attributes
    ----------
    measure
        ``power``: facility power in use in a period; ``compute``: compute delivered in a period; ``value``: the
        objective value over the whole horizon.
    amount, unit
        How much: MW facility, kH100e, or the unit of the objective.
    by
        Label of the period; empty for value.
    lab
        Id of the lab alone of which it is asked; empty: all.
    """

    measure: Measured
    amount: float
    unit: str
    by: str = ""
    lab: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A lever and how far it moves.

    Attributes
    ----------
    path, unit
        The lever, and the unit of the number by which it moves: its own, or of a series ``times`` or ``MW added``.
    now, to
        That number in the instance, and where it has to be.
    share
        Change as a share of it; None where it is zero.
    cost
        What the change costs, million dollars; None where no costs were given.
    """

    path: str
    unit: str
    now: float
    to: float
    share: float | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to reach the target.

    Attributes
    ----------
    kind
        ``alone``: one lever; ``package``: levers moved each by what it takes; ``together``: all by the same share of
        the way to their ends.
    moves
        What has to move; empty where the target is not reached this way, or not known to be.
    size
        What is least: the sum of relative changes, or of their costs. None without moves.
    least
        What the size is proven not to be less than; for ``together`` and levers that were searched, just below what was
        tried and does not suffice.
    reach
        Most that is reached this way with its levers at their ends: of a plan found, and what no plan exceeds.
    value
        Objective of the best plan found that reaches the target when the levers stand there; None without one.
    found_by
        ``program``: the levers are decisions of one program; ``search``: the lever was moved and solved again.
    note
        What a reader must know.
    """

    kind: Literal["alone", "package", "together"]
    levers: tuple[str, ...]
    moves: tuple[Move, ...]
    size: float | None
    least: float | None
    reach: Interval | None
    value: float | None
    found_by: Literal["program", "search"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Needed:
    """What would have to be true for a target.

    Attributes
    ----------
    name, held
        The instance, and in words the plan.
    target
        What is to be reached.
    levers
        What may move, with the end of each.
    counted
        ``share``: least sum of relative changes; ``cost``: least cost.
    planned
        What the plan has.
    possible
        The most as things are, whatever it costs: of a plan found, and what no plan exceeds.
    ends
        The same with all levers at or before their ends; None where the rules refuse that.
    objective, objective_name, unit
        Of the plan, what it is, its unit.
    value_now
        Objective of the best plan found that reaches the target as things are; None where none does.
    ways
        Packages, the smallest first; then all levers together; then each alone.
    notes
        What a reader must know.
    """

    name: str
    held: str
    target: Target
    levers: tuple[Move, ...]
    counted: Literal["share", "cost"]
    planned: float
    possible: Interval
    ends: Interval | None
    objective: float
    objective_name: str
    unit: str
    value_now: float | None
    ways: tuple[Way, ...]
    notes: tuple[str, ...]

    @property
    def reachable(self) -> bool | None:
        """Whether some plan reaches the target, with levers moved or not; None where that is not known."""
        if self.value_now is not None or any(way.moves for way in self.ways):
            return True
        return False if self.ends is not None and self.ends.hi < self.target.amount else None

    @property
    def best(self) -> Way | None:
        """The smallest way that was found; None where there is none."""
        reaching = [way for way in self.ways if way.size is not None]
        return min(reaching, key=lambda way: way.size or 0.0) if reaching else None

    @property
    def frame(self) -> pd.DataFrame:
        """One row a way and lever that moves."""
        rows = []
        for number, way in enumerate(self.ways, 1):
            head = {"way": number, "kind": way.kind, "size": way.size, "least": way.least, "value": way.value}
            rows += [{**head, **asdict(move)} for move in way.moves]
        return frame_of(rows)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        record: dict[str, Any] = plain(self)
        return {**record, "reachable": self.reachable}
