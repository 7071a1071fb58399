"""One number for one thing: every way to ask a plan about a limit, a chip or an order gives the same number."""

import dataclasses
import re

import pytest

import fabopt
from fabopt.analysis.alternatives.study import AlternativesOptions, alternatives
from fabopt.analysis.choke import study
from fabopt.analysis.choke.options import ChokeOptions
from fabopt.analysis.choke.study import choke_points
from fabopt.analysis.explain.next_unit import limit_asked, who_gets
from fabopt.analysis.memo.records import Amount
from fabopt.analysis.memo.study import SEARCH
from fabopt.analysis.plan_tables import holding
from fabopt.analysis.portfolio.study import portfolio
from fabopt.domain.tolerances import MILD
from fabopt.domain.unit_words import unit_words
from fabopt.io.levers import list_levers
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
    with pytest.MonkeyPatch.context() as patch:  # the dearest part, which says nothing of one limit
        patch.setattr(study._Study, "_shares", lambda self: None)
        found = result.choke_points(draws=0, top=6, budget=60).records
    return {record.label.partition(" (")[0]: record for record in found.limits}


@pytest.fixture(scope="module")
def own(result):
    """The plan of the lab that the memo is written for, everybody else held at the tutorial's."""
    return seen_by(result.plan, LABS[0], TimeBudget(), gap=MILD)


@pytest.fixture(scope="module")
def own_choke(own):
    """Of the lab's own plan, as the memo asks."""
    return choke_points(own, ChokeOptions(draws=0), TimeBudget(60))


@pytest.fixture(scope="module")
def near(own):
    """Plans of the lab nearly as good, as the memo asks."""
    return alternatives(own, AlternativesOptions(within=0.01, seconds=SEARCH), TimeBudget(60))


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
        assert f"{amount(limit.price)} per {unit_words(limit.unit, one=True)}" in shown
        one = result.explain(next_unit=record.id).records
        assert one.gain <= limit.price * (1.0 + 1e-6)
        step = record.step("+1 unit")
        assert one.gain == approx(step.plan_gain, rel=1e-6)


def test_ten_per_cent_and_a_unit_of_a_limit_are_worth_the_same_in_choke_explain_and_memo(own, own_choke, memos):
    asked = 0
    for relief in memos[LABS[0]].reliefs:
        record = own_choke.limit(relief.limit)
        assert relief.to_lab.value == approx(record.gain, rel=1e-6)
        assert relief.a_unit.value == approx(record.marginals[0].right, rel=1e-6)
        group = limit_asked(own.solved, record.id, own.name)
        assert who_gets(own.solved, group, None, own.unit).gain <= relief.a_unit.value * (1.0 + 1e-6)
        asked += 1
    assert asked >= 2


def amounts(record):
    """Every number of a record of the memo, however deep."""
    if isinstance(record, Amount):
        yield record
    elif dataclasses.is_dataclass(record):
        for field in dataclasses.fields(record):
            yield from amounts(getattr(record, field.name))
    elif isinstance(record, tuple):
        for item in record:
            yield from amounts(item)


RESOLVED = ("re-solve: ", "tornado: ", "own silicon: ", "asked: ", "sweep: ", "domain/", "core/", "paid by ")
"""What no other verb tells, or is looked up cell by cell in the test of the memo; what is paid is added up below."""


