"""The same answers in process, by threads and over processes; workers that end are replaced; nothing is done twice."""

from __future__ import annotations

import json

import pytest
from work_cases import ENDS, ENDS_ONCE, TOO_LARGE, Answer, begin, job, kept, times

from fabopt.io.seal import SavedError
from fabopt.solve.work.executor import InProcess, Job, LocalProcesses, LostError, Threads, answers
from fabopt.solve.work.journal import Journal, digest, record
from fabopt.solve.work.versions import difference


def products(found):
    return [answer.product for answer in found]


@pytest.mark.parametrize(
    "executor", [InProcess(), Threads(2), LocalProcesses(2)], ids=["process", "threads", "processes"]
)
def test_answers_come_in_the_order_of_the_items_and_what_a_worker_makes_of_the_plan_serves_all_its_items(
    executor, tmp_path
):
    told = []
    with executor.crew(job(tmp_path)) as crew:
        first = answers(crew, range(5), told.append)
        second = answers(crew, [7, 5])
    assert products(first + second) == [0, 3, 6, 9, 12, 21, 15]
    assert told == [1, 2, 3, 4, 5]
    workers = {a.pid for a in first + second} if isinstance(executor, LocalProcesses) else {0}
    begun = sum(a.serial == 1 for a in first + second)
    assert begun == (2 if isinstance(executor, Threads) else len(workers))


def test_a_worker_that_ends_is_replaced_and_its_item_done_by_another(tmp_path):
    with LocalProcesses(2).crew(job(tmp_path)) as crew:
        found = answers(crew, [1, ENDS_ONCE, TOO_LARGE, 2])
        assert products(answers(crew, [4])) == [12]
    assert products(found) == [3, 3 * ENDS_ONCE, 3 * TOO_LARGE, 6]
    assert [times(tmp_path, item) for item in (1, ENDS_ONCE, TOO_LARGE, 2)] == [1, 2, 2, 1]


def test_an_item_at_which_every_worker_ends_is_told_after_all_others_are_finished(tmp_path):
    path = tmp_path / "done.jsonl"
    with pytest.raises(
        LostError, match=r"^3 workers ended .* at the same number \(number 1\), perhaps for want of mem"
    ):
        kept(LocalProcesses(1), job(tmp_path), [1, ENDS, 2, 3], path)
    assert times(tmp_path, ENDS) == 3
    journal = Journal(path, "plan", record(Answer))
    assert products(journal.find(item) for item in (1, 2, 3)) == [3, 6, 9]
    assert journal.find(ENDS) is None


def test_a_function_without_a_name_does_not_go_to_another_process():
    with pytest.raises(TypeError, match="The plan of a number holds what cannot go to another process"):
        LocalProcesses(1).crew(Job("number", begin, lambda: 1)).__enter__()


def test_what_a_journal_holds_is_not_done_again(tmp_path):
    path = tmp_path / "study" / "done.jsonl"
    told = []
    first = kept(InProcess(), job(tmp_path), [1, 2], path)
    with path.open("ab") as stream:
        stream.write(b'{"key":"cut off')
    whole = kept(InProcess(), job(tmp_path), [3, 2, 1], path, tell=told.append)
    assert products(whole) == [9, 6, 3]
    assert [whole[2], whole[1]] == first
    assert told == [1, 2, 3]
    assert [times(tmp_path, item) for item in (1, 2, 3)] == [1, 1, 1]
    again = kept(InProcess(), job(tmp_path), [1, 2, 3], path)
    assert again == whole[::-1]
    assert times(tmp_path, 3) == 1


@pytest.mark.parametrize("change", ["answer", "key", "plan", "kind"])
def test_a_line_that_was_changed_or_is_of_another_plan_does_not_count(change, tmp_path):
    path = tmp_path / "done.jsonl"
    kept(InProcess(), job(tmp_path), [1], path)
    row = json.loads(path.read_text())
    row |= {"answer": {"answer": {**row["answer"], "product": 4}}, "key": {"key": "0" * 64}}.get(change, {})
    if change == "kind":
        row["answer"]["pid"] = "me"
    path.write_text(json.dumps(row) + "\n")
    plan = "other" if change == "plan" else "plan"
    assert products(kept(InProcess(), job(tmp_path), [1], path, plan)) == [3]
    assert times(tmp_path, 1) == 2


def test_a_digest_changes_with_what_a_study_depends_on_and_with_a_version(monkeypatch):
    before = digest({"seed": 1})
    assert before == digest({"seed": 1}) != digest({"seed": 2})
    monkeypatch.setattr("fabopt.solve.work.versions.metadata.version", lambda name: "0.0.1")
    assert digest({"seed": 1}) != before


def test_the_difference_of_versions_names_package_and_both_versions():
    ours = {"python": "3.12.1", "highspy": "1.15.1", "pyomo": "6.10"}
    assert difference(ours, ours) == ""
    theirs = {"python": "3.12.1", "highspy": "1.12.0"}
    assert difference(ours, theirs) == "highspy 1.12.0 instead of 1.15.1, pyomo not installed instead of 6.10"


def test_a_journal_that_cannot_be_written_is_told_and_what_stands_there_stays(tmp_path, monkeypatch):
    path = tmp_path / "done.jsonl"
    first = kept(InProcess(), job(tmp_path), [1], path)

    def full(path, line):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("fabopt.solve.work.journal.append", full)
        with pytest.raises(SavedError, match=r"done\.jsonl cannot be written \(No space"):
            kept(InProcess(), job(tmp_path), [1, 2], path)
    assert kept(InProcess(), job(tmp_path), [1], path) == first
    with pytest.raises(SavedError, match="is no file, so nothing can be kept there"):
        Journal(tmp_path, "plan", record(Answer))
