r"""Calibration: premiums with which a plan ships what was observed (positive mathematical programming, Howitt 1995).

Shipments of a designer, to one lab or to all, were observed in windows that tile the time from the decision date. Each
is held within its range :math:`[L_j, H_j]` by an elastic row,

.. math:: M_j(x) + u_j \ge L_j, \qquad M_j(x) - o_j \le H_j, \qquad u_j, o_j \ge 0 \text{ at } r\, p_j,

in the linear program with fractions for integers, where :math:`p_j` is the list price of what is shipped. Its dual is
what an accelerator more, or less, is worth beside all that the instance says: the premium. The share r of the price is
the least with which all are met, so that no premium is larger than it must be: the duals alone do not say which.

An observation is not calibrated on where the instance can hardly make it (it lies at the edge of what is feasible), or
where that takes a premium above half the price: then the model disbelieves it by so much. Where observations cannot
hold at once, none is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fabopt.analysis.calibration.program import MOST, UTMOST, Held
from fabopt.analysis.calibration.records import Calibrated, Calibration
from fabopt.analysis.calibration.targets import left_out, targets_of
from fabopt.domain.instance import Instance
from fabopt.domain.tastes import Premium
from fabopt.domain.tolerances import CLOSE
from fabopt.network.lower import lower
from fabopt.network.tables import Network
from fabopt.solve.budget import TimeBudget
from fabopt.solve.options import SolveOptions


def calibrate(
    data: Instance, net: Network, name: str, options: SolveOptions, budget: TimeBudget | None = None
) -> Calibration:
    """Return the premiums with which a plan ships what was observed.

    Parameters
    ----------
    data, net
        The instance without premiums of its own, and its network.
    name
        What it is called.
    options
        Whose value the plan maximises.
    budget
        Time for all of it.

    Raises
    ------
    fabopt.errors.StudyError
        Where there is nothing to calibrate on, windows do not tile the time, or every observation is refused.
    ConflictError
        Where observations cannot all hold at once.
    """
    targets = targets_of(data)
    study = Held(net, targets, options, budget or TimeBudget())
    study.check()
    refused = study.edges()
    asked = dict(refused)
    while missed := study.missed(MOST, refused):
        refused |= dict.fromkeys(missed, "")
    would = study.duals(study.held(UTMOST, asked))
    share = study.least(refused)
    premiums = study.duals(study.held(share, refused))
    planned = study.amounts(study.free())
    rows = []
    for n, key in enumerate(study.ids):
        one, price = study.observed[n], study.price(n)
        held = key not in refused
        premium = study.premium(n, premiums[n] if held else 0.0 if key in asked else would[n])
        at_end = abs(would[n]) >= UTMOST * study.cap[n] * (1.0 - CLOSE)
        why = "" if held else refused[key] or _disbelieved(premium, price, at_end)
        labels = study.tables.columns.labels
        rows.append(
            Calibrated(
                key, one.name, one.unit, *targets[key], labels[one.window[0]], labels[one.window[-1]], one.low,
                one.figure, one.high, float(planned[n]), float(planned[n]), premium, price, why,
            )
        )  # fmt: skip
    others = tuple(key for key in data.outcomes if key not in targets)
    section = _section(data, rows)
    # What is written is rounded, holds over whole windows and holds on: that is what must bring the observations.
    steered = data.model_copy(update={"premiums": {k: Premium.model_validate(v) for k, v in section.items()}})
    again = Held(lower(steered, name), targets, options, study.budget) if section else study
    reached = again.amounts(again.free())
    told = tuple(replace(row, reached=float(amount)) for row, amount in zip(rows, reached, strict=True))
    return Calibration(name, told, share, others, section)


def _disbelieved(premium: float, price: float, at_end: bool) -> str:
    if price <= 0.0:
        return "what is shipped has no list price that a premium could be a share of"
    least = "at least " if at_end else ""
    share = f"{abs(premium) / price:.0%} of the price"
    return f"the model disbelieves it by {least}USD {abs(premium):,.0f} an accelerator, {share}"


def _section(data: Instance, rows: Sequence[Calibrated]) -> dict[str, object]:
    """Return the section `premiums` that says so: a step a window, by designer and lab.

    A window that is not calibrated on has none: a step of 0, as that before it would hold on.
    """
    section: dict[str, dict[str, object]] = {}
    kept = {(row.designer, row.lab) for row in rows if not row.refused}
    for row in sorted(rows, key=lambda row: data.outcomes[row.id].since):
        if (row.designer, row.lab) not in kept:
            continue
        key = f"{row.designer}-{row.lab}" if row.lab else row.designer
        labs, without = [row.lab] if row.lab else [], list(left_out(data.outcomes[row.id]))
        of = {"designer": row.designer, "labs": labs, "without": without}
        record = section.setdefault(key, {name: said for name, said in of.items() if said} | {"amount": {"steps": {}}})
        amount = record["amount"]
        assert isinstance(amount, dict)
        since = data.outcomes[row.id].since.isoformat()
        value = 0.0 if row.refused else round(row.premium + 0.0, 2)
        note = f"fabopt calibrate: outcomes.{row.id}" + (" is not calibrated on" if row.refused else "")
        amount["steps"][since] = {"value": value, "note": note}
        amount["unit"] = "USD/accelerator"
    return dict(section)
