"""What every verb that reports can do with its report: lines, JSON, one table, a page, a workbook, a folder."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fabopt.cli.common import check_ending, check_kept, columns, guarded, say, take, tell
from fabopt.errors import StudyError

if TYPE_CHECKING:
    from fabopt.report.report import Report


@dataclass(frozen=True)
class Output:
    """What was asked to be done with a report.

    Attributes
    ----------
    as_json
        Whether one JSON object is printed, and nothing else.
    table
        Name of the one table that is printed, as CSV.
    html, xlsx, out
        The page, the workbook and the folder that are written.
    """

    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")] = False
    table: str = ""
    html: Annotated[
        Path | None, typer.Option(help="Write a page with tables and pictures.", metavar="FILE", show_default=False)
    ] = None
    xlsx: Annotated[Path | None, typer.Option(help="Write a workbook.", metavar="FILE", show_default=False)] = None
    out: Annotated[
        Path | None, typer.Option(help="Folder for text, records, tables and pictures.", show_default=False)
    ] = None

    @property
    def quiet(self) -> bool:
        """Whether nothing is told on the way."""
        return self.as_json

    @property
    def places(self) -> list[Path]:
        """Where the report is written."""
        return [place for place in (self.html, self.xlsx, self.out) if place is not None]

    def check(self, verb: str, tables: Sequence[str]) -> None:
        """Refuse, before anything is computed, what cannot be done."""
        from fabopt.report.report import check_places, check_table

        if self.table:
            check_table(verb, self.table, tables)
        if self.as_json and self.table:
            raise StudyError("--json and --table do not go together: ask one after the other.")
        check_ending(self.html, ".html")
        check_ending(self.xlsx, ".xlsx")
        check_places(verb, *self.places)

    def tell(self, report: Report[Any], head: Mapping[str, object] | None = None) -> None:
        """Print a report and write it where it was asked for; a page or a workbook stands for the tables in print."""
        from fabopt.io.files import kept
        from fabopt.report.csv_text import frame_csv
        from fabopt.report.text import wrap

        files = [place for place in (self.html, self.xlsx) if place is not None]
        report.save(*files)
        if self.table:
            typer.echo(frame_csv(report.table(self.table)), nl=False)
        elif self.as_json:
            typer.echo(json.dumps({**(head or {}), **report.as_dict()}, allow_nan=False))
        elif files:
            said = (line for text in report.said for line in wrap(text, columns()))
            say([*said, "", f"written to {', '.join(map(str, files))}"])
        else:
            tell(report)
        if self.out is not None:
            where = kept(self.out, report.save)
            if where is not None and not (self.as_json or self.table):
                say(["", f"written to {where}: {', '.join(sorted(path.name for path in where.iterdir()))}"])
            check_kept(self.out, where)


def reporting(verb: str, *tables: str, folder: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of :class:`Output`, which it finds in its parameter `output`.

    Parameters
    ----------
    verb
        Whose reports the command makes.
    tables
        Names of the frames of these reports.
    folder
        Whether ``--out`` is the folder of its report; else it may be an option of the command's own.
    """

    def wrapped(command: Callable[..., None]) -> Callable[..., None]:
        options = inspect.signature(Output, eval_str=True).parameters
        added = [one for name, one in options.items() if folder or name != "out"]
        help_ = typer.Option(help=f"Print one table as CSV: {', '.join(tables)}.", metavar="NAME", show_default=False)
        added = [one.replace(annotation=Annotated[str, help_]) if one.name == "table" else one for one in added]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            output = Output(**{one.name: given.pop(one.name) for one in added})
            output.check(verb, tables)
            command(**given, output=output)

        asked = inspect.signature(command, eval_str=True).parameters
        kept = [one for name, one in asked.items() if name != "output"]
        take(run, *kept, *added)
        return guarded(run)

    return wrapped
