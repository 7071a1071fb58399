"""The plain section, lowered: small chains whose tables are stated in words."""

import numpy as np
import pytest
import yaml
from network_helpers import lowered, plain, quarters
from pydantic import ValidationError

import fabopt
from fabopt.domain.base import FieldProblem
from fabopt.domain.plain import PlainNetwork
from fabopt.io.problems import InstanceError

BAKERY = """
materials:
  flour: {opening: 10, receipts: [0, 4, 0, 0], unit: kg}
  bread: {storable: false, disposal: false}
resources: {oven: {capacity: 8}}
activities:
  bake: {inputs: {flour: 2}, outputs: {bread: 1}, uses: {oven: 1}, lead: 1, cost: 0.5}
demands: {bread: {quantity: [0, 3, 4, 4], value: 6}}
"""


def flows(net, activity="bake"):
    """Material effects of an activity as {(material, age): amounts}."""
    return {(f.material, f.age): f.amount.tolist() for f in net.flows if f.activity == activity}


def test_flour_goes_in_at_the_start_and_bread_comes_out_one_period_later():
    net = lowered(BAKERY, 4)
    assert flows(net) == {("flour", 0): [-2.0] * 4, ("bread", 1): [1.0] * 4}
    (use,) = net.uses
    assert (use.activity, use.resource, use.age, use.amount.tolist()) == ("bake", "oven", 0, [1.0] * 4)
    (activity,) = net.activities
    assert activity.cost.tolist() == [0.5] * 4
    assert activity.lower is None
    assert activity.upper is None
    flour, bread = net.materials
    assert (flour.opening, flour.receipts.tolist(), flour.unit) == (10.0, [0.0, 4.0, 0.0, 0.0], "kg")
    assert (flour.storable, flour.disposal_cost) == (True, 0.0)
    assert (bread.storable, bread.disposal_cost) == (False, None)
    (demand,) = net.demands
    assert (demand.material, demand.required, demand.expiry) == ("bread", False, None)
    assert demand.quantity.tolist() == [0.0, 3.0, 4.0, 4.0]
    assert demand.steps[0].value.tolist() == [6.0] * 4


def test_a_lead_time_of_a_period_and_a_quarter_is_split_three_to_one():
    text = BAKERY.replace("lead: 1,", "lead: 1.25,").replace("outputs: {bread: 1}", "outputs: {bread: 4}")
    assert flows(lowered(text, 4)) == {
        ("flour", 0): [-2.0] * 4,
        ("bread", 1): [3.0] * 4,
        ("bread", 2): [1.0] * 4,
    }


def test_a_yield_belongs_to_the_period_of_the_start():
    text = BAKERY.replace("outputs: {bread: 1}", "outputs: {bread: {amount: 10, yield: [0.5, 0.6, 0.7, 0.8]}}")
    assert flows(lowered(text, 4))["bread", 1] == pytest.approx([5.0, 6.0, 7.0, 8.0])


def test_an_output_with_its_own_lead_overrides_the_lead_of_the_activity():
    text = BAKERY.replace("outputs: {bread: 1}", "outputs: {bread: {lead: 0}}")
    assert flows(lowered(text, 4))["bread", 0] == [1.0] * 4


def test_use_spread_over_a_cycle_time_of_two_periods_is_a_triangle():
    # Two passes through the oven spread evenly over two periods: a quarter, a half, a quarter of them.
    text = BAKERY.replace("uses: {oven: 1}", "uses: {oven: {amount: 2, spread: 2}}")
    assert [(u.age, u.amount[0]) for u in lowered(text, 4).uses] == [(0, 0.5), (1, 1.0), (2, 0.5)]


def test_use_given_age_by_age_starts_after_its_lead():
    text = BAKERY.replace("uses: {oven: 1}", "uses: {oven: {amount: 10, lead: 1, ages: [0.2, 0.8]}}")
    assert [(u.age, u.amount[0]) for u in lowered(text, 4).uses] == [(1, 2.0), (2, 8.0)]


