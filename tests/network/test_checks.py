"""Structural checks: for each finding a network that has the fault, and the same network without it."""

import time

import numpy as np
import pytest
from network_helpers import lowered, quarters

from fabopt.network.checks import check
from fabopt.network.tables import Activity, Demand, Flow, Material, Network, Resource, Use, ValueStep

SOUND = """
materials: {flour: {opening: 100}, bread: {}}
resources: {oven: {capacity: 8}}
activities:
  bake: {inputs: {flour: 2}, outputs: {bread: 1}, uses: {oven: 1}, lead: 1, cost: 1}
demands: {bread: {quantity: [0, 3, 4, 4], value: 6}}
"""


def found(text, periods=4):
    """(severity, check, entity, message) of each finding."""
    return [(f.severity, f.check, f.entity, f.message) for f in check(lowered(text, periods))]


def test_a_sound_network_has_no_findings():
    assert found(SOUND) == []


def test_a_demand_whose_raw_material_nobody_makes_is_traced_to_it():
    assert found(SOUND.replace("{opening: 100}", "{}")) == [
        (
            "warning",
            "unreachable demand",
            ("demands", "bread"),
            "The demand 'bread' cannot be met in any period: nothing makes 'flour' and none is in stock.",
        ),
        (
            "warning",
            "missing input",
            ("materials", "flour"),
            "'bake' needs 'flour', but nothing makes it and none is in stock.",
        ),
    ]


def test_a_required_demand_that_no_path_reaches_is_an_error():
    text = SOUND.replace("{opening: 100}", "{}").replace("value: 6", "required: true")
    assert [(severity, name) for severity, name, _, _ in found(text)] == [
        ("error", "unreachable demand"),
        ("warning", "missing input"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("{capacity: 8}", "{capacity: 0}", "the resource 'oven' has no capacity and no unit adds any"),
        ("cost: 1}", "upper: 0}", "'bake' may not run once its inputs are there (its upper limit is 0)"),
        (
            "lead: 1,",
            "lead: 4,",
            "'bake' can start in 2026Q4 at the earliest and takes 4 periods, which ends after the horizon",
        ),
        (
            "outputs: {bread: 1}",
            "outputs: {bread: {yield: [0, 0, 1, 1]}}\n      ,upper: [9, 9, 0, 0]",
            "'bake' yields nothing in the periods in which it can run",
        ),
    ],
)
def test_where_a_path_breaks_is_said(before, after, why):
    messages = [m for _, name, _, m in found(SOUND.replace(before, after)) if name == "unreachable demand"]
    assert messages == [f"The demand 'bread' cannot be met in any period: {why}."]


def test_a_resource_whose_only_unit_comes_after_the_horizon_breaks_the_path():
    text = SOUND.replace("{capacity: 8}", "{}") + "units: {kiln: {adds: {oven: 5}, lead: 4}}"
    assert found(text) == [
        (
            "warning",
            "unreachable demand",
            ("demands", "bread"),
            "The demand 'bread' cannot be met in any period: 'kiln' can be ordered in 2026Q4 at the earliest and "
            "takes 4 periods, which ends after the horizon.",
        ),
        (
            "warning",
            "capacity too late",
            ("units", "kiln"),
            "'kiln' cannot help inside the horizon: ordered in 2026Q4 at the earliest, it takes 4 periods, and the "
            "horizon ends with 2027Q3.",
        ),
    ]


def test_a_unit_that_arrives_in_the_last_period_is_in_time():
    # Ordered in period 1 of 6, first capacity in period 4, bread in period 5: before the last two demands.
    text = SOUND.replace("{capacity: 8}", "{}").replace("[0, 3, 4, 4]", "[0, 0, 0, 0, 3, 4]")
    assert found(text + "units: {kiln: {adds: {oven: 5}, lead: 3}}", 6) == []


def test_a_unit_is_too_late_when_what_it_consumes_is():
    text = SOUND + "units: {kiln: {adds: {oven: 5}, lead: 2, consumes: {brick: 1}}}"
    text = text.replace("bread: {}}", "bread: {}, brick: {receipts: [0, 0, 5, 0]}}", 1)
    (finding,) = found(text)
    assert finding[1:3] == ("capacity too late", ("units", "kiln"))
    assert "ordered in 2027Q2 at the earliest" in finding[3]
    assert found(text.replace("[0, 0, 5, 0]", "[5, 0, 0, 0]")) == []


def test_a_demand_that_ends_before_anything_can_arrive_is_named_with_both_dates():
    text = SOUND.replace("[0, 3, 4, 4]", "[5, 0, 0, 0]")
    assert [(name, message) for _, name, _, message in found(text)] == [
        (
            "unreachable demand",
            "The demand 'bread' wants 'bread' in 2026Q4, but none can be there before 2027Q1.",
        )
    ]
    # One quarter of patience is enough.
    assert found(text.replace("value: 6", "value: 6, backlog: {expiry: 1}")) == []


