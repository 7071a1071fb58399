"""How far terms may move: by hand, and the plan made again where a term has moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from waiting_cases import MADE, STOCK, WORTH, chip, solved, tree

from fabopt.analysis.memo.ground import Ground, ground
from fabopt.analysis.memo.late import Delays
from fabopt.analysis.memo.outlay import Cash
from fabopt.analysis.memo.records import Amount, Memo, Signature
from fabopt.analysis.memo.signable import signables
from fabopt.analysis.memo.signatures import dated, signature
from fabopt.analysis.memo.walk_away import walk_away, walk_aways
from fabopt.analysis.memo.weighed import weigh
from fabopt.analysis.replan import Again
from fabopt.api import Result
from fabopt.domain.tolerances import MILD
from fabopt.plan.seen import seen_by
from fabopt.solve.budget import TimeBudget

DISCOUNT = {"2027": 1.0, "2028": 0.9, "2029": 0.8, "2030": 0.7}


def deal(**changes: object) -> Signature:
    """A hundred thousand, half in 2029 and half in 2030: 100 M USD on signature in 2028, then 1,000 and 2,000."""

    def money(value: float) -> Amount:
        return Amount(value, "MUSD", "by hand")

    made = Signature(
        id="deal",
        whole="deal",
        kind="accelerators",
        what="Chip",
        supplier="Designer",
        amount=Amount(100.0, "kaccelerator", "by hand"),
        schedule=(("2029", Amount(50.0, "kaccelerator", "")), ("2030", Amount(50.0, "kaccelerator", ""))),
        first="2029",
        last="2030",
        beyond=False,
        price=Amount(31_000.0, "USD", "by hand"),
        paid=money(3100.0),
        payments=(("2028", money(100.0)), ("2029", money(1000.0)), ("2030", money(2000.0))),
        prepayment=None,
        break_even=None,
        signed=False,
        planned="2028",
        decide_by="2028",
        lead=1,
        late=(),
        waiting=None,
        without=Amount(460.0, "MUSD", "re-solve", 230.0, 460.0),
        verdict="sign",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_terms_by_hand() -> None:
    """Payments of 90 + 800 + 1,400 = 2,290; it is proved to be worth 230, a tenth of them and a little.

    1,000 a year sooner cost 100, and 2,000 two years sooner 400: of these 500 230 / 500 may be asked. If it is
    cancelled 90 are lost: with a chance c it is worth (1 - c) 230 - c 90.
    """
    found = walk_away(deal(), DISCOUNT, "2029")
    assert found is not None
    assert (found.worth.value, found.due.value, found.latest) == (230.0, pytest.approx(2290.0), "2029")
    assert found.price is not None
    assert found.price.value == pytest.approx(31_000 * 2520 / 2290)
    assert found.least.value == pytest.approx(100 * 2290 / 2520)
    assert found.most.value == pytest.approx(100 * 2520 / 2290)
    assert found.prepaid.value == pytest.approx(230 / 500)
    assert found.cancelled.value == pytest.approx(230 / 320)


def test_what_is_worth_more_than_paying_all_at_once_may_be_prepaid_in_full() -> None:
    found = walk_away(deal(without=Amount(600.0, "MUSD", "re-solve", 600.0)), DISCOUNT)
    assert found is not None
    assert (found.prepaid.value, found.latest) == (1.0, "")


def test_terms_of_power_chips_and_memory_come_before_those_of_parts_the_most_expensive_first() -> None:
    """Of a plan that was rolled on to 2028, what was paid in 2027 exposes nothing."""

    def made(id: str, paid: float, **changes: object) -> Signature:
        payments = (("2027", Amount(1e6, "MUSD", "")), ("2028", Amount(paid, "MUSD", "")))
        return deal(id=id, whole=id, payments=payments, **changes)

    signed = (
        made("racks", 900.0, kind="capacity", goods="components"),
        made("stacks", 200.0, kind="capacity", goods="hbm"),
        made("site:2028", 100.0, kind="power"),
        made("chips", 300.0, goods="accelerators"),
        made("deal", 50.0, kind="contract", signed=True, verdict="not run"),
        made("idle", 50.0, kind="contract", signed=True, verdict="not run", without=Amount(0.0, "MUSD", "", 0.0)),
    )
    periods = [SimpleNamespace(label=label, discount=share) for label, share in DISCOUNT.items()]
    of: Any = SimpleNamespace(net=SimpleNamespace(periods=periods), done=1)
    found = walk_aways(of, signed, {"chips": 2})
    assert [one.signature for one in found] == ["chips", "stacks", "site:2028", "deal", "racks"]
    assert [one.due.value for one in found] == pytest.approx([270.0, 180.0, 90.0, 45.0, 810.0])
    assert [one.in_force for one in found] == [False, False, False, True, False]
    assert found[0].latest == "2029"


@pytest.mark.parametrize("change", [{"verdict": "undecided"}, {"without": None}, {"payments": ()}])
def test_what_is_not_proved_or_not_paid_has_no_terms(change: dict[str, object]) -> None:
    assert walk_away(deal(**change), DISCOUNT) is None


def own(raw: dict[str, Any], folder: Path) -> Ground:
    """The lab's own plan, in which a chip costs its list price of 20,000 USD."""
    return ground(seen_by(solved(raw, folder).plan, "lab", TimeBudget(), gap=MILD), "lab")


