"""Contracts against each other and against policies; each fault names both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from fabopt.domain.base import Fault
from fabopt.domain.calendar import Calendar, Span
from fabopt.domain.contracts import Contract
from fabopt.domain.instance import Instance
from fabopt.domain.rules_policies import floor_of, holds, most_of
from fabopt.domain.tolerances import SHARES


def pair_faults(instance: Instance, calendar: Calendar, contracts: Mapping[str, Contract]) -> Iterator[Fault]:
    """Yield where contracts, each sound by itself, cannot hold beside each other or beside a policy.

    Parameters
    ----------
    instance
        A validated instance.
    calendar
        Its periods.
    contracts
        Its contracts that are sound.
    """
    yield from _reserves(calendar, contracts)
    for (first_id, first), (second_id, second) in combinations(contracts.items(), 2):
        if _overlap(first, second):
            message = f"'{first_id}' and '{second_id}' of '{second.buyer}' stand on goods that overlap but differ"
            hint = "name the same goods in both, or goods apart"
            yield Fault(("contracts", second_id, "goods"), message, hint)
    for contract_id, contract in contracts.items():
        if instance.policy_mode != "off":
            yield from _against_policies(instance, calendar, contract_id, contract)


def _overlap(first: Contract, second: Contract) -> bool:
    """Whether two contracts that count takes of one buyer share some but not all goods of parties."""
    if not (first.goods.kinds and second.goods.kinds) or first.goods.kind != second.goods.kind:
        return False
    if first.buyer != second.buyer or first.goods.brought or first.maximum is None or second.maximum is None:
        return False
    one, other = set(first.goods.names), set(second.goods.names)
    return bool(one & other) and (one != other or first.outside != second.outside)


def _may_hold(contract: Contract, span: Span) -> bool:
    """Whether a contract may be in force in a period, by its dates of delivery."""
    since = contract.since is None or contract.since < span.end
    return since and (contract.until is None or contract.until >= span.start)


def _reserves(calendar: Calendar, contracts: Mapping[str, Contract]) -> Iterator[Fault]:
    """Shares of one resource that add up to more than all of it: of signed contracts, with each open one."""
    by_thing: dict[tuple[str, str], list[str]] = {}
    for contract_id, contract in contracts.items():
        if contract.reserve is not None and contract.offered:
            by_thing.setdefault((contract.goods.kind, contract.goods.names[0]), []).append(contract_id)
    for (_, thing), members in by_thing.items():
        for span in calendar.spans:
            held = [name for name in members if _may_hold(contracts[name], span)]
            total = sum(c.value for name in held if (c := contracts[name].reserve) is not None)
            if total > 1.0 + SHARES:
                names = " and ".join(f"'{name}'" for name in held)
                message = f"in {span.label} {names} reserve {total:.4g} of {thing}, more than 1"
                hint = "lower a share; of offers that exclude each other, withdraw all but one (offered: false)"
                yield Fault(("contracts", held[-1], "reserve"), message, hint)
                break


def _against_policies(instance: Instance, calendar: Calendar, contract_id: str, contract: Contract) -> Iterator[Fault]:
    if contract.reserve is None:
        return
    kind, names = contract.goods.kind, set(contract.goods.names)
    for policy_id, policy in instance.policies.items():
        if len(policy.splits.kinds) != 1 or policy.splits.kind != kind or set(policy.splits.names) != names:
            continue
        for span in calendar.spans:
            if not (holds(policy, span.start, span.end) and _may_hold(contract, span)):
                continue
            most = most_of(policy, contract.buyer, span.start, span.end)
            others = sum(
                floor_of(policy, name, span.start, span.end) for name in policy.customers if name != contract.buyer
            )
            share, message = contract.reserve.value, ""
            if share > most + SHARES:
                message = f"gives it at most {most:.4g}"
            elif share + others > 1.0 + SHARES:
                message = f"keeps {others:.4g} for others"
            if message:
                said = f"in {span.label} '{contract_id}' reserves {share:.4g} for '{contract.buyer}'"
                yield Fault(("contracts", contract_id, "reserve"), f"{said}, but '{policy_id}' {message}")
                break
