"""What is to be signed: amounts, years, prices and payments against the data they come from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting_cases import MADE, STOCK, chip, die, grounded, site, solved, tree

from fabopt.analysis.memo.ground import Ground
from fabopt.analysis.memo.late import Delay, Delays
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.records import Amount, Memo, Signature
from fabopt.analysis.memo.signable import signables
from fabopt.analysis.memo.signatures import dated, loss_within, order_of_weight, signature
from fabopt.analysis.memo.standing import first_to_sign
from fabopt.analysis.replan import Again, Answer
from fabopt.plan.plan import Plan

POWER = {"curve": {10: 20, 80: 90}, "lead": 12, "max_total": 80, "life": 3}
"""80 MW for 90 M USD, a year ahead, which stand to the end of the horizon."""

CLOUD = {
    "name": "Cloud",
    "buyer": "lab",
    "supplier": "cloud",
    "goods": {"compute": ["work"]},
    "maximum": 50,
    "price": 1,
    "option": {"premium": 7},
    "prepayment": 30,
}
"""An option on 50,000 H100 equivalents at 1 USD an hour, outside the instance."""

DEAL = {
    "name": "Deal",
    "buyer": "lab",
    "supplier": "d",
    "goods": {"chips": ["a"]},
    "maximum": 10,
    "price": 18_000,
    "signed": "2026-01-01",
}
"""Signed before the plan: at most 10,000 chips a month at 18,000 USD."""


def signed(ground: Ground) -> dict[str, Signature]:
    """All signatures of a lab by id, without dates."""
    found = (signature(ground, what) for what in signables(ground.plan, ground.lab))
    return {one.id: one for one in found if one is not None}


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A plan with a purchase, power, a signed contract and an option."""
    raw = tree(contracts={"cloud-deal": CLOUD, "deal": DEAL}, sites={"site": site(power=20, expansion=POWER)})
    return grounded(solved(raw, tmp_path_factory.mktemp("kinds")))


def by_year(found: Signature) -> dict[str, float]:
    """How much by year, which is the instance's period."""
    return {year: amount.value for year, amount in found.schedule}


def money(found: Signature) -> list[float | None]:
    """Price, payment and prepayment."""
    return [None if a is None else a.value for a in (found.price, found.paid, found.prepayment)]


def test_a_purchase_is_told_by_chip_and_year(all_kinds: Ground) -> None:
    found = signed(all_kinds)["accelerators:lab:a"]
    assert (found.kind, found.what, found.supplier) == ("accelerators", "Chip", "Designer")
    assert (found.amount.value, found.amount.unit) == (pytest.approx(STOCK + MADE), "kaccelerator")
    assert by_year(found) == pytest.approx({"2027": STOCK, "2028": MADE})
    assert (found.first, found.last) == ("2027", "2028")
    assert money(found) == [pytest.approx(20_000), pytest.approx(20.0 * (STOCK + MADE)), None]
    assert found.under == ("Deal",)
    assert not found.signed


def test_a_price_that_moves_is_told_with_its_ends(tmp_path: Path) -> None:
    """20,000 are shipped at 20,000 USD and 80,000 at 15,000 USD: 16,000 USD on average."""
    price = {"linear": {"2027-07-02": 20_000, "2028-07-01": 15_000}}
    ground = grounded(solved(tree(chips={"a": chip(stock=STOCK, price=price)}), tmp_path))
    found = signed(ground)["accelerators:lab:a"].price
    assert found is not None
    transfers = ground.read("domain/transfers")
    own = transfers[transfers["what"] == "accelerators"].set_index("period")["price"]
    assert own["2027"] > own["2028"]
    assert (found.low, found.high) == (pytest.approx(own["2028"]), pytest.approx(own["2027"]))
    assert found.value == pytest.approx(0.2 * own["2027"] + 0.8 * own["2028"])


def test_a_price_that_is_assumed_is_marked_where_it_is_to_be_signed(tmp_path: Path) -> None:
    price = {"value": 20_000, "unit": "USD/accelerator", "low": 15_000, "high": 25_000, "assumed": True}
    ground = grounded(solved(tree(chips={"a": chip(stock=STOCK, price=price)}), tmp_path))
    found = signed(ground)["accelerators:lab:a"].price
    assert found is not None
    assert found.confidence == "assumption"