def weighed(ground: Ground) -> tuple[Signature, int | None]:
    """The purchase of the chip, weighed, and until when it is worth anything."""
    (what,) = (one for one in signables(ground.plan, ground.lab) if one.id == "accelerators:lab:a")
    again = Again(ground.plan)
    search = Delays(again, ground.reported[-1].index, 1.0)
    delay = search.until(what, search.search(what, search.without(what), lambda _: True), lambda _: True)
    plain = signature(ground, what, Cash.of(ground))
    assert plain is not None
    return dated(ground, plain, delay, again, 1.0), delay.worth_until


def test_a_purchase_is_worth_what_it_earns_less_what_it_costs(tmp_path: Path) -> None:
    """In stock for four years and made for three, at 20,000 USD each: nothing is left where one costs what it earns.

    Signed in 2028 all run for two years, which is worth 35,064 USD each; in 2029 for one, which is less than they cost.
    """
    mine = own(tree(), tmp_path)
    signed, latest = weighed(mine)
    earned = (4 * STOCK + 3 * MADE) * WORTH
    found = walk_away(signed, dict.fromkeys((p.label for p in mine.net.periods), 1.0))
    assert found is not None
    assert found.worth.value == pytest.approx(earned - 20.0 * (STOCK + MADE))
    assert found.price is not None
    assert found.price.value == pytest.approx(1e3 * earned / (STOCK + MADE))
    assert (found.prepaid.value, found.cancelled.value) == (1.0, 1.0)  # money costs nothing, all is paid on delivery
    assert latest == 1


@pytest.mark.parametrize(("minimum", "kept"), [(0, ["deal"]), (3, ["deal"]), (8, [])])
def test_a_contract_in_force_is_worth_what_it_saves(minimum: float, kept: list[str], tmp_path: Path) -> None:
    """Chips at 18,000 USD in place of 20,000: without it the lab buys as many, 2,000 USD dearer each.

    At 8,000 a month for two years 192,000 are paid for, and there are 100,000: to be rid of that is worth more.
    """
    contract = {"buyer": "lab", "supplier": "d", "goods": {"chips": ["a"]}, "maximum": 10, "price": 18_000}
    deal = {**contract, "minimum": minimum, "by": "window", "duration": 36, "signed": "2026-01-01"}
    mine = own(tree(contracts={"deal": deal}), tmp_path)
    found = weigh(mine, signables(mine.plan, "lab"), Cash.of(mine), 1.0, budget=TimeBudget(), seconds=20.0, workers=1)
    in_force = {one.signature: one for one in found[1] if one.in_force}
    assert list(in_force) == kept
    if not kept:
        return
    taken = in_force["deal"].due.value / 18.0
    assert taken > 0
    assert in_force["deal"].worth.value == pytest.approx(2.0 * taken)
    price = in_force["deal"].price
    assert price is not None
    assert price.value == pytest.approx(20_000)


def test_what_is_bought_after_the_reported_years_is_no_part_of_a_purchase(tmp_path: Path) -> None:
    """Never signed in 2027 and 2028, all is there in 2029: two years of what is in stock and one of what is made."""
    raw = tree()
    raw["horizon"]["reported_until"] = "2028"
    signed, _ = weighed(own(raw, tmp_path))
    assert signed.without is not None
    assert signed.without.value == pytest.approx((2 * STOCK + MADE) * WORTH)


def test_the_memo_and_the_function_name_the_same_terms(tutorial: Result, aurora: Memo) -> None:
    """Of each signature that is advice, the price being that up to which it is worth it."""
    found = tutorial.walk_away("aurora")
    assert found.records == aurora.walk_aways
    assert [one.signature for one in found.records] == [s.id for s in aurora.signatures if s.verdict == "sign"]
    for one, signed in zip(found.records, aurora.signatures, strict=True):
        assert one.price is not None
        assert signed.break_even is not None
        assert one.price.value == pytest.approx(signed.break_even.value)
        assert one.latest >= signed.decide_by
    assert found.table("terms")["price"].tolist() == [one.price.value for one in found.records if one.price]


@pytest.mark.parametrize(("chips", "told"), [("ab", 1), ("a", 0)])
def test_what_makes_up_for_each_other_is_needed_together(chips: str, told: int, tmp_path: Path) -> None:
    """Chips a and b are alike, and the plan has some of a: without it b is as good. Without either nothing is earned.

    Where only a is sold, it is advised alone. 100 thousand are begun at once, which run for three years.
    """
    raw = tree(chips={name: chip() for name in chips})
    mine = own(raw, tmp_path)
    every = signables(mine.plan, "lab")
    signed, _, some = weigh(mine, every, Cash.of(mine), 1.0, budget=TimeBudget(), seconds=20.0, workers=1)
    assert {one.verdict for one in signed if one.kind == "accelerators"} == {"leave" if told else "sign"}
    assert len(some) == told
    for one in some:
        assert one.goods == "accelerators"
        assert set(one.signatures) == {s.id for s in signed if s.kind == "accelerators"}
        assert one.without is not None
        assert one.without.value == pytest.approx(100.0 * (3 * WORTH - 20.0))
        assert one.decide_by == mine.net.periods[0].label
