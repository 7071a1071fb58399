"""What all reports share: an answer in a sentence, the tables behind it, and the ways to look at both.

A report holds the records of an analysis and says how they are written down. ``print`` gives it as text, a notebook as
HTML with every name escaped, :meth:`Report.as_dict` as plain data; some are also saved into a folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from fabopt.io.files import check_place
from fabopt.io.seal import SavedError, as_bytes, sealed
from fabopt.io.swap import write_folder
from fabopt.report.text import WIDTH, TextTable, table_html, wrap

FORMAT = 1
"""Version of the records of saved reports."""
RECORDS = ("choke.json", "tornado.json", "value.json", "phases.json")
"""Records of all saved reports: they may share a folder."""


class Report(ABC):
    """An answer with the records behind it: ``print`` it, or look at its parts.

    Attributes
    ----------
    offers
        What else a report has, as its short form in a console says it.
    """

    offers: ClassVar[str] = ""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The answer in one sentence."""

    @property
    @abstractmethod
    def tables(self) -> tuple[TextTable, ...]:
        """The tables in the order of the page."""

    @abstractmethod
    def records(self) -> Mapping[str, Any]:
        """Return the records as plain data."""

    @property
    def said(self) -> list[str]:
        """The paragraphs before the tables: the sentence, and what belongs beside it."""
        return [self.sentence]

    def below(self, width: int) -> list[str]:
        """Return the lines below the tables: what a reader must know."""
        return []

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the report as lines of at most `width` characters."""
        lines = [line for text in self.said for line in wrap(text, width)]
        for table in self.tables:
            lines += ["", *table.lines(width)]
        return [*lines, *self.below(width)]

    def as_dict(self) -> dict[str, Any]:
        """Return sentence and records as data for JSON."""
        return {"sentence": self.sentence, **self.records()}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.sentence}\ntry print(...), {self.offers}"

    def _repr_html_(self) -> str:
        said = (f"<p>{escape(text)}</p>" for text in self.said)
        return "\n".join([*said, *(table_html(table) for table in self.tables)])


class SavedReport(Report):
    """A report that is also written into a folder.

    Attributes
    ----------
    name
        Name of its files: ``NAME.txt``, and ``NAME.json`` with the records.
    """

    name: ClassVar[str]

    @abstractmethod
    def files(self) -> Mapping[str, str]:
        """Return the tables that are written, as CSV by file name."""

    @abstractmethod
    def draw(self) -> Mapping[str, bytes]:
        """Return the pictures by file name."""

    @classmethod
    def check_place(cls, folder: str | Path) -> None:
        """Refuse, before anything is computed, a folder that the report could not be written to.

        Raises
        ------
        fabopt.io.seal.SavedError
            When something else than such a report stands there, or nothing can be written there.
        """
        try:
            check_place(Path(folder), f"{cls.name}.json", *RECORDS)
        except OSError as error:
            raise _unwritten(folder, error) from error

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write report, records, tables and pictures into a folder, whole or not at all, and return their paths.

        An older report of the kind is replaced; other reports, and what people put there, are kept.

        Raises
        ------
        fabopt.io.seal.SavedError
            If the folder cannot be written, or holds something else.
        """
        record = f"{self.name}.json"
        text = {f"{self.name}.txt": "\n".join(self.lines()) + "\n", **self.files()}
        files = {name: content.encode() for name, content in text.items()} | dict(self.draw())
        files[record] = as_bytes(sealed(self.as_dict(), FORMAT, files))
        try:
            write_folder(Path(folder), record, files, RECORDS)
        except OSError as error:
            raise _unwritten(folder, error) from error
        return tuple(Path(folder) / name for name in files)


def _unwritten(folder: str | Path, error: OSError) -> SavedError:
    return SavedError(f"The report cannot be written to {folder}: {error.strerror or error}.")


def with_rows(*tables: TextTable) -> tuple[TextTable, ...]:
    """Return the tables that have rows."""
    return tuple(table for table in tables if table.rows)


def notes(texts: tuple[str, ...] | list[str], width: int) -> list[str]:
    """Return paragraphs as lines below the tables."""
    return ["", *(line for text in texts for line in wrap(text, width))]
