"""Least and most over plans nearly as good: by hand, by a second formulation, and as a user sees them."""

from __future__ import annotations

import json
import signal
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from contract_cases import stacks, tree
from independent import program
from random_networks import random_network

import fabopt
from fabopt.analysis.alternatives.band import Band
from fabopt.analysis.alternatives.measures import decisions
from fabopt.cli import main
from fabopt.errors import StudyError
from fabopt.plan.solved import SolvedProgram
from fabopt.solve.formulate import formulate
from fabopt.solve.options import SolveOptions
from fabopt.solve.resolver import Resolver
from fabopt.solve.run import solve
from fabopt.solve.session import HighsSession, SolverError

approx = pytest.approx

TOOLS = """
about: {{title: tools}}
horizon: {{start: '2027', periods: {periods}, period: year, discount_rate: 0}}
network:
  materials: {{goods: {{unit: piece}}}}
  resources: {{line: {{kind: level, unit: piece, capacity: 6}}}}
  activities:
    make: {{unit: piece, cost: 1, outputs: {{goods: {{amount: 1}}}}, uses: {{line: {{amount: 1}}}}}}
  units:
    good: {{unit: tool, total: 1, cost: 3, adds: {{line: {{amount: 4}}}}}}
    fair: {{unit: tool, total: 1, cost: 3.2, adds: {{line: {{amount: 4}}}}}}
  demands: {{shop: {{material: goods, quantity: 10, value: 5}}}}
"""

MAKERS = """
about: {title: makers}
horizon: {start: '2027', periods: 1, period: year, discount_rate: 0}
network:
  materials: {goods: {unit: piece}}
  activities:
    a: {unit: piece, cost: 1, upper: 6, outputs: {goods: 1}, tags: {owner: alpha}}
    b: {unit: piece, cost: 1.1, upper: 6, outputs: {goods: 1}, tags: {owner: beta}}
    c: {unit: piece, cost: 1.2, upper: 6, outputs: {goods: 1}, tags: {owner: gamma}}
  demands: {shop: {material: goods, quantity: 10, value: 5}}
"""


def result(folder: Path, text: str, **options: object) -> fabopt.Result:
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return fabopt.load(folder).solve(threads=1, gap=0.0, **options)


def verdicts(report):
    return dict(zip(report.frame["id"], report.frame["verdict"], strict=True))


def test_either_tool_may_be_bought_where_both_are_nearly_as_good(tmp_path):
    """With the good tool 10 x 4 - 3 = 37, with the fair one 36.8, with none 24, with both 33.8."""
    best = result(tmp_path, TOOLS.format(periods=1))
    assert best.objective == approx(37)
    assert verdicts(best.alternatives(0.001)) == {"good": "must", "fair": "never"}  # 36.963 and more
    one = best.alternatives(0.01)  # 36.63 and more: one or the other
    assert verdicts(one) == {"good": "may", "fair": "may"}
    assert one.records.allowed == approx(0.37)
    assert [(s.least.hi, s.most.lo) for s in one.records.spreads] == [(0, 1), (0, 1)]
    assert verdicts(best.alternatives(0.36)) == {"good": "may", "fair": "may"}
    assert "all have good; none has fair" in best.alternatives(0.001).sentence


def test_an_order_may_be_never_placed_by_a_date_and_must_be_placed_by_another(tmp_path):
    """Two years: without a tool in the first, 24 + 37 = 61 instead of 77."""
    best = result(tmp_path, TOOLS.format(periods=2))
    assert best.objective == approx(2 * 40 - 3)
    early = best.alternatives(0.001, until="2027")
    assert verdicts(early) == {"good": "must", "fair": "never"}
    loose = best.alternatives(0.25, until="2027")  # 57.75 and more: a year without a tool will do
    assert verdicts(loose) == {"good": "may", "fair": "may"}
    assert early.frame["most"].tolist() == [1, 0]


