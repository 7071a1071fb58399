"""What can be had of a loop: nothing of one that only goes round, the surplus of one that gains."""

import math
import random

import numpy as np
import pytest
import yaml
from network_helpers import lowered
from scipy.optimize import linprog

import fabopt
from fabopt.network.checks import check
from fabopt.network.links import link
from fabopt.network.reach import earliest

ROUND = """
materials: {x: {}, y: {}}
activities:
  there: {inputs: {x: 1}, outputs: {y: 1}, upper: 9}
  back: {inputs: {y: 1}, outputs: {x: 1}, upper: 9}
demands: {x: {quantity: [0, 1, 1], required: true}}
"""
ONLY_ROUND = (
    "The demand 'x' cannot be met in any period: 'x' and 'y' only go round, since no more comes out of the loop than "
    "goes in, and none is in stock."
)


def unreachable(text, periods=3):
    """(severity, message) of each demand out of reach."""
    findings = check(lowered(text, periods))
    return [(f.severity, f.message) for f in findings if f.check == "unreachable demand"]


def test_what_only_goes_round_cannot_be_taken_out():
    assert unreachable(ROUND) == [("error", ONLY_ROUND)]


def test_an_optional_demand_on_what_only_goes_round_is_a_warning():
    assert unreachable(ROUND.replace("required: true", "value: 1")) == [("warning", ONLY_ROUND)]


@pytest.mark.parametrize("there", ["x: {opening: 2}", "y: {opening: 2}", "y: {receipts: [0, 1, 1]}"])
def test_a_stock_or_receipts_anywhere_in_the_loop_can_be_taken_out(there):
    assert unreachable(ROUND.replace(f"{there[0]}: {{}}", there, 1)) == []


def test_receipts_that_come_after_the_demand_are_too_late():
    ((severity, message),) = unreachable(ROUND.replace("y: {}", "y: {receipts: [0, 0, 2]}", 1))
    assert severity == "error"
    assert message == "The demand 'x' wants 'x' in 2027Q1, but none can be there before 2027Q2."


def test_a_loop_that_gains_gives_its_surplus_and_one_that_loses_nothing():
    assert unreachable(ROUND.replace("outputs: {y: 1}", "outputs: {y: 1.001}")) == []
    assert unreachable(ROUND.replace("outputs: {y: 1}", "outputs: {y: 0.999}"))[0][0] == "error"


def test_a_loop_that_gains_need_not_wait_for_receipts():
    gains = ROUND.replace("outputs: {y: 1}", "outputs: {y: 2}").replace("y: {}", "y: {receipts: [0, 0, 2]}", 1)
    assert unreachable(gains) == []


def test_what_runs_outside_the_loop_on_what_only_goes_round_cannot_run():
    text = ROUND.replace("x: {quantity", "z: {material: z, quantity").replace("y: {}}", "y: {}, z: {}}")
    outside = text.replace("demands", "  draw: {inputs: {x: 1}, outputs: {z: 1}}\ndemands")
    ((_, message),) = unreachable(outside)
    assert message == ONLY_ROUND.replace("'x' cannot", "'z' cannot").replace("'x' and 'y'", "'x', 'y' and 'z'")
    # What is made while it goes round can be had.
    assert unreachable(text.replace("outputs: {y: 1}", "outputs: {y: 1, z: 1}")) == []


def test_two_loops_that_only_gain_together_feed_each_other():
    # 4 x become 2 y, and 2 y become 2 x and 1 z: alone the first loop loses 2 x; 1 z becomes 3 x in the second one.
    text = """
    materials: {x: {}, y: {}, z: {}}
    activities:
      there: {inputs: {x: 2}, outputs: {y: 1}, upper: 9}
      back: {inputs: {y: 1}, outputs: {x: 1, z: 0.5}, upper: 9}
      more: {inputs: {z: 1}, outputs: {x: 3}, upper: [0, 9, 9]}
    demands: {x: {quantity: [0, 1, 1], required: true}}
    """
    assert unreachable(text) == []
    assert unreachable(text.replace("x: 3", "x: 2")) == [
        ("error", ONLY_ROUND.replace("'x' and 'y' only", "'x', 'y' and 'z' only"))
    ]
    ((_, message),) = unreachable(text.replace("[0, 1, 1]", "[1, 1, 1]"))
    assert message == "The demand 'x' wants 'x' in 2026Q4, but none can be there before 2027Q1."


def test_of_two_loops_that_share_nothing_but_a_material_each_is_seen():
    second = """  twice: {inputs: {x: 1}, outputs: {w: 2}, upper: 9}
  again: {inputs: {w: 1}, outputs: {x: 1}, upper: 9}
"""
    assert unreachable(ROUND.replace("x: {},", "x: {}, w: {},").replace("demands", second + "demands")) == []


