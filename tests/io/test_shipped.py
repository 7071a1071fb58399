"""What comes with fabopt is found by its name, and nothing else is."""

from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.errors import UserError
from fabopt.io import shipped
from fabopt.io.problems import InstanceError

ROOT = Path(__file__).parents[2]


def test_an_example_is_the_instance_of_its_folder():
    here = fabopt.load(ROOT / "instances" / "tutorial", "hbm-squeeze", {"sites.coast.power": "500 MW"})
    there = fabopt.example("tutorial", "hbm-squeeze", {"sites.coast.power": "500 MW"})
    assert (there.name, there.data) == (here.name, here.data)


def test_every_instance_is_found_by_its_name_also_in_a_folder_of_several():
    names = shipped.shipped_names()
    assert {"tutorial", "frontier", "backcast", "textbook/giapetto"} <= set(names)
    assert len(names) == sum(1 for _ in (ROOT / "instances").rglob("instance.yaml"))


def test_what_is_shipped_is_looked_for_in_the_package_first(monkeypatch, tmp_path):
    (tmp_path / "fabopt" / "instances" / "one").mkdir(parents=True)
    (tmp_path / "fabopt" / "instances" / "one" / "instance.yaml").touch()
    (tmp_path / "instances" / "two").mkdir(parents=True)
    (tmp_path / "instances" / "two" / "instance.yaml").touch()
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "fabopt")
    assert shipped.shipped_names() == ["one"]
    assert shipped.shipped("one") == tmp_path / "fabopt" / "instances" / "one"
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "elsewhere")
    assert shipped.shipped_names() == ["two"]


@pytest.mark.parametrize("name", ["tutorail", "../instances/tutorial", "", "/etc", "textbook"])
def test_another_name_is_refused_with_those_that_there_are(name):
    with pytest.raises(UserError, match=r"There is no instance .* There are: .*tutorial"):
        fabopt.example(name)


def test_a_copy_is_whole_and_goes_into_no_folder_that_holds_anything(tmp_path):
    shipped.copy_shipped(shipped.shipped("tutorial"), tmp_path / "mine")
    assert fabopt.load(tmp_path / "mine").data == fabopt.example("tutorial").data
    with pytest.raises(InstanceError, match="no empty folder"):
        shipped.copy_shipped(shipped.shipped("tutorial"), tmp_path / "mine")


def test_the_command_copies_an_instance_or_the_notebooks_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--from", "textbook/giapetto"]) == 0
    assert fabopt.load("mine").data == fabopt.example("textbook/giapetto").data
    assert main(["new", "books", "--from", "notebooks"]) == 0
    assert len(list(Path("books").glob("*.ipynb"))) == len(list((ROOT / "notebooks").glob("*.ipynb"))) > 5
    assert "next: jupyter lab books" in capsys.readouterr().out
    assert main(["new", "mine", "--from", "textbook/giapetto"]) == 2
    assert main(["new", "other", "--from", "../instances/tutorial"]) == 2
    assert "There is no instance" in capsys.readouterr().err


def test_no_notebook_reads_what_stands_beside_it_in_the_repository():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert 'load(\\"../' not in path.read_text(encoding="utf-8"), path
