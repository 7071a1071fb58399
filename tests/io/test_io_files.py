"""Files and folders appear whole or not at all, and nobody's own folder is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from fabopt.io.files import atomic_dir, atomic_write


class Stop(Exception):  # noqa: N818
    """Somebody pulled the plug."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(path: Path, text: str, *, stop: bool = False) -> None:
    with atomic_dir(path, "manifest.json") as folder:
        (folder / "manifest.json").write_text(text)
        if stop:
            raise Stop


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


def test_a_folder_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "results" / "toy"
    fill(path, "1")
    (path / "extra").touch()
    fill(path, "2")
    assert names(path) == ["manifest.json"]
    assert (path / "manifest.json").read_text() == "2"
    assert names(path.parent) == ["toy"]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "toy"
    fill(path, "1")
    with pytest.raises(Stop):
        fill(path, "2", stop=True)
    assert (path / "manifest.json").read_text() == "1"
    assert names(tmp_path) == ["toy"]


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
