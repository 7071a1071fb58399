"""Numbers moved by hand: against optima worked by hand, solves from nothing, and the sliders themselves."""

import pytest

import fabopt
from fabopt.errors import StudyError
from fabopt.io.levers import LeverError
from fabopt.report.explore import MOST_ROWS, moment_report
from fabopt.solve.outcome import SolverError
from fabopt.solve.whatif import WhatIf

CHAIN = """
horizon: {start: 2027, periods: 2, period: year}
network:
  resources:
    presses: {unit: h, capacity: {value: 100, low: 60, high: 300}}
  materials: {cloth: {storable: false}}
  activities:
    weaving: {unit: m, outputs: {cloth: 1}, uses: {presses: 1}}
  demands:
    cloth: {name: Cloth <b>, quantity: 150, value: {value: 10, low: 5, high: 20}}
"""
CAPACITY, VALUE = "network.resources.presses.capacity", "network.demands.cloth.value"


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    path = tmp_path_factory.mktemp("explore") / "cloth.yaml"
    path.write_text(CHAIN, encoding="utf-8")
    return fabopt.load(path), fabopt.load(path).solve()


@pytest.fixture(scope="module")
def explorer(solved):
    return solved[1].explore([CAPACITY, VALUE])


@pytest.mark.parametrize(
    ("values", "worth", "made", "choke"),
    [
        ({}, 2 * 100 * 10, 200, "presses"),
        ({CAPACITY: 120}, 2 * 120 * 10, 240, "presses"),
        ({CAPACITY: 120, VALUE: 12}, 2 * 120 * 12, 240, "presses"),
        ({CAPACITY: 200, VALUE: 12}, 2 * 150 * 12, 300, "Cloth <b>"),  # demand of 150 a year binds
    ],
)
def test_the_plan_at_moved_numbers_is_the_one_worked_by_hand(explorer, values, worth, made, choke):
    moment = explorer.at(values).records
    assert moment.objective == pytest.approx(worth)
    assert moment.change == pytest.approx(worth - 2000)
    assert moment.frame["here"].tolist() == pytest.approx([made])
    assert moment.frame["plan"].tolist() == pytest.approx([200])
    assert moment.periods["period"].tolist() == ["2027", "2028"]
    assert moment.periods["plan"].tolist() == pytest.approx([100, 100])
    assert moment.periods["here"].tolist() == pytest.approx([made / 2, made / 2])
    assert choke in moment.choke


def test_the_order_of_moves_leaves_no_trace(explorer):
    first = explorer.at({CAPACITY: 80, VALUE: 7}).records
    explorer.at({CAPACITY: 290})
    assert explorer.at({CAPACITY: 80, VALUE: 7}).records == first
    assert explorer.at().records.change == 0


def test_a_move_agrees_with_a_solve_from_nothing_and_never_exceeds_one_with_whole_numbers_free():
    tutorial = fabopt.load("instances/tutorial")
    result = tutorial.solve()
    power = "sites.plains.power"
    moved = result.explore([power]).at({power: "*1.15"}).records.objective
    changed = tutorial.with_({power: "*1.15"})
    held = changed.pinned(result).solve().objective
    free = changed.solve().bound
    # What is pinned leaves continuous orders no room either: it is a plan that the move allows.
    assert held - 1e-6 * held <= moved <= free * (1 + 1e-6)
    assert moved > result.objective + 100


def test_the_sliders_run_over_the_ranges_and_write_the_answer_with_names_escaped(explorer):
    head, capacity, _, value, page = explorer.widget.children
    assert CAPACITY in head.value
    assert capacity.continuous_update
    assert (capacity.min, capacity.max, capacity.value) == (60, 300, 100)
    assert (value.min, value.max, value.value) == (5, 20, 10)
    capacity.value = 120
    assert "2,400" in page.value
    assert "Cloth &lt;b&gt;" in page.value
    assert "<b>" not in page.value
    assert "<svg" in page.value
    assert explorer.values == {CAPACITY: 120}
    assert explorer.result.objective == pytest.approx(2 * 120 * 10)
    assert explorer.result is explorer.result
    capacity.value = 100
    assert explorer.values == {}
    shown = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "2,000" in shown["text/html"]


