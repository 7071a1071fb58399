"""Monte Carlo of a plan: by hand on a network of one line, against the tables of a result, and over processes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fabopt
from fabopt.analysis.draws.figures import BY_DESIGNER, COMPUTE, POWER, PRICE, RUNNING
from fabopt.analysis.draws.indices import by_chance, first_order, interval, rank_correlation, sorted_by
from fabopt.analysis.draws.records import MonteCarlo
from fabopt.analysis.draws.study import DrawOptions, monte_carlo
from fabopt.analysis.headlines import headlines
from fabopt.analysis.reconcile import outcomes_of
from fabopt.errors import StudyError
from fabopt.io.problems import InstanceError
from fabopt.plan.plan import Plan
from fabopt.report.draws import draws_report
from fabopt.solve.work.executor import LocalProcesses
from fabopt.solve.work.where import executor_of

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

LINE = """
horizon: {start: '2027', periods: 2, period: quarter, discount_rate: 0}
distributions:
  rates: {of: 'network.resources.*.capacity', shape: uniform}
network:
  materials: {part: {unit: piece}, good: {unit: piece}}
  resources:
    first: {unit: piece, capacity: {value: 10, low: 5, high: 15}}
    second: {unit: piece, capacity: {value: 12, low: 11, high: 13}}
  activities:
    make: {unit: piece, outputs: {part: 1}, uses: {first: 1}}
    finish: {unit: piece, inputs: {part: 1}, outputs: {good: 1}, uses: {second: 1}}
  demands:
    sale: {material: good, quantity: 1000, value: 3}