def test_the_plan_that_differs_most_moves_what_the_band_can_pay_for(tmp_path):
    """6 of alpha and 4 of beta earn 6 x 4 + 4 x 3.9 = 39.6; what moves to the next dearer maker costs 0.1 a piece.

    Of 0.396 the most that can move is 3.96 pieces from beta to gamma. From alpha, 2 go to beta (0.2), 0.98 to gamma.
    """
    found = result(tmp_path, MAKERS).alternatives(0.01).records
    (mix,) = found.mixes
    assert (mix.kind, mix.unit) == ("owner", "piece")
    assert [m.now for m in mix.members] == [approx(6), approx(4), approx(0, abs=1e-9)]
    assert [(m.least.hi, m.most.lo) for m in mix.members] == [
        (approx(6 - 2 - 0.98, abs=1e-5), approx(6)),
        (approx(0.04, abs=1e-5), approx(6)),
        (approx(0, abs=1e-6), approx(3.96, abs=1e-5)),
    ]
    far, less = mix.others
    assert far.moved == approx(0.396, abs=1e-5)
    assert far.bound == approx(0.396, abs=1e-3)
    assert far.there == (approx(6, abs=1e-5), approx(0.04, abs=1e-5), approx(3.96, abs=1e-5))
    assert (less.how, less.there[0]) == ("least Alpha", approx(3.02, abs=1e-5))
    assert less.moved == approx(0.298, abs=1e-5)
    assert all(other.objective >= 39.6 * 0.99 - 1e-6 for other in mix.others)


def test_a_contract_must_be_signed_where_nothing_else_brings_as_much(tmp_path):
    """80 stacks worth 9 at 5 earn 320, and 100 wafers worth 5: 820; of 8.2 two more stacks are given up."""
    raw = {"about": {"title": "stacks"}, **tree({"open": stacks()})}
    best = result(tmp_path, json.dumps(raw))
    assert best.objective == approx(820)
    rows = best.alternatives(0.01).frame.set_index("what")
    assert rows.loc["signature", "verdict"] == "must"
    assert rows.loc["taken", "least"] == approx(80 - 8.2 / 4)
    assert rows.loc["taken", "most"] == approx(80)
    assert set(best.alternatives(0.5).frame["verdict"]) == {"may"}


def measured(seed):
    """A random network with a plan, its orders that are free, and what the second formulation knows of them."""
    net = random_network(seed)
    solution = solve(net, SolveOptions(gap=0.0, threads=1))
    if not solution.has_plan:
        return None
    options = SolveOptions(gap=0.0, threads=1)
    plan = SolvedProgram(net, formulate(net), options, solution.columns, solution.bound)
    return net, plan, [m for m in decisions(plan.tables, net.n_periods - 1) if m.kind == "order"]


def by_the_second_formulation(net, id, sign, floor):
    """Most of ``sign`` times the orders of a unit among plans worth ``floor``; infinite without a limit."""
    p = program(net)
    p.row(list(p.gain.items()), floor, np.inf)
    p.gain.clear()
    unit = next(u for u in net.units if u.id == id)
    for t in range(net.n_periods):
        if unit.pinned is None or np.isnan(unit.pinned[t]):
            p.gain[p.var("y", id, t)] += sign
    return p.best()


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_least_and_most_are_those_of_a_second_formulation(large, monkeypatch):
    """In full on small programs; in large ones what is proven bounds them and what is found is within."""
    if large:
        monkeypatch.setattr("fabopt.solve.matrices.LARGE", 0)
    compared = 0
    for seed in range(40):
        found = measured(seed)
        if found is None:
            continue
        net, plan, measures = found
        band = Band(plan, 0.05, 30.0)
        for measure, sign in product(measures, (-1, 1)):
            exact = by_the_second_formulation(net, measure.id, sign, band.floor)
            if exact is None:  # without a limit
                continue
            band.bound(measure)
            least, most = band.spread(measure)
            best, bound = (-least.hi, -least.lo) if sign < 0 else (most.lo, most.hi)
            small = 1e-5 * (1 + abs(exact))
            assert best <= exact + small
            assert bound >= exact - small
            if band.exact:
                assert best == approx(exact, abs=small)
                assert bound == approx(exact, abs=small)
            compared += 1
    assert compared > 40


