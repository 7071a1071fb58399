"""What every verb answers with: sentences, tables, frames and pictures of one record, and the ways to look at them.

A verb's module in this package holds one pure function from its record to a :class:`Report`; whatever is done with it
stands here, once: text, HTML for a notebook, a page, a workbook, plain data, a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fabopt.analysis.frames import plain
from fabopt.errors import MissingExtraError, StudyError, require
from fabopt.io.files import atomic_write, check_file, check_place
from fabopt.io.seal import SavedError, as_bytes, read_record, record_as, sealed
from fabopt.io.swap import LOG, write_folder
from fabopt.report.text import WIDTH, Sentence, Table, plain_line, with_rows, wrap

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""Version of the records of saved reports."""
RECORDS = ("choke.json", "tornado.json", "value.json", "phases.json")
"""Records of reports that may share a folder: no file of one has the name of another's."""
FILES = {".html": "charts", ".xlsx": "workbook"}
"""Endings of a page and of a workbook, with the extra that makes each."""
OTHERS = (".csv", ".docx", ".json", ".md", ".pdf", ".png", ".svg", ".txt", ".xls")
"""Endings of files that are none of a report's."""

R = TypeVar("R")


@dataclass(frozen=True, eq=False, repr=False)
class Report(Generic[R]):
    """An answer with the records behind it: ``print`` it, take its tables, or save it.

    Attributes
    ----------
    verb
        What it answers: ``choke``; also the name of its files.
    records
        What the analysis found, for who goes on computing with it.
    said
        Paragraphs, the answer in a sentence first.
    tables
        What stands behind it, for people; those without rows are left out.
    notes
        What a reader must know: how numbers were made, what they mean, what was left out.
    frames
        All numbers as data frames by name, each made when it is asked for; the most important first.
    charts
        Makes the pictures by name, as Altair charts.
    data
        Makes the records as plain data, where they have more to say than their fields.
    warnings
        Those of the paragraphs that a page must frame.
    workbook
        Makes the workbook, where it is more than the tables.
    result
        The new result, of a verb that makes one.
    """

    verb: str
    records: R
    said: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    frames: Mapping[str, Callable[[], pd.DataFrame]] = field(default_factory=dict)
    charts: Callable[[], Mapping[str, Any]] = dict
    data: Callable[[], Mapping[str, Any]] | None = None
    warnings: tuple[str, ...] = ()
    workbook: Callable[[], bytes] | None = None
    result: Any = None

    def __post_init__(self) -> None:
        for name in ("said", "notes", "warnings"):
            object.__setattr__(self, name, tuple(Sentence(plain_line(text)) for text in getattr(self, name)))
        object.__setattr__(self, "tables", with_rows(*self.tables))

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        return self.said[0]

    @property
    def frame(self) -> pd.DataFrame:
        """The first of the frames."""
        return self.table(next(iter(self.frames)))

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the frames by its name; ``attrs["title"]`` says what it is.

        Raises
        ------
        fabopt.errors.StudyError
            When there is no such frame.
        """
        check_table(self.verb, name, tuple(self.frames))
        frame = self.frames[name]()
        frame.attrs.setdefault("title", f"{self.verb}: {name}")
        return frame

    def chart(self, name: str = "") -> Any:
        """Return a picture as an Altair chart, the first when none is named; None where there is nothing to draw."""
        drawn = self.charts()
        return drawn.get(name) if name else next(iter(drawn.values()), None)

    def as_dict(self) -> dict[str, Any]:
        """Return sentence and records as data for JSON."""
        return {"sentence": self.sentence, **plain(self.data() if self.data else self.records)}

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the report as lines of at most `width` characters."""
        lines = [line for text in self.said for line in wrap(text, width)]
        for table in self.tables:
            lines += ["", *table.lines(width)]
        below = [line for text in self.notes for line in wrap(text, width)]
        return [*lines, "", *below] if below else lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        tables = f".frame .table(name) of {', '.join(self.frames)} " if self.frames else ""
        return f"Report of {self.verb}: {self.sentence}\ntry print(...), {tables}.records .chart() .save(place)"

    def _repr_html_(self) -> str:
        said = (f"<p>{escape(text)}</p>" for text in self.said)
        notes = (f"<p><small>{escape(text)}</small></p>" for text in self.notes)
        return "\n".join([*said, *(table.html() for table in self.tables), *notes])

    def html(self) -> str:
        """Return everything as one HTML page with pictures, which needs no network."""
        from fabopt.report.page import Said, page

        first, others = self.tables[:1], self.tables[1:]
        said = (Said(text, text in self.warnings) for text in self.said)
        return page(self.said[0], (*said, *first, *self.charts().values(), *others, *map(Said, self.notes)))

    def xlsx(self) -> bytes:
        """Return everything as a workbook: the sentences, and a sheet a frame."""
        from fabopt.report.workbook.report import report_workbook

        return self.workbook() if self.workbook else report_workbook(self.verb, self.said, self.frames)

    def files(self) -> dict[str, bytes]:
        """Return the files of a folder by name: text, record, frames; pictures where the extra that draws is there."""
        from fabopt.report.charts.style import pictures
        from fabopt.report.csv_text import frame_csv

        files = {f"{self.verb}.txt": f"{self}\n".encode()}
        files |= {f"{name}.csv": frame_csv(make()).encode() for name, make in self.frames.items()}
        try:
            files |= pictures(self.charts())
        except MissingExtraError as error:
            LOG.warning("The report goes without its pictures. %s", error)
        return {**files, f"{self.verb}.json": as_bytes(sealed(self.as_dict(), FORMAT, files))}

    def save(self, *places: str | Path) -> tuple[Path, ...]:
        """Write the report, each place whole or not at all and none before all are made, and return the paths of files.

        Parameters
        ----------
        places
            By its ending a page (``.html``) or a workbook (``.xlsx``); anything else is a folder for text, records,
            frames and pictures, in which an older report of the verb is replaced and all else kept.

        Raises
        ------
        fabopt.io.seal.SavedError
            When a place cannot be written, or a folder holds something else.
        """
        check_places(self.verb, *places)
        made = {Path(place): self._made(Path(place)) for place in places}
        for place, content in made.items():
            try:
                if isinstance(content, bytes):
                    atomic_write(place, content)
                else:
                    write_folder(place, f"{self.verb}.json", content, RECORDS)
            except OSError as error:
                raise _unwritten(place, error) from error
        inside = [(place, [""] if isinstance(content, bytes) else content) for place, content in made.items()]
        return tuple(place / name for place, names in inside for name in names)

    def _made(self, place: Path) -> bytes | dict[str, bytes]:
        if place.suffix.lower() == ".html":
            return self.html().encode()
        return self.xlsx() if place.suffix.lower() == ".xlsx" else self.files()


