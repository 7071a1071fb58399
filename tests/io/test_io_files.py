"""Files and folders appear whole or not at all, and nobody's own folder is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from fabopt.io.files import atomic_write, check_file, check_place, kept
from fabopt.io.seal import SavedError
from fabopt.io.swap import write_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(path: Path, text: str) -> None:
    write_folder(path, "manifest.json", {"manifest.json": text.encode()})


def test_a_file_is_replaced_whole_with_ordinary_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    atomic_write(path, "new é")
    assert path.read_text(encoding="utf-8") == "new é"
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    atomic_write(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert names(tmp_path) == ["a.json", "plain"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        atomic_write(tmp_path / "taken", "x")
    assert names(tmp_path) == ["taken"]


def test_a_folder_that_is_not_a_result_is_never_replaced(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.tex").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"holds no manifest\.json: fabopt does not replace it"):
        fill(home, "1")
    assert (home / "thesis.tex").read_text() == "years of work"


def test_a_file_and_a_link_are_never_replaced_but_an_empty_folder_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            fill(tmp_path / name, "1")
    fill(tmp_path / "empty", "1")
    assert names(tmp_path / "empty") == ["manifest.json"]


def test_a_place_is_tried_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_place(tmp_path / "new" / "deep" / "toy", "manifest.json")
    assert names(tmp_path) == ["file"]
    for place in (tmp_path / "file" / "toy", Path("/proc/toy")):
        with pytest.raises(OSError, match=str(place)):
            check_place(place, "manifest.json")
    with pytest.raises(FileExistsError):
        check_place(tmp_path, "manifest.json")
    check_file(tmp_path / "file")
    for file in (tmp_path, tmp_path / "none" / "file", Path("/proc/toy.svg")):
        with pytest.raises(OSError, match=str(file)):
            check_file(file)


def test_what_cannot_be_saved_where_it_was_asked_for_is_saved_elsewhere(tmp_path, monkeypatch, caplog) -> None:
    def save(folder: Path) -> None:
        if folder.name == "toy":
            raise SavedError("The disk is full.")
        fill(folder, "1")

    monkeypatch.chdir(tmp_path)
    where = [kept(tmp_path / "far" / "toy", save) for _ in range(2)]
    assert where == [tmp_path / "toy.rescued-1", tmp_path / "toy.rescued-2"]
    assert (where[0] / "manifest.json").read_text() == "1"
    assert "The disk is full." in caplog.text
    assert f"It was written to {where[0]} instead." in caplog.text
    assert kept(tmp_path / "fine", save) == tmp_path / "fine"


def test_where_nothing_can_be_saved_it_is_said_and_no_error(tmp_path, monkeypatch, caplog) -> None:
    def save(folder: Path) -> None:
        raise OSError(28, "No space left")

    monkeypatch.chdir(tmp_path)
    assert kept(tmp_path / "toy", save) is None
    assert "No space left" in caplog.text
