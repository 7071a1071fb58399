"""Limits stated as data on a plain chain: optima and prices worked out by hand, and one brute force."""

import itertools

import pytest
import yaml
from chain_cases import edited
from diversity_cases import chain, levels, planned

import fabopt
from fabopt.analysis.allocation.limits import limit_study
from fabopt.domain.base import FieldProblem
from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.checks import check
from fabopt.network.lower import lower
from fabopt.report.limits import limit_report
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

FREE = 10 * (60 - 3)
"""Without limits: 10 GPUs a quarter with the good maker's stacks."""
GOOD = {"of": "activities", "where": {"stage": "memory", "owner": "good"}}
SPARE = {"of": "activities", "where": {"stage": "memory", "owner": "spare"}}


def made(*, raw=None, **limit):
    """Solve the chain with one limit; return the network, the plan and what the good maker makes."""
    net, plan = planned(raw, limits={"one": limit})
    return net, plan, levels(net, plan, "good")


def prices(plan, family):
    return [round(s.price, 6) for s in plan.limits if s.family == family]


def test_a_ceiling_leaves_the_rest_to_the_spare_maker_and_is_worth_what_that_costs_more():
    _net, plan, good = made(**GOOD, at_most=4)
    assert good == [4, 4, 4]
    assert plan.objective == pytest.approx(FREE - 18 * 2)
    assert prices(plan, "stated_ceiling") == [2, 2, 2]
    (state, *_) = [s for s in plan.limits if s.family == "stated_ceiling"]
    assert state.name == "one: level (stage memory, owner Good)"
    assert (state.owner, state.source.kind) == ("good", "policy")


def test_a_firm_floor_is_kept_whatever_it_costs():
    _net, plan, good = made(**SPARE, at_least=6)
    assert good == [4, 4, 4]
    assert plan.objective == pytest.approx(FREE - 18 * 2)
    assert prices(plan, "stated_floor") == [-2, -2, -2]


@pytest.mark.parametrize(("price", "good", "cost"), [(1, [10, 10, 10], 18), (3, [4, 4, 4], 36)])
def test_a_floor_with_a_price_is_missed_where_that_is_cheaper(price, good, cost):
    _, plan, found = made(**SPARE, at_least=6, price=price)
    assert found == good
    assert plan.objective == pytest.approx(FREE - cost)
    assert prices(plan, "stated_floor") == [-min(price, 2)] * 3


def test_over_a_year_a_ceiling_is_so_much_a_year_and_less_in_a_part_of_one():
    """2027 has four quarters and 24 of the good maker's, wherever they are; 2028 has one, and a fourth of 24."""
    _net, _plan, good = made(raw=chain(5), **GOOD, at_most=24, by="year")
    assert sum(good[:4]) == pytest.approx(24)
    assert good[4] == pytest.approx(6)


def test_over_the_whole_time_an_amount_is_all_there_may_be():
    _, _plan, good = made(**GOOD, at_most=7, by="whole")
    assert sum(good) == pytest.approx(7)


def test_a_share_is_one_of_what_the_other_tags_choose():
    net, plan, good = made(**GOOD, share_of={"stage": "memory"}, at_most="60 %")
    assert good == [6, 6, 6]
    assert prices(plan, "stated_share") == [2, 2, 2]
    assert net.groups[0].name == "one: level (stage memory, owner Good), at most 60 % of level (stage memory)"


def test_a_share_at_least_and_one_at_most_hold_together():
    limit = {**SPARE, "share_of": {"stage": "memory"}, "at_least": 0.2, "at_most": 0.5}
    net, plan = planned(limits={"one": limit})
    assert levels(net, plan, "spare") == [2, 2, 2]
    assert {s.entity for s in plan.limits if s.family == "stated_share"} == {"limit:one:at-least", "limit:one:at-most"}