def test_power_is_told_by_site_and_by_the_year_in_which_it_is_there(all_kinds: Ground) -> None:
    found = signed(all_kinds)["power:site"]
    assert (found.kind, found.what, found.supplier) == ("power", "Site", "Lab")
    assert (found.amount.value, found.amount.unit) == (pytest.approx(80), "MW")
    assert by_year(found) == pytest.approx({"2028": 80})
    assert (found.first, found.last, found.lead) == ("2028", "2028", 1)
    assert money(found) == [pytest.approx(90e6 / 80), pytest.approx(90), None]


def test_an_option_that_the_plan_takes_is_advice(all_kinds: Ground) -> None:
    found = signed(all_kinds)["cloud-deal"]
    assert (found.kind, found.what, found.supplier, found.signed) == ("compute", "Cloud", "cloud", False)
    assert (found.amount.value, found.amount.unit_text) == (pytest.approx(4 * 50), "kH100e x period")
    assert by_year(found) == pytest.approx(dict.fromkeys(("2027", "2028", "2029", "2030"), 50))
    assert money(found) == [pytest.approx(8766), pytest.approx(4 * 50 * 8.766 + 7), pytest.approx(30)]


def test_payments_under_a_contract_are_all_that_is_paid_under_it(all_kinds: Ground) -> None:
    """The premium of 7 and the prepayment of 30, which is credited at once, are in the first of four equal years."""
    found = signed(all_kinds)["cloud-deal"]
    assert found.paid is not None
    paid = {label: amount.value for label, amount in found.payments}
    assert paid == pytest.approx({"2027": 50 * 8.766 + 7} | dict.fromkeys(("2028", "2029", "2030"), 50 * 8.766))
    assert sum(paid.values()) == pytest.approx(found.paid.value)


def test_what_is_paid_and_not_taken_is_paid_under_a_contract(tmp_path: Path) -> None:
    """At least 2,500 chips a month at 18,000 USD, which is 30,000 in a year that has 20,000."""
    deal = {**DEAL, "minimum": 2.5, "maximum": 100, "by": "window", "duration": 12, "signed": "2027-01-01"}
    found = signed(grounded(solved(tree(contracts={"deal": deal}), tmp_path)))["deal"]
    assert found.paid is not None
    assert {label: amount.value for label, amount in found.payments} == pytest.approx({"2027": 18.0 * 30})
    assert found.paid.value == pytest.approx(18.0 * 30)


def test_what_is_signed_stands_and_is_no_advice(all_kinds: Ground) -> None:
    found = signed(all_kinds)["deal"]
    assert (found.kind, found.signed) == ("contract", True)
    assert by_year(found) == pytest.approx({"2027": STOCK, "2028": MADE})
    assert money(found) == [pytest.approx(18_000), pytest.approx(18.0 * (STOCK + MADE)), None]


def test_a_contract_with_the_id_of_a_company_does_not_name_it(tmp_path: Path) -> None:
    found = signed(grounded(solved(tree(contracts={"d": DEAL}), tmp_path)))
    assert (found["accelerators:lab:a"].supplier, found["d"].supplier) == ("Designer", "Designer")


def test_an_option_that_the_plan_leaves_is_no_signature(tmp_path: Path) -> None:
    """At 3 USD an hour compute costs more than it is worth."""
    raw = tree(contracts={"cloud-deal": {**CLOUD, "price": 3}})
    assert "cloud-deal" not in signed(grounded(solved(raw, tmp_path)))


def test_an_order_that_is_pinned_is_signed(tmp_path: Path) -> None:
    raw = tree(sites={"site": site(power=20, expansion=POWER)}, pins={"units": {"build:site:2": {"2027": 80}}})
    assert signed(grounded(solved(raw, tmp_path)))["power:site"].signed


def test_wafers_for_an_own_chip_are_bought_of_the_foundry(tmp_path: Path) -> None:
    """The designer belongs to the lab: no chips are bought, but 8,000 wafers of ten dies for 80,000 of them."""
    raw = tree(designers={"d": {"name": "Designer", "region": "here", "lab": "lab"}})
    found = signed(grounded(solved(raw, tmp_path)))
    assert list(found) == ["wafers:lab:foundry:n"]
    wafers = found["wafers:lab:foundry:n"]
    assert (wafers.kind, wafers.amount.unit_text) == ("capacity", "kwafer")
    assert by_year(wafers) == pytest.approx({"2027": MADE / 10})
    assert money(wafers) == [pytest.approx(20_000), pytest.approx(MADE / 10 * 20), None]


