"""Rules of the other buyers of wafers and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from fabopt.domain.base import Fault, Path
from fabopt.domain.calendar import Calendar
from fabopt.domain.customers import Market
from fabopt.domain.instance import Instance
from fabopt.domain.quantity import Quantity
from fabopt.domain.tolerances import SHARES, above


def markets_faults(instance: Instance, calendar: Calendar) -> Iterator[Fault]:
    """Yield what is wrong with the other buyers of wafers and memory.

    Parameters
    ----------
    instance
        A validated instance; names that lead nowhere are passed over.
    calendar
        Its periods.
    """
    for market_id, market in instance.markets.items():
        path: Path = ("markets", market_id)
        yield from _fabs(instance, path, market)
        yield from _amount(instance, path, market)
        yield from _shares(instance, path, market)
        yield from _floor(instance, calendar, path, market)


def not_one(instance: Instance, shares: Mapping[str, Quantity]) -> tuple[date, float] | None:
    """Return the first day on which shares do not add up to 1, and their sum; None where they always do."""
    days = {instance.horizon.start}
    days |= {point.when for share in shares.values() for point in share.points if point.when is not None}
    for day in sorted(days):
        total = sum(share.at(day) for share in shares.values())
        if abs(total - 1.0) > SHARES:
            return day, total
    return None


def _fabs(instance: Instance, path: Path, market: Market) -> Iterator[Fault]:
    if not market.fabs:
        yield Fault((*path, "fabs"), "no fab serves this market")
    for fab_id, node_id in market.fabs.items():
        fab = instance.fabs.get(fab_id)
        if fab is not None and node_id in instance.nodes and node_id not in fab.nodes:
            yield Fault(
                (*path, "fabs", fab_id),
                f"the fab '{fab_id}' does not run '{node_id}'",
                f"it runs {', '.join(fab.nodes)}",
            )
    for fab_id in market.qualified:
        if fab_id in instance.fabs and fab_id not in market.fabs:
            yield Fault(
                (*path, "qualified", fab_id), f"the fab '{fab_id}' does not serve this market", "add it to 'fabs'"
            )


def _amount(instance: Instance, path: Path, market: Market) -> Iterator[Fault]:
    """What is wrong with what it wants, and with the price of it."""
    if (market.quantity is None) == (market.bits is None):
        yield Fault(path, "a market wants either wafers ('quantity') or memory ('bits')", "give one")
        return
    in_bits = market.bits is not None
    wrong, what = ("price", "memory") if in_bits else ("bit_price", "wafers")
    if getattr(market, wrong) is not None:
        right = "bit_price" if in_bits else "price"
        yield Fault((*path, wrong), f"a market that wants {what} has no '{wrong}'", f"give '{right}'")
    nodes = [name for name in dict.fromkeys(market.fabs.values()) if name in instance.nodes]
    if not in_bits:
        if market.price is None and len(nodes) > 1 and not market.shares:
            yield Fault((*path, "price"), "it buys several nodes without 'shares', so no node gives its price")
        return
    if market.bit_price is None:
        yield Fault((*path, "bit_price"), "a market that wants memory needs its price")
    if market.patience is not None:
        yield Fault((*path, "patience"), "orders for memory do not wait", "leave it out")
    for node in nodes:
        if instance.nodes[node].bits_per_wafer is None:
            message = f"it wants memory, but '{node}' does not say how much of it a wafer yields"
            yield Fault((*path, "bits"), message, f"give nodes.{node}.bits_per_wafer")


def _shares(instance: Instance, path: Path, market: Market) -> Iterator[Fault]:
    bought = dict.fromkeys(market.fabs.values())
    for node in market.shares:
        if node in instance.nodes and node not in bought:
            message = f"no fab of this market makes '{node}'"
            yield Fault((*path, "shares", node), message, f"its fabs make {', '.join(bought)}")
    without = [node for node in bought if node not in market.shares]
    if market.shares and without:
        fab = next(name for name, node in market.fabs.items() if node == without[0])
        yield Fault((*path, "fabs", fab), f"it has no share for '{without[0]}'", "give every node a share, or none")
    wrong = not_one(instance, market.shares) if market.shares else None
    if wrong is not None:
        yield Fault((*path, "shares"), f"on {wrong[0]} the shares of its nodes add up to {wrong[1]:.4g}, not to 1")


def _floor(instance: Instance, calendar: Calendar, path: Path, market: Market) -> Iterator[Fault]:
    """What it holds and its fabs could not make."""
    for node in market.shares or (None,):
        fabs = [name for name in market.serving(node) if name in instance.fabs]
        for span in calendar.spans if fabs else ():
            share = 1.0 if node is None else market.shares[node].mean(span.start, span.end)
            held = share * market.floor.mean(span.start, span.end) * market.amount.mean(span.start, span.end)
            able = 0.0
            for name in fabs:
                qualified = market.qualified.get(name)
                if qualified is not None and qualified >= span.end:
                    continue
                its = instance.nodes.get(market.fabs[name])
                per = 1.0
                if market.bits is not None and its is not None and its.bits_per_wafer is not None:
                    per = its.bits_per_wafer.mean(span.start, span.end) / 1000.0
                able += per * instance.fabs[name].wafer_starts.mean(span.start, span.end)
            if above(held, able):
                unit = "thousand wafers" if market.bits is None else "petabytes"
                yield Fault(
                    (*path, "floor"),
                    f"in {span.label} the market holds {held:.4g} {unit} a month, more than the "
                    f"{able:.4g} that the fabs start which are qualified by then",
                )
                return
