"""What a user can meet: errors whose message is in full sentences, each with the exit code of the command line."""

from __future__ import annotations

from importlib.util import find_spec

BAD_INPUT, INFEASIBLE, LIMIT, INTERRUPTED = 2, 3, 4, 130


class FaboptError(Exception):
    """What a user can put right, or has to know; the message is in full sentences.

    Attributes
    ----------
    exit_code
        With what the command line ends: bad input, if a subclass says nothing else.
    """

    exit_code = BAD_INPUT


class UserError(FaboptError, ValueError):
    """A value that a user gave and that makes no sense, in a file, an option or a call."""


class StudyError(UserError):
    """A question that cannot be asked of this plan or instance, or not as it was put."""


EXTRAS = {
    "charts": ("Pictures and pages need", ("altair", "vl_convert")),
    "workbook": ("Workbooks need", ("defusedxml", "openpyxl", "xlsxwriter")),
    "memo": (
        "Memos need",
        ("altair", "docx", "jinja2", "markdown_it", "markupsafe", "pylopdf_fonts_zh_cn", "typst", "vl_convert"),
    ),
    "notebook": ("Notebooks, and sliders in them, need", ("ipywidgets",)),
    "pyomo": ("The Pyomo model and hooks need", ("pyomo",)),
    "cluster": ("A Dask cluster needs", ("distributed",)),
    "decomposition": ("Progressive hedging, unlike --method lshaped, needs", ("mpisppy",)),
    "mpi": ("MPI needs", ("mpi4py",)),
    "fonts": ("Korean letters in the PDF of a memo need", ("pylopdf_fonts_ko",)),
}
"""By extra of `pyproject.toml`: what needs it, and the modules that must be there."""


class MissingExtraError(FaboptError, ModuleNotFoundError):
    """What was asked for needs an optional package that is not installed; the message is a full sentence."""


def require(extra: str) -> None:
    """Refuse, before any work, what needs an extra that is not installed.

    Parameters
    ----------
    extra
        One of :data:`EXTRAS`.

    Raises
    ------
    MissingExtraError
        With what is missing and how to install it.
    """
    what, modules = EXTRAS[extra]
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f'{what} what is not installed here ({", ".join(missing)}): python -m pip install "fabopt[{extra}]"'
        )