def test_what_is_found_is_a_plan():
    """Every plan of the pool keeps all rows, bounds and integers, and is in the band."""
    for seed in range(12):
        found = measured(seed)
        if found is None:
            continue
        _, plan, measures = found
        band = Band(plan, 0.1, 30.0)
        for measure in measures:
            band.bound(measure)
            band.spread(measure)
        m = plan.program
        for x in band.pool:
            assert np.all(m.a @ x >= m.row_lower - 1e-5 * (1 + np.abs(m.row_lower)))
            assert np.all(m.a @ x <= m.row_upper + 1e-5 * (1 + np.abs(m.row_upper)))
            assert np.abs(x - np.round(x))[m.integer].max(initial=0.0) < 1e-5
            assert m.cost @ x >= band.floor - 1e-5 * (1 + abs(band.floor))


def test_no_plan_of_the_band_differs_more_than_the_one_that_differs_most():
    """With other integers too: the plans with the least and the most of each measure are among those it exceeds."""
    integers = 0
    for seed in range(12):
        found = measured(seed)
        if found is None:
            continue
        _, plan, measures = found
        band = Band(plan, 0.1, 30.0)
        for measure in measures:
            band.bound(measure)
        ends = [band.spread(measure) for measure in measures]
        low, high = np.array([least.lo for least, _ in ends]), np.array([most.hi for _, most in ends])
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            continue
        now = np.array([measure.of(plan.x) for measure in measures])
        most = band.farthest(measures, low, high)
        for x in band.pool:
            there = np.array([measure.of(x) for measure in measures])
            assert float(np.abs(there - now).sum()) <= most.found + 1e-3 * (1 + abs(most.found))
            integers += bool(np.any(np.round(x - plan.x)[plan.program.integer]))
        assert most.found <= most.bound
    assert integers > 5


def test_where_the_solver_gives_up_it_is_asked_again_from_nothing(tmp_path, monkeypatch):
    """Every linear program that goes on from a basis fails, and the answers are the same."""
    best = result(tmp_path, TOOLS.format(periods=1))
    plain, ask, failed = best.alternatives(0.01).records, HighsSession.solve, []

    def fails(session, **options):
        if session.basis.valid and not session.integer.any() and "gap" not in options:
            failed.append(session)
            raise SolverError("HiGHS failed.")
        return ask(session, **options)

    monkeypatch.setattr(HighsSession, "solve", fails)
    found = best.alternatives(0.01).records
    assert failed
    assert [(s.least, s.most) for s in found.spreads] == [(s.least, s.most) for s in plain.spreads]


def test_where_the_solver_gives_up_for_good_nothing_is_proven(tmp_path, monkeypatch):
    """Bounds stay open, and the plan itself is all that is known."""
    best = result(tmp_path, TOOLS.format(periods=1))
    ask, first = HighsSession.solve, []

    def fails(session, **options):
        first.append(session.cost.copy())
        if np.array_equal(session.cost, first[0]):  # the objective of the plan
            return ask(session, **options)
        raise SolverError("HiGHS failed.")

    monkeypatch.setattr(HighsSession, "solve", fails)
    found = best.alternatives(0.01).records
    assert [(s.least.hi, s.most.lo) for s in found.spreads] == [(s.now, s.now) for s in found.spreads]
    assert all(np.isinf(s.most.hi) for s in found.spreads)


def test_what_time_does_not_allow_is_listed(tmp_path):
    report = result(tmp_path, TOOLS.format(periods=1)).alternatives(0.01, budget=1e-9)
    assert report.records.left_out == ("good", "fair")
    assert "Time did not allow: good and fair." in report.lines()[-1]


def test_a_run_that_is_ended_proves_nothing(tmp_path, monkeypatch):
    """Ctrl-C comes while the second order is bounded: it is left out, and the first one keeps finite bounds."""
    ask, asked = Resolver.ask, []

    def stopped(self, *given, **how):
        asked.append(given)
        if len(asked) == 3:
            signal.raise_signal(signal.SIGINT)
        return ask(self, *given, **how)

    best = result(tmp_path, TOOLS.format(periods=1))
    monkeypatch.setattr(Resolver, "ask", stopped)
    found = best.alternatives(0.01).records
    assert [s.id for s in found.spreads] == ["good"]
    assert found.left_out == ("fair",)
    assert np.isfinite([found.spreads[0].least.lo, found.spreads[0].most.hi]).all()


