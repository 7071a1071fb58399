"""A sweep leaves the finished one alone until it is whole, deletes nothing, and to look at one changes nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyarrow import parquet
from sweep_cases import COST, LINE, shop

import fabopt
from fabopt.analysis.sweep.store import saved
from fabopt.analysis.sweep.verb import planned, sweep
from fabopt.io.load import load_tree
from fabopt.solve.results.folder import ResultError
from fabopt.solve.work.journal import ANSWER, KEY

FEW, MANY = {"levers": {LINE: [1, 2]}}, {"levers": {COST: [1, 2], LINE: [1, 2]}}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class StopsAfter:
    """Solves some cases and is then interrupted; looks at a folder before each of them."""

    def __init__(self, cases: int, folder: Path) -> None:
        self.cases, self.folder = cases, folder
        self.seen: list[dict[str, bytes]] = []

    @contextmanager
    def crew(self, job):
        self.do = job.begin(job.plan)
        yield self

    def run(self, cases):
        for number, case in enumerate(cases):
            self.seen.append(bytes_of(self.folder))
            if number == self.cases:
                raise KeyboardInterrupt
            yield number, self.do(case)


@pytest.fixture
def finished(tmp_path):
    fabopt.sweep(shop(tmp_path / "shop"), FEW, out=tmp_path / "out")
    return tmp_path / "out"


def again(finished: Path, cases: int, resume: bool = False) -> StopsAfter:
    executor = StopsAfter(cases, finished)
    asked = planned(load_tree(finished.parent / "shop"), "shop", MANY)
    sweep(asked, out=finished, resume=resume, executor=executor)
    return executor


def test_a_finished_sweep_stays_until_the_next_one_is_whole(finished, caplog):
    before = bytes_of(finished)
    stopped = again(finished, 2)
    assert stopped.seen == [before] * 3
    assert bytes_of(finished) == before
    part = finished.with_name("out.part")
    assert len(parquet.read_table(part / "cases.parquet")) == 2
    assert f"{finished} stays as it was; what is finished of the new sweep is in {part}." in caplog.text
    with pytest.raises(ResultError, match=r"out\.part holds 2 finished of 4 runs: go on with --resume"):
        again(finished, 9)
    went = again(finished, 9, resume=True)
    assert went.seen == [before] * 2  # two cases were left to do
    assert saved(finished).runs == 4
    assert len(parquet.read_table(finished / "cases.parquet")) == 4
    assert not part.exists()
    assert sorted(p.name for p in finished.parent.iterdir()) == ["out", "shop"]


def test_what_people_put_beside_the_tables_stays(finished):
    (finished / "mine.parquet").write_bytes(b"mine")
    (finished / "cases.parquet").write_bytes(b"corrected")
    again(finished, 9)
    assert (finished / "mine.parquet").read_bytes() == b"mine"
    assert (finished.with_name("out.kept-1") / "cases.parquet").read_bytes() == b"corrected"
    assert len(parquet.read_table(finished / "cases.parquet")) == 4


def test_to_refuse_a_sweep_changes_nothing(tmp_path):
    out = tmp_path / "out"
    shop(tmp_path / "shop")
    out.mkdir()
    again(out, 2)
    with (out / "runs.jsonl").open("ab") as stream:
        stream.write(b'{"case": 3, "stat')
    before = bytes_of(out)
    with pytest.raises(ResultError, match="2 finished of 4 runs"):
        again(out, 9)
    with pytest.raises(ResultError, match="another specification"):
        fabopt.sweep(tmp_path / "shop", FEW, out=out, resume=True)
    assert bytes_of(out) == before


@pytest.mark.parametrize("change", ["number", "case", "key", "nested"])
def test_a_line_that_was_changed_is_kept_and_its_case_solved_again(change, tmp_path, caplog):
    out = tmp_path / "out"
    folder = shop(tmp_path / "shop")
    out.mkdir()
    again(out, 3)
    lines = (out / "runs.jsonl").read_text().splitlines()
    row = json.loads(lines[0])
    changed = {
        "number": {**row, ANSWER: {**row[ANSWER], "objective": row[ANSWER]["objective"] + 1.0}},
        "case": {**row, ANSWER: {**row[ANSWER], "case": 3}},
        "key": {**row, KEY: "another"},
        "nested": {**row, ANSWER: "deep"},
    }[change]
    lines[0] = json.dumps(changed).replace('"deep"', "[" * 10_000 + "]" * 10_000)
    (out / "runs.jsonl").write_text("\n".join(lines) + "\n")
    went = again(out, 9, resume=True)
    assert len(went.seen) == 2  # the one that was changed, and the one that was left
    assert (out / "runs.jsonl.kept-1").read_text().splitlines() == lines
    assert "was changed after it was written; it is kept as" in caplog.text
    wanted = fabopt.sweep(folder, MANY).frame
    assert list(parquet.read_table(out / "cases.parquet")["objective"].to_pylist()) == list(wanted["objective"])


def test_a_whole_sweep_that_a_stop_kept_from_its_place_takes_it(finished, tmp_path):
    fabopt.sweep(tmp_path / "shop", MANY, out=tmp_path / "new")
    (tmp_path / "new").rename(tmp_path / "out.part")
    again(finished, 9, resume=True)
    assert saved(finished).runs == 4
    assert not (tmp_path / "out.part").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "shop"]


def test_going_on_with_a_finished_sweep_solves_and_writes_nothing(finished, tmp_path):
    before = bytes_of(finished)
    report = fabopt.sweep(tmp_path / "shop", FEW, out=finished, resume=True)
    assert report.records.complete
    assert bytes_of(finished) == before