def test_another_labs_purchases_are_not_this_labs(tmp_path: Path) -> None:
    raw: dict[str, Any] = tree(dies={"die": die("d")})
    raw["labs"]["rival"] = {**raw["labs"]["lab"], "name": "Rival"}
    raw["sites"]["other"] = site(lab="rival")
    result = solved(raw, tmp_path)
    ours, theirs = (signed(grounded(result, lab)) for lab in ("lab", "rival"))
    shipped = result.table("domain/shipments").groupby("lab")["kaccelerator"].sum()
    assert ours["accelerators:lab:a"].amount.value == pytest.approx(shipped["lab"])
    assert theirs["accelerators:rival:a"].amount.value == pytest.approx(shipped["rival"])


@pytest.mark.parametrize(
    ("left", "bound", "verdict"),
    [(900.0, 950.0, "leave"), (800.0, 980.0, "undecided"), (800.0, 850.0, "sign"), (-np.inf, 850.0, "sign"),
     (-np.inf, 980.0, "undecided"), (-np.inf, np.inf, "undecided"), (-np.inf, -np.inf, "sign")],
)  # fmt: skip
def test_a_signature_is_advised_where_no_plan_without_it_comes_near(
    all_kinds: Ground, left: float, bound: float, verdict: str
) -> None:
    """Of a plan worth 1,000 (of which no plan is worth more), so much is left without; 100 may be lost."""
    again = Again(all_kinds.plan)
    gone = again.base - 1000.0
    what = next(s for s in signables(all_kinds.plan, "lab") if s.id == "cloud-deal")
    plain = signature(all_kinds, what)
    assert plain is not None
    x = None if left == -np.inf else all_kinds.plan.x
    found = dated(all_kinds, plain, Delay(0, {}, Answer(left + gone, bound + gone, x)), again, 100.0)
    assert found.verdict == verdict
    if np.isfinite(bound):
        assert found.without is not None
        assert found.without.low == pytest.approx(1000.0 - bound)
        assert found.without.high == (None if left == -np.inf else pytest.approx(1000.0 - left))


def test_the_plans_own_doubt_is_what_it_may_lose_more(all_kinds: Ground) -> None:
    """A better plan by 10 loses 10 more without it, and no less than this one does."""
    run = dataclasses.replace(all_kinds.of.run, bound=all_kinds.of.objective + 10.0)
    doubtful = dataclasses.replace(all_kinds, of=Plan(run, all_kinds.of.table, all_kinds.of.instance))
    again = Again(all_kinds.plan)
    value = again.base - 50.0
    assert loss_within(doubtful, again, Answer(value, value, None)) == pytest.approx((50.0, 60.0))


def test_a_schedule_is_worth_its_price_up_to_what_is_lost_without_it(all_kinds: Ground) -> None:
    """100 thousand chips: what is lost without them, 400 to 1,000 M USD, may be paid on top."""
    again, what = Again(all_kinds.plan), next(s for s in signables(all_kinds.plan, "lab") if s.kind == "accelerators")
    plain = signature(all_kinds, what)
    assert plain is not None
    left = Answer(again.base - 1000.0, again.base - 400.0, all_kinds.plan.x)
    found = dated(all_kinds, plain, Delay(0, {}, left), again, 1.0)
    assert found.break_even is not None
    assert found.break_even.value == pytest.approx(20_000 + 400e6 / 100e3)
    assert found.break_even.high == pytest.approx(20_000 + 1000e6 / 100e3)


