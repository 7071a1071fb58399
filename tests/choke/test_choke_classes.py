"""Limits that take each other's place are one class, and a choke point is named only where the gap allows it."""

from dataclasses import replace

import numpy as np
import pytest

from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.records import Certified
from fabopt.analysis.choke.sentence import sentence
from fabopt.analysis.choke.verb import study_of
from fabopt.api import load
from fabopt.network.substitutes import substitutes
from fabopt.plan.groups import LimitGroup, by_class
from fabopt.report.choke import written

near = pytest.approx

TWO_MAKERS = """
horizon: {start: 2027, periods: 2, period: year}
network:
  resources: {east-line: {name: Line east, capacity: 30}, west-line: {name: Line west, capacity: 50}, ASSEMBLY}
  materials: {memory: {storable: false}, wafer: {storable: false}, chip: {storable: false}}
  activities:
    east: {outputs: {memory: 1}, uses: {east-line: 1}}
    west: {outputs: {WEST: 1}, uses: {west-line: 1}}
    assemble: {inputs: {memory: 1OTHER}, outputs: {chip: 1}, uses: {assembly: 1}}
  demands: {chip: {quantity: 1000, value: 2}}
"""


def instance(folder, west="memory", other="", **changed):
    """Two makers: of the same memory, or one of memory and one of wafers that a chip needs too."""
    text = TWO_MAKERS.replace("ASSEMBLY", "assembly: {capacity: 200}").replace("WEST", west).replace("OTHER", other)
    for old, new in changed.items():
        text = text.replace(old, new)
    (folder / "instance.yaml").write_text(text)
    return load(folder)


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """30 and 50 of the same memory a year, chips worth 2: 10 % more of both is 8 more chips a year, worth 32."""
    return instance(tmp_path_factory.mktemp("alike")).solve()


@pytest.fixture(scope="module")
def study(alike):
    return alike.choke_points(draws=0, workers=1).records


def test_makers_of_one_thing_are_a_class_and_those_that_a_chip_needs_both_are_two(tmp_path):
    assert substitutes(instance(tmp_path).network) == (("east-line", "west-line"),)
    assert substitutes(instance(tmp_path, "wafer", ", wafer: 1").network) == ()


def test_makers_of_one_thing_who_each_make_a_part_of_the_same_chip_are_two(tmp_path):
    """Both make memory, but only east makes lids and only west cases, and a chip needs both."""
    parts = {
        "materials: {": "materials: {lid: {}, case: {}, ",
        "inputs: {memory: 1": "inputs: {lid: 1, case: 1, memory: 1",
        "outputs: {memory: 1}, uses: {east": "outputs: {memory: 1, lid: 1}, uses: {east",
        "outputs: {memory: 1}, uses: {west": "outputs: {memory: 1, case: 1}, uses: {west",
    }
    assert substitutes(instance(tmp_path, **parts).network) == ()


def test_makers_that_serve_different_wants_are_no_class(tmp_path):
    """West makes wafers that are sold as such: neither can step in for the other."""
    apart = instance(tmp_path, "wafer", **{"demands: {": "demands: {wafer: {quantity: 99, value: 1}, "})
    assert substitutes(apart.network) == ()


def test_makers_whose_things_meet_late_are_a_class_only_if_most_of_what_they_make_meets(tmp_path):
    """West's wafers become memory of another make, or are sold as such: one end of two is enough, one of three not."""
    sold = {"east: {": "stack: {inputs: {wafer: 1}, outputs: {memory: 1}}\n    east: {"}
    half = {**sold, "demands: {": "demands: {wafer: {quantity: 9, value: 1}, "}
    assert substitutes(instance(tmp_path, "wafer", **half).network) == (("east-line", "west-line"),)
    east = {"outputs: {memory: 1}, uses: {east-line": "outputs: {memory: 1, gas: 1, ash: 1}, uses: {east-line"}
    gas = {
        "materials: {": "materials: {gas: {}, ash: {}, tar: {}, ",
        "demands: {": "demands: {gas: {quantity: 9, value: 1}, ash: {quantity: 9, value: 1}, "
        "wafer: {quantity: 9, value: 1}, tar: {quantity: 9, value: 1}, ",
        "outputs: {wafer: 1}": "outputs: {wafer: 1, tar: 1}",
    }
    assert substitutes(instance(tmp_path, "wafer", **sold, **east, **gas).network) == ()


def test_a_tool_at_several_fabs_is_a_class_and_two_kinds_of_limit_are_not():
    """The scanners of the tutorial are bought from one maker; the two fabs make wafers of one node."""
    assert substitutes(load("instances/tutorial").network) == (
        ("starts:north", "starts:south"),
        ("exposures:euv:north", "exposures:euv:south", "exposures:euv:memory-bay"),
    )


