"""Files that are no instance at all, or would exhaust or escape the reader: a plain problem, quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from edits import TUTORIAL

import fabopt
from fabopt.io.problems import InstanceError

GOOD = TUTORIAL.read_bytes()


def messages(folder: Path) -> str:
    with pytest.raises(InstanceError) as caught:
        fabopt.load(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "instance.yaml"),
        (b"# only a comment\n", "instance.yaml"),
        (b"- a\n- list\n", "instance.yaml"),
        (b"just text\n", "instance.yaml"),
        (b"---\nabout: {}\n---\nabout: {}\n", "instance.yaml:3"),
        (GOOD.replace(b"Two labs", b"Tw\xff labs"), "UTF-8"),
        (GOOD.decode().encode("utf-16"), "UTF-8"),
        (b"\x00\x01\x02", "instance.yaml"),
        (b"horizon: " + b"[" * 3000 + b"]" * 3000, "deep"),
        (
            b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 9)),
            "aliases expanded",
        ),
        (GOOD + b"# " + b"x" * 21_000_000, "more than 20 MB"),
        (GOOD + b"include: [../other.yaml]\n", "folder"),
        (GOOD + b"include: [/etc/passwd]\n", "folder"),
        (GOOD + b"include: [missing.yaml]\n", "missing.yaml"),
        (GOOD + b"tables: {fabs: ../fabs.csv}\n", "folder"),
    ],
    ids=[
        "empty",
        "only a comment",
        "a list",
        "a text",
        "two documents",
        "not UTF-8",
        "UTF-16",
        "binary",
        "nested 3000 deep",
        "billion laughs",
        "21 MB",
        "a path to the folder above",
        "an absolute path",
        "a file that is missing",
        "a table outside the folder",
    ],
)
def test_a_file_that_is_no_instance(content: bytes, says: str, tmp_path: Path):
    (tmp_path / "instance.yaml").write_bytes(content)
    begun = time.perf_counter()
    assert says in messages(tmp_path)
    assert time.perf_counter() - begun < 5.0


def test_a_link_out_of_the_folder(tmp_path: Path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("labs: {}\n")
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "instance.yaml").write_bytes(GOOD + b"include: [link.yaml]\n")
    (folder / "link.yaml").symlink_to(outside)
    assert "folder" in messages(folder)


def test_the_same_id_in_two_files(tmp_path: Path):
    (tmp_path / "instance.yaml").write_bytes(GOOD + b"include: [more.yaml]\n")
    (tmp_path / "more.yaml").write_text("components:\n  large: {name: Again}\n")
    printed = messages(tmp_path)
    assert "more.yaml:2" in printed
    assert "instance.yaml:" in printed


def test_a_folder_without_an_instance(tmp_path: Path):
    assert "instance.yaml" in messages(tmp_path)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("sites.plains.pue=0.5", "at least 1"),
        ("sites.plains.puE=1.1", "pue"),
        ("fabs.north.wafer_starts=*1.x", "fabs.north.wafer_starts"),
        ("fabs.north", "LEVER=VALUE"),
        ("chips.falcon.boms.standard.dies.falcon-die=0", "more than 0"),
        ("demand_curve.breaks=9", "demand_curve.breaks"),
    ],
)
def test_a_faulty_setting(setting: str, says: str):
    with pytest.raises(InstanceError) as caught:
        fabopt.load(TUTORIAL.parent, set=[setting])
    assert says in str(caught.value)
    assert "--set" in str(caught.value)


def test_an_unknown_scenario_names_the_nearest():
    with pytest.raises(InstanceError, match="late-power"):
        fabopt.load(TUTORIAL.parent, "late-powr")
