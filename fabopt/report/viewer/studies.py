"""Studies of a plan that were saved as folders (``--out``), as a page shows them: their text and their pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fabopt.io.seal import FILES, SavedError, read_file, read_record
from fabopt.report.report import FORMAT


@dataclass(frozen=True, slots=True)
class Kept:
    """A study as it was saved.

    Attributes
    ----------
    verb
        What it answers: ``choke``.
    text
        The study in words and tables of text.
    pictures
        Its pictures as SVG, by name.
    """

    verb: str
    text: str
    pictures: tuple[tuple[str, bytes], ...]

    def html(self) -> str:
        """Return it as HTML."""
        parts = [
            f'<div class="wide" tabindex="0" role="region" aria-label="study"><pre>{escape(self.text)}</pre></div>'
        ]
        for name, svg in self.pictures:
            data = base64.b64encode(svg).decode()
            parts.append(
                f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{escape(f"{self.verb}: {name}")}"></figure>'
            )
        return "".join(parts)


def kept_in(folder: Path) -> tuple[Kept, ...]:
    """Return the studies of a folder, each as it was written.

    Raises
    ------
    fabopt.io.seal.SavedError
        When there is none, or one was changed or written by another version.
    """
    records = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not records:
        raise SavedError(f"{folder} holds no study; make one: fabopt choke RESULT --out {folder}")
    return tuple(_read(folder, record) for record in records)


def _read(folder: Path, record: Path) -> Kept:
    verb = record.stem
    hashes = read_record(record, FORMAT, f"make it again: fabopt {verb} RESULT --out {folder}")[FILES]
    pictures: Sequence[str] = [name for name in hashes if name.endswith(".svg")]
    text = read_file(folder, f"{verb}.txt", hashes).decode()
    return Kept(verb, text, tuple((Path(name).stem, read_file(folder, name, hashes)) for name in pictures))