def test_required_demand_in_the_first_period_needs_stock():
    text = SOUND.replace("[0, 3, 4, 4], value: 6", "[1, 3, 4, 4], required: true")
    assert found(text)[0][:2] == ("error", "unreachable demand")
    assert found(text.replace("bread: {}", "bread: {opening: 1}")) == []


def test_two_parts_that_need_each_other_and_are_not_in_stock_block_the_demand():
    text = """
    materials: {hen: {}, egg: {}}
    activities:
      hatch: {inputs: {egg: 1}, outputs: {hen: 1}, lead: 1, cost: 1}
      lay: {inputs: {hen: 1}, outputs: {hen: {lead: 1}, egg: 2}, cost: 1, uses: {nest: 1}}
    resources: {nest: {capacity: 5}}
    demands: {egg: {quantity: 1, value: 1}}
    """
    (finding,) = found(text)
    assert finding[3] == (
        "The demand 'egg' cannot be met in any period: each of 'egg' and 'hen' needs another of them first, and none "
        "is in stock."
    )
    assert found(text.replace("hen: {}", "hen: {opening: 1}")) == []


def test_required_demand_above_what_the_oven_can_bake_is_an_error_with_the_cause():
    # Starts in the first period give at most 8 loaves by the second one, and 3 are wanted; by the fourth at most 24.
    text = SOUND.replace("[0, 3, 4, 4], value: 6", "[0, 3, 4, 20], required: true")
    assert found(text) == [
        (
            "error",
            "too much required",
            ("demands", "bread"),
            "Required demand of 'bread' ('bread') comes to 27 by 2027Q3, but at most 24 can be there by then ('oven' "
            "offers at most 32 in all).",
        )
    ]
    assert found(text.replace("[0, 3, 4, 20]", "[0, 3, 4, 17]")) == []


def test_required_demand_above_what_the_flour_gives_is_an_error_with_the_cause():
    # 14 kg of flour at 2 kg a loaf make 7.
    text = SOUND.replace("[0, 3, 4, 4], value: 6", "[0, 3, 4, 1], required: true").replace(
        "opening: 100", "opening: 14"
    )
    ((severity, name, _, message),) = found(text)
    assert (severity, name) == ("error", "too much required")
    assert message.endswith(
        "comes to 8 by 2027Q3, but at most 7 can be there by then (there is at most 14 of 'flour')."
    )
    assert found(text.replace("opening: 14", "opening: 14, receipts: [0, 2, 0, 0]")) == []


def test_units_that_may_still_be_ordered_count_as_supply():
    # One kiln at most, ordered at once, adds 2 in each of the last three periods; what starts in the last is too late.
    text = SOUND.replace("[0, 3, 4, 4], value: 6", "[0, 0, 0, 28], required: true")
    kiln = "units: {kiln: {adds: {oven: 2}, lead: 1, total: 1, cost: 1}}"
    assert found(text + kiln) == []
    assert found(text.replace("28", "29") + kiln)[0][1] == "too much required"


def test_a_backlog_may_wait_to_the_end_of_the_horizon():
    text = SOUND.replace("[0, 3, 4, 4], value: 6", "[20, 0, 0, 0], required: true, backlog: {expiry: 3}")
    assert found(text) == []
    assert found(text.replace("[20, 0, 0, 0]", "[25, 0, 0, 0]"))[0][1] == "too much required"


LOOP = """
materials: {scrap: {opening: 1}, ingot: {}, part: {}}
activities:
  melt: {inputs: {scrap: 1}, outputs: {ingot: 0.9}}
  cut: {inputs: {ingot: 1}, outputs: {part: 0.8, scrap: 0.2}}
  strip: {inputs: {part: 1}, outputs: {scrap: 1}}
demands: {part: {quantity: 1, value: 5}}
"""


def test_a_recycling_loop_that_loses_is_no_fault():
    # One part stripped gives 1 scrap, 0.9 ingot, 0.72 part and 0.18 scrap: less than it took.
    assert found(LOOP, 2) == []


def test_a_recycling_loop_that_gains_makes_parts_from_nothing():
    # With 1.2 scrap from a part: 1.2 * 0.9 = 1.08 ingot, 0.864 part and 0.216 scrap, again and again:
    # each round keeps 0.864 * 1.2 + 0.216 = 1.25 of the scrap that it took.
    (finding,) = found(LOOP.replace("scrap: 1}}\ndemands", "scrap: 1.2}}\ndemands"), 2)
    assert finding[:3] == ("warning", "something from nothing", ("activities", "melt"))
    assert finding[3].startswith("'melt', 'cut', 'strip' together make ")


