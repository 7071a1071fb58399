"""One number for one thing: every way to ask a plan about a limit, a chip or an order gives the same number."""

import pytest

import fabopt
from fabopt.analysis.plan_tables import holding
from fabopt.report.text import amount

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
    study = result.choke_points(draws=0, top=6, budget=60).records
    return {record.label.partition(" (")[0]: record for record in study.limits}


@pytest.fixture(scope="module")
def portfolios(result):
    return {lab: result.portfolio(lab).records for lab in LABS}


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


def test_ten_per_cent_of_a_limit_is_worth_the_same_in_choke_and_memo(limits, choke, memos):
    asked = 0
    for memo in memos.values():
        for relief in memo.reliefs:
            name = relief.limit.partition(" (")[0]
            if relief.to_all is not None and name in choke:
                assert relief.to_all.value == approx(choke[name].step("+10 %").plan_gain, rel=1e-6), name
                asked += 1
    assert asked >= 5


def test_a_chip_has_the_same_numbers_in_show_portfolio_and_memo(result, portfolios, memos):
    shipped, mix = result.table("shipments"), result.table("chip_mix")
    asked = 0
    for lab in LABS:
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


def test_an_order_has_the_same_numbers_in_show_alternatives_and_memo(result, memos):
    orders, shipped = result.table("orders"), result.table("shipments")
    mine = orders[orders["reported"]].groupby("id")["ordered"].sum()
    spread = {s.id: s for s in result.alternatives(0.01, budget=60).records.spreads}
    known = [id for id in mine.index if id in spread]
    assert len(known) >= 4
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


def test_a_supplier_has_the_same_share_in_show_portfolio_and_memo(result, portfolios, memos):
    exposure = result.table("exposure")
    asked = 0
    for lab in LABS:
        at = exposure[(exposure["lab"] == lab) & (exposure["period"] == portfolios[lab].until)]
        shares = {(row.kind, row.supplier): row.share for row in at.itertuples()}
        for one in portfolios[lab].exposure:
            if one.period == portfolios[lab].until:
                assert one.share == approx(shares[one.kind, one.supplier])
        for source in memos[lab].sources if lab in memos else ():
            assert any(source.share.value == approx(share) for share in shares.values()), source.supplier
            asked += 1
    assert asked >= 5
