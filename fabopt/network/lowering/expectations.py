"""What expectations of a plan speak of: records that their tags choose, which must exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fabopt.domain.base import Fault, FieldProblem
from fabopt.domain.expectations import Expectation, Kind
from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.limits import described, unit_faults
from fabopt.network.lowering.measured import Scope
from fabopt.network.tables import DECISIONS, Network, Tags
from fabopt.network.tagged import tagged

Chosen = Callable[[Network], Iterator[Tags]]

RECORDS: Mapping[Kind, tuple[str, Chosen]] = {
    "busy": ("capacities", lambda net: (r.tags for r in net.resources)),
    "used": ("units that are ordered", lambda net: (u.tags for u in net.units if u.instrument not in DECISIONS)),
    "running": (
        "accelerators in operation",
        lambda net: (a.tags for a in tagged(net.activities, role="operation")),
    ),
    "kept": (
        "contracts and limits that may be missed at a price",
        lambda net: (a.tags for a in tagged(net.activities, role="shortfall")),
    ),
}
"""What the tags of each kind choose, in words, and the records."""


def check_expectations(chain: Chain, net: Network) -> None:
    """Refuse expectations of what the chain does not have.

    Raises
    ------
    FieldProblem
        Where a tag is nobody's, nothing counts, or units do not fit.
    """
    if not chain.instance.expectations:
        return
    scope = Scope(chain, net)
    faults = [
        fault.under("expectations", key)
        for key, one in chain.instance.expectations.items()
        for fault in _faults(scope, net, one)
    ]
    if faults:
        raise FieldProblem(faults)


def chosen(scope: Scope, net: Network, one: Expectation) -> Iterator[Tags]:
    """Yield the tags of the records that an expectation of capacities, orders, fleets or promises is about."""
    return (tags for tags in RECORDS[one.expect][1](net) if scope.has(tags, one.where))


def _faults(scope: Scope, net: Network, one: Expectation) -> Iterator[Fault]:
    wrong = [fault.under("where") for fault in scope.faults(one.where)]
    yield from wrong
    if wrong or one.expect == "published":
        return
    if one.expect != "steady":
        if next(chosen(scope, net, one), None) is None:
            said = f" ({one.where.said})" if one.where.said else ""
            yield Fault(("where",), f"no record counts: {RECORDS[one.expect][0]}{said}", "look at the tags")
        return
    assert one.of is not None
    part = scope.measure(one.of, [one.where])
    if part.chosen:
        yield from unit_faults(part, {("above",): one.above})
    else:
        yield Fault(("where",), f"no record counts: {described(one.of, one.where.said)}", "look at the tags")