"""


@pytest.fixture(scope="module")
def tutorial() -> Plan:
    return fabopt.load(INSTANCES / "tutorial").solve().plan


@pytest.fixture(scope="module")
def drawn(tutorial: Plan) -> MonteCarlo:
    return monte_carlo(tutorial, DrawOptions(draws=6, exact=1, seed=7, targets=("1 kH100e", "aurora: 900 GW")))


# -- indices ---------------------------------------------------------------------------------------------------------


def test_sobol_indices_of_ishigami_are_those_of_its_formula() -> None:
    # sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on (-pi, pi): S1 = 0.3139, S2 = 0.4424, S3 = 0 (Ishigami and Homma 1990).
    x = np.random.default_rng(1).uniform(-np.pi, np.pi, (6000, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    order = sorted_by(x)
    assert first_order(order, y) == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    low, high = interval(x[:, 1], y, 0)
    assert low < float(first_order(order, y)[1]) < high < low + 0.1
    assert low - 0.01 < 0.4424 < high + 0.01
    assert abs(rank_correlation(x[:, 1], y)) < 0.05  # it goes up and down: ranks see nothing of it


def test_sobol_indices_of_a_sum_are_shares_of_its_variance_and_noise_explains_no_more_than_chance() -> None:
    # y = 3 a + b with a, b uniform on (0, 1): 9/10 and 1/10.
    x = np.random.default_rng(2).random((2000, 12))
    y = 3 * x[:, 0] + x[:, 1]
    order = sorted_by(x)
    index, chance = first_order(order, y), by_chance(order, y, 0)
    assert index[:2] == pytest.approx([0.9, 0.1], abs=0.03)
    assert max(index[2:]) < chance < index[1]


def test_equals_share_the_mean_of_their_ranks() -> None:
    x, y = np.array([1.0, 2, 2, 3, 3, 3, 9, 0]), np.array([2.0, 1, 4, 4, 5, 7, 7, 3])
    # Ranks by hand: 2, 3.5, 3.5, 6, 6, 6, 8, 1 and 2, 1, 4.5, 4.5, 6, 7.5, 7.5, 3.
    a, b = np.array([2, 3.5, 3.5, 6, 6, 6, 8, 1]), np.array([2, 1, 4.5, 4.5, 6, 7.5, 7.5, 3])
    assert rank_correlation(x, y) == pytest.approx(np.corrcoef(a, b)[0, 1])


def test_an_answer_that_does_not_move_has_no_indices() -> None:
    x = np.random.default_rng(3).random((50, 2))
    assert first_order(sorted_by(x), np.ones(50)).tolist() == [0.0, 0.0]
    assert rank_correlation(x[:, 0], np.ones(50)) == 0.0


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_a_line_of_two_machines_by_hand(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(LINE)
    plan = fabopt.load(tmp_path).solve().plan
    assert plan.objective == pytest.approx(60.0)  # 10 t in each of two quarters, 3 each
    record = monte_carlo(plan, DrawOptions(draws=100, seed=1))
    # a ~ U(5, 15), b ~ U(11, 13) independent; the worth is 6 min(a, b).
    rng = np.random.default_rng(0)
    a, b = rng.uniform(5, 15, 200_000), rng.uniform(11, 13, 200_000)
    worth = 6 * np.minimum(a, b)
    band = record.bands[0]
    assert (band.p10, band.p50, band.p90) == pytest.approx(np.percentile(worth, (10, 50, 90)), rel=0.08)
    first = {choke.limit: choke.chance for choke in record.chokes if not choke.period}
    # The second machine holds the line back where a > b: P = E[15 - b] / 10 = 0.3.
    assert sum(first.values()) == pytest.approx(1.0)
    assert min(first.values()) == pytest.approx(0.3, abs=0.12)
    told = [matter for matter in record.matters if matter.told]
    assert told[0].lever == "network.resources.first.capacity"
    share = np.var([worth[np.abs(a - at) < 0.05].mean() for at in np.linspace(5.05, 14.95, 100)]) / np.var(worth)
    assert told[0].first == pytest.approx(share, abs=0.08)
    assert told[0].rank > 0.9


# -- on the tutorial -------------------------------------------------------------------------------------------------


def test_figures_of_the_plan_are_those_of_its_tables(tutorial: Plan, drawn: MonteCarlo) -> None:
    bands = drawn.band_frame
    fleet = tutorial.table("domain/fleet").query("reported").groupby("period", sort=False)
    mine = bands[bands["of"] == ""].set_index("period")
    for figure, known in (
        (POWER, fleet["facility_mw"].sum() / 1000.0),
        (RUNNING, fleet["running"].sum()),
        (COMPUTE, tutorial.table("domain/chip_mix").query("reported").groupby("period", sort=False)["kh100e"].sum()),
    ):
        plan = mine[mine["figure"] == figure]["plan"]
        assert plan[list(known.index)].to_list() == pytest.approx(known.to_list())
    shipped = tutorial.table("domain/shipments").query("reported").groupby("designer")["kaccelerator"].sum()
    own = bands[(bands["figure"] == BY_DESIGNER) & (bands["period"] == "")].set_index("of")["plan"]
    assert own.to_dict() == pytest.approx(shipped.to_dict())
    paid = headlines(tutorial).money
    assert paid is not None
    discount = {p.label: p.discount for p in tutorial.net.periods}
    price, compute = (mine[mine["figure"] == f]["plan"] for f in (PRICE, COMPUTE))
    markets = [d for d in tutorial.net.demands if d.weight == 0.0]
    revenue = sum(price[p] * compute[p] * discount[p] for p in drawn.periods)
    assert 0.0 < revenue <= paid.revenue
    assert bool(markets) == (revenue < 0.999 * paid.revenue)


def test_a_draw_is_the_instance_with_its_numbers_solved_from_nothing(tutorial: Plan, drawn: MonteCarlo) -> None:
    """The exact draw against `solve` of the drawn instance; what integers that are held lose is what screening says."""
    from fabopt.analysis.draws.engine import moved, quantiles, spreads
    from fabopt.network.lower import lower
    from fabopt.solve.run import solve

    found = spreads(tutorial.tree, tutorial.data)
    at = moved(tutorial.tree, tutorial.data, found, quantiles(found, 7, 0))
    assert at is not None
    best = solve(lower(at[0], "tutorial"), replace(tutorial.run.options, gap=0.0)).objective
    draw = drawn.draws[0]
    assert draw.exact == pytest.approx(best, rel=tutorial.solved.options.asked + 1e-6)
    assert draw.objective is not None
    assert draw.objective <= draw.exact * (1 + 1e-9)
    assert drawn.screening is not None
    assert drawn.screening.worst == pytest.approx((draw.exact - draw.objective) / draw.exact)


def test_chances_count_draws_and_targets_are_checked(tutorial: Plan, drawn: MonteCarlo) -> None:
    by_target = {(c.of, c.period): c.chance for c in drawn.chances}
    assert by_target["", drawn.periods[-1]] == len(drawn.stood) / len(drawn.draws)
    assert by_target["aurora", drawn.periods[-1]] == 0.0
    with pytest.raises(StudyError, match="Of 5 draws 9 cannot be solved exactly"):
        monte_carlo(tutorial, DrawOptions(draws=5, exact=9))
    with pytest.raises(StudyError, match="no target of power or compute"):
        monte_carlo(tutorial, DrawOptions(draws=1, targets=("5 bn USD",)))
    with pytest.raises(StudyError, match="There is no lab 'nobody'"):
        monte_carlo(tutorial, DrawOptions(draws=1, targets=("nobody: 1 GW",)))


def test_finished_draws_are_kept_and_more_draws_change_none(tutorial: Plan, drawn: MonteCarlo, tmp_path: Path) -> None:
    journal, told = tmp_path / "draws.jsonl", list[tuple[int, int]]()

    def stop(done: int, asked: int) -> None:
        told.append((done, asked))
        if done == 2:
            raise KeyboardInterrupt

    stopped = monte_carlo(tutorial, DrawOptions(draws=5, exact=1, seed=7), journal=journal, tell=stop)
    assert [d.number for d in stopped.draws] == [0, 1]
    assert not stopped.complete
    assert any("2 of 5 draws are finished" in note for note in draws_report(stopped).notes)
    again = monte_carlo(
        tutorial, DrawOptions(draws=6, exact=1, seed=7), journal=journal, tell=lambda d, n: told.append((d, n))
    )
    assert told[2:] == [(3, 6), (4, 6), (5, 6), (6, 6)]  # two come from the journal
    assert again.draws == drawn.draws


@pytest.mark.slow
def test_processes_and_a_cluster_give_the_same_draws_byte_for_byte(tutorial: Plan, drawn: MonteCarlo) -> None:
    options = DrawOptions(draws=6, exact=1, seed=7, targets=("1 kH100e", "aurora: 900 GW"))
    spread = monte_carlo(tutorial, options, executor=LocalProcesses(2))
    assert str(draws_report(spread)) == str(draws_report(drawn))
    assert spread == drawn
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": ":0", "silence_logs": 50}
        with distributed.LocalCluster(**small) as cluster:
            there = monte_carlo(tutorial, options, executor=executor_of(1, cluster.scheduler_address))
    assert there == drawn


def test_the_report_says_bands_chances_chokes_and_what_is_unique(drawn: MonteCarlo) -> None:
    report = draws_report(drawn)
    assert "P10 to P90" in report.sentence
    assert "unique" in report.notes[-1]
    assert set(report.charts()) == {"bands", "choke-chances"}
    titles = [table.title for table in report.tables]
    assert len(titles) == 4  # six draws tell of no number


def test_a_number_without_range_is_told_with_its_line(tmp_path: Path) -> None:
    text = LINE.replace("'network.resources.*.capacity'", "network.demands.sale.value")
    text = text.replace("value: 3}", "value: {value: 3, low: 3, high: 3}}")
    (tmp_path / "instance.yaml").write_text(text)
    with pytest.raises(InstanceError, match=r"has no range to be drawn from"):
        fabopt.load(tmp_path).solve().draws(1)


def test_published_figures_are_those_of_reconcile_and_their_chances_are_counted(
    tutorial: Plan, drawn: MonteCarlo
) -> None:
    known = {row.id: row.planned for row in outcomes_of(tutorial)}
    assert [one.id for one in drawn.published] == ["power-2027"]
    for n, one in enumerate(drawn.published):
        assert one.plan == pytest.approx(known[one.id])
        found = [draw.published[n] or 0.0 for draw in drawn.stood]
        assert one.reached == sum(v >= one.stated for v in found) / len(drawn.draws)
        assert one.inside == sum(one.low <= v <= one.high for v in found) / len(drawn.draws)
        assert one.p10 is not None
        assert one.p90 is not None
        assert min(found) <= one.p10 <= one.p90 <= max(found)
