"""The file of a sweep: which numbers move, how far, and in which scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from fabopt.domain.base import Frozen, Record, Slug
from fabopt.domain.goals import ObjectiveName
from fabopt.io.files import read_text
from fabopt.io.problems import InstanceError, Layer, Place, Positions, Problem
from fabopt.io.validate import problems_of
from fabopt.io.yaml import parse_yaml

BASE = "base"
"""Stands among the scenarios of a sweep for the instance without one."""

Method = Literal["grid", "one-at-a-time", "latin-hypercube", "sobol"]


class Axis(Record):
    """How a lever moves: through `values`, or between `low` and `high`; with neither, over its own range."""

    values: tuple[Any, ...] = ()
    """Values that it takes: numbers in the lever's unit, texts with unit, factors (``*1.2``)."""
    low: float | str | None = None
    """Least value: a number, a text with unit, or a factor; its own low when left out."""
    high: float | str | None = None
    """Greatest value, written likewise; its own high when left out."""
    steps: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """Values at equal distances from low to high, both included (3; one at a time 2)."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        """A list stands for its values, nothing for the lever's own range."""
        if isinstance(raw, list | tuple):
            return {"values": raw}
        return {} if raw is None else raw


class Solve(Record):
    """How each case is solved; what is left out is the instance's own, or that of `fabopt solve`."""

    objective: ObjectiveName = "value"
    """What is maximised."""
    by: str | None = None
    """Period by whose end compute counts."""
    target: float | None = None
    """Compute to be reached, thousand H100 equivalents."""
    measure: Literal["cumulative", "rate"] = "cumulative"
    """Compute counts as cumulative, or as the rate of a period."""
    gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Relative gap at which a plan is good enough."""
    time_limit: Annotated[float, Field(gt=0)] | None = None
    """Seconds for each case; a plan that it cuts short depends on the machine."""


class SweepSpec(Record):
    """A sweep: every case is the instance in one of the scenarios with the levers at one point."""

    description: str = ""
    """What it asks, for people."""
    method: Method = "grid"
    """grid: every combination. one-at-a-time: the instance as it stands, then each lever alone. latin-hypercube, sobol:
    samples of all levers together."""
    scenarios: tuple[Slug, ...] = (BASE,)
    """Scenarios of the instance, each combined with every point; ``base`` is the instance without one."""
    levers: Frozen[str, Axis] = Field(default_factory=dict)
    """What moves. Left out: every number with a published range; where there is none, every number with a range."""
    samples: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Points of latin-hypercube and sobol (a power of two)."""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Seed of the samples."""
    distribution: Literal["triangular", "uniform"] = "triangular"
    """How samples lie between low and high; the number itself is the mode of the triangular distribution."""
    figures: tuple[str, ...] = ("accelerators", "power", "compute", "installed")
    """Figures of each plan: accelerators, power, compute, installed; in a period that is named (compute@2027Q4)."""
    solve: Solve = Solve()
    """How each case is solved."""


def read_sweep(source: Path | str | Mapping[str, Any], shown: str | None = None) -> tuple[SweepSpec, Positions]:
    """Read the specification of a sweep, and where each part of it was written.

    Parameters
    ----------
    source
        A YAML file, or its contents as a mapping.
    shown
        Name of the file in problems; its path when left out.

    Raises
    ------
    InstanceError
        With every fault of form, each with file, line and field.
    """
    if isinstance(source, Mapping):
        raw: Any = dict(source)
        positions = Positions((Layer({(): Place("sweep")}),))
    else:
        name = shown or str(source)
        text, _ = read_text(Path(source), name)
        parsed = parse_yaml(text, name)
        raw, positions = parsed.value, Positions((Layer(parsed.places),))
        if not isinstance(raw, Mapping):
            raise InstanceError([Problem(name, 1, "", "a sweep is a mapping with method, scenarios, levers")])
    try:
        return SweepSpec.model_validate(raw), positions
    except ValidationError as error:
        raise InstanceError(problems_of(error, raw, positions, SweepSpec)) from error
