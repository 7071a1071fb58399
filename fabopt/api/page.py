"""The page of a result, for the browser: what its plan says, beside other plans, with studies that were made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fabopt.errors import require
from fabopt.io.files import atomic_write, check_file
from fabopt.io.seal import SavedError

if TYPE_CHECKING:
    from fabopt.api.instance import Result


def write_page(
    place: Path,
    result: Result,
    others: Sequence[Result | str | Path],
    names: Sequence[str] | None,
    studies: Sequence[str | Path],
) -> Path:
    """Write the page of a result, whole or not at all, and return its path; as :meth:`fabopt.api.Result.page`."""
    check_page(place)
    from fabopt.report.viewer.assemble import result_page
    from fabopt.report.viewer.studies import kept_in

    kept = [study for folder in studies for study in kept_in(Path(folder), result.plan)]
    data = result.plan.data
    facts = result.reconcile() if data.outcomes or data.expectations else None
    compared = result.compare(*others, names=names) if others else None
    try:
        atomic_write(place, result_page(result.answer, facts, compared, kept))
    except OSError as error:
        raise _unwritten(place, error) from error
    return place


def check_page(place: Path) -> None:
    """Refuse, before anything is read, a place that a page could not be written to.

    Raises
    ------
    fabopt.io.seal.SavedError
        When it is no name of a page, a folder stands there, or nothing can be written there.
    fabopt.errors.MissingExtraError
        When what draws its charts is not installed.
    """
    if place.suffix.lower() != ".html":
        raise SavedError(f"{place} is no name of a page: it ends in .html.")
    require("charts")
    try:
        check_file(place)
    except OSError as error:
        raise _unwritten(place, error) from error


def _unwritten(place: Path, error: OSError) -> SavedError:
    return SavedError(f"The page cannot be written to {place}: {error.strerror or error}.")
