"""The solved plan that every question is asked of: what was solved, how, and what was found, fresh or from a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fabopt.domain.instance import Instance
from fabopt.domain.names import display_names
from fabopt.errors import StudyError
from fabopt.io.tree import Tree, tree_of_json
from fabopt.io.validate import validate
from fabopt.network.lower import lower_chain
from fabopt.network.lowering.builder import Chain
from fabopt.network.tables import Network
from fabopt.solve.results.build import find_table
from fabopt.solve.results.folder import Read, ResultError
from fabopt.solve.results.run_info import RunInfo

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.model.build import Hook
    from fabopt.plan.solved import SolvedProgram

View = Callable[[Network, Instance], Network]
"""Returns the network of an instance as somebody sees it."""

IN_MONEY = ("value", "least_cost")
"""Objectives whose prices are money."""


class Plan:
    """A solved plan. What a question needs of it is made when it is first asked for, and kept; nothing is solved twice.

    Parameters
    ----------
    run
        What was solved and how.
    read
        Returns a table of the result by its path (``core/units``).
    instance
        The instance that was solved, overlays applied, as JSON.
    hooks
        Those that it was solved with.
    lowered
        Chain and network of the instance, where they are made already.
    """

    view: View | None = None
    """How a party sees a network of the instance, numbers moved or not; None: as it is."""

    def __init__(
        self,
        run: RunInfo,
        read: Read,
        instance: str,
        hooks: Sequence[Hook] = (),
        lowered: tuple[Chain, Network] | None = None,
    ) -> None:
        self.run, self.instance, self.hooks = run, instance, tuple(hooks)
        if lowered is not None:
            self.lowered = lowered
        self._read = read
        self._tables: dict[str, pd.DataFrame] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle takes: not what is made when it is asked for, since a solver's basis is no data."""
        made = {name for name, value in vars(type(self)).items() if isinstance(value, cached_property)}
        return {name: value for name, value in self.__dict__.items() if name not in made}

    def __repr__(self) -> str:
        return f"Plan {self.name!r}: {self.run.status.value}"

    @property
    def rests_on(self) -> dict[str, Any]:
        """What answers depend on beside the question: the instance, how it was solved, the integers of the plan."""
        solved = self.solved
        whole = solved.x[solved.program.integer].round().tolist()
        hooks = [hook.sha256 for hook in self.run.hooks]
        return {"instance": self.run.input_hash, "options": asdict(solved.options), "whole": whole, "hooks": hooks}

    def light(self) -> Plan:
        """Return the plan with the tables of its program alone, as plain data: what another process needs of it."""
        tables = {name: self._read(name) for name in ("core/decisions", "core/rows")}
        return Plan(self.run, tables.__getitem__, self.instance)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name: ``"orders"``, ``"core/limits"``.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan, or no such table.
        """
        if not self.has_plan:
            raise ResultError(f"There is no plan, so there are no tables: the run ended with '{self.run.status}'.")
        path = find_table(name)
        if path not in self._tables:
            self._tables[path] = self._read(path)
        return self._tables[path].copy()

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan."""
        return self.run.has_plan

    @property
    def name(self) -> str:
        """Name of the instance, and its scenario."""
        scenario = self.run.scenario
        return f"{self.run.instance}{f', scenario {scenario}' if scenario else ''}"

    @property
    def held(self) -> str:
        """The plan in words: ``the optimal plan of tutorial``, ``the plan of tutorial (within gap)``."""
        how = "relaxed" if self.run.options.relaxed else self.run.status.replace("_", " ")
        return f"the {how} plan of {self.name}" if how in ("optimal", "relaxed") else f"the plan of {self.name} ({how})"

    @property
    def unit(self) -> str:
        """Unit of the objective."""
        return self.run.objective_unit

    @property
    def perspective(self) -> str:
        """Whose plan it is: ``system``, ``buyers``, or one party's view."""
        return self.run.options.perspective

    @property
    def seen(self) -> bool:
        """Whether it is one party's view without the program of that view: nothing is solved again in it."""
        return bool(self.run.options.party)

    @property
    def seen_by(self) -> str:
        """Whose view it is, by name, and as it was asked for: ``Foundry (owner:foundry)``."""
        return f"{display_names(self.data)[self.run.options.party]} ({self.perspective})"

    @property
    def in_money(self) -> bool:
        """Whether its objective, and with it every price, is money."""
        return self.run.options.objective in IN_MONEY

    @property
    def objective(self) -> float:
        """Value of the objective that was asked for, in :attr:`unit`.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        return self._found(self.run.objective)

    @property
    def value(self) -> float:
        """Discounted value less cost of the plan, in the money of the instance.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        return self._found(self.run.value)

    def _found(self, figure: float | None) -> float:
        if figure is None:
            raise ResultError(f"There is no plan: the run ended with '{self.run.status}'.")
        return figure

    @property
    def doubt(self) -> float:
        """By how much a better plan may exceed this one, in :attr:`unit`; infinite where no bound is known."""
        bound = self.run.bound
        return float("inf") if bound is None else abs(bound - self.objective)

    @cached_property
    def tree(self) -> Tree:
        """The instance as a raw tree, whose levers can be set."""
        return tree_of_json(self.instance)

    @cached_property
    def data(self) -> Instance:
        """The validated instance."""
        return validate(self.tree, Instance)

    @cached_property
    def lowered(self) -> tuple[Chain, Network]:
        """The chain of the instance, and its process network."""
        return lower_chain(self.data, self.run.instance)

    @property
    def net(self) -> Network:
        """The process network."""
        return self.lowered[1]

    @cached_property
    def solved(self) -> SolvedProgram:
        """The program with the plan, its prices and its basis.

        Raises
        ------
        fabopt.solve.results.folder.ResultError
            If the result does not fit its instance, other hooks are given than it was solved with, or the program does
            not give the result's objective at the result's plan.
        """
        from fabopt.plan.solved import solved_program

        return solved_program(self.run, self.table, self.net, self.hooks)

    def of_system(self, says: str, *, relaxed: bool = False) -> Plan:
        """Return this plan, and refuse one that is not the best of the system, or of all buyers, in one objective.

        That is one that is seen by one party, in which others are held to a given plan; one that gives up some of an
        objective for a later one; and one of the LP relaxation.

        Parameters
        ----------
        says
            What the study is about, as the second half of the sentence.
        relaxed
            Whether one of the LP relaxation will do: what is solved again is then of the relaxation as well.

        Raises
        ------
        StudyError
            If the result is such a one.
        """
        options = replace(self.run.options, relaxed=False) if relaxed else self.run.options
        if self.seen:
            raise StudyError(f"The result is seen by {self.seen_by}; {says}.")
        if options.unstudied:
            raise StudyError(
                f"A study solves again from the best plan of one objective, and {options.unstudied}. "
                "Solve for one objective, with integers, and ask again."
            )
        return self