def test_the_same_gain_held_back_by_a_furnace_a_limit_or_a_sum_is_no_fault():
    text = LOOP.replace("scrap: 1}}\ndemands", "scrap: 1.2}}\nresources: {furnace: {capacity: 3}}\ndemands")
    text = text.replace("{ingot: 0.9}}", "{ingot: 0.9}, uses: {furnace: 1}}")
    assert found(text, 2) == []
    gains = LOOP.replace("scrap: 1}}\ndemands", "scrap: 1.2}}\ndemands")
    assert found(gains.replace("{ingot: 0.9}}", "{ingot: 0.9}, upper: 7}"), 2) == []
    assert found(gains + "groups: {most: {terms: [{activity: cut}], limit: 9}}\n", 2) == []
    assert len(found(gains + "groups: {least: {terms: [{activity: cut}], sense: '>=', limit: 0}}\n", 2)) == 1


def test_a_loop_that_starts_on_its_own_products_reaches_what_it_makes_and_one_that_loses_does_not():
    text = """
    materials: {x: {storable: false}, y: {storable: false}, z: {}}
    activities:
      a: {inputs: {x: 1}, outputs: {y: 4}, upper: [0, 1, 1]}
      b: {inputs: {y: 1}, outputs: {x: 2}, upper: 1}
      c: {inputs: {x: 1}, outputs: {z: 1}, upper: 1}
    demands: {z: {quantity: [0, 1, 1], value: 1}}
    """
    assert found(text, 3) == []
    (finding,) = found(text.replace("quantity: [0, 1, 1]", "quantity: [1, 0, 0]"), 3)
    assert finding[1] == "unreachable demand"
    assert "before 2027Q1" in finding[3]
    loses = [name for _, name, _, _ in found(text.replace("y: 4", "y: 0.4"), 3)]
    assert "unreachable demand" in loses
    late = [name for _, name, _, _ in found(text.replace("upper: 1}\n      c", "upper: 1, lead: 1}\n      c"), 3)]
    assert "unreachable demand" in late  # what comes a period later cannot be had in advance


def test_a_fleet_that_goes_round_is_no_fault():
    text = """
    materials: {truck: {storable: false}, away: {storable: false}, load: {}}
    activities:
      out: {inputs: {truck: 1}, outputs: {away: 1, load: 1}, upper: 3}
      back: {inputs: {away: 1}, outputs: {truck: 1}}
    demands: {load: {quantity: 2, value: 1}}
    """
    assert found(text, 2) == []


def test_a_gain_in_one_period_only_is_found_there():
    text = LOOP.replace("scrap: 1}}\ndemands", "scrap: [1, 1, 1.2]}}\ndemands")
    (finding,) = found(text, 3)
    assert "from nothing in 2027Q2" in finding[3]


def test_interest_after_a_period_is_growth_not_a_loop():
    text = """
    materials: {cash: {opening: 1}}
    activities: {save: {inputs: {cash: 1}, outputs: {cash: 1.08}, lead: 1}}
    demands: {cash: {quantity: [0, 5], value: 1}}
    """
    assert found(text, 2) == []
    assert found(text.replace("lead: 1", "lead: 0"), 2)[0][1] == "something from nothing"


def test_borrowing_that_is_repaid_later_with_less_is_a_loop():
    # 'borrow' gives 1 now and takes 1 two periods later; 'invest' turns 1 into 2 after one: a free surplus of 1.
    text = """
    materials: {cash: {}}
    activities:
      borrow: {inputs: {cash: {lead: 2}}, outputs: {cash: 1}}
      invest: {inputs: {cash: 1}, outputs: {cash: 2}, lead: 1}
    demands: {cash: {quantity: 5, value: 1}}
    """
    (finding,) = found(text, 4)
    assert finding[:2] == ("warning", "something from nothing")
    assert [f[1] for f in found(text.replace("cash: 2}, lead", "cash: 1}, lead"), 4)] == []


def test_a_source_without_input_resource_cost_or_limit_is_named():
    text = """
    materials: {bread: {}}
    activities: {bake: {outputs: {bread: 1}}}
    demands: {bread: {quantity: 1, value: 1}}
    """
    (finding,) = found(text, 1)
    assert finding[:3] == ("warning", "something from nothing", ("activities", "bake"))
    for limit in ("cost: 1", "upper: 5"):
        assert found(text.replace("{bread: 1}}}", f"{{bread: 1}}, {limit}}}}}"), 1) == []


