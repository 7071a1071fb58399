"""A lever means the same in sliders, curves, maps and targets as in ``--set`` and ``with_``: known answers by hand."""

from __future__ import annotations

import json

import pytest
from sensitivity_cases import INSTANCES

import fabopt
from fabopt.analysis.lever_names import lever_name
from fabopt.analysis.sensitivity.dial import dial_of, dials_of
from fabopt.analysis.sensitivity.explore import Exploration
from fabopt.analysis.sensitivity.numbers import Numbers, numbers_of
from fabopt.cli import main
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.quantity_field import In
from fabopt.errors import StudyError
from fabopt.io.levers import LeverError, list_levers
from fabopt.io.load import load_tree
from fabopt.io.validate import validate

approx = pytest.approx

CLOTH = """
about: {title: cloth}
horizon: {start: 2027, periods: 2, period: year, discount_rate: 0}
network:
  materials: {cloth: {storable: false}}
  resources:
    presses:
      kind: level
      capacity: {steps: {2027: {value: 100, low: 80, high: 150}, 2028: {value: 50, low: 45, high: 60}}}
  activities:
    weaving: {unit: m, outputs: {cloth: 1}, uses: {presses: 1}}
  demands:
    cloth: {quantity: 150, value: {value: 10, low: 5, high: 20}}
"""
"""A hundred metres in 2027 and fifty in 2028 at ten a metre, 150 a year are wanted: the plan is worth 1,500."""

PRESSES, VALUE = "network.resources.presses.capacity", "network.demands.cloth.value"
POWER = "sites.plains.power"  # a series of two points in MW
WAYS = ("is a series of 2 points", "'*1.1'", "'+5'", f"{PRESSES}@2027", "{linear: {2027")


@pytest.fixture(scope="module")
def cloth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cloth")
    (folder / "instance.yaml").write_text(CLOTH, encoding="utf-8")
    return fabopt.load(folder)


@pytest.fixture(scope="module")
def result(cloth):
    return cloth.solve()


@pytest.fixture(scope="module")
def tutorial():
    tree = load_tree(INSTANCES / "tutorial")
    return Numbers(tree, validate(tree, Instance))


SETTINGS = [
    (PRESSES, "*1", 10 * (100 + 50)),
    (PRESSES, "*1.1", 10 * (110 + 55)),
    (PRESSES, "*2", 10 * (150 + 100)),
    (PRESSES, "+20", 10 * (120 + 70)),
    (PRESSES, "+-20", 10 * (80 + 30)),
    (PRESSES, "{steps: {2027: 10, 2028: 20}}", 10 * (10 + 20)),
    (PRESSES, {"steps": {"2027": 100, "2028": 50}}, 10 * (100 + 50)),
    (f"{PRESSES}@2028", 80, 10 * (100 + 80)),
    (f"{PRESSES}@2028", "*1.2", 10 * (100 + 60)),
    (f"{PRESSES}@2027", "+-10", 10 * (90 + 50)),
    (f"{PRESSES}@2027", 100, 10 * (100 + 50)),
    (VALUE, 12, 12 * (100 + 50)),
    (VALUE, "*1.2", 12 * (100 + 50)),
    (VALUE, "+2", 12 * (100 + 50)),
    (VALUE, "{steps: {2027: 1, 2028: 2}}", 1 * 100 + 2 * 50),
]


@pytest.mark.parametrize(("lever", "setting", "worth"), SETTINGS)
def test_a_setting_under_the_hand_is_what_with_gives_solved_from_nothing(cloth, result, lever, setting, worth):
    assert cloth.with_({lever: setting}).solve().objective == approx(worth)
    limits = {lever: ("*0.9", "*1.1")}
    moment = result.explore(limits).at({lever: setting}).records
    assert moment.objective == approx(worth)
    assert moment.change == approx(worth - 1500)


