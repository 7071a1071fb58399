"""The plain network over periods of unequal length: it is the one over equal periods, added up."""

from datetime import date

import numpy as np
import pytest
import yaml
from network_helpers import plain

import fabopt
from fabopt.domain.base import FieldProblem
from fabopt.domain.calendar import Calendar
from fabopt.io.problems import InstanceError
from fabopt.model.tables import model_tables
from fabopt.network.lengths import full_age
from fabopt.network.plain import lower_plain
from fabopt.network.tables import Period

FINE = ((8, "quarter"),)
COARSE = ((2, "quarter"), (1, "half-year"), (1, "year"))
PARTS = ((0,), (1,), (2, 3), (4, 5, 6, 7))
"""The quarters that each of the longer periods is made of."""


def cut(stretches):
    """Periods from 2029Q1 without discounting."""
    spans = Calendar(date(2029, 1, 1), stretches).spans
    return tuple(Period(s.index, s.label, s.start, s.end, s.years, 1.0) for s in spans)


def random_section(seed):
    """A section with constant data: durations of every kind, rates and levels, units with ramps."""
    dice = np.random.default_rng(seed)

    def number(low, high):
        return float(np.round(dice.uniform(low, high), 2))

    def portion():
        amount = {"amount": number(0.5, 3)}
        kind = dice.integers(0, 4)
        if kind == 1:
            return {**amount, "lead": number(0, 3)}
        if kind == 2:
            return {**amount, "spread": number(0.5, 3)}
        return {**amount, "ages": [0.25, 0.5, 0.25], "lead": number(0, 1)} if kind == 3 else amount

    stock = ("opening", 0, 5), ("survival", 0.8, 1), ("receipts", 0, 2)
    materials = {f"m{i}": {name: number(low, high) for name, low, high in stock} for i in range(3)}
    resources = {"rate": {"capacity": number(5, 20)}, "level": {"capacity": number(5, 20), "kind": "level"}}
    activities = {
        f"a{i}": {
            "inputs": {"m0": portion()}, "outputs": {f"m{1 + i % 2}": portion()}, "lead": number(0, 2),
            "uses": {"rate": portion(), "level": portion()}, "cost": number(0, 1), "upper": number(4, 9),
        }
        for i in range(3)
    }  # fmt: skip
    unit = {"whole": False, "lead": number(0, 3), "cost": 1, "upper": 1, "adds": {"rate": {"ramp": [0.3, 0.7, 1]}}}
    unit["adds"]["level"] = {"amount": 2, "lasts": 2}
    demands = {"m1": {"quantity": number(1, 4), "value": 5}, "m2": {"quantity": number(1, 4), "value": 7}}
    groups = {"sum": {"terms": [{"activity": "a0"}, {"activity": "a1"}], "limit": number(3, 6)}}
    parts = {"materials": materials, "resources": resources, "activities": activities, "units": {"u": unit}}
    return plain(yaml.safe_dump({**parts, "demands": demands, "groups": groups}))


def effects(net, records, key):
    """What starts of each activity do to a thing, [period of the start, period of the effect]."""
    found = {}
    for record in records:
        table = found.setdefault((record.activity, getattr(record, key)), np.zeros((net.n_periods, net.n_periods)))
        for t in range(net.n_periods - record.age):
            table[t, t + record.age] += record.amount[t]
    return found


@pytest.mark.parametrize("seed", range(12))
def test_what_starts_do_is_what_even_starts_in_the_quarters_do_added_up(seed):
    section = random_section(seed)
    fine, coarse = (lower_plain(section, cut(stretches)) for stretches in (FINE, COARSE))
    even = np.zeros((4, 8))
    for t, quarters in enumerate(PARTS):
        even[t, list(quarters)] = 1.0 / len(quarters)
    together = (even > 0.0).astype(float)
    kinds = {r.id: r.kind for r in fine.resources}
    for records, key in (("flows", "material"), ("uses", "resource")):
        known = effects(fine, getattr(fine, records), key)
        found = effects(coarse, getattr(coarse, records), key)
        assert known.keys() == found.keys()
        for pair, table in known.items():
            over = even if kinds.get(pair[1]) == "level" else together
            assert found[pair] == pytest.approx(even @ table @ over.T), pair


