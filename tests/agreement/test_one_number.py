"""One number for one thing: every way to ask a plan about a limit, a chip or an order gives the same number."""

import pytest

import fabopt
from fabopt.analysis.alternatives.study import AlternativesOptions, alternatives
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.study import choke_points
from fabopt.analysis.plan_tables import holding
from fabopt.analysis.portfolio.study import portfolio
from fabopt.domain.tolerances import MILD
from fabopt.plan.seen import seen_by
from fabopt.report.text import amount
from fabopt.solve.budget import TimeBudget

LABS = ("aurora", "borealis")
approx = pytest.approx


@pytest.fixture(scope="module")
def result(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


@pytest.fixture(scope="module")
def limits(result):
    """The five limits that hold the plan back most, as `solve` and `show` tell them."""
    return holding(result.table("core/limits"), 5)


@pytest.fixture(scope="module")
def choke(result):
    """What the study tells of each limit when it has taken its finite steps, after which it is ended."""
    budget = TimeBudget(tell=lambda step, _: budget.cancel() if step == "finite steps" else None)
    study = choke_points(result.plan, ChokeOptions(draws=0, top=6), budget)
    return {record.label.partition(" (")[0]: record for record in study.limits}


@pytest.fixture(scope="module")
def own(result):
    """The plan of the lab that the memo is written for, everybody else held at the tutorial's."""
    return seen_by(result.plan, LABS[0], TimeBudget(), gap=MILD)


@pytest.fixture(scope="module")
def portfolios(result, own):
    """Of the lab that has a memo in its own plan, of the other in that of all."""
    plans = {LABS[0]: own, LABS[1]: result.plan}
    return {lab: portfolio(plan, lab) for lab, plan in plans.items()}


@pytest.fixture(scope="module")
def memos(aurora_folder):
    """The memo of one lab with time for all its parts: the longest of the studies, so it is not written for both."""
    return {LABS[0]: fabopt.load_memo(aurora_folder).memo}


def test_a_unit_of_a_limit_is_worth_the_same_in_show_choke_and_explain(result, limits, choke):
    shown = str(result.answer)
    for limit in limits:
        record = choke[limit.name]
        (price,) = (m for m in record.marginals if m.basis == "integers held")
        assert price.right * (1.0 - 1e-6) <= limit.price <= price.left * (1.0 + 1e-6), limit.name
        assert f"{amount(limit.price)} per {limit.unit}" in shown
        one = result.explain(next_unit=record.id).records
        assert one.gain <= limit.price * (1.0 + 1e-6)
        step = record.step("+1 unit")
        assert one.gain == approx(step.plan_gain, rel=1e-6)


def test_ten_per_cent_and_a_unit_of_a_limit_are_worth_the_same_in_choke_and_memo(own, memos):
    study = choke_points(own, ChokeOptions(draws=0, top=6), TimeBudget(60))
    asked = 0
    for relief in memos[LABS[0]].reliefs:
        record = study.limit(relief.limit)
        assert relief.to_lab.value == approx(record.gain, rel=1e-6)
        assert relief.a_unit.value == approx(record.marginals[0].right, rel=1e-6)
        asked += 1
    assert asked >= 2


def test_what_a_lab_pays_and_signs_is_the_same_in_show_and_memo(own, memos):
    """By window of its budget, by supplier, and each order."""
    memo, spending = memos[LABS[0]], own.table("spending").query("party == @LABS[0]")
    assert [year.spent.value for year in memo.budget] == approx(spending["spent"].tolist()[: len(memo.budget)])
    assert memo.standing.value.value == approx(own.objective)
    moved = own.table("transfers").query("payer == @LABS[0]")
    for one in memo.signatures:
        if one.kind == "accelerators":
            rows = moved[moved["item"] == one.id.rpartition(":")[2]]
            assert one.paid.value == approx(rows[rows["reported"]]["amount"].sum())
            due = rows.set_index("period")["amount"].to_dict()
            assert {label: amount.value for label, amount in one.payments} == approx(due)
    kept = own.table("perspective").query("party == @LABS[0]")["amount"].sum()
    assert kept == approx(memo.standing.value.value)


def test_a_chip_has_the_same_numbers_in_show_portfolio_and_memo(result, own, portfolios, memos):
    asked = 0
    for lab, plan in zip(LABS, (own, result.plan), strict=True):
        shipped, mix = plan.table("shipments"), plan.table("chip_mix")
        mine = shipped[(shipped["lab"] == lab) & shipped["reported"]].groupby("chip")["kaccelerator"].sum()
        memo = memos.get(lab)
        reasons = {} if memo is None else {reason.chip: reason for reason in memo.reasons}
        for case in portfolios[lab].chips:
            assert case.bought == approx(mine.get(case.chip, 0.0))
            last = mix[(mix["lab"] == lab) & (mix["chip"] == case.chip) & (mix["period"] == portfolios[lab].until)]
            of = mix[(mix["lab"] == lab) & (mix["period"] == portfolios[lab].until)]["kh100e"].sum()
            share = last["kh100e"].sum() / of
            parts = [p for p in portfolios[lab].mix if p.chip == case.chip and p.period == portfolios[lab].until]
            assert sum(part.kh100e for part in parts) / of == approx(share)
            asked += 1
            if memo is None:
                continue
            assert reasons[case.chip].standing == case.standing
            if reasons[case.chip].loss is not None:
                assert reasons[case.chip].loss.value == approx(case.loss)
            years = [row for row in memo.mix if row.chip == case.chip]
            assert sum(row.shipped.value for row in years) == approx(case.bought)
            if years:
                assert years[-1].share.value == approx(share)
    assert asked >= 5


def test_an_order_has_the_same_numbers_in_show_alternatives_and_memo(own, memos):
    orders, shipped = own.table("orders"), own.table("shipments")
    mine = orders[orders["reported"]].groupby("id")["ordered"].sum()
    spread = {s.id: s for s in alternatives(own, AlternativesOptions(within=0.01), TimeBudget(60)).spreads}
    known = [id for id in mine.index if id in spread]
    assert known
    for id in known:
        assert spread[id].now == approx(mine[id])
    asked = 0
    for memo in memos.values():
        for one in memo.signatures:
            if one.kind == "power":
                site = one.id.partition(":")[2]
                units = [id for id in mine.index if id.startswith(f"build:{site}:")]
                assert one.amount.value == approx(sum(mine[id] for id in units))
                asked += 1
            if one.kind == "accelerators":
                chip = one.id.rpartition(":")[2]
                rows = shipped[(shipped["lab"] == memo.lab) & (shipped["chip"] == chip) & shipped["reported"]]
                assert one.amount.value == approx(rows["kaccelerator"].sum())
                asked += 1
        for choice in memo.choices:
            same = [one for one in spread.values() if one.name == choice.name]
            assert any(choice.now.value == approx(one.now) for one in same)
            asked += 1
    assert asked >= 5


def test_a_supplier_has_the_same_share_in_show_portfolio_and_memo(result, own, portfolios, memos):
    asked = 0
    for lab, plan in zip(LABS, (own, result.plan), strict=True):
        exposure = plan.table("exposure")
        at = exposure[(exposure["lab"] == lab) & (exposure["period"] == portfolios[lab].until)]
        shares = {(row.kind, row.supplier): row.share for row in at.itertuples()}
        for one in portfolios[lab].exposure:
            if one.period == portfolios[lab].until:
                assert one.share == approx(shares[one.kind, one.supplier])
        for source in memos[lab].sources if lab in memos else ():
            assert any(source.share.value == approx(share) for share in shares.values()), source.supplier
            asked += 1
    assert asked >= 5