def test_what_a_lever_is_set_to_is_said_in_its_unit(result):
    explorer = result.explore([PRESSES, VALUE])
    assert explorer.at({PRESSES: "*1.1", VALUE: "*1.2"}).records.values == ((PRESSES, approx(1.1)), (VALUE, approx(12)))
    assert explorer.at({PRESSES: "+20"}).records.values == ((PRESSES, "+20"), (VALUE, 10))
    said = explorer.at({PRESSES: "*1.1"}).sentence
    assert "With capacity of the presses at 1.10 times and value of the cloth at 10.0, integers" in said
    assert "capacity of the presses at +20 and" in explorer.at({PRESSES: "+20"}).sentence
    added = result.explore({PRESSES: ("+-5", "+5")})
    assert "capacity of the presses at 20.0 added, integers" in added.at({PRESSES: "+20"}).sentence


# -- curves and maps ---------------------------------------------------------------------------------------------------


def test_a_curve_of_a_series_is_over_its_factor(result):
    report = result.value_function(PRESSES, "*0.5", "*4")
    ends = [(0.5, 750), (1.5, 10 * (150 + 75)), (3, 3000), (4, 3000)]  # each year until 150 are wanted
    assert report.records.breakpoints == tuple((approx(at), approx(worth)) for at, worth in ends)
    assert report.records.at(1) == approx(1500)
    assert (report.records.lever.by, report.records.lever.unit, report.records.lever.value) == ("factor", "times", 1)
    assert "as capacity of the presses goes from 0.50 to 4.00 times" in report.sentence
    told = f"against capacity of the presses ({PRESSES}), times; it is 1.00 times in the instance"
    assert report.tables[0].title.endswith(told)
    assert set(report.frame["unit"]) == {"times"}
    assert report.as_dict()["lever"]["unit"] == "times"
    assert f'"title": "{lever_name(result.plan.data, PRESSES)}, times"' in json.dumps(report.chart().to_dict())


def test_a_curve_of_a_series_may_be_over_what_is_added(result):
    report = result.value_function(PRESSES, "+-50", "+150")
    ends = [(-50, 500), (50, 10 * (150 + 100)), (100, 3000), (150, 3000)]
    assert report.records.breakpoints == tuple((approx(at), approx(worth)) for at, worth in ends)
    assert report.records.at(0) == approx(1500)
    assert (report.records.lever.by, report.records.lever.unit) == ("addition", "added")


def test_a_curve_of_one_point_is_over_its_value_and_moves_that_date_alone(result):
    report = result.value_function(f"{PRESSES}@2028", 0, 200)
    assert report.records.breakpoints == ((0, approx(1000)), (approx(150), approx(2500)), (200, approx(2500)))
    assert report.records.lever.value == 50


def test_ends_of_a_number_may_be_said_in_every_way(result):
    for low, high in ((8, 12), ("8", "12"), ("*0.8", "*1.2"), ("+-2", "+2")):
        curve = result.value_function(VALUE, low, high).records
        assert curve.breakpoints == ((approx(8), approx(1200)), (approx(12), approx(1800)))


def test_a_series_goes_as_far_as_every_point_stays_in_its_range(cloth, result):
    curve = result.value_function(PRESSES).records
    assert curve.breakpoints == ((approx(0.9), approx(1350)), (approx(1.2), approx(1800)))
    numbers = Numbers(cloth._tree, cloth.data)
    added = dial_of(numbers, PRESSES, None, "+7")
    assert (added.low, added.high) == (approx(-5), 7)
    point = dial_of(numbers, f"{PRESSES}@2028")
    assert (point.by, point.low, point.value, point.high) == ("value", 45, 50, 60)


def test_a_map_of_a_series_is_over_its_factor(result):
    report = result.phase_diagram(PRESSES, VALUE, steps=3)
    assert [c.objective for c in report.records.cells if c.x == 0.9] == approx([5 * 135, 12.5 * 135, 20 * 135])
    told = f"to the right capacity of the presses ({PRESSES}), times; upwards value of the cloth ({VALUE});"
    assert told in report.tables[0].title
    assert set(report.frame["x_unit"]) == {"times"}
    assert f'"title": "{lever_name(result.plan.data, PRESSES)}, times"' in json.dumps(report.chart().to_dict())


