"""A result under several states on disk: the record `states.json`, the log, and a result folder for each state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fabopt.analysis.states.records import StatesInfo, StatesInputs, states_info_of
from fabopt.io.seal import SavedError, as_bytes, read_record, sealed
from fabopt.io.swap import standing
from fabopt.solve.results.folder import LOG, STATES, ResultError, read_file, write_result

FORMAT = 1


PLANNED, LEAF = "planned.json", "state.json"
"""The instance as planned; and in the folder of each state that of the state, before anything is held."""


def write_states(
    path: Path, info: StatesInfo, inputs: StatesInputs, parts: Mapping[str, Mapping[str, bytes]], log: str
) -> None:
    """Write a result under several states, whole or not at all.

    Parameters
    ----------
    path
        The folder.
    info
        What was solved.
    inputs
        What it was made of.
    parts
        The files of each state's result folder, by the state's name.
    log
        What the solver said of the whole.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When there is no plan, something else stands there, or the folder cannot be written.
    """
    if not info.has_plan:
        raise ResultError(f"There is no plan, so there is nothing to save: the run ended with '{info.status}'.")
    files = {f"{name}/{file}": content for name, some in parts.items() for file, content in some.items()}
    files |= {f"{state.name}/{LEAF}": leaf.encode() for state, leaf in zip(info.states, inputs.leaves, strict=True)}
    files |= {PLANNED: inputs.planned.encode(), LOG: log.encode()}
    files[STATES] = as_bytes(sealed(info.as_dict(), FORMAT, files))
    write_result(path, files, STATES)


def read_states(path: Path) -> tuple[Path, StatesInfo, StatesInputs, str]:
    """Read the record of a result under several states: where it stands, what was solved of what, and the log.

    Raises
    ------
    fabopt.solve.results.folder.ResultError
        When the folder is none, one of another format, or was changed.
    """
    folder = standing(path, STATES)
    again = "solve its instance again with --states"
    try:
        record = read_record(folder / STATES, FORMAT, again)
        info = states_info_of(record)
    except FileNotFoundError as error:
        raise ResultError(
            f"{path} is no result under several states: there is no {STATES} in it; "
            "'fabopt solve INSTANCE --states all' makes one."
        ) from error
    except SavedError as error:
        raise ResultError(f"{error}; {again}.") from error

    def text(name: str) -> str:
        return read_file(folder, name, record["files"]).decode(errors="replace")

    inputs = StatesInputs(text(PLANNED), tuple(text(f"{state.name}/{LEAF}") for state in info.states))
    return folder, info, inputs, text(LOG)
