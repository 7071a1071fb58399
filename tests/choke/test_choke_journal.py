"""A study or a claim that was cut off goes on where it was: nothing that is in its journal is asked again."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from test_choke_elsewhere import told

from fabopt import load
from fabopt.analysis.choke.bench import Answered, Effort
from fabopt.analysis.choke.claim import decide
from fabopt.analysis.choke.kept import Keeping, in_full
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.oracle import Oracle
from fabopt.analysis.choke.verb import study_of
from fabopt.plan.groups import percent
from fabopt.solve.budget import TimeBudget
from fabopt.solve.perturbation import Perturbation
from fabopt.solve.resolver import Run
from fabopt.solve.work.executor import InProcess

ASKED = ChokeOptions(draws=3)


class Counted:
    """Does items here, counts them, and dies before one."""

    def __init__(self, end=None, late=None):
        self.done, self.end, self.late = 0, end, late

    @contextmanager
    def crew(self, job):
        with InProcess().crew(job) as crew:
            self._crew = crew
            yield Counting(self, crew)


class Counting:
    def __init__(self, counted, crew):
        self.counted, self.crew = counted, crew

    def run(self, items):
        for place, item in enumerate(items):
            if self.counted.done == self.counted.end:
                raise SystemExit(9)
            self.counted.done += 1
            [(_, answer)] = self.crew.run([item])
            if self.counted.late:
                self.counted.late()
            yield place, answer


@pytest.fixture(scope="module")
def whole():
    return load("instances/textbook/dakota").solve().plan


@pytest.fixture(scope="module")
def undisturbed(whole):
    executor = Counted()
    return told(study_of(whole, ASKED, executor=executor)), executor.done


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_a_study_that_dies_goes_on_where_it_was_and_says_what_an_undisturbed_one_says(
    share, whole, undisturbed, tmp_path
):
    same, asked = undisturbed
    journal, died = tmp_path / "new" / "asked.jsonl", Counted(end=int(share * asked))
    with pytest.raises(SystemExit):
        study_of(whole, ASKED, executor=died, journal=journal)
    with journal.open("ab") as stream:
        stream.write(b'{"key":"cut off')
    again = Counted()
    assert told(study_of(whole, ASKED, executor=again, journal=journal)) == same
    assert again.done == asked - died.done
    third = Counted()
    assert told(study_of(whole, ASKED, executor=third, journal=journal)) == same
    assert third.done == 0
    assert told(study_of(whole, ASKED, journal=journal)) == same  # by threads, too


def test_what_was_asked_of_another_study_does_not_count(whole, undisturbed, tmp_path):
    journal, other = tmp_path / "asked.jsonl", Counted()
    study_of(whole, ChokeOptions(draws=3, seed=1), executor=other, journal=journal)
    again = Counted()
    assert told(study_of(whole, ASKED, executor=again, journal=journal)) == undisturbed[0]
    assert again.done == undisturbed[1]


def test_a_claim_is_decided_from_what_is_kept_without_asking(whole, tmp_path):
    claims = ["carpentry is the choke point", "lumber binds"]
    first, again = Counted(), Counted()
    decided = [decide(whole, claim, executor=first, journal=tmp_path / "asked.jsonl") for claim in claims]
    assert [decide(whole, claim, executor=again, journal=tmp_path / "asked.jsonl") for claim in claims] == decided
    assert [decide(whole, claim) for claim in claims] == decided
    assert first.done > again.done == 0


def test_an_answer_that_time_may_have_cut_short_is_not_kept(whole, tmp_path):
    now, journal = [0.0], tmp_path / "asked.jsonl"
    budget, problem = TimeBudget(10.0, clock=lambda: now[0]), whole.solved.problem
    relief = problem.relief(problem.movable[0].id, percent(10))

    def asked(end):
        executor = Counted(late=lambda: now.__setitem__(0, end))
        keep = Keeping(journal, whole, {}, budget).questions
        now[0] = 0.0
        with Oracle(problem, Effort(), budget=budget, executor=executor, keep=keep) as oracle:
            value = oracle.plan_value(relief)
        return value, executor.done, journal.read_bytes().count(b"\n") if journal.exists() else 0

    value, *late = asked(11.0)
    assert late == [1, 0]
    assert asked(1.0) == (value, 1, 1)
    assert asked(1.0) == (value, 0, 1)


@pytest.mark.parametrize(("ended", "kept"), [("optimal", True), ("time_limit", False), ("interrupted", False)])
def test_nor_is_one_of_a_search_that_was_ended(ended, kept):
    run = Run("exact", "", Perturbation(), b"", ended, 0.0, 1.0, 0.0, 0)
    assert in_full(Answered(1.0, (run,))) == kept
    assert not in_full(Answered(None, late="a question"))