def saved(folder: Path, verb: str, kind: type[R]) -> R:
    """Return the records of a report as :meth:`Report.save` has written them into a folder.

    Parameters
    ----------
    folder
        The folder.
    verb
        What the report answers.
    kind
        Class of its records.

    Raises
    ------
    fabopt.io.seal.SavedError
        When there is no such report, or it was changed or written by another version.
    """
    file, again = folder / f"{verb}.json", f"make it again: fabopt {verb} RESULT --out {folder}"
    try:
        return record_as(kind, read_record(file, FORMAT, again))
    except FileNotFoundError as error:
        raise SavedError(f"{folder} holds no report of {verb}; {again}.") from error
    except SavedError as error:
        said = str(error)
        raise SavedError(said if str(file) in said else f"{file} is no report of {verb}: {said}.") from error


def check_table(verb: str, name: str, names: Sequence[str]) -> None:
    """Refuse the name of a frame that reports of a verb do not have, with the nearest.

    Raises
    ------
    fabopt.errors.StudyError
        When there is no such frame.
    """
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean '{near[0]}'? There are" if near else "there are"
        raise StudyError(f"A report of {verb} has no table {name[:40]!r}; {hint} {', '.join(names)}.")


def check_places(verb: str, *places: str | Path) -> None:
    """Refuse, before anything is computed, places that a report could not be written to.

    Raises
    ------
    fabopt.io.seal.SavedError
        When something else than such a report stands there, or nothing can be written there.
    fabopt.errors.MissingExtraError
        When what makes a page or a workbook is not installed.
    """
    for place in map(Path, places):
        if place.suffix.lower() in OTHERS:
            raise SavedError(f"{place} is neither a page (.html) nor a workbook (.xlsx) nor a folder, by its ending.")
        try:
            if place.suffix.lower() in FILES:
                require(FILES[place.suffix.lower()])
                check_file(place)
            else:
                check_place(place, f"{verb}.json", *RECORDS)
        except OSError as error:
            raise _unwritten(place, error) from error


def _unwritten(place: Path, error: OSError) -> SavedError:
    return SavedError(f"The report cannot be written to {place}: {error.strerror or error}.")
