"""Studies of a plan that were saved as folders (``--out``), as a page shows them: their text and their pictures."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabopt.io.seal import FILES, SavedError, read_file, read_record
from fabopt.report.report import FORMAT

if TYPE_CHECKING:
    from fabopt.plan.plan import Plan


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
    doubt
        Why it may not be of the plan that is shown, as a sentence; empty where it is.
    """

    verb: str
    text: str
    pictures: tuple[tuple[str, bytes], ...]
    doubt: str = ""

    def html(self) -> str:
        """Return it as HTML."""
        parts = [f'<p class="warning">{escape(self.doubt)}</p>'] if self.doubt else []
        parts.append(
            f'<div class="wide" tabindex="0" role="region" aria-label="study"><pre>{escape(self.text)}</pre></div>'
        )
        for name, svg in self.pictures:
            data, says = base64.b64encode(svg).decode(), escape(f"{self.verb}: {name}")
            parts.append(f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{says}"></figure>')
        return "".join(parts)


def kept_in(folder: Path, plan: Plan) -> tuple[Kept, ...]:
    """Return the studies of a folder, each as it was written.

    Parameters
    ----------
    folder
        The folder.
    plan
        The plan that they are studies of.

    Raises
    ------
    fabopt.io.seal.SavedError
        When there is none, or one is of another instance, was changed, or was written by another version.
    """
    records = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not records:
        raise SavedError(f"{folder} holds no study; make one: fabopt choke RESULT --out {folder}")
    return tuple(_read(folder, record, plan) for record in records)


def _read(folder: Path, file: Path, plan: Plan) -> Kept:
    verb = file.stem
    record = read_record(file, FORMAT, f"make it again: fabopt {verb} RESULT --out {folder}")
    hashes = record[FILES]
    doubt = _doubt(folder, record, plan)
    pictures = [(Path(name).stem, read_file(folder, name, hashes)) for name in hashes if name.endswith(".svg")]
    return Kept(verb, read_file(folder, f"{verb}.txt", hashes).decode(), tuple(pictures), doubt)


def _doubt(folder: Path, record: Mapping[str, Any], plan: Plan) -> str:
    """Return why a study may not be of a plan; refuse one that says that it is of another."""
    info: Mapping[str, Any] = record["info"] if isinstance(record.get("info"), dict) else {}
    told = [name for name in (info.get("instance"), record.get("name"), record.get("plan")) if isinstance(name, str)]
    if told and not {plan.run.instance, plan.name, plan.held} & set(told):
        raise SavedError(f"The study in {folder} is of {told[0]}, and the page is of {plan.held}.")
    if not told:
        return "This study does not say of which plan it is."
    if info.get("data_hash") not in (None, plan.run.input_hash):
        return "This study was made with other data than this plan: its numbers may not be those of this page."
    return ""