def test_a_share_of_each_of_some_is_a_limit_for_each():
    """Merlin's part of the compute: as `diversity` says it (60 %), with 4 in ten built by Cirrus."""
    limit = {"of": "compute", "each": ["lab", "designer"], "share_of": {"each": "lab"}, "at_most": 0.6}
    net, plan = planned(limits={"one": limit})
    assert plan.objective == pytest.approx(FREE - 12 * 3)
    same = planned(diversity={"two": {"of": "designer", "share": 0.6}})[1]
    assert plan.objective == pytest.approx(same.objective)
    assert {g.id for g in net.groups} == {"limit:one:lab:merlin", "limit:one:lab:cirrus"}


def test_growth_begins_at_the_start_and_goes_on_from_what_was_planned():
    """Half as much more a quarter from 4: 6, 9, and then all ten."""
    _, plan, good = made(**GOOD, change={"up": "50 %", "start": 4})
    assert good == [6, 9, 10]
    assert plan.objective == pytest.approx(FREE - 5 * 2)
    assert prices(plan, "stated_change") == [5, 2, 0]  # one more at first is one and a half more after it


def test_growth_in_proportion_and_by_an_amount_add_up():
    _, _, good = made(**GOOD, change={"up": 0.5, "up_by": 1, "start": 0})
    assert good == [1, 2.5, 4.75]


def test_a_decline_keeps_the_dear_maker_running_down():
    net, plan = planned(limits={"one": {**SPARE, "change": {"down": "50 %", "start": 8}}})
    assert levels(net, plan, "spare") == [4, 2, 1]
    assert plan.objective == pytest.approx(FREE - 7 * 2)


def test_a_decline_by_an_amount_with_a_price_is_missed_where_that_is_cheaper():
    limit = {**SPARE, "change": {"down_by": 3, "start": 8}}
    net, plan = planned(limits={"one": limit})
    assert levels(net, plan, "spare") == [5, 2, 0]
    _, plan = planned(limits={"one": {**limit, "price": 0.5}})
    # Not made at all: 5 are missed at first, and nothing after it.
    assert plan.objective == pytest.approx(FREE - 5 * 0.5)


def test_growth_a_year_is_the_same_over_long_periods():
    """At 50 % a quarter the mean of the half-year after two quarters is one and a half quarters of growth away."""
    raw = chain()
    raw["horizon"]["periods"] = ["2 quarters", "1 half-year"]
    raw["network"]["resources"]["hall"]["capacity"] = [100, 100, 200]
    raw["network"]["demands"]["work"]["quantity"] = [1000, 1000, 2000]
    _, _, good = made(raw=raw, **GOOD, change={"up": "50 %", "start": 4})
    assert good == pytest.approx([6, 9, 2 * 9 * 1.5**1.5], abs=1e-5)
    yearly = 1.5**4 - 1
    _, _, same = made(raw=raw, **GOOD, change={"up": yearly, "per": "year", "start": 4})
    assert same == pytest.approx(good, abs=1e-4)


def test_a_change_that_begins_later_needs_no_start():
    _, _, good = made(**GOOD, change={"up": 0}, since="2027Q3")
    assert good == [10, 10, 10]
    _, _, good = made(**GOOD, change={"down": 0}, at_most=6, since="2027Q2")
    assert good[1:] == [6, 6]


def test_a_ceiling_that_holds_for_a_part_of_a_period_is_wider_and_a_floor_lower():
    """From 15 May on: 47 of the 91 days of the quarter."""
    part = 47 / 91
    _, _, good = made(**GOOD, at_most=4, since="2027-05-15")
    assert good == pytest.approx([10, 4 / part, 4], abs=1e-5)
    net, plan = planned(limits={"one": {**SPARE, "at_least": 4, "since": "2027-05-15"}})
    assert levels(net, plan, "spare") == pytest.approx([0, 4 * part, 4], abs=1e-5)


def test_a_plain_network_that_states_roles_is_limited_as_the_chain_is():
    raw = chain()
    raw["network"]["activities"]["ship"]["tags"]["role"] = "shipment"
    _, _, good = made(raw=raw, of="shipments", where={"designer": "merlin", "lab": "lab"}, at_most=4)
    assert good == [4, 4, 4]


def test_what_is_not_meant_is_left_out():
    _, _, good = made(of="activities", where={"stage": "memory", "not": {"owner": "spare"}}, at_most=3)
    assert good == [3, 3, 3]


