"""The facts of instances/frontier: each that is listed is used, and none is listed as used and as not used."""

import csv
import re
from pathlib import Path

INSTANCES = Path(__file__).parents[2] / "instances"
SOURCE = re.compile(r"\bsource: (\[[^\]]*\]|[\w-]+)")


def ids(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


def used(folder: Path) -> set[str]:
    """Return the ids that stand in a field `source` of the files of an instance."""
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml"))
    return {id for text in texts for found in SOURCE.findall(text) for id in re.findall(r"[\w-]+", found)}


def test_every_source_that_is_listed_is_used_and_the_other_way_round():
    listed = ids(INSTANCES / "frontier" / "sources.csv")
    assert len(listed) == len(set(listed))
    assert set(listed) == used(INSTANCES / "frontier")


def test_a_fact_is_used_or_not_used_with_a_class_and_a_reason():
    folder = INSTANCES / "frontier"
    unused = ids(folder / "unused-facts.csv")
    assert unused == sorted(set(unused))
    assert not set(unused) & set(ids(folder / "sources.csv"))
    with (folder / "unused-facts.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["class"] and len(row["reason"]) > 5 for row in csv.DictReader(file))
