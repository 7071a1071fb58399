"""A smaller instance cut out of a larger one, written as a folder with what a reader of it has to know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fabopt.api.instance import Instance, load
from fabopt.domain.kinds import of_section
from fabopt.io.cut import Cut, cut, read_only
from fabopt.io.folder import check_new, write_folder
from fabopt.io.shipped import shipped
from fabopt.report.text import WIDTH, counted, listed, wrap


def cut_folder(source: str, only: Sequence[str], folder: Path) -> list[str]:
    """Write what some labs, designers or chips of an instance need as an instance of its own.

    Parameters
    ----------
    source
        Folder or file of the larger one, or the name of one that comes with fabopt.
    only
        What is kept: ``lab=anthropic,designer=nvidia``.
    folder
        The folder to make.

    Returns
    -------
    list of str
        What was kept, what went, and what others drew on too.

    Raises
    ------
    fabopt.errors.UserError
        When something that is named is not there, nothing is left, or the folder holds something.
    """
    check_new(folder)
    larger = load(source if Path(source).exists() else shipped(source))
    asked = read_only(only, larger.data)
    made = cut(larger._tree, larger.data, asked, lambda tree, data: Instance(tree, larger.name, None, data).network)
    lines = [line for text in _told(made, larger, only) for line in wrap(text, WIDTH)]
    write_folder({**made.tree.raw, "about": _about(made, only)}, folder, lines)
    return lines


def _about(made: Cut, only: Sequence[str]) -> dict[str, object]:
    about = dict(made.tree.raw.get("about") or {})
    title = about.get("title") or ""
    return {**about, "title": f"{title} ({', '.join(only)})".strip()}


def _told(made: Cut, larger: Instance, only: Sequence[str]) -> list[str]:
    """Say what a cut keeps, what went, and which shared limits are now those of the kept alone."""
    of = [
        f"{number} of {number + made.dropped.get(section, 0)} {of_section(section).many}"
        for section, number in made.kept.items()
    ]
    told = [f"Cut out of {larger.data.about.title or larger.name} with {', '.join(only)}: {listed(of)}."]
    if made.rules:
        sections = dict.fromkeys(rule.partition(".")[0] for rule in made.rules)
        rules = [f"{one} ({sum(rule.startswith(f'{one}.') for rule in made.rules)})" for one in sections]
        told.append(f"What spoke of somebody who is not kept went with it: {listed(rules)}.")
    if made.scenarios:
        told.append(f"{counted(len(made.scenarios), 'scenario')} went, too: {', '.join(made.scenarios)}.")
    if made.shared:
        told.append(
            "Nobody else draws on these limits here, so they are freer than they were. In the whole instance others may"
            " draw on them, too:"
        )
        told += [f"- {line}" for line in made.shared]
        told.append("To hold part of them back, lower the capacity, or state a limit or a reserve (docs/limits.md).")
    return told
