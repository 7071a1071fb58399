"""What a memo stands on: a result brought back to life once, and what its analyses share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.asked import Source as ChokeSource
from fabopt.analysis.explain.names import display_names, known
from fabopt.analysis.memo.records import Amount
from fabopt.analysis.portfolio.study import IN_MONEY
from fabopt.analysis.sensitivity.numbers import Numbers
from fabopt.analysis.sensitivity.verb import Source as NumberSource
from fabopt.domain.instance import Instance
from fabopt.errors import StudyError
from fabopt.io.tree import Tree, tree_of_json
from fabopt.io.validate import validate
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import Network, Period
from fabopt.plan.solved import SolvedProgram, restored

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook

    Read = Callable[[str], pd.DataFrame]

REPORTED = {"reported": "yes"}
"""Filter of the periods that are reported."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A result brought back to life for one lab.

    Attributes
    ----------
    manifest, read
        What is known of the run, and its tables by name.
    tree, data, chain, net, plan
        The instance as it was written, as it was read, as it was lowered, its network, and the plan.
    lab
        Id of the lab.
    sites
        Ids of its sites.
    names
        Display names by id.
    reported
        The reported periods.
    doubt
        Million dollars by which a better plan may exceed this one; infinite where no bound is known.
    """

    manifest: Mapping[str, Any]
    read: Read
    tree: Tree
    data: Instance
    chain: Chain
    net: Network
    plan: SolvedProgram
    lab: str
    sites: tuple[str, ...]
    names: Mapping[str, str]
    reported: tuple[Period, ...]
    doubt: float

    @property
    def name(self) -> str:
        """Return the display name of the lab."""
        return self.data.labs[self.lab].name

    @property
    def first(self) -> str:
        """Return the label of the first period."""
        return self.net.periods[0].label

    @property
    def until(self) -> str:
        """Return the label of the last reported period."""
        return self.reported[-1].label

    @property
    def years(self) -> dict[str, tuple[str, str]]:
        """Return the first and last reported period of every calendar year."""
        found: dict[str, tuple[str, str]] = {}
        for period in self.reported:
            year = str(period.start.year)
            found[year] = (found[year][0] if year in found else period.label, period.label)
        return found

    def within(self, year: str) -> str:
        """Return the filter of the reported periods of a calendar year."""
        first, last = self.years[year]
        return first if first == last else f"{first}..{last}"

    def called(self, id: str) -> str:
        """Return the display name of an id; the id itself where there is none."""
        return self.names.get(id, id)

    def money(self, value: float, origin: str, low: float | None = None, high: float | None = None) -> Amount:
        """Return million dollars, discounted."""
        return Amount(value, "MUSD", origin, low, high)

    def words(self) -> tuple[str, str]:
        """Return the name of the instance with its scenario, and the plan in words."""
        manifest = self.manifest
        name = manifest["instance"] + (f", scenario {manifest['scenario']}" if manifest["scenario"] else "")
        return name, f"the {manifest['status'].replace('_', ' ')} plan of {name}"

    def for_choke(self) -> ChokeSource:
        """Return the plan as a choke-point study takes it."""
        name, held = self.words()
        manifest = self.manifest
        return ChokeSource(
            name,
            self.tree,
            self.data,
            self.plan,
            manifest["status"],
            manifest["input_hash"],
            held,
            manifest["objective_unit"],
        )

    def for_numbers(self) -> NumberSource:
        """Return the plan as the studies of the instance's numbers take it."""
        name, held = self.words()
        return NumberSource(name, held, self.manifest["objective_unit"], Numbers(self.tree, self.data), self.plan)


def ground(manifest: Mapping[str, Any], read: Read, instance: str, lab: str, hooks: Sequence[Hook] = ()) -> Ground:
    """Return a result brought back to life for a lab.

    Raises
    ------
    StudyError
        If there is no plan or no such lab, the result is seen from one party's perspective, or its objective is not
        money.
    fabopt.solve.results.folder.ResultError
        If the result does not fit its instance.
    """
    where = manifest["instance"]
    if not manifest["has_plan"]:
        raise StudyError(f"The result of {where} has no plan, so there is nothing to sign; its status is "
                         f"{manifest['status'].replace('_', ' ')}.")  # fmt: skip
    seen = manifest["options"].get("perspective", "system")
    if seen != "system":
        raise StudyError(f"The result is seen as {seen}; a memo is written from the system's plan.")
    objective = manifest["options"]["objective"]
    if objective not in IN_MONEY:
        raise StudyError(f"The plan was made for {objective}; a memo weighs money, so solve for value first.")
    tree = tree_of_json(instance)
    data = validate(tree, Instance)
    known("lab", lab, data.labs, where)
    chain, net = lower_chain(data, where)
    plan = restored(manifest, read, net, hooks)
    bound = manifest["bound"]
    return Ground(
        manifest=manifest,
        read=read,
        tree=tree,
        data=data,
        chain=chain,
        net=net,
        plan=plan,
        lab=lab,
        sites=tuple(s for s, site in data.sites.items() if site.lab == lab),
        names=display_names(data),
        reported=tuple(p for p in net.periods if p.reported),
        doubt=float("inf") if bound is None else abs(bound - manifest["objective"]),
    )
