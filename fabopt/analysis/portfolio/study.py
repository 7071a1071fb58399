"""From a result, fresh or saved, to a lab's portfolio: the plan is brought back to life, nothing is searched again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fabopt.analysis.portfolio.entry import CLOSE, Market, deals
from fabopt.analysis.portfolio.gates import Gates
from fabopt.analysis.portfolio.mix import bought, exposure, failure_points, mix, running
from fabopt.analysis.portfolio.records import ChipCase, Entry, Portfolio, Standing
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.io.tree import tree_of_json
from fabopt.io.validate import validate
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import Network
from fabopt.plan.solved import restored

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook

    Read = Callable[[str], pd.DataFrame]

IN_MONEY = ("value", "least_cost")
"""Objectives that weigh money, so that a price can bring a chip in."""


def portfolio(
    manifest: Mapping[str, Any], read: Read, instance: str, lab: str, hooks: Sequence[Hook] = ()
) -> Portfolio:
    """Return the portfolio of a lab in a result.

    Parameters
    ----------
    manifest
        What is known of the run.
    read
        Returns a table of the result by its name.
    instance
        The instance that was solved, as JSON.
    lab
        Id of the lab.
    hooks
        Those that the plan was solved with.

    Raises
    ------
    StudyError
        If there is no such lab.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    data = instance_of(instance)
    if lab not in data.labs:
        known = ", ".join(data.labs) or "none"
        raise StudyError(f"There is no lab {lab!r} in {manifest['instance']}; it has: {known}.")
    cases, hangs = _cases(manifest, read, data, lab, hooks), exposure(read, lab)
    return Portfolio(
        lab=lab,
        name=data.labs[lab].name,
        until=cases.until,
        money=not cases.unpriced,
        chips=tuple(sorted((cases.case(chip) for chip in data.chips), key=_order(data))),
        mix=mix(read, data, lab),
        exposure=hangs,
        points=failure_points(cases.net, lab, cases.until, cases.got, hangs),
    )


def chip_case(
    manifest: Mapping[str, Any], read: Read, data: Instance, lab: str, chip: str, hooks: Sequence[Hook] = ()
) -> ChipCase:
    """Return where one chip of an instance stands with one of its labs; parameters as for :func:`portfolio`."""
    return _cases(manifest, read, data, lab, hooks).case(chip)


def instance_of(text: str) -> Instance:
    """Return the instance that stands in a result as JSON."""
    return validate(tree_of_json(text), Instance)


def _cases(manifest: Mapping[str, Any], read: Read, data: Instance, lab: str, hooks: Sequence[Hook]) -> _Cases:
    chain, net = lower_chain(data, manifest["instance"])
    until = [p.label for p in net.periods if p.reported][-1]
    got, unpriced = bought(read, lab), _unpriced(manifest)
    market = None if unpriced else Market(restored(manifest, read, net, hooks))
    return _Cases(net, chain, lab, until, got, running(read, lab, until), market, unpriced)


def _unpriced(manifest: Mapping[str, Any]) -> str:
    """Return why no price brings a chip into a plan, empty where one may."""
    seen = manifest["options"].get("perspective", "system")
    if seen != "system":
        return f"the plan is seen as {seen}, and entry prices are those of the system's plan"
    if manifest["options"]["objective"] not in IN_MONEY:
        return "the plan's objective is not money, so no price brings it in"
    return ""


def _order(data: Instance) -> Callable[[ChipCase], tuple[float, ...]]:
    """Return the order of chips: bought ones by their compute, then by the cut that brings them in, then the others."""
    places = {chip: n for n, chip in enumerate(data.chips)}

    def key(case: ChipCase) -> tuple[float, ...]:
        if case.standing == "bought":
            return (0.0, -case.bought * data.chips[case.chip].best, places[case.chip])
        if case.entry is not None:
            return (1.0, case.entry.cut, places[case.chip])
        return (2.0, 0.0, places[case.chip])

    return key


class _Cases:
    """Judges the chips of an instance for one lab."""

    def __init__(
        self,
        net: Network,
        chain: Chain,
        lab: str,
        until: str,
        got: Mapping[str, float],
        runs: Mapping[str, float],
        market: Market | None,
        unpriced: str,
    ) -> None:
        self.net, self.until = net, until
        self.chain, self.lab, self.got, self.runs = chain, lab, got, runs
        self.gates, self.market, self.unpriced = Gates(chain, net), market, unpriced
        self.sites = [s for s, site in chain.instance.sites.items() if site.lab == lab]

    def case(self, chip: str) -> ChipCase:
        """Return where a chip stands."""
        if chip in self.got:
            return self._bought(chip)
        gate = self.gates.gate(chip, self.lab, self.sites)
        if gate is not None:
            return self._made(chip, *gate)
        if self.market is None:
            return self._made(chip, "unpriced", self.unpriced)
        found = deals(self.market.plan, self.chain, chip, self.sites)
        entry = self.market.entry(found, chip, self.lab) if len(found) else None
        if entry is None:
            return self._made(chip, "blocked", "no plan with these orders has any: its parts or its limits are full")
        return self._made(chip, *_judged(entry), entry=entry)

    def _bought(self, chip: str) -> ChipCase:
        if self.market is None:
            return self._made(chip, "bought", "the plan buys it")
        loss = self.market.without(deals(self.market.plan, self.chain, chip, self.sites))
        if loss is None:
            why = "no plan with these orders can do without it"
        else:
            why = "the plan loses value without it" if loss > 0.0 else "another best plan does without it"
        return self._made(chip, "bought", why, loss=loss)

    def _made(
        self, chip: str, standing: Standing, why: str, loss: float | None = None, entry: Entry | None = None
    ) -> ChipCase:
        record = self.chain.instance.chips[chip]
        got, runs = self.got.get(chip, 0.0), self.runs.get(chip, 0.0)
        return ChipCase(chip, record.name, record.designer, standing, got, runs, why, loss, entry)


def _judged(entry: Entry) -> tuple[Standing, str]:
    if entry.cut <= CLOSE**0.5:
        return "ties", "it is worth what it costs: another best plan may buy it"
    if entry.below is not None:
        return "enters", "it costs more than it is worth"
    if entry.cost <= 0.0:
        return "no price", "making it costs nothing in the instance, so no lower price brings it in"
    if entry.package - entry.cost > entry.worth:
        return "no price", "it would need a negative price: its parts earn more elsewhere"
    return "no price", "it would need a negative price: it is worth less than what it needs beside the package"