def test_the_best_plan_is_that_of_trying_all():
    """Two products in lots, a share, a ramp and a soft floor: every whole plan is tried."""
    tags = {"a": {"owner": "one"}, "b": {"owner": "two"}}
    raw = {
        "horizon": {"start": "2027Q1", "periods": 2},
        "network": {
            "materials": {"a": {"storable": False}, "b": {"storable": False}},
            "resources": {"hall": {"capacity": 4}},
            "activities": {
                key: {"outputs": {key: 1}, "uses": {"hall": 1}, "lot": 1, "upper": 3, "tags": tags[key]} for key in tags
            },
            "demands": {"a": {"quantity": 9, "value": [5, 6]}, "b": {"quantity": 9, "value": [4, 1]}},
        },
        "limits": {
            "share": {"of": "activities", "where": {"owner": "one"}, "share_of": {}, "at_most": 0.6},
            "ramp": {"of": "activities", "where": {"owner": "one"}, "change": {"up_by": 1, "start": 1}},
            "floor": {"of": "activities", "where": {"owner": "two"}, "at_least": 3, "price": 2},
        },
    }

    def worth(a, b):
        if a[0] > 2 or a[1] > a[0] + 1 or any(x + y > 4 or x > 0.6 * (x + y) for x, y in zip(a, b, strict=True)):
            return -1e9
        missed = sum(max(0, 3 - y) for y in b)
        return 5 * a[0] + 6 * a[1] + 4 * b[0] + b[1] - 2 * missed

    pairs = list(itertools.product(range(4), repeat=2))
    best = max(worth(a, b) for a in pairs for b in pairs)
    plan = solve(lower(Instance.model_validate(raw)), SolveOptions(gap=0.0))
    assert plan.objective == pytest.approx(best)