@pytest.mark.parametrize("ends", [(70, 180), (90, 300), (100, 101), (20, 100)])
def test_the_number_itself_is_a_place_of_its_slider(solved, ends):
    """A browser would move a slider that stands between two places, and the explorer began with another plan."""
    explorer = solved[1].explore({CAPACITY: ends})
    slider = explorer.widget.children[1]
    places = (slider.value - slider.min) / slider.step
    assert places == pytest.approx(round(places))
    slider.value += 1e-9
    assert explorer.values == {}
    slider.value -= slider.step if slider.value > slider.min + slider.step else -slider.step
    assert list(explorer.values) == [CAPACITY]


def test_of_many_demands_those_are_shown_that_change_most(tmp_path):
    many = [f"    cloth-{n}: {{material: cloth, quantity: 10, value: {20 - n}}}\n" for n in range(20)]
    path = tmp_path / "many.yaml"
    path.write_text(CHAIN[: CHAIN.index("    cloth: {name")] + "".join(many), encoding="utf-8")
    whole, by_period = fabopt.load(path).solve().explore([CAPACITY]).at({CAPACITY: 60}).tables
    assert [row[0] for row in whole.shown(whole.most)[:5]] == [f"cloth-{n}" for n in (6, 7, 8, 9, 0)]
    assert whole.shown(whole.most)[0] == ("cloth-6", "", "20.0", "0", "-100.0 %")
    assert len(whole.shown(whole.most)) == MOST_ROWS + 1
    assert by_period.title == "Delivered here by period, in the unit of each demand"


def test_what_labs_get_is_told_in_its_unit():
    report = fabopt.example("tutorial").solve().explore(["sites.coast.power"]).at()
    assert [table.title for table in report.tables] == [
        "Delivered over all periods",
        "Delivered here by period, thousand H100e",
    ]
    assert report.chart().to_dict()["title"] == "Delivered by period, thousand H100e"
    assert report.sentence.startswith("With power of Coast campus at 350 MW, integers held, the value is 103,051 M USD")


def test_a_value_that_the_rules_refuse_is_told_and_moves_nothing(explorer):
    moment = explorer.at({CAPACITY: -5})
    assert moment.records.objective is None
    assert "There is no plan" in moment.sentence
    assert explorer.at().records.objective == pytest.approx(2000)


def test_levers_that_cannot_be_explored_are_named(solved, explorer):
    result = solved[1]
    with pytest.raises(LeverError, match=CAPACITY):
        result.explore([CAPACITY + "y"])
    with pytest.raises(StudyError, match="each once"):
        result.explore([CAPACITY, CAPACITY])
    with pytest.raises(StudyError, match="is not explored"):
        explorer.at({"network.demands.cloth.quantity": 3})


def test_a_tornado_without_another_choke_point_is_drawn(solved, tmp_path):
    report = solved[0].with_({"network.demands.cloth.quantity": "*10"}).solve().tornado(top=1, workers=1)
    assert not any("diamond" in str(layer) for layer in report.chart().to_dict()["layer"])
    report.save(tmp_path)
    assert (tmp_path / "tornado.png").stat().st_size > 1000


def test_a_move_tells_the_plan_first_and_then_what_holds_it_back(explorer):
    path = explorer.found.dials[0].path
    value = explorer.found.dials[0].low
    first, last = explorer.found.steps({path: value})
    assert first.choke is None
    assert (first.objective, first.delivered) == (last.objective, last.delivered)
    assert last == explorer.found.at({path: value})
    assert isinstance(last.choke, str)
    assert "is being found" in moment_report(explorer.found, first).sentence


def test_a_solver_that_gives_up_is_told_in_a_note(explorer, monkeypatch):
    def giving_up(self, net=(), *, far=False):
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(WhatIf, "held", giving_up)
    path = explorer.found.dials[0].path
    found = explorer.found.at({path: explorer.found.dials[0].low})
    assert found.objective is None
    assert "gave up: HiGHS failed" in found.note
