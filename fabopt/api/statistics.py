"""Statistics of a result by tags, as `n.statistics` of PyPSA has them of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

if TYPE_CHECKING:
    import pandas as pd

    from fabopt.plan.plan import Plan


class Chosen(TypedDict, total=False):
    """What statistics are told of, by what, and over which time: see :meth:`Statistics.capacity`."""

    stage: str | Sequence[str]
    by: str | Sequence[str] | None
    per: str | None
    where: Mapping[str, str | Sequence[str]] | None


class Statistics:
    """Capacity, use, supply, cost, revenue and rent of a plan by any tags that stand in its tables.

    Called, it returns all of them, a column each:

    >>> result.statistics()
    >>> result.statistics.capacity(by=["owner", "node"], per="quarter")
    >>> result.statistics.use(stage="memory", by="owner")
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(
        self,
        *,
        stage: str | Sequence[str] = (),
        by: str | Sequence[str] | None = None,
        where: Mapping[str, str | Sequence[str]] | None = None,
    ) -> pd.DataFrame:
        """Return all statistics over the reported periods, a column each; each row has one unit.

        Parameters
        ----------
        stage, by, where
            As for :meth:`capacity`; a statistic that has no such tag is left out.
        """
        from fabopt.analysis.statistics import summary

        return summary(self._plan, stage=stage, by=by, where=where)

    def capacity(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return capacity that there is: rates by month (tools by year), levels as they stand.

        Over several periods it is the mean by their lengths; capacities without an end are left out.

        Parameters
        ----------
        stage
            Stages of the chain that count (``"wafer"``, ``["memory", "packaging"]``); all when left out.
        by
            Tags by which it is told apart: owner, node, chip, lab, site, region, designer, year, name ... ; the stage
            when left out. The unit stands behind them in the index.
        per
            ``"period"``, ``"quarter"`` or ``"year"``: a column for each; left out: all reported periods together.
        where
            Values of tags that count: ``{"owner": "tsmc"}``.

        Returns
        -------
        pandas.Series or pandas.DataFrame
            What is not zero; a series without `per`.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such tag, with those that there are, or nothing has such a value.
        fabopt.solve.results.folder.ResultError
            When there is no plan.
        """
        return self._of("capacity", chosen)

    def use(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return the share of capacities that is taken, by activities and by units.

        A group of capacities of one unit counts as one: what is taken of all of them over what there is.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("use", chosen)

    def supply(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return what activities and units put into materials: wafers, dies, stacks, packages, compute.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("supply", chosen)

    def withdrawal(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return what activities and units take out of materials.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("withdrawal", chosen)

    def deliveries(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return what demands get.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("deliveries", chosen)

    def cost(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return what is paid outside the chain, in millions of dollars of its period.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("cost", chosen)

    def revenue(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return what parties are paid by others of the chain, in millions of dollars of its period.

        The tag `owner` is who is paid, `customer` who pays, `what` what for. Other tags are those that all that is paid
        under one name has in common.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("revenue", chosen)

    def rent(self, **chosen: Unpack[Chosen]) -> pd.Series[float] | pd.DataFrame:
        """Return price times limit of what is scarce or owed, in millions of dollars of its period.

        What owners of what is scarce earn at the margin; what obligations cost is negative. Tags are those of the table
        `limits`: family, kind, stage, owner, region, name.

        Parameters
        ----------
        stage, by, per, where
            As for :meth:`capacity`.
        """
        return self._of("rent", chosen)

    def _of(self, name: str, chosen: Chosen) -> pd.Series[float] | pd.DataFrame:
        from fabopt.analysis.statistics import statistic

        return statistic(self._plan, name, **chosen)

    def __repr__(self) -> str:
        from fabopt.analysis.statistics import STATISTICS

        return f"Statistics of {self._plan.name!r}\ntry () .{' .'.join(STATISTICS)}"
