"""A program as a file that other solvers read: MPS (free form) or LP.

Numbers are written so that they are read back to the last bit, and names so that they lead back to their records
(:mod:`fabopt.solve.names`). HiGHS' own writer does neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fabopt.model.families import ModelError
from fabopt.network.tables import Network
from fabopt.solve.formulate import formulate
from fabopt.solve.matrices import Matrices
from fabopt.solve.names import LONGEST, LOWER, UPPER, written
from fabopt.solve.objectives import stages
from fabopt.solve.options import OptionError, SolveOptions

_WIDTH = 4  # terms of an expression on one line of a file of the kind LP
_OBJECTIVE = "objective"


@dataclass(frozen=True, slots=True)
class Named:
    """A program with its names: ``sense`` is 1 where ``constant + cost . x`` is maximised, -1 where minimised."""

    title: str
    program: Matrices
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cost: list[float]
    constant: float
    sense: float


def program_text(net: Network, ending: str, options: SolveOptions) -> str:
    """Return the program of the first stage of an objective as the text of a file.

    The optimum of the file is the objective as a solution reports it.

    Parameters
    ----------
    net
        The lowered network.
    ending
        ``.mps`` or ``.lp``.
    options
        The objective.

    Raises
    ------
    fabopt.solve.options.OptionError
        If the objective does not fit the network, or is one party's.
    fabopt.model.families.ModelError
        If the network cannot be written as a model, or a name is too long for a file.
    """
    if options.party:
        raise OptionError(
            f"The perspective {options.perspective} takes several programs, one after the other; a file holds the "
            "program of the whole system."
        )
    options.check_demands(demand.id for demand in net.demands)
    made = formulate(net, options.aim, relaxed=options.relaxed)
    stage = stages(made.tables, options, made.program.cost, made.program.offset)[0]
    labels = ((block.name, key) for block in made.tables.columns for key in block.keys)
    named = Named(
        title=net.name,
        program=made.program,
        columns=_names(labels),
        rows=_names(made.program.labels),
        cost=(stage.sign * stage.cost).tolist(),
        constant=stage.constant,
        sense=stage.sign,
    )
    return "\n".join(WRITERS[ending](named)) + "\n"


def _names(labels: Sequence[tuple[str, tuple[str, ...]]] | Iterator[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    names = tuple(written(name, key) for name, key in labels)
    for name in names:
        if len(name) + len(LOWER) > LONGEST:
            raise ModelError(f"The name {name[:60]}... has {len(name)} characters; files of this kind take {LONGEST}.")
    return names


def _number(value: float) -> str:
    """Return a number as the shortest text that is read back as it."""
    return repr(value).removesuffix(".0")


# -- MPS ---------------------------------------------------------------------------------------------------------------


def mps(named: Named) -> Iterator[str]:
    """Yield the lines of a file of the kind MPS, in free form."""
    p = named.program
    lower, upper = p.row_lower.tolist(), p.row_upper.tolist()
    yield f"NAME {written(named.title or 'fabopt', ())}"
    yield "OBJSENSE"
    yield "    MAX" if named.sense > 0 else "    MIN"
    yield "ROWS"
    yield f" N {_OBJECTIVE}"
    for name, low, high in zip(named.rows, lower, upper, strict=True):
        yield f" {_row_kind(low, high)} {name}"
    yield "COLUMNS"
    yield from _mps_columns(named)
    yield "RHS"
    if named.constant:
        yield f" RHS {_OBJECTIVE} {_number(-named.constant)}"
    for name, low, high in zip(named.rows, lower, upper, strict=True):
        side = high if np.isfinite(high) else low
        if np.isfinite(side) and side:
            yield f" RHS {name} {_number(side)}"
    yield "RANGES"
    for name, low, high in zip(named.rows, lower, upper, strict=True):
        if np.isfinite(low) and np.isfinite(high) and low != high:
            yield f" RANGE {name} {_number(high - low)}"
    yield "BOUNDS"
    bounds = zip(named.columns, p.column_lower.tolist(), p.column_upper.tolist(), p.integer.tolist(), strict=True)
    for name, low, high, whole in bounds:
        yield from _mps_bounds(name, low, high, whole)
    yield "ENDATA"


def _row_kind(low: float, high: float) -> str:
    if np.isfinite(high):
        return "E" if low == high else "L"
    return "G" if np.isfinite(low) else "N"


def _mps_columns(named: Named) -> Iterator[str]:
    a, marked = named.program.a, False
    starts, rows, values = a.indptr.tolist(), a.indices.tolist(), a.data.tolist()
    markers = itertools.count()
    for j, (name, whole) in enumerate(zip(named.columns, named.program.integer.tolist(), strict=True)):
        if whole != marked:
            yield f" MARKER{next(markers)} 'MARKER' '{'INTORG' if whole else 'INTEND'}'"
            marked = whole
        if named.cost[j] or starts[j] == starts[j + 1]:
            yield f" {name} {_OBJECTIVE} {_number(named.cost[j])}"
        for k in range(starts[j], starts[j + 1]):
            yield f" {name} {named.rows[rows[k]]} {_number(values[k])}"
    if marked:
        yield f" MARKER{next(markers)} 'MARKER' 'INTEND'"


def _mps_bounds(name: str, low: float, high: float, whole: bool) -> Iterator[str]:
    if low == high:
        yield f" FX BOUND {name} {_number(low)}"
        return
    if not np.isfinite(low):
        yield f" {'MI' if np.isfinite(high) else 'FR'} BOUND {name}"
    elif low:
        yield f" LO BOUND {name} {_number(low)}"
    if np.isfinite(high):
        yield f" UP BOUND {name} {_number(high)}"
    elif whole and np.isfinite(low):  # some readers take an integer without bounds for one of 0 or 1
        yield f" PL BOUND {name}"


# -- LP ----------------------------------------------------------------------------------------------------------------


def lp(named: Named) -> Iterator[str]:
    """Yield the lines of a file of the kind LP; a row with two sides becomes two."""
    p = named.program
    yield f"\\ {written(named.title or 'fabopt', ())}"
    yield "maximize" if named.sense > 0 else "minimize"
    costs = [(c, name) for c, name in zip(named.cost, named.columns, strict=True) if c]
    constant = f" {named.constant:+}" if named.constant else ""
    yield f" {_OBJECTIVE}: {_sum(costs or [(0.0, named.columns[0])])}{constant}"
    yield "subject to"
    yield from _lp_rows(named)
    yield "bounds"
    for name, low, high in zip(named.columns, p.column_lower.tolist(), p.column_upper.tolist(), strict=True):
        yield from _lp_bounds(name, low, high)
    whole = [named.columns[j] for j in np.flatnonzero(p.integer).tolist()]
    if whole:
        yield "general"
        yield from (f" {name}" for name in whole)
    yield "end"


def _lp_rows(named: Named) -> Iterator[str]:
    a = named.program.a.tocsr()
    starts, columns, values = a.indptr.tolist(), a.indices.tolist(), a.data.tolist()
    sides = zip(named.program.row_lower.tolist(), named.program.row_upper.tolist(), strict=True)
    for i, (low, high) in enumerate(sides):
        terms = [(values[k], named.columns[columns[k]]) for k in range(starts[i], starts[i + 1])]
        body = _sum(terms or [(0.0, named.columns[0])])  # a row without variables still has to hold
        name, two = named.rows[i], np.isfinite(low) and np.isfinite(high)
        if low == high:
            yield f" {name}: {body} = {_number(low)}"
            continue
        if np.isfinite(low):
            yield f" {name}{LOWER if two else ''}: {body} >= {_number(low)}"
        if np.isfinite(high):
            yield f" {name}{UPPER if two else ''}: {body} <= {_number(high)}"


def _sum(terms: Sequence[tuple[float, str]]) -> str:
    words = [f"{value:+} {name}" for value, name in terms]
    return "\n  ".join(" ".join(words[k : k + _WIDTH]) for k in range(0, len(words), _WIDTH))


def _lp_bounds(name: str, low: float, high: float) -> Iterator[str]:
    if low == high:
        yield f" {name} = {_number(low)}"
    elif not np.isfinite(low):
        yield f" -inf <= {name} <= {_number(high)}" if np.isfinite(high) else f" {name} free"
    elif np.isfinite(high):
        yield f" {_number(low)} <= {name} <= {_number(high)}"
    elif low:
        yield f" {name} >= {_number(low)}"


WRITERS: dict[str, Callable[[Named], Iterator[str]]] = {".mps": mps, ".lp": lp}
"""What writes the program, by the ending of the file."""