def test_an_asset_that_is_run_comes_back_one_period_later_less_what_fails():
    text = """
    materials: {chip: {opening: 5}, compute: {storable: false}}
    activities:
      run: {inputs: {chip: 1}, outputs: {chip: {amount: 0.9, lead: 1}, compute: 2}}
    """
    assert flows(lowered(text, 2), "run") == {
        ("chip", 0): [-1.0, -1.0],
        ("chip", 1): [0.9, 0.9],
        ("compute", 0): [2.0, 2.0],
    }


def test_what_an_activity_takes_and_returns_at_the_same_age_is_one_net_effect():
    text = """
    materials: {acid: {opening: 5}}
    activities: {etch: {inputs: {acid: 1}, outputs: {acid: 0.75}}}
    """
    assert flows(lowered(text, 1), "etch") == {("acid", 0): [-0.25]}


LINE = """
materials: {scanner: {opening: 3}, crate: {}}
resources: {exposures: {capacity: 100}, floor: {kind: level, capacity: 4, unit: bay}}
units:
  line:
    lead: 1.5
    adds: {exposures: {amount: 40, ramp: [0.5, 1]}}
    occupies: {floor: 1}
    consumes: {scanner: 2}
    releases: {crate: {amount: 4, lead: 1}}
    cost: [10, 11, 12, 13]
    upper: 2
    total: 3
    min_order: 1
    fixed_cost: 5
    pinned: {2026Q4: 1, 3: 0}
    opening: 2
    retire_cost: 0.5
    terminal_value: 4
"""


def test_a_line_ordered_now_ramps_up_half_a_quarter_after_the_next():
    # Lead 1.5 quarters: half of the first ramp step falls on age 1, half on age 2. So age 1 sees 40*0.25, age 2
    # 40*(0.25 + 0.5), and from age 3 on all of it.
    adds, occupies = lowered(LINE, 4).unit_effects
    assert (adds.resource, adds.first_age, adds.persistent) == ("exposures", 1, True)
    assert adds.profile == pytest.approx([10.0, 30.0, 40.0])
    assert (occupies.resource, occupies.first_age) == ("floor", 1)
    assert occupies.profile == pytest.approx([-0.5, -1.0])


def test_an_order_takes_its_scanners_at_once_and_leaves_its_crates_a_quarter_later():
    parts = [(p.material, p.age, p.amount) for p in lowered(LINE, 4).unit_materials]
    assert parts == [("scanner", 0, -2.0), ("crate", 1, 4.0)]


def test_the_terms_of_an_order_are_kept():
    (unit,) = lowered(LINE, 4).units
    assert unit.cost.tolist() == [10.0, 11.0, 12.0, 13.0]
    assert (unit.total, unit.whole, unit.min_order, unit.opening) == (3.0, True, 1.0, 2.0)
    assert (unit.retire_cost, unit.lead) == (0.5, 1.5)
    assert unit.upper.tolist() == [2.0] * 4
    assert unit.fixed_cost.tolist() == [5.0] * 4
    assert unit.terminal_value.tolist() == [4.0] * 4
    # 2026Q4 by its label, the third period by its number; the others are open.
    assert unit.pinned.tolist() == pytest.approx([1.0, np.nan, 0.0, np.nan], nan_ok=True)


def test_a_build_slot_that_lasts_two_periods_ends():
    text = """
    resources: {slots: {capacity: 0}}
    units: {rent: {adds: {slots: {amount: 3, lasts: 2}}, lead: 1}}
    """
    (effect,) = lowered(text, 5).unit_effects
    assert (effect.first_age, effect.profile.tolist(), effect.persistent) == (1, [3.0, 3.0], False)


ROWS = """
materials: {chip: {opening: 9}}
activities: {a: {inputs: {chip: 1}, cost: 1}}
units: {u: {cost: 2}}
demands: {chip: {quantity: 1}}
budgets:
  capex:
    amount: [5, 20, 30]
    window: year
    terms: [{unit: u, coefficient: 2}, {activity: a, coefficient: [1, 2, 3, 4, 5, 6], shift: 1}]
groups:
  share: {sense: ">=", limit: 7, window: horizon, terms: [{demand: chip}, {stock: chip}]}
  swap: {sense: "==", windows: [[1, 2], [2027Q2]], terms: [{activity: a}, {retire: u, coefficient: -1}]}
whole_groups:
  pairs: {lot: 2, terms: [{unit: u}]}
"""