@pytest.mark.parametrize("seed", range(12))
def test_what_units_add_is_what_those_ordered_as_the_period_begins_add(seed):
    section = random_section(seed)
    fine, coarse = (lower_plain(section, cut(stretches)) for stretches in (FINE, COARSE))
    for one, other in zip(fine.unit_effects, coarse.unit_effects, strict=True):
        of_level = one.resource == "level"
        by_quarter, by_period = one.by_order(8), other.by_order(4)
        for s in range(4):
            for t in range(s, 4):
                acts = [by_quarter[PARTS[s][0], q - PARTS[s][0]] for q in PARTS[t]]
                wanted = np.mean(acts) if of_level else np.sum(acts)
                assert by_period[s, t - s] == pytest.approx(wanted), (one.resource, s, t)


def test_rates_are_times_the_length_and_levels_never():
    net = lower_plain(random_section(0), cut(COARSE))
    fine = lower_plain(random_section(0), cut(FINE))
    (level, rate), (level_a_quarter, rate_a_quarter) = net.resources, fine.resources
    assert (rate.kind, level.kind) == ("rate", "level")
    lengths = np.array([1.0, 1.0, 2.0, 4.0])
    assert rate.base == pytest.approx(rate_a_quarter.base[0] * lengths)
    assert level.base == pytest.approx(np.full(4, level_a_quarter.base[0]))
    assert net.activities[0].upper == pytest.approx(fine.activities[0].upper[0] * lengths)
    assert net.demands[0].quantity == pytest.approx(fine.demands[0].quantity[0] * lengths)
    assert net.materials[0].receipts == pytest.approx(fine.materials[0].receipts[0] * lengths)
    assert net.materials[0].survival == pytest.approx(fine.materials[0].survival ** lengths)
    assert net.groups[0].rhs == pytest.approx(fine.groups[0].rhs[0] * lengths)
    assert net.units[0].upper == pytest.approx(lengths)


SHOP = """
materials: {steel: {opening: 3, receipts: 2, carrying_cost: 0.1}, car: {carrying_cost: 0.2}}
resources: {line: {capacity: 4}, hall: {capacity: 3, kind: level}}
activities:
  build: {inputs: {steel: 1}, outputs: {car: 1}, uses: {line: 1, hall: 1}, cost: 1}
  buy: {outputs: {steel: 1}, cost: 3, upper: 1}
demands: {car: {quantity: 4, value: 6}}
"""


def value(tmp_path, text, periods, **more):
    folder = tmp_path / "-".join(str(periods).split())
    folder.mkdir()
    raw = {"horizon": {"start": "2029Q1", "periods": periods, **more}, "network": yaml.safe_load(text)}
    (folder / "instance.yaml").write_text(yaml.safe_dump(raw))
    return fabopt.load(folder).solve(gap=0)


@pytest.mark.parametrize("text", [SHOP.replace("carrying_cost: 0.1", "unit: t"), SHOP])
def test_a_plan_without_leads_is_worth_the_same_in_quarters_and_in_longer_periods(tmp_path, text):
    # 3 cars a quarter have room in the hall. Of the steel 2 a quarter come in, and the stock is used up.
    by_quarter, by_period = (value(tmp_path, text, p) for p in (8, ["4 quarters", "1 half-year", "2 quarters"]))
    assert by_period.objective == pytest.approx(by_quarter.objective)
    sold = by_period.table("demands").set_index("period")["delivered"]
    assert sold["2030H1"] == pytest.approx(6.0)
    assert sold.sum() == pytest.approx(24.0)


def test_a_stock_wears_by_the_length_of_the_period_that_it_lies_in(tmp_path):
    text = "materials: {ice: {opening: 64, survival: 0.5}}\ndemands: {ice: {quantity: [0, 0, 0, 64], value: 1}}"
    # Half is left after each quarter, a quarter after the half-year.
    assert value(tmp_path, text, ["2 quarters", "1 half-year", "1 year"]).objective == pytest.approx(64 / 2 / 2 / 4)


def test_what_lands_after_the_end_has_worn_by_the_length_of_the_last_period(tmp_path):
    text = """
materials: {ice: {survival: 0.5, terminal_value: 10}}
activities: {freeze: {outputs: {ice: 1}, lead: 6, upper: [0, 0, 0, 1]}}
"""
    # From the year [4, 8] to [10, 14]: half lands in the year after the end, half a year later, of which 1/16 is left.
    plan = value(tmp_path, text, ["2 quarters", "1 half-year", "1 year"])
    assert plan.objective == pytest.approx(10 * (0.5 + 0.5 / 16))