def test_units_are_those_of_the_lever(tutorial):
    added = dial_of(tutorial, POWER, "+-20 MW", "+0.02 GW")
    assert (added.label, added.low, added.value, added.high) == (f"{POWER}, MW added", -20, 0, approx(20))
    assert dial_of(tutorial, POWER).label == f"{POWER}, times"
    assert dial_of(tutorial, f"{POWER}@2027-10-01", 500, "0.7 GW").label == f"{POWER}@2027-10-01, MW"
    assert dial_of(tutorial, f"{POWER}@2027Q4", 500, "0.7 GW").high == approx(700)


def test_the_slider_of_a_series_is_over_its_factor(result):
    explorer = result.explore([PRESSES, VALUE])
    factor_head, factor, value_head, _, page = explorer.widget.children
    assert (factor.min, factor.value, factor.max) == (approx(0.9), 1, approx(1.2))
    assert (
        factor_head.value
        == f"<small>presses, capacity, times <code style='font-size: inherit'>{PRESSES}</code></small>"
    )
    assert value_head.value == f"<small>cloth, value <code style='font-size: inherit'>{VALUE}</code></small>"
    factor.value = 1.1
    assert "1,650" in page.value
    factor.value = 1
    assert "1,500" in page.value


# -- targets -----------------------------------------------------------------------------------------------------------


