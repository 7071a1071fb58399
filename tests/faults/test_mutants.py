"""No mutated instance ends in a traceback or hangs: each is refused in a sentence, or solved, or told why not.

``pytest tests/faults -m slow`` runs 20,000 and prints the counts; FABOPT_MUTANTS sets another number, FABOPT_SEED
another seed.
"""

from __future__ import annotations

import os

import pytest
from faults.mutants import GOOD, Fate, fates, summary


def faults_of(count: int, seed: int, workers: int, capsys: pytest.CaptureFixture[str]) -> list[Fate]:
    found = list(fates(seed, range(count), workers))
    with capsys.disabled():
        print("", *summary(found), sep="\n")
    assert len(found) == count
    # As many as that are accepted, so that the solver is tried too, and as many refused.
    assert sum(fate.kind != "refused" for fate in found) > count / 10
    assert sum(fate.kind == "refused" for fate in found) > count / 10
    return [fate for fate in found if fate.kind not in GOOD]


def said(faults: list[Fate]) -> str:
    return "\n\n".join(f"mutant {fate.number} of {fate.base}: {fate.kind}\n{fate.text}" for fate in faults[:20])


def test_two_hundred_mutated_instances_are_refused_or_solved(capsys):
    faults = faults_of(200, 11, 1, capsys)
    assert not faults, said(faults)


@pytest.mark.slow
def test_twenty_thousand_mutated_instances_are_refused_or_solved(capsys):
    count, seed = int(os.environ.get("FABOPT_MUTANTS", "20000")), int(os.environ.get("FABOPT_SEED", "2027"))
    faults = faults_of(count, seed, os.cpu_count() or 1, capsys)
    assert not faults, said(faults)
