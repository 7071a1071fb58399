"""Branch by branch: the same optimum as in one program, with bounds on both sides of what was published or counted."""

import itertools
import sys
from pathlib import Path

import pytest

import fabopt
from fabopt.cli import main
from fabopt.solve.decompose.parts import _Live

approx = pytest.approx
PROGRAMS = Path(__file__).parents[2] / "instances" / "stochastic"

LINES = """
about: {{title: lines}}
horizon: {{start: 2027, periods: 2, period: year, discount_rate: 0}}
network:
  materials: {{slot: {{}}, goods: {{storable: false}}}}
  activities:
    small: {{outputs: {{slot: 3}}, cost: 4, lot: 1, upper: [3, 0]}}
    large: {{outputs: {{slot: 5}}, cost: 6, lot: 1, upper: [2, 0]}}
    make: {{inputs: {{slot: 1}}, outputs: {{goods: 1}}, upper: [0, 100]{lot}}}
  demands:
    market: {{material: goods, quantity: [0, 9], value: 3}}
    contract: {{material: goods, quantity: [0, 0], required: true}}
states:
  usual: {{probability: {shares[0]}}}
  weak:
    probability: {shares[1]}
    from: 2028
    set: {{network.demands.market.quantity: {{steps: {{2027: 0, 2028: 4}}}}}}
  strong:
    probability: {shares[2]}
    from: 2028
    set:
      network.demands.market.quantity: {{steps: {{2027: 0, 2028: 6}}}}
      network.demands.contract.quantity: {{steps: {{2027: 0, 2028: 7}}}}
"""
"""How many lines to build, whole ones, before it is known what is wanted; 7 of what is strong must be delivered."""


SHARES = (0.4, 0.3, 0.3)


def lines(folder, lot=0, shares=SHARES):
    text = LINES.format(lot=f", lot: {lot}" if lot else "", shares=shares)
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return fabopt.load(folder)


def counted(lot=0, shares=SHARES):
    """The best over all ways to build, counted."""

    def sold(slots, market, contract):
        made = slots // lot * lot if lot else slots
        return None if made < contract else 3 * min(made - contract, market)

    worth = []
    for small, large in itertools.product(range(4), range(3)):
        slots = 3 * small + 5 * large
        each = [sold(slots, *state) for state in ((9, 0), (4, 0), (6, 7))]
        if None not in each:
            worth.append(-4 * small - 6 * large + sum(p * s for p, s in zip(shares, each, strict=True)))
    return max(worth)


@pytest.mark.parametrize("name", ["farmer", "financial-planning", "lands"])
def test_the_l_shaped_method_finds_and_proves_the_published_optimum(name):
    instance = fabopt.load(PROGRAMS / name)
    result = instance.solve(states="all", method="lshaped")
    published = instance.data.about.published_optimum
    assert (result.status, result.objective) == ("optimal", approx(published, abs=6e-4 * min(abs(published), 1)))
    assert result.bound == approx(result.objective, rel=1e-6)


def test_whole_first_decisions_are_found_and_proved_also_where_some_leave_a_state_without_a_plan(tmp_path):
    instance, best = lines(tmp_path), counted()
    one = instance.solve(states="all", gap=0)
    result = instance.solve(states="all", method="lshaped", gap=0)
    assert (one.objective, result.objective, result.bound) == (approx(best), approx(best), approx(best, rel=1e-6))
    assert result.status == "optimal"


@pytest.mark.parametrize("method", ["lshaped", "hedging"])
def test_with_whole_later_decisions_value_and_bound_lie_on_both_sides_of_the_best(method, tmp_path):
    if method == "hedging":
        pytest.importorskip("mpisppy")
    result, best = lines(tmp_path, 2).solve(states="all", method=method, gap=0), counted(2)
    assert result.objective <= best + 1e-6
    assert result.bound >= best - 1e-6
    assert result.objective == approx(best, rel=0.05)


def test_progressive_hedging_has_the_optimum_between_its_plan_and_its_bound_and_says_nothing(capfd):
    pytest.importorskip("mpisppy")
    result = fabopt.load(PROGRAMS / "farmer").solve(states="all", method="hedging")
    assert result.objective <= 108_390 + 1e-3
    assert result.bound >= 108_390 - 1e-3
    assert result.bound - result.objective <= 1e-3 * 108_390
    assert capfd.readouterr().out == ""


def test_over_processes_the_plan_is_the_same_to_the_last_bit():
    instance = fabopt.load(PROGRAMS / "farmer")
    one, two = (instance.solve(states="all", method="lshaped", workers=workers) for workers in (1, 2))
    assert (one.objective, one.bound, one.log) == (two.objective, two.bound, two.log)
    for name in one.states:
        assert one.states[name].table("core/decisions").equals(two.states[name].table("core/decisions"))


def test_branches_that_have_answered_are_not_asked_again_after_the_solve_died(tmp_path, monkeypatch):
    instance, journal, asked, real = lines(tmp_path), tmp_path / "branches.jsonl", [], _Live.answer
    one = instance.solve(states="all", method="lshaped", gap=0)

    def answer(self, ask):
        if len(asked) == dies:
            raise SystemExit(9)
        asked.append(ask)
        return real(self, ask)

    monkeypatch.setattr(_Live, "answer", answer)
    dies = 5
    with pytest.raises(SystemExit):
        instance.solve(states="all", method="lshaped", gap=0, journal=journal)
    dies = None
    for _ in range(2):
        result = instance.solve(states="all", method="lshaped", gap=0, journal=journal)
        assert (result.objective, result.bound, result.log) == (one.objective, one.bound, one.log)
        assert len(asked) == len(set(asked)) > 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--states", "all", "--method", "lshaped", "--risk", "worst"], "maximises the mean over the states"),
        (["--states", "all", "--method", "benders"], "There is no method 'benders'; take one of extensive, hedging"),
        (["--states", "all", "--method", "hedging"], 'python -m pip install "fabopt[decomposition]"'),
        (["--method", "lshaped"], "are those of several states"),
        (["--journal", "asked.jsonl"], "are those of several states"),
        (["--states", "all", "--journal", "asked.jsonl"], "it goes with --method lshaped"),
        (["--states", "all", "--workers", "2"], "go with --method lshaped, which asks branches over them"),
        (["--states", "all", "--method", "lshaped", "--heuristic", "rolling"], "--heuristic goes with --method"),
    ],
)
def test_what_a_method_cannot_do_is_refused(options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mpisppy", None)
    monkeypatch.delitem(sys.modules, "mpisppy.opt.ph", raising=False)
    assert main(["solve", str(PROGRAMS / "farmer"), "--out", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lshaped", "hedging"])
def test_of_a_chain_with_whole_orders_throughout_both_ends_enclose_what_one_program_proves(method):
    """Its first decisions are held by rows of their own alone: no branch could choose them without these."""
    if method == "hedging":
        pytest.importorskip("mpisppy")
    instance = fabopt.load(PROGRAMS.parent / "tutorial")
    one, result = (instance.solve(states="all", method=m, gap=0.01) for m in ("extensive", method))
    assert result.objective <= one.bound * (1 + 1e-9)
    assert result.bound >= one.objective * (1 - 1e-9)
    assert result.gap <= 0.02