def test_the_command_line_says_what_python_says(tmp_path, capsys):
    best = result(tmp_path, TOOLS.format(periods=1))
    folder = best.save(tmp_path / "plan")
    assert main(["alternatives", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == best.alternatives(0.01).lines()
    assert all(len(line) <= 100 for line in printed)
    assert main(["alternatives", str(folder), "--within", "0.01", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [s["verdict"] for s in told["spreads"]] == ["may", "may"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--within", "much"], "--within: 'much' is no quantity"),
        (["--within", "120%"], "must be less than 1"),
        (["--within", "1%", "--until", "2031"], "'2031' is no period of the horizon"),
    ],
)
def test_faults_are_sentences(tmp_path, capsys, more, says):
    folder = result(tmp_path, TOOLS.format(periods=1)).save(tmp_path / "plan")
    assert main(["alternatives", str(folder), *more]) == 2
    assert says in capsys.readouterr().err


def test_a_share_that_is_none_is_refused_in_python_too(tmp_path):
    with pytest.raises(StudyError, match="by a share from 0 to below 1"):
        result(tmp_path, TOOLS.format(periods=1)).alternatives(1.5)


@pytest.mark.parametrize(("money", "quantity"), [(1e-8, 1.0), (1.0, 1e-6), (1e8, 1e6), (1e-8, 1e6), (1e7, 1e-6)])
def test_alternatives_are_the_same_whatever_money_and_goods_are_counted_in(money, quantity, tmp_path):
    price = money / quantity
    tools = TOOLS.format(periods=1).replace(
        "unit: tool, total: 1, cost: 3.2", f"unit: tool, total: 1, cost: {3.2 * money}"
    )
    tools = tools.replace("total: 1, cost: 3,", f"total: 1, cost: {3 * money},").replace("cost: 1,", f"cost: {price},")
    tools = tools.replace("capacity: 6", f"capacity: {6 * quantity}").replace(
        "{amount: 4}", f"{{amount: {4 * quantity}}}"
    )
    best = result(tmp_path, tools.replace("quantity: 10, value: 5", f"quantity: {10 * quantity}, value: {5 * price}"))
    assert verdicts(best.alternatives(0.001)) == {"good": "must", "fair": "never"}
    assert verdicts(best.alternatives(0.01)) == {"good": "may", "fair": "may"}
    makers = MAKERS.replace("upper: 6", f"upper: {6 * quantity}")
    for cost in (1.2, 1.1, 1):
        makers = makers.replace(f"cost: {cost},", f"cost: {cost * price},")
    makers = makers.replace("quantity: 10, value: 5", f"quantity: {10 * quantity}, value: {5 * price}")
    (mix,) = result(tmp_path, makers).alternatives(0.01).records.mixes
    assert [m.now / quantity for m in mix.members] == [approx(6), approx(4), approx(0, abs=1e-9)]
    assert [other.moved for other in mix.others] == [approx(0.396, abs=1e-4), approx(0.298, abs=1e-4)]


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_a_bound_is_told_beside_what_was_found_where_they_differ_on_paper(unit):
    from fabopt.analysis.alternatives.records import Spread
    from fabopt.plan.problem import Interval
    from fabopt.report.alternatives import _is_known

    def known(least, most):
        ends = (Interval(least[0] * unit, least[1] * unit), Interval(most[0] * unit, most[1] * unit))
        return _is_known(Spread("taken", "id", "name", "what", "unit", "owner", 2.0 * unit, *ends))

    assert known((1.0, 1.0005), (3.0, 3.0))
    assert known((0.0, 0.0), (0.0, 0.0))
    assert not known((1.0, 1.005), (3.0, 3.0))
    assert not known((1.0, 1.0), (3.0, 3.01))