class Elsewhere:
    """What other verbs and the instance say of the lab's plan, by the origins that the memo names."""

    def __init__(self, own, study, case, near, memo):
        self.own, self.near, self.memo = own, near, memo
        self.limits = {limit.id: limit for limit in study.limits}
        self.chips = {chip.chip: chip for chip in case.chips}
        self.spreads = {spread.id: spread for spread in near.spreads}
        self.levers = {lever.path: lever.quantity for lever in list_levers(own.data)}

    def value(self, found):
        """The number behind an origin; None where no verb has it."""
        for pattern, says in (
            (r"choke: (.+), \+10 %(.*)", self.relief),
            (r"choke: (.+), (one unit in every period)", self.unit),
            (r"choke: (.+), worth by period in (.+)", self.year),
            (r"portfolio: (.+?) (?:of|without) (\S+).*", self.chip),
            (r"alternatives: (.+), (now|least|most)", self.spread),
            (r"alternatives: mix by (\S+), (.+)", self.mix),
            (r"alternatives: (within) (.+)", lambda *_: self.near.allowed),
            (r"manifest: (\S+)( - objective)?", self.manifest),
            (r"instance: (\S+)(?: in (\S+))?", self.number),
            (r"payments of (\S+), (discounted)", self.paid),
        ):
            if (match := re.fullmatch(pattern, found.origin)) is not None:
                return says(found, match[1], match[2])
        return None

    def relief(self, found, limit, what):
        record = self.limits[limit]
        if found.unit == "as written":
            return record.step("+10 %").amount
        return {
            "": record.gain,
            ", cheapest lever": record.handling.cost if record.handling else None,
            " after its lead time": record.relief.gain_after_lead if record.relief else None,
        }[what]

    def unit(self, found, limit, what):
        return self.limits[limit].marginals[0].right if self.limits[limit].marginals else 0.0

    def year(self, found, limit, year):
        record, periods = self.limits[limit], self.own.net.periods
        worth = sum(record.worth_by_period[p.index] for p in periods if p.reported and str(p.start.year) == year)
        return min(worth, record.gain)

    def chip(self, found, what, chip):
        case = self.chips[chip]
        if what == "loss":
            return case.loss
        return {"price": case.entry.price, "entry price": case.entry.below}[what]

    def spread(self, found, id, end):
        spread = self.spreads[id]
        return {"now": spread.now, "least": spread.least.hi, "most": spread.most.lo}[end]

    def mix(self, found, kind, how):
        (one,) = (o for m in self.near.mixes if m.kind == kind for o in m.others if how.partition(", ")[0] == o.how)
        if found.unit == "share":
            return one.moved
        if found.unit == "MUSD":
            return max(self.near.objective - one.objective, 0.0)
        (change,) = (c for c in one.changes if c.id == how.partition(", ")[2])
        return next(value for value in (change.now, change.there) if value == approx(found.value))

    def manifest(self, found, what, less):
        own = self.own
        return {"objective": own.objective, "bound": own.doubt if less else own.run.bound, "gap": own.run.gap}[what]

    def number(self, found, path, label):
        quantity = self.levers[path]
        period = next((p for p in self.own.net.periods if p.label == label), None)
        return quantity.value if period is None else quantity.mean(period.start, period.end)

    def paid(self, found, id, _):
        """Of accelerators; of power what its schedule of payments comes to."""
        discount = {p.label: p.discount for p in self.own.net.periods}
        if id.startswith("accelerators:"):
            moved = self.own.table("transfers").query("payer == @LABS[0]")
            rows = moved[moved["item"] == id.rpartition(":")[2]]
            return sum(a * discount[p] for a, p in zip(rows["amount"], rows["period"], strict=True))
        (one,) = (signed for signed in self.memo.signatures if signed.id == id)
        return sum(amount.value * discount[label] for label, amount in one.payments)


def test_every_number_of_the_memo_is_that_of_the_verb_that_it_is_from(result, own, own_choke, portfolios, near, memos):
    """But for what it solves itself. What stands of the plan that everybody else is held at is told of that plan."""
    memo = memos[LABS[0]]
    elsewhere = Elsewhere(own, own_choke, portfolios[LABS[0]], near, memo)
    assert memo.given.value.value == approx(result.plan.objective)
    asked = {}
    for found in amounts(dataclasses.replace(memo, given=None)):
        if found.origin.startswith(RESOLVED):
            continue
        value = elsewhere.value(found)
        kind = found.origin.partition(":")[0]
        assert value is not None, found.origin
        assert found.value == approx(value, rel=1e-6, abs=1e-9), found.origin
        asked[kind] = asked.get(kind, 0) + 1
    assert {"choke", "alternatives", "manifest", "instance"} <= set(asked)
    assert asked["choke"] >= 6
    assert asked["instance"] >= 20


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


def test_an_order_has_the_same_numbers_in_show_alternatives_and_memo(own, near, memos):
    orders, shipped = own.table("orders"), own.table("shipments")
    mine = orders[orders["reported"]].groupby("id")["ordered"].sum()
    spread = {s.id: s for s in near.spreads}
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