def test_a_loop_with_a_delay_needs_a_stock_to_begin_with_however_much_it_gains():
    late = ROUND.replace("outputs: {y: 1}", "outputs: {y: 5}, lead: 1")
    ((severity, message),) = unreachable(late)
    assert severity == "error"
    assert "each of 'x' and 'y' needs another of them first" in message
    assert unreachable(late.replace("y: {}", "y: {opening: 1}", 1)) == []


def test_what_is_lent_and_given_back_with_more_needs_two_rounds_of_gain_between():
    # 1 x is lent for two periods and 1.3 are given back: 1.2 a period makes 1.44 of it in two rounds, 1.1 only 1.21.
    text = """
    materials: {x: {}}
    activities:
      lend: {inputs: {x: {amount: 1.3, lead: 2}}, outputs: {x: 1}, upper: [9, 0, 0, 0]}
      grow: {inputs: {x: 1}, outputs: {x: 1.2}, lead: 1}
    demands: {x: {quantity: [0, 0, 1, 0], required: true}}
    """
    assert unreachable(text, 4) == []
    assert [severity for severity, _ in unreachable(text.replace("1.2}", "1.1}"), 4)] == ["error"]
    # What is to be given back after the horizon is not missed.
    assert unreachable(text.replace("1.2}", "1.1}").replace("lead: 2", "lead: 4"), 4) == []


def test_what_is_lent_and_kept_shrinks_by_what_does_not_survive():
    # Half of what is lent is given back two periods later: of 1, 0.64 is left at 80 % a period, 0.36 at 60 %.
    text = """
    materials: {x: {survival: 0.8}}
    activities: {lend: {inputs: {x: {amount: 0.5, lead: 2}}, outputs: {x: 1}, upper: [9, 0, 0]}}
    demands: {x: {quantity: [1, 0, 0], required: true}}
    """
    assert unreachable(text) == []
    assert [severity for severity, _ in unreachable(text.replace("0.8", "0.6"))] == ["error"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_loop_that_waits_for_what_another_makes_a_period_later_starts_then(first):
    # The first loop gains and, a period later, makes the fuel that the second one needs; that one feeds the first.
    loops = [
        """
      a: {inputs: {x: 1}, outputs: {y: 2}, upper: 9}
      b: {inputs: {y: 1}, outputs: {x: 1}, upper: 9}
      burn: {inputs: {y: 1}, outputs: {fuel: 1}, lead: 1}
    """,
        """
      c: {inputs: {v: 1, fuel: 1}, outputs: {w: 2}, upper: 9}
      d: {inputs: {w: 1}, outputs: {v: 1}, upper: 9}
      feed: {inputs: {w: 1}, outputs: {x: 1}, lead: 1}
    """,
    ]
    text = "materials: {x: {}, y: {}, v: {}, w: {}, fuel: {}}\ndemands: {w: {quantity: [0, 1, 1], required: true}}\n"
    text += "activities:" + loops[first].rstrip() + loops[1 - first]
    assert unreachable(text) == []
    ((_, message),) = unreachable(text.replace("[0, 1, 1]", "[1, 1, 1]"))
    assert "none can be there before 2027Q1" in message


def test_a_unit_that_its_own_capacity_pays_for_at_once_is_no_obstacle_and_one_that_comes_later_is():
    text = """
    materials: {ore: {opening: 9}, steel: {}}
    resources: {mill: {}}
    units: {furnace: {adds: {mill: 5}, consumes: {steel: 1}}}
    activities: {smelt: {inputs: {ore: 1}, outputs: {steel: 1}, uses: {mill: 1}}}
    demands: {steel: {quantity: [1, 1, 1], required: true}}
    """
    assert unreachable(text) == []
    assert unreachable(text.replace("steel: 1}}}", "steel: 1}, total: 1}}")) == []
    assert [severity for severity, _ in unreachable(text.replace("steel: 1}}}", "steel: 1}, total: 0}}"))] == ["error"]
    ((_, message),) = unreachable(text.replace("steel: 1}}}", "steel: 1}, lead: 1}}"))
    assert "each of 'mill' and 'steel' needs another of them first" in message
    assert [severity for severity, _ in unreachable(text.replace("mill: 5", "mill: 1"))] == ["error"]
    # Who is outside has what capacity is over.
    press = "press: {outputs: {coin: 1}, uses: {mill: 1}}}\n    demands: {coin: {quantity"
    outside = text.replace("}}}\n    demands: {steel: {quantity", "}}, " + press).replace(
        "steel: {}}", "steel: {}, coin: {}}"
    )
    assert unreachable(outside) == []
    assert [severity for severity, _ in unreachable(outside.replace("mill: 5", "mill: 1"))] == ["error"]


def test_validate_names_it_and_solve_finds_no_plan(tmp_path):
    instance = {"horizon": {"start": 2027, "periods": 3, "period": "year"}, "network": yaml.safe_load(ROUND)}
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(instance))
    (finding,) = fabopt.load(tmp_path).validate()
    assert (finding.check, finding.message) == ("unreachable demand", ONLY_ROUND)
    assert fabopt.load(tmp_path).solve().status == "infeasible"