@pytest.mark.parametrize(
    ("limit", "field", "says"),
    [
        ({**GOOD}, "limits.one", "the limit limits nothing"),
        ({**GOOD, "share_of": {}}, "limits.one.share_of", "says no share"),
        ({**GOOD, "change": {"start": 1}}, "limits.one.change.up", "how much up or down"),
        ({**GOOD, "change": {"up": 1}, "by": "year"}, "limits.one.by", "not by year"),
        ({**GOOD, "share_of": {"each": "lab"}, "at_most": 1}, "limits.one.share_of.each", "no tag of the limit's own"),
        ({"of": "shipment", "at_most": 1}, "limits.one.of", "shipment"),
        ({**GOOD, "at_most": "3 dog"}, "limits.one.at_most", "dog"),
    ],
)
def test_a_limit_that_says_nothing_is_refused_where_it_stands(limit, field, says):
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as caught:
        Instance.model_validate(chain() | {"limits": {"one": limit}})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "field", "says"),
    [
        ({**GOOD, "change": {"up": 0.5}}, "change.start", "needs to know what was before it"),
        ({**GOOD, "at_most": 3, "at_least": 4}, "at_most", "cannot both hold"),
        ({**GOOD, "at_most": 3, "since": 2030}, "since", "after the end of the horizon"),
        ({**GOOD, "at_most": 3, "until": 2026}, "until", "before the decision date"),
        ({"of": "spending", "at_most": 3}, "party", "somebody's"),
        ({"of": "spending", "party": "merlyn", "at_most": 3}, "party", "no party 'merlyn'"),
        ({"of": "emissions", "at_most": 3}, "of", "no factor says what emits"),
        ({**GOOD, "at_most": 3, "price": "3 USD/wafer"}, "price", "not priced in USD/wafer"),
        ({**GOOD, "at_most": "3 kwafer", "share_of": {}}, "at_most", "a share of a whole"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_its_field(limit, field, says):
    data = Instance.model_validate(chain() | {"limits": {"one": limit}})
    (fault,) = problems(data)
    assert ".".join(map(str, fault.path)) == f"limits.one.{field}"
    assert says in fault.message


@pytest.mark.parametrize(
    ("limit", "field", "says", "hint"),
    [
        ({"of": "activities", "where": {"owner": "goood"}, "at_most": 3}, "where.owner", "the owner 'goood'", "'good'"),
        ({**GOOD, "share_of": {"stage": "memry"}, "at_most": 1}, "share_of.stage", "the stage 'memry'", "'memory'"),
        ({**GOOD, "share_of": {"owner": "packer"}, "at_most": 1}, "share_of", "share of nothing", ""),
        (
            {"of": "activities", "where": {"owner": "packer"}, "at_least": 1},
            "where",
            "no record counts",
            "never be met",
        ),
        ({"of": "compute", "change": {"up": 1, "from_opening": True}}, "change.from_opening", "does not say", "start"),
    ],
)
def test_tags_that_choose_nothing_are_named_with_the_nearest(limit, field, says, hint):
    with pytest.raises(FieldProblem) as caught:
        lower(Instance.model_validate(chain() | {"limits": {"one": limit}}))
    (fault,) = caught.value.faults
    assert ".".join(map(str, fault.path)) == f"limits.one.{field}"
    assert says in fault.message
    assert hint in fault.hint


def test_limits_that_cannot_all_hold_are_named_with_file_and_line(tmp_path):
    raw = chain() | {"limits": {"few": {**GOOD, "at_most": 2}, "many": {"of": "compute", "at_least": 11}}}
    raw["network"]["activities"]["spare"]["upper"] = 8
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    lines = (tmp_path / "instance.yaml").read_text().splitlines()
    said = [reason.sentence for reason in fabopt.load(tmp_path).reasons()]
    at = 1 + next(n for n, line in enumerate(lines) if "at_least" in line)
    assert any(f"many: compute in 2027Q1 at least 11 kH100e (instance.yaml:{at})" in sentence for sentence in said)


def test_what_each_limit_costs_is_told_by_the_study_of_limits():
    data = Instance.model_validate(
        chain() | {"limits": {"few": {**GOOD, "at_most": 4}, "spare": {**SPARE, "at_least": 2}}}
    )
    study = limit_study(data, SolveOptions(gap=0.0))
    few, spare = study.prices
    assert [row[:3] for row in limit_report(study).tables[0].rows] == [
        ("few", "stated", "3 of 3"),
        ("spare", "stated", "0 of 3"),
    ]
    assert (few.high, spare.high) == pytest.approx((36 - 6 * 2, 0))
    assert (few.name, few.rows, few.binding, few.row_price) == ("few", 3, 3, 2)
    assert few.point == pytest.approx(3 * 2 * 0.04)


def test_money_is_limited_as_cash_and_says_whose_it_is():
    (group,) = lower(
        Instance.model_validate(chain() | {"limits": {"one": {"of": "spending", "party": "good", "at_most": 5}}})
    ).groups
    assert (group.limit_kind, group.name, group.tags.owner) == ("cash", "one: spending of Good", "good")


def test_room_for_power_is_a_limit_too():
    """What `max_total` of an expansion says, as a limit: the same plan, at the same value."""
    grow = {"curve": {100: 200}, "lead": 3, "max_total": 250}
    told = edited(("sites.site.expansion", grow))
    wide = edited(("sites.site.expansion", {**grow, "max_total": 5000}))
    limit = {"of": "capacity_added", "where": {"role": "power", "site": "site"}, "by": "whole", "at_most": "250 MW"}
    limited = edited(("sites.site.expansion", {**grow, "max_total": 5000}), ("limits", {"room": limit}))
    worth = [solve(lower(data), SolveOptions(gap=0.0)).objective for data in (told, wide, limited)]
    assert worth[2] == pytest.approx(worth[0], rel=1e-9)
    assert worth[1] > worth[0] + 1


def test_a_ceiling_on_nothing_is_a_warning():
    limits = {"one": {"of": "activities", "where": {"owner": "packer"}, "at_most": 1}}
    net = lower(Instance.model_validate(chain() | {"limits": limits}))
    (finding,) = [f for f in check(net) if f.check == "says nothing"]
    assert finding.severity == "warning"
    assert finding.entity == ("limits", "one")
    assert "The limit 'one' says nothing: no record counts" in finding.message