def test_one_item_in_two_places_is_no_class_where_nothing_can_be_added_out_of_one_source(tmp_path):
    """Builders here and there build sites here and there: neither works for the other."""
    text = TWO_MAKERS.replace("ASSEMBLY", "assembly: {capacity: 200}").replace("WEST", "wafer").replace("OTHER", "")
    text = text.replace("demands: {", "demands: {wafer: {quantity: 99, value: 1}, ")
    text = text.replace("capacity: 30}", "capacity: 30, tags: {item: work}}")
    text = text.replace("capacity: 50}", "capacity: 50, tags: {item: work}}")
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "instance.yaml").write_text(text)
    assert substitutes(load(apart).network) == ()
    units = """  units:
    more-east: {adds: {east-line: 1}, occupies: {assembly: 1}, cost: 1}
    more-west: {adds: {west-line: 1}, occupies: {assembly: 1}, cost: 1}
"""
    (apart / "instance.yaml").write_text(text + units)
    assert substitutes(load(apart).network) == (("east-line", "west-line"),)


def test_relief_of_a_class_is_worth_the_relief_of_all_and_no_member_is_ranked(study):
    first = study.first
    assert first.label == "Line (2 limits)"
    assert first.gain == near(2 * 2 * 8)
    assert {m.label: m.gain for m in first.members} == {"Line east": near(2 * 2 * 3), "Line west": near(2 * 2 * 5)}
    assert "capacity:east-line" not in {r.id for r in study.limits}
    assert first.worth_by_period == near((16.0, 16.0))
    assert [(y.year, y.limit, y.gain, y.told) for y in study.years] == [
        (year, "Line (2 limits)", near(16.0), True) for year in ("2027", "2028")
    ]


def test_two_classes_of_the_same_words_are_told_by_their_first_members():
    """Lines of two goods, all called Line: the labels of their classes differ, for a study finds limits by label."""
    classes = (("east", "west"), ("north", "south"))
    labels = [g.label for g in by_class(line_groups("east", "west", "north", "south"), classes, {})]
    assert labels == ["Line east and 1 more", "Line north and 1 more"]


def test_a_class_whose_makers_share_no_word_before_a_bracket_is_called_without_it():
    classes, groups = (
        (("a", "b"),),
        [replace(g, label=f"{g.entity} (DRAM) wafer starts") for g in line_groups("a", "b")],
    )
    assert [g.label for g in by_class(groups, classes, {})] == ["DRAM wafer starts (2 limits)"]


def test_a_class_of_one_limit_at_several_places_is_called_by_the_limit():
    """The places may end with the same word."""
    groups = [replace(g, label=f"Exposures at {g.entity} fab") for g in line_groups("logic", "DRAM")]
    assert [g.label for g in by_class(groups, (("logic", "DRAM"),), {})] == ["Exposures (2 limits)"]


def test_a_maker_that_a_chip_needs_beside_another_stays_alone(tmp_path):
    """30 memory and 50 wafers: only memory holds chips back, and 10 % more of it is 3 chips a year."""
    study = instance(tmp_path, "wafer", ", wafer: 1").solve().choke_points(draws=0, workers=1).records
    assert (study.first.label, study.first.gain, study.first.members) == ("Line east", near(2 * 2 * 3), ())


def line_groups(*entities):
    """Capacities of one row each, by the names of their entities."""
    none, row = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    kept = {"family": "capacity", "unit": "", "kind": "physical", "owner": "", "stage": "", "region": ""}
    return [
        LimitGroup(
            id=f"capacity:{e}", entity=e, label=f"Line {e}", relaxable=True, obligation=False, levers=(), rows=row,
            row_sign=row + 1, columns=none, periods=row, base=np.ones(1), **kept,
        )
        for e in entities
    ]  # fmt: skip


def with_gap(study, gap):
    """The study of a plan of which so much is open, in which nothing is proven."""
    limits = [
        replace(r, steps=tuple(replace(s, certified=Certified(0.0, s.plan_gain + gap, "undecided")) for s in r.steps))
        for r in study.limits
    ]
    return replace(study, limits=tuple(limits), info=replace(study.info, value_hi=study.info.value_lo + gap))


def test_a_choke_point_is_named_only_if_it_gains_more_than_the_gap_leaves_open(study):
    """The class gains 32: with 31 open it is named, with 33 it is not."""
    named, open_ = with_gap(study, 31.0), with_gap(study, 33.0)
    assert "Line (2 limits) is the choke point" in written(sentence(named))
    said = written(sentence(open_))
    assert said.startswith("No choke point can be told: the gap of the plan leaves 33.0")
    assert "is the choke point" not in said


def test_limits_closer_than_the_gap_cannot_be_told_apart(study):
    """Of 32 and 25, a gap of 6 tells the first, one of 8 does not."""
    second = replace(study.first, id="other", label="other", members=())
    second = replace(second, steps=tuple(replace(s, plan_gain=25.0) for s in second.steps))
    both = replace(study, limits=(study.limits[0], second, *study.limits[1:]))
    assert [r.label for r in with_gap(both, 6.0).rivals] == []
    assert [r.label for r in with_gap(both, 8.0).rivals] == ["other"]
    assert "cannot be told from other" in written(sentence(with_gap(both, 8.0)))
    assert "Line (2 limits) (32.0" in written(sentence(with_gap(both, 40.0)))


def test_a_study_of_classes_is_the_same_with_any_number_of_workers(alike):
    def told(workers):
        study = study_of(alike.plan, ChokeOptions(draws=2, workers=workers))
        return repr((study.limits, study.years, study.cascade, study.joint, study.rents))

    assert told(1) == told(2) == told(3)
