"""From a result and a question to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fabopt.analysis.choke.asked import AskedError
from fabopt.analysis.explain.names import known
from fabopt.analysis.explain.records import WhyNot
from fabopt.analysis.portfolio.study import chip_case, instance_of

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[[str], pd.DataFrame]

Answer = WhyNot
"""What answers a question."""

QUESTIONS = {"why_not": ("lab",)}
"""What belongs to each question; all of it is needed."""

OPTIONS = {"why_not": "--why-not CHIP", "lab": "--for LAB"}
"""How each part of a question is written."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a plan: exactly one of those of :data:`QUESTIONS`, with what belongs to it.

    Attributes
    ----------
    why_not
        Id of a chip: why ``lab`` does not buy it.
    lab
        Id of a lab.
    """

    why_not: str = ""
    lab: str = ""

    def checked(self) -> str:
        """Return which question it is.

        Raises
        ------
        AskedError
            If it is none or more than one, or what belongs to it is missing, or something else stands beside it.
        """
        asked = [name for name in QUESTIONS if getattr(self, name)]
        if len(asked) != 1:
            ways = "; ".join(" ".join(OPTIONS[n] for n in (name, *own)) for name, own in QUESTIONS.items())
            raise AskedError(f"Ask one question: {ways}.")
        name = asked[0]
        for part, option in OPTIONS.items():
            if part in QUESTIONS[name] and not getattr(self, part):
                raise AskedError(f"{OPTIONS[name]} needs {option}.")
            if part not in (name, *QUESTIONS[name]) and getattr(self, part):
                raise AskedError(f"{option} does not go with {OPTIONS[name]}.")
        return name


def explained(manifest: Mapping[str, Any], read: Read, instance: str, question: Question) -> Answer:
    """Return the answer to a question about a result.

    Parameters
    ----------
    manifest
        What is known of the run.
    read
        Returns a table of the result by its name.
    instance
        The instance that was solved, as JSON.
    question
        What is asked.

    Raises
    ------
    AskedError
        If the question is not complete, or names what the result does not have.
    fabopt.solve.results.folder.ResultError
        If there is no plan, or it does not fit its instance.
    fabopt.solve.outcome.SolverError
        If the solver gives up.
    """
    question.checked()
    data, where = instance_of(instance), manifest["instance"]
    chip = known("chip", question.why_not, data.chips, where)
    lab = known("lab", question.lab, data.labs, where)
    return WhyNot(lab, data.labs[lab].name, chip_case(manifest, read, data, lab, chip))