@pytest.mark.parametrize(
    ("extra", "entity", "message"),
    [
        ("resources: {kiln: {capacity: 3}}", ("resources", "kiln"), "Nothing uses the resource 'kiln'."),
        ("materials: {dust: {opening: 3}}", ("materials", "dust"), "Nothing uses or wants 'dust'."),
        ("activities: {rest: {cost: 2}}", ("activities", "rest"), "'rest' makes nothing and earns nothing."),
        ("units: {shed: {cost: 2}}", ("units", "shed"), "'shed' adds to no resource."),
    ],
)
def test_what_is_connected_to_nothing_is_named(extra, entity, message):
    assert found(extra, 1) == [("warning", "unused", entity, message)]


def test_a_by_product_that_nobody_wants_is_named_as_made():
    text = SOUND.replace("outputs: {bread: 1}", "outputs: {bread: 1, crumbs: 0.1}").replace(
        "bread: {}}", "bread: {}, crumbs: {}}"
    )
    assert found(text) == [
        ("warning", "unused", ("materials", "crumbs"), "Nothing uses or wants 'crumbs', though it is made.")
    ]
    assert found(text.replace("crumbs: {}", "crumbs: {terminal_value: 1}")) == []


def test_what_only_a_row_counts_is_used():
    text = """
    materials: {ash: {opening: 1}}
    activities: {wait: {cost: 1}}
    units: {permit: {cost: 1}}
    groups: {all: {limit: 3, terms: [{stock: ash}, {activity: wait}, {unit: permit}]}}
    """
    assert found(text, 1) == []


def test_selling_is_something_to_do():
    text = "materials: {ash: {opening: 1}}\nactivities: {sell: {inputs: {ash: 1}, cost: -2}}"
    assert found(text, 1) == []


def test_amounts_that_differ_by_more_than_eight_orders_are_named():
    text = SOUND.replace("inputs: {flour: 2}", "inputs: {flour: 0.00001}").replace(
        "uses: {oven: 1}", "uses: {oven: 8000}"
    )
    (finding,) = found(text)
    assert finding == (
        "warning",
        "coefficient range",
        (),
        "Amounts range from 1e-05 ('flour' of activity 'bake') to 8000 (use of 'oven' by activity 'bake'); the solver "
        "may lose accuracy.",
    )
    assert found(text.replace("0.00001", "0.001")) == []


def chain(activities, periods):
    """A long chain of materials in parallel lines, every tenth with a loop of assets that return."""
    ones = np.ones(periods)
    lines, depth = activities // 10, 10
    materials, acts, flows, uses, resources, demands = [], [], [], [], [], []
    for line in range(lines):
        resources.append(Resource(f"r{line}", f"r{line}", "", "rate", 100 * ones))
        materials.append(Material(f"m{line}-0", "m", "", opening=1000.0))
        for step in range(depth):
            key = f"a{line}-{step}"
            materials.append(Material(f"m{line}-{step + 1}", "m", "", storable=True))
            acts.append(Activity(key, key, "", cost=ones))
            flows.append(Flow(key, f"m{line}-{step}", 0, -ones))
            flows.append(Flow(key, f"m{line}-{step + 1}", step % 2, ones))
            uses.append(Use(key, f"r{line}", 0, ones))
        flows.append(Flow(f"a{line}-9", f"m{line}-9", 1, 0.9 * ones))
        quantity = np.where(np.arange(periods) > 10, 1.0, 0.0)
        demands.append(Demand(f"d{line}", "d", f"m{line}-10", quantity, (ValueStep(quantity, ones),), required=True))
    return Network(
        "chain",
        quarters(periods),
        tuple(materials),
        tuple(acts),
        tuple(flows),
        tuple(uses),
        tuple(resources),
        demands=tuple(demands),
    )


def test_checking_1500_activities_over_30_periods_takes_a_fraction_of_a_second():
    net = chain(1500, 30)
    seconds = []
    for _ in range(3):
        begin = time.process_time()
        assert check(net) == []
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.3


@pytest.mark.parametrize("scrap", [1e-9, 1e-6, 1e6, 1e9])
@pytest.mark.parametrize("ingot", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(("back", "gains"), [(1.0, False), (1.1375, False), (1.1415, True), (1.2, True)])
def test_a_loop_gains_or_loses_the_same_in_all_units(scrap, ingot, back, gains):
    """A unit of scrap comes back as 0.9 (0.8 b + 0.2) for b scrap from a part: it gains from b = 1.13889 on."""
    text = LOOP.replace("{scrap: 1}, outputs: {ingot: 0.9}", f"{{scrap: {scrap}}}, outputs: {{ingot: {0.9 * ingot}}}")
    text = text.replace("{ingot: 1}", f"{{ingot: {ingot}}}").replace("scrap: 0.2", f"scrap: {0.2 * scrap}")
    text = text.replace("outputs: {scrap: 1}", f"outputs: {{scrap: {back * scrap}}}")
    assert ("something from nothing" in [one[1] for one in found(text, 2)]) == gains