def test_each_order_of_power_is_a_signature_with_its_own_payments(tmp_path: Path) -> None:
    """30 MW of the second size are pinned in 2027, beside which the plan orders 30 of the first, and 20 MW in 2028."""
    grow = {"curve": {10: 20, 80: 90}, "lead": 12, "max_total": 80, "life": 3}
    pins = {"build:site:2": {"2027": 30, "2028": 20}}
    ground = grounded(solved(tree(sites={"site": site(power=20, expansion=grow)}, pins={"units": pins}), tmp_path))
    (power,) = (what for what in signables(ground.plan, "lab") if what.id == "power:site")
    orders = [signature(ground, one) for one in power.orders(ground.plan)]
    assert [(one.id, one.whole) for one in orders if one] == [
        ("power:site:2027", "power:site"), ("power:site:2028", "power:site"),
    ]  # fmt: skip
    assert [by_year(one) for one in orders if one] == [{"2028": pytest.approx(60)}, {"2029": pytest.approx(20)}]
    whole = signature(ground, power)
    assert whole is not None
    assert whole.paid is not None
    assert sum(one.paid.value for one in orders if one and one.paid) == pytest.approx(whole.paid.value)


def test_all_that_is_paid_adds_up_to_the_budget_and_to_what_is_to_be_signed(mine: Ground) -> None:
    """By supplier and period, against the tables of the lab's plan, which budgets were held against."""
    cash = Cash.of(mine)
    labels = [period.label for period in mine.net.periods]
    total = cash.total()
    spending = mine.read("domain/spending").query("party == 'aurora'")
    assert len(spending) == 3
    for row in spending.itertuples():
        window = slice(labels.index(row.first), labels.index(row.last) + 1)
        assert total[window].sum() == pytest.approx(row.spent)
    assert [year.spent.value for year in cash.budget()] == pytest.approx(spending["spent"].tolist()[:2])
    by_period = dict.fromkeys(labels, 0.0)
    for outlay in cash.outlays():
        for label, amount in outlay.by_period:
            by_period[label] += amount.value
    assert list(by_period.values()) == pytest.approx(total.tolist())
    moved = mine.read("domain/transfers").query("payer == 'aurora'").groupby("payee")["amount"].sum()
    paid = {mine.called(payee): amount for payee, amount in moved.items()}
    suppliers = [one for one in cash.outlays() if one.supplier]
    assert {one.supplier: sum(a.value for _, a in one.by_period) for one in suppliers} == pytest.approx(paid)
    own = {o.what: o for o in cash.outlays() if not o.supplier}
    ran = mine.read("core/costs").query("term == 'activity_cost' and lab == 'aurora' and reported")
    for what, role in (("systems", "shipment"), ("running", "operation")):
        assert own[what].total.value == pytest.approx(-ran.loc[ran["role"] == role, "amount"].sum())
    for outlay in cash.outlays():
        assert outlay.later is not None
        whole = sum(amount.value for _, amount in outlay.by_period)
        assert outlay.total.value + outlay.later.value == pytest.approx(whole)
    orders = [signature(mine, one, cash) for what in signables(mine.plan, "aurora") for one in what.orders(mine.plan)]
    built = [one for one in orders if one is not None and one.kind == "power"]
    assert built
    for label in labels:
        due = sum(amount.value for one in built for when, amount in one.payments if when == label)
        assert due == pytest.approx(sum(a.value for when, a in own["orders"].by_period if when == label))
    for one in orders:
        if one is not None:
            assert one.amount.value == pytest.approx(sum(amount.value for _, amount in one.schedule))
            assert one.paid is not None
            assert one.paid.value == pytest.approx(sum(amount.value for _, amount in one.payments))


def test_the_first_to_sign_is_the_most_urgent_that_is_advised(all_kinds: Ground) -> None:

    again = Again(all_kinds.plan)
    search = Delays(again, 3, 500.0)
    found = []
    for what in signables(all_kinds.plan, "lab"):
        one = signature(all_kinds, what)
        if one is not None and not one.signed:
            without = search.without(what)
            found.append(dated(all_kinds, one, search.search(what, without, lambda _: True), again, 500.0))
    dates = {one.id: one.decide_by for one in found}
    assert dates == {"accelerators:lab:a": "2027", "power:site": "2027", "cloud-deal": "2028"}
    first = first_to_sign(found)
    assert first is not None
    assert first.id == "accelerators:lab:a"  # worth more than the power for four fifths of them
    open_ = [dataclasses.replace(one, verdict="undecided") for one in found]
    assert first_to_sign(open_) is None


