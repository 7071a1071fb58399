"""``fabopt bill``: what a block of power filled with one chip needs at every stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fabopt.cli.common import InstancePath, ScenarioOption, SetOption
from fabopt.cli.output import Output, reporting

_Chip = typer.Option("--chip", help="Id of the chip.", show_default=False)
_Power = typer.Option("--power", help="Power of the block with its unit: 1GW, '500 MW'.", show_default=False)
_It = typer.Option("--it", help="The power is IT power; otherwise it is facility power.")
_Bom = typer.Option("--bom", help="Bill of materials of the chip; its first when left out.", show_default=False)


@reporting("bill", "bill")
def bill(
    path: Annotated[Path, InstancePath],
    chip: Annotated[str, _Chip],
    power: Annotated[str, _Power],
    it: Annotated[bool, _It] = False,
    bom: Annotated[str | None, _Bom] = None,
    scenario: Annotated[str | None, ScenarioOption] = None,
    set_: Annotated[list[str] | None, SetOption] = None,
    *,
    output: Output,
) -> None:
    """Print what a block of power filled with one chip needs."""
    from fabopt import api
    from fabopt.report.frames import bill_report

    output.tell(bill_report(api.load(path, scenario, set_ or ()).bill(chip, power, it, bom)))