def drawn(rng):
    """A small network in which what is there once stays there: all can be stored and limits only fall away."""
    T, n = rng.randint(1, 4), rng.randint(2, 4)

    def any_of(*choices):
        return rng.choice(choices)

    materials = {f"m{i}": {} for i in range(n)}
    if any_of(True, False):
        materials[f"m{rng.randrange(n)}"] = {"receipts": [any_of(0, 1) for _ in range(T)]}
    activities = {}
    for key in range(rng.randint(2, 5)):
        activities[f"a{key}"] = {
            "inputs": {
                f"m{rng.randrange(n)}": {"amount": any_of(0.5, 1, 1, 2), "lead": any_of(0, 0, 0, 1, 2)}
                for _ in range(any_of(1, 1, 2))
            },
            "outputs": {
                f"m{rng.randrange(n)}": {"yield": any_of(0.5, 1, 1, 2, 3), "lead": any_of(0, 0, 0, 1)}
                for _ in range(any_of(1, 1, 2))
            },
            "uses": {"free": any_of(1, 2)} if any_of(True, False, False) else {},
            "upper": [0 if period < any_of(0, 0, 1) else 1e6 for period in range(T)],
        }
        activities[f"a{key}"]["upper"].sort()
    units = {
        "tool": {"adds": {"free": 1}, "consumes": {f"m{rng.randrange(n)}": 1}, "lead": any_of(0, 1), "whole": False}
    }
    resources = {"free": {"capacity": sorted(any_of(0, 0, 1e6) for _ in range(T)), "kind": "level"}}
    return T, {"materials": materials, "activities": activities, "resources": resources, "units": units}


def first_deliveries(net, T):
    """First period in which some of each material can be taken out, by a program over the whole network for each."""
    starts = [(a.id, t) for a in net.activities for t in range(T) if a.upper is None or a.upper[t] > 0]
    orders = [(u.id, t) for u in net.units for t in range(T)]
    stocks = [(m.id, t) for m in net.materials for t in range(T)]
    column = {key: place for place, key in enumerate([*starts, *orders, *stocks])}
    rows = {(i, t): np.zeros(len(column)) for i in [*(m.id for m in net.materials), "free"] for t in range(T)}

    def add(row, t, key, amount):
        if key in column and t < T:
            rows[row, t][column[key]] += amount

    for s in range(T):
        for flow in net.flows:
            add(flow.material, s + flow.age, (flow.activity, s), flow.amount[s])
        for use in net.uses:
            add(use.resource, s + use.age, (use.activity, s), -use.amount[s])
        for part in net.unit_materials:
            add(part.material, s + part.age, (part.unit, s), part.amount)
        for effect in net.unit_effects:
            for age in range(T):
                add("free", s + age, (effect.unit, s), float(age >= effect.first_age) * effect.profile[-1])
    for key, t in stocks:
        add(key, t, (key, t), -1.0)
        add(key, t + 1, (key, t), 1.0)
    comes = {m.id: m.receipts if m.receipts is not None else np.zeros(T) for m in net.materials}
    comes["free"] = net.resources[0].base
    plenty = {(key, t): 1e6 * float(np.any(comes[key][: t + 1] > 0)) for key, t in rows}
    first = {}
    for material in net.materials:
        first[material.id] = math.inf
        for t in range(T):
            taken = np.array([[float(at == (material.id, t))] for at in rows])
            matrix = np.hstack([-np.array(list(rows.values())), taken])
            bounds = [(0, 1e5)] * len(column) + [(0, 1)]
            found = linprog([0.0] * len(column) + [-1.0], matrix, [plenty[at] for at in rows], bounds=bounds)
            if found.fun < -0.5:
                first[material.id] = t
                break
    return first


def test_what_can_be_had_and_when_is_what_a_program_over_the_whole_network_says():
    in_loops = 0
    for seed in range(60):
        T, text = drawn(random.Random(seed))
        net = lowered(yaml.safe_dump(text), T)
        reach = earliest(link(net))
        had = {key: period if period < T else math.inf for key, period in reach.material.items()}
        assert had == first_deliveries(net, T), seed
        made = {flow.material for a in reach.start for flow in reach.links.outputs[a] if reach.start[a] < T}
        in_loops += any(math.isinf(had[key]) for key in made)
    assert in_loops > 3  # networks with something that only goes round