def test_a_unit_may_be_retired_from_the_period_on_that_begins_after_its_lead_time():
    text = "resources: {line: {}}\nunits: {u: {lead: 2, adds: {line: 1}, retire_cost: 1, upper: 1}}"
    net = lower_plain(plain(text), cut(COARSE))
    assert full_age(net).tolist() == [[2, 2, 1, 1]]
    tables = model_tables(net)
    rows, order = tables.rows["installed"], tables.columns["order"].index[0]
    stands = {
        t: set(rows.col[rows.row == r].tolist()) & set(order.tolist()) for r, t in enumerate(rows.period.tolist())
    }
    assert stands[3] == set(order[:3].tolist())
    assert stands[2] == set(order[:1].tolist())


def test_one_stretch_of_equal_periods_is_the_number(tmp_path):
    one, other = (value(tmp_path, SHOP, periods, discount_rate=0.1) for periods in (8, ["5 quarters", "3 quarters"]))
    assert one.objective == other.objective
    for name in ("periods", "activities", "materials", "resources", "demands", "limits"):
        assert one.table(name).equals(other.table(name)), name


def test_money_is_discounted_from_the_middle_of_each_period(tmp_path):
    periods = value(tmp_path, SHOP, ["2 quarters", "1 half-year", "1 year"], discount_rate=0.1).table("periods")
    assert periods["discount"].tolist() == pytest.approx([1.1**-year for year in (0.125, 0.375, 0.75, 1.5)])
    assert periods["years"].tolist() == [0.25, 0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("edit", "path", "says"),
    [
        (
            {"activities": {"build": {"on_off": {"min_run": 2}}}},
            ("activities", "build", "on_off", "min_run"), "least run",
        ),
        (
            {"demands": {"car": {"quantity": 1, "backlog": {"expiry": 1}}}},
            ("demands", "car", "backlog", "expiry"), "waiting",
        ),
        (
            {"groups": {"g": {"terms": [{"activity": "build", "shift": 1}], "limit": 1}}},
            ("groups", "g", "terms", 0, "shift"), "shift",
        ),
        (
            {"groups": {"g": {"terms": [{"activity": "build"}, {"stock": "car"}], "limit": 1}}},
            ("groups", "g", "limit"), "neither per period nor at once",
        ),
    ],
)  # fmt: skip
def test_what_counts_periods_one_by_one_is_refused_where_they_differ(edit, path, says):
    raw = {**yaml.safe_load("materials: {car: {}}\nactivities: {build: {outputs: {car: 1}}}"), **edit}
    if "build" in raw["activities"]:
        raw["activities"]["build"].setdefault("outputs", {"car": 1})
    section = plain(yaml.safe_dump(raw))
    lower_plain(section, cut(FINE))
    with pytest.raises(FieldProblem) as caught:
        lower_plain(section, cut(COARSE))
    (fault,) = caught.value.faults
    assert fault.path == path
    assert says in fault.message


@pytest.mark.parametrize(
    ("horizon", "says"),
    [
        ("periods: [2 quarters, 3 halfyears]", "3: horizon.periods.1: 'halfyears' is no length of a period; did you"),
        ("periods: [2.5 quarters]", "3: horizon.periods.0: '2.5 quarters' is no integer of quarters from 1 on"),
        ("periods: [10 days]", "3: horizon.periods.0: 'days' is no length of a period; a period is a week, "),
        ("periods: [4, 3]", "3: horizon.periods.0: '4' does not say how many periods of which length"),
        ("periods: []", "3: horizon.periods: neither an integer nor a list of stretches"),
        ("periods: 0", "3: horizon.periods: a horizon has 1 to 600 periods, not 0"),
        ("periods: [500 weeks, 101 weeks]", "3: horizon.periods: a horizon has 1 to 600 periods, not 601"),
        ("periods: [2 quarters]\n  period: month", "4: horizon.period: the periods are listed in 'periods'"),
        ("periods: [1 quarter, 2 half-years]", "3: horizon.periods: the half-years would begin on 2028-10-01"),
        ("periods: [3 quarters, 2 weeks]", "3: horizon.periods: the weeks would begin on 2029-04-01, which is"),
        ("periods: [2 quarters, 190 years]", "3: horizon.periods: the horizon ends after the year 2200"),
    ],
)  # fmt: skip
def test_a_horizon_that_cannot_be_is_refused_with_file_line_and_field(tmp_path, horizon, says):
    (tmp_path / "instance.yaml").write_text(f"horizon:\n  start: 2028Q3\n  {horizon}\nnetwork: {{}}\n")
    with pytest.raises(InstanceError) as caught:
        fabopt.load(tmp_path)
    assert f"instance.yaml:{says}" in str(caught.value)