def test_a_budget_by_year_has_a_window_for_each_calendar_year_of_the_horizon():
    # 2026Q4 stands alone, then the four quarters of 2027, then 2028Q1.
    (budget,) = lowered(ROWS, 6).budgets
    assert budget.windows == ((0,), (1, 2, 3, 4), (5,))
    assert budget.amount.tolist() == [5.0, 20.0, 30.0]
    first, second = budget.terms
    assert (first.kind, first.id, first.coefficient.tolist(), first.shift) == ("unit", "u", [2.0] * 6, 0)
    assert (second.kind, second.id, second.coefficient.tolist(), second.shift) == (
        "activity",
        "a",
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        1,
    )


def test_group_limits_add_up_over_their_windows():
    share, swap = lowered(ROWS, 6).groups
    assert (share.sense, share.windows, share.rhs.tolist()) == (">=", (tuple(range(6)),), [7.0])
    assert [(t.kind, t.id) for t in share.terms] == [("demand", "chip"), ("stock", "chip")]
    assert (swap.sense, swap.windows, swap.rhs.tolist()) == ("==", ((0, 1), (2,)), [0.0, 0.0])
    assert swap.terms[1].coefficient.tolist() == [-1.0] * 6


def test_pairs_are_bought_whole_in_each_period():
    (pairs,) = lowered(ROWS, 3 + 3).whole_groups
    assert (pairs.lot, pairs.windows) == (2.0, tuple((t,) for t in range(6)))


def test_a_linear_series_is_averaged_over_each_quarter():
    # From 0 at the start of 2026Q4 (92 days) to 92 at its end: on average 46; flat at 92 after that.
    text = """
    resources: {oven: {capacity: {linear: {2026-10-01: 0, 2027-01-01: 92}}}}
    """
    assert lowered(text, 2).resources[0].base.tolist() == [46.0, 92.0]


def test_demand_in_steps_wants_their_sum():
    text = """
    materials: {chip: {}}
    demands:
      lab: {material: chip, steps: [{quantity: [1, 2], value: 9}, {quantity: 3, value: 4}], weight: 0.5,
            backlog: {expiry: 2, cost: 1}, lost_cost: 7}
    """
    (demand,) = lowered(text, 2).demands
    assert demand.quantity.tolist() == [4.0, 5.0]
    assert [step.value.tolist() for step in demand.steps] == [[9.0, 9.0], [4.0, 4.0]]
    assert (demand.expiry, demand.backlog_cost, demand.lost_cost, demand.weight) == (2, 1.0, 7.0, 0.5)


def test_on_off_may_be_written_as_true_or_in_full():
    text = """
    activities:
      plain: {on_off: true, lower: 2, upper: 5}
      full: {on_off: {fixed_cost: 3, start_cost: 8, min_run: 2, was_on: true}, lot: 5}
      never: {on_off: false}
    """
    bare, full, never = lowered(text, 2).activities
    assert (bare.on_off, bare.fixed_cost, bare.start_cost, bare.min_run) == (True, None, 0.0, 1)
    assert (full.on_off, full.start_cost, full.min_run, full.was_on, full.lot) == (True, 8.0, 2, True, 5.0)
    assert full.fixed_cost.tolist() == [3.0, 3.0]
    assert not never.on_off


def test_a_list_of_the_wrong_length_and_an_unknown_period_are_all_named_with_their_places():
    with pytest.raises(FieldProblem) as caught:
        lowered(LINE.replace("[10, 11, 12, 13]", "[10, 11]").replace("3: 0", "2031Q1: 0"), 4)
    assert {fault.path: fault.message for fault in caught.value.faults} == {
        ("units", "line", "cost"): "the list has 2 entries, but there are 4 periods",
        ("units", "line", "pinned", "2031Q1"): "the horizon has no period '2031Q1'",
    }


