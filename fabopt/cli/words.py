"""``fabopt words``: what the words of the outputs mean."""

from __future__ import annotations

from typing import Annotated

import typer

from fabopt.cli.common import columns, guarded, say

_Words = typer.Argument(help="Words, with commas between them; all of them without any.", show_default=False)


@guarded
def words(asked: Annotated[list[str] | None, _Words] = None) -> None:
    """Say what the words of the outputs mean."""
    from fabopt.report.glossary import glossary_lines, told

    say(glossary_lines(told(" ".join(asked or ())), columns()))