def test_what_is_most_urgent_is_advised_first(aurora: Memo) -> None:
    """By date, then by what a period later costs, where no plan may wait first; what has no date is last."""

    def made(id: str, by: str, later: float | None, never: float | None) -> Signature:
        lost = [None if value is None else Amount(value, "MUSD", "by hand") for value in (later, never)]
        return dataclasses.replace(
            aurora.signatures[0], id=id, decide_by=by, waiting=lost[0], without=lost[1], verdict="sign"
        )

    given = (
        made("open", "", None, 9.0), made("late", "2027Q2", 8.0, 8.0), made("less", "2027Q1", 1.0, 9.0),
        made("more", "2027Q1", 2.0, 3.0), made("none", "2027Q1", None, None), made("same", "2027Q1", 1.0, None),
    )  # fmt: skip
    signed = dataclasses.replace(made("deal", "2027Q1", 9.0, 9.0), signed=True)
    memo = dataclasses.replace(aurora, signatures=(*given, signed))
    assert [one.id for one in memo.advice] == ["none", "more", "same", "less", "late", "open"]
    assert first_to_sign(memo.signatures[:3]) == given[2]


def test_the_memos_signatures_are_in_the_order_of_their_worth(aurora: Memo, mine: Ground) -> None:
    """Falcon first: the lab loses most without it."""
    assert [one.id for one in aurora.signatures] == [
        "accelerators:aurora:falcon", "accelerators:aurora:slate", "power:plains",
    ]  # fmt: skip
    assert list(order_of_weight(tuple(reversed(aurora.signatures)))) == list(aurora.signatures)
    worths = [s.without.value for s in aurora.signatures if s.without is not None]
    assert worths == sorted(worths, reverse=True)
    assert aurora.headline.sign == "Falcon"
    assert {s.id for s in aurora.signatures} == {w.id for w in signables(mine.plan, "aurora") if w.taken(mine.plan)}


@pytest.mark.parametrize("unit", [1e-8, 1e-3, 1e3])
def test_what_is_to_be_signed_is_the_same_however_little_of_it_is_bought(unit: float, tmp_path: Path) -> None:
    raw = tree(chips={"a": chip(stock=STOCK * unit)}, sites={"site": site(power=100 * unit)})
    raw["labs"]["lab"]["demand"]["total"] *= unit
    raw["fabs"]["fab"]["wafer_starts"] *= unit
    ground = grounded(solved(raw, tmp_path))
    found = signed(ground)
    assert list(found) == ["accelerators:lab:a"]
    amounts = {year: amount / unit for year, amount in by_year(found["accelerators:lab:a"]).items()}
    assert amounts == pytest.approx({"2027": STOCK, "2028": MADE})
    (what,) = (one for one in signables(ground.plan, ground.lab) if one.id == "accelerators:lab:a")
    assert what.taken(ground.plan)
    assert not what.pinned(ground.plan)


def test_an_order_of_power_is_of_the_lab_itself_and_tells_the_parts_that_are_bought_beside_it(tmp_path: Path) -> None:
    """80 MW for 90 M USD take 160 pieces at 0.1 M USD each of their makers: 16 M USD that are no part of the 90."""
    source = {"owner": "makers", "region": "here", "capacity": 1, "price": 100_000, "lead": 0, "gross_margin": 0.2}
    parts = {
        "name": "Switch rooms", "unit": "piece", "per": "MW of site", "amount": 2, "sources": {"s": source},
    }  # fmt: skip
    raw = tree(
        sites={"site": site(power=20, expansion=POWER)},
        components={"room": parts},
        parties={"makers": {"name": "Makers"}},
    )
    ground = grounded(solved(raw, tmp_path))
    found = signed(ground)
    power, bought = found["power:site"], found["components:lab:makers:room"]
    assert (power.supplier, power.part_suppliers, power.serves) == ("Lab", ("Makers",), "")
    assert [(part.what, part.suppliers) for part in power.parts] == [("Switch rooms", ("Makers",))]
    assert power.parts[0].amount.value == pytest.approx(bought.amount.value)
    assert power.parts_paid is not None
    assert bought.paid is not None
    assert (power.parts_paid.value, bought.paid.value) == (pytest.approx(16), pytest.approx(16))
    assert money(power)[1] == pytest.approx(90)
    assert (bought.supplier, bought.serves, bought.parts) == ("Makers", "sites", ())