def test_unknown_references_are_all_named_with_the_nearest_name():
    with pytest.raises(ValidationError) as caught:
        plain(BAKERY.replace("inputs: {flour: 2}", "inputs: {flower: 2}").replace("uses: {oven", "uses: {kiln"))
    (error,) = caught.value.errors()
    faults = error["ctx"]["error"].faults
    assert [(fault.path, fault.message, fault.hint) for fault in faults] == [
        (
            ("activities", "bake", "inputs", "flower"),
            "there is no material 'flower'",
            "did you mean 'flour'?",
        ),
        (("activities", "bake", "uses", "kiln"), "there is no resource 'kiln'", ""),
    ]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("materials: {a: {opening: -1}}", "at least 0"),
        ("materials: {a: {survival: 1.2}}", "at most 1"),
        ("materials: {a: {color: red}}", "Extra inputs are not permitted"),
        (
            "materials: {a: {}}\nactivities: {b: {inputs: {a: {spread: 1, ages: [1]}}}}",
            "either 'spread' or 'ages'",
        ),
        ("materials: {a: {}}\nactivities: {b: {inputs: {a: [1, x]}}}", "'x'"),
        ("resources: {a: {capacity: []}}", "the list is empty"),
        ("materials: {a: {}}\ndemands: {a: {value: 1}}", "either 'quantity'"),
        (
            "materials: {a: {}}\ndemands: {a: {quantity: 1, steps: [{quantity: 1, value: 1}]}}",
            "either 'quantity'",
        ),
        (
            "materials: {a: {}}\ndemands: {a: {value: 3, steps: [{quantity: 1, value: 1}]}}",
            "the value stands in each step",
        ),
        ("groups: {g: {terms: []}}", "at least 1 item"),
        ("groups: {g: {terms: [{coefficient: 2}]}}", "exactly one of"),
        ("groups: {g: {terms: [{activity: a, unit: b}]}}", "exactly one of"),
        ("activities: {a: {on_off: {min_run: 0}}}", "greater than or equal to 1"),
        ("units: {a: {adds: {}, lasts: 3}}", "Extra inputs are not permitted"),
        ("units: {Big: {}}", "match pattern"),
    ],
)
def test_faulty_sections_are_refused_in_words(section, words):
    with pytest.raises(ValidationError, match=words):
        plain(section)


@pytest.mark.parametrize("text", [BAKERY, LINE, ROWS])
def test_a_section_written_out_and_read_back_is_the_same(text):
    section = plain(text)
    dumped = section.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert PlainNetwork.model_validate(yaml.safe_load(yaml.safe_dump(dumped))) == section


def test_the_schema_of_a_list_asks_for_numbers():
    schema = PlainNetwork.model_json_schema()
    forms = schema["$defs"]["Resource"]["properties"]["capacity"]["anyOf"]
    (listed,) = (form for form in forms if form.get("type") == "array")
    assert listed["items"]["anyOf"][0]["minimum"] == 0


def test_lowering_keeps_the_order_of_the_section():
    text = "materials: {zinc: {}, acid: {}, mud: {}}"
    assert [m.id for m in lowered(text, 1).materials] == ["zinc", "acid", "mud"]
    assert quarters(2)[1].label == "2027Q1"


def test_loading_an_instance_names_the_lines_of_lists_that_do_not_fit_the_horizon(tmp_path):
    (tmp_path / "instance.yaml").write_text(
        "horizon: {start: 2027, periods: 3, period: year}\n"
        "network:\n"
        "  materials:\n"
        "    a: {receipts: [1, 2]}\n"
        "  groups:\n"
        "    g:\n"
        "      windows: [[1, 2], [2035]]\n"
        "      limit: [1, 2, 3]\n"
        "      terms: [{stock: a, coefficient: [1]}]\n"
    )
    with pytest.raises(InstanceError) as caught:
        fabopt.load(tmp_path)
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        "instance.yaml:4: network.materials.a.receipts: the list has 2 entries, but there are 3 periods",
        "instance.yaml:7: network.groups.g.windows.1.0: the horizon has no period '2035'",
        "instance.yaml:8: network.groups.g.limit: the list has 3 entries, but there are 2 windows",
        "instance.yaml:9: network.groups.g.terms.0.coefficient: the list has 1 entry, but there are 3 periods",
    ]