def test_a_target_moves_a_series_by_a_factor_or_by_what_is_added(result):
    """1,800 are 180 metres: a fifth more of both years, or fifteen more in each."""
    (way,) = result.needed(1800, levers=[f"{PRESSES}=*1.5"]).records.ways
    (move,) = way.moves
    assert (move.unit, move.now, move.to, move.share) == ("times", 1, approx(1.2), approx(0.2))
    report = result.needed(1800, levers={PRESSES: "+40"}, costs={PRESSES: 3})
    (way,) = report.records.ways
    (move,) = way.moves
    assert (move.unit, move.now, move.to, move.share) == ("added", 0, approx(15), None)
    assert way.size == approx(45)
    assert "capacity of the presses from 0 to 15.0 added (45.0 M USD)" in report.sentence
    (way,) = result.needed(1800, levers={f"{PRESSES}@2028": 90}).records.ways
    assert way.moves[0].to == approx(80)


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [120, "120", 120.0])
@pytest.mark.parametrize(
    "ask",
    [
        lambda r, v: r.explore([PRESSES]).at({PRESSES: v}),
        lambda r, v: r.explore({PRESSES: (v, "*1.1")}),
        lambda r, v: r.value_function(PRESSES, v),
        lambda r, v: r.value_function(PRESSES, "*0.5", v),
        lambda r, v: r.needed(1800, levers={PRESSES: v}),
        lambda r, v: r.needed(1800, levers=[f"{PRESSES}={v}"]),
    ],
    ids=["explore", "its range", "low", "high", "needed", "its text"],
)
def test_one_number_on_a_series_is_refused_everywhere_with_the_ways_to_say_it(result, ask, value):
    with pytest.raises(LeverError) as refused:
        ask(result, value)
    assert all(way in str(refused.value) for way in WAYS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["value", "--lever", PRESSES, "--low", "80"], "is a series of 2 points, which one number would flatten"),
        (["target", "1800", "--lever", f"{PRESSES}=80"], "is a series of 2 points"),
        (["value", "--lever", PRESSES, "--low", "*0.5", "--high", "+5"], "in factors ('*0.8', '*1.2'), or in what"),
        (["value", "--lever", PRESSES, "--low", "{steps: {2027: 1, 2028: 2}}"], "in factors ('*0.8', '*1.2')"),
        (["value", "--lever", PRESSES, "--low", "*-1"], "is no factor"),
        (["value", "--lever", PRESSES, "--low", "+-500"], "cannot be '+-500': "),
        (["value", "--lever", f"{PRESSES}@2029", "--low", "1"], "the series has no point at 2029-01-01"),
        (["value", "--lever", f"{VALUE}@2027", "--low", "1"], "is no series, so it has no point at 2027-01-01"),
        (["value", "--lever", VALUE, "--low", "much"], "cannot be 'much'"),
        (["value", "--lever", VALUE, "--high", "{steps: {2027: 9}}"], "moved from one number to another"),
    ],
)
def test_what_is_no_end_is_told_in_a_sentence(cloth, result, tmp_path, capsys, arguments, says):
    folder = result.save(tmp_path / "plan")
    assert main([arguments[0], str(folder), *arguments[1:]]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_setting_that_the_rules_refuse_is_told_and_moves_nothing(result):
    explorer = result.explore([PRESSES])
    assert "There is no plan with capacity of the presses at +-500: " in explorer.at({PRESSES: "+-500"}).sentence
    assert explorer.at().records.change == 0


def test_two_shares_of_one_whole_are_not_explored_together(tutorial):
    split = "labs.aurora.demand.split"
    with pytest.raises(StudyError, match="shares of one whole"):
        dials_of(tutorial, {f"{split}.training": (None, None), f"{split}.inference": (None, None)})


# -- every lever of the tutorial ---------------------------------------------------------------------------------------


def places(numbers):
    """Every lever with what it shows, and every point of a series with its value."""
    for lever in list_levers(numbers.data):
        yield lever.path, lever.shown
        if lever.quantity.shape != "constant":
            yield from ((f"{lever.path}@{point.when}", point.value) for point in lever.quantity.points)


def test_every_lever_set_to_what_it_shows_leaves_the_explored_plan_as_it_is():
    solved = fabopt.load(INSTANCES / "tutorial").solve(threads=1)
    source = solved.plan
    explored, asked = Exploration(source, [POWER]), 0
    for path, shown in places(numbers_of(source)):
        explored.dials = (dial_of(numbers_of(source), path, "*1", "*1"),)  # one session for all of them
        for setting in (shown, "*1", explored.dials[0].setting(explored.dials[0].value)):
            moment = explored.at({path: setting})
            assert moment.objective == approx(solved.objective, rel=1e-9), (path, setting)
            asked += 1
    assert asked > 3 * 210


def test_a_series_a_point_and_a_share_set_to_what_they_show_give_the_same_numbers(tutorial):
    """What an explorer need not solve again is set all the same: here it is."""
    before = {lever.path: lever.quantity for lever in list_levers(tutorial.data)}
    asked = [(path, shown) for path, shown in places(tutorial) if "@" in path or isinstance(shown, str)]
    asked += [(path, q.value) for path, q in before.items() if ".split." in path or ".share" in path]
    for path, shown in asked:
        for setting in (shown, "*1.0", "+0.0"):
            data = tutorial.set({path: setting})
            assert not isinstance(data, str), (path, data)
            for lever in list_levers(data):
                was = before[lever.path]
                now = [point.value for point in lever.quantity.points]
                assert now == approx([point.value for point in was.points], rel=1e-12), (path, setting, lever.path)
                assert lever.quantity.before == was.before
    assert len(asked) > 25


def test_a_share_that_is_set_takes_its_room_from_the_others(tutorial):
    split = "labs.aurora.demand.split"
    shares = {p: q.value for p, q in ((x.path, x.quantity) for x in list_levers(tutorial.data)) if p.startswith(split)}
    first, *others = shares
    data = tutorial.set({first: 0.4})
    left = 0.6 / (1 - shares[first])
    found = {lever.path: lever.quantity.value for lever in list_levers(data) if lever.path in shares}
    assert found == approx({first: 0.4, **{path: shares[path] * left for path in others}})


# -- ranges where they meet what a field admits ------------------------------------------------------------------------


def test_a_range_that_is_scaled_or_moved_ends_where_its_field_does():
    share = In("1", ge=0, le=1, series=True)
    raw = {"value": 0.8, "low": 0.1, "high": 0.95}
    scaled = share.read({**raw, "times": 1.2}).points[0]
    assert (scaled.low, scaled.value, scaled.high) == (approx(0.12), approx(0.96), 1)
    moved = share.read(raw).points[0].plus(-0.5, share.limits)
    assert (moved.low, moved.value, moved.high) == (0, approx(0.3), approx(0.45))
    with pytest.raises(FieldProblem, match=r"the value is 1\.2"):
        share.read({**raw, "times": 1.5})
    with pytest.raises(FieldProblem, match=r"'high' is 1\.1"):
        share.read({**raw, "high": 1.1})
