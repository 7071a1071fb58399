"""Records that are written once for the members of sets: they are the same network as written out by hand."""

import itertools
import re

import pytest
import yaml
from network_helpers import plain

import fabopt
from fabopt.io.levers import list_levers
from fabopt.io.problems import InstanceError
from fabopt.network.lower import lower

HEAD = "horizon: {start: 2027, periods: 1, period: year}\n"
FREIGHT = """
network:
  sets:
    plants: {seattle: {capacity: 350, coast: west}, san-diego: {capacity: 600, coast: west}}
    markets: {new-york: {wants: 325, coast: east}, chicago: {wants: 300}, topeka: {wants: 275}}
  values:
    miles:
      seattle: {new-york: 2.5, chicago: 1.7, topeka: 1.8}
      san-diego: {new-york: 2.5, chicago: {value: 1.8, low: 1, high: 2}, topeka: 1.4}
  materials:
    "{p}": {for: {p: plants}, opening: "{p.capacity}"}
    "{m}": {for: {m: markets}, name: "Market {m} of {m.wants}"}
  activities:
    ship-{p}-{m}:
      for: {p: plants, m: markets}
      inputs: {"{p}": 1}
      outputs: {"{m}": 1}
      cost: "{miles[p,m]}"
  demands:
    "{m}": {for: {m: markets}, quantity: "{m.wants}", required: true}
"""


def written(tmp_path, text, **files):
    (tmp_path / "instance.yaml").write_text(HEAD + text)
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path


def lowered(path):
    return lower(fabopt.load(path).data)


def ids(section, where="", loop="{p: plants, m: markets}"):
    tree = yaml.safe_load(FREIGHT)["network"]
    tree["activities"]["ship-{p}-{m}"] |= yaml.safe_load(f"{{for: {loop}{', where: ' + where if where else ''}}}")
    return list(getattr(plain(yaml.safe_dump(tree, sort_keys=False)), section))


def test_a_network_by_sets_is_the_one_that_is_written_out(tmp_path):
    miles = {"seattle": (2.5, 1.7, 1.8), "san-diego": (2.5, 1.8, 1.4)}
    wants = {"new-york": 325, "chicago": 300, "topeka": 275}
    by_hand = {
        "materials": {"seattle": {"opening": 350}, "san-diego": {"opening": 600}}
        | {m: {"name": f"Market {m} of {n}"} for m, n in wants.items()},
        "activities": {
            f"ship-{p}-{m}": {"inputs": {p: 1}, "outputs": {m: 1}, "cost": cost}
            for p, costs in miles.items()
            for m, cost in zip(wants, costs, strict=True)
        },
        "demands": {m: {"quantity": n, "required": True} for m, n in wants.items()},
    }
    tree = yaml.safe_load(FREIGHT)
    tree["network"]["values"]["miles"]["san-diego"]["chicago"] = 1.8
    (tmp_path / "instance.yaml").write_text(HEAD + yaml.safe_dump(tree, sort_keys=False))
    assert lowered(tmp_path) == lowered(written_out(tmp_path, by_hand))


def written_out(tmp_path, sections):
    (tmp_path / "out").mkdir()
    return written(tmp_path / "out", yaml.safe_dump({"network": sections}, sort_keys=False))


PAIRS = list(itertools.product(("seattle", "san-diego"), ("new-york", "chicago", "topeka")))
MILES = dict(zip(PAIRS, (2.5, 1.7, 1.8, 2.5, 1.8, 1.4), strict=True))


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("{p: seattle}", lambda p, m: p == "seattle"),
        ("{m: {not: [chicago, topeka]}}", lambda p, m: m == "new-york"),
        ("{m: [chicago, topeka], p: {not: seattle}}", lambda p, m: m != "new-york" and p != "seattle"),
        ("{'miles[p,m]': {at_most: 1.8}}", lambda p, m: MILES[p, m] <= 1.8),
        ("{'miles[p,m]': {at_least: 1.7, at_most: 1.8}}", lambda p, m: 1.7 <= MILES[p, m] <= 1.8),
        ("{'miles[p,topeka]': 1.4}", lambda p, m: p == "san-diego"),
        ("{p.capacity: {at_least: 400}}", lambda p, m: p == "san-diego"),
        ("{m.coast: {given: false}}", lambda p, m: m != "new-york"),
        ("{m.coast: {given: true}}", lambda p, m: m == "new-york"),
        ("{p.coast: {not: m.coast}}", lambda p, m: m == "new-york"),
        ("{p.coast: {not: west}}", lambda p, m: False),
        ("{m.coast: west}", lambda p, m: False),
    ],
)
def test_conditions_choose_what_they_say(where, holds):
    assert ids("activities", where) == [f"ship-{p}-{m}" for p, m in PAIRS if holds(p, m)]


def test_what_is_not_given_compares_as_unlike():
    # Only new-york has a coast, and 'not' holds where both sides are given.
    assert ids("activities", "{m.coast: {not: p.coast}}") == ["ship-seattle-new-york", "ship-san-diego-new-york"]


def test_a_variable_may_run_over_ids_and_over_what_the_set_says_of_one_before_it():
    net = plain(
        """
        sets: {plants: {a: {lines: [x, y]}, b: {lines: [z]}}}
        resources:
          "{p}-{l}": {for: {p: plants, l: "{p.lines}"}, capacity: 1}
          "{k}": {for: {k: [one, two]}, capacity: 1}
        """
    )
    assert list(net.resources) == ["a-x", "a-y", "b-z", "one", "two"]


def test_entries_and_terms_are_written_out_too():
    net = plain(
        """
        sets: {foods: {brownie: {fat: 2}, cola: {fat: 1, sugar: 4}}, parts: [fat, sugar]}
        values: {content: {brownie: {fat: 2, sugar: 2}, cola: {fat: 1, sugar: 4}}}
        materials: {"{n}": {for: {n: parts}}}
        activities:
          "{f}": {for: {f: foods}, outputs: {"{n}": {for: {n: parts}, amount: "{content[f,n]}"}}}
        groups:
          most: {limit: 9, terms: [{activity: cola}, {for: {f: foods}, activity: "{f}", coefficient: "{f.fat}"}]}
        """
    )
    outputs = {f: {n: part.amount.value for n, part in a.outputs.items()} for f, a in net.activities.items()}
    assert outputs == {"brownie": {"fat": 2, "sugar": 2}, "cola": {"fat": 1, "sugar": 4}}
    terms = [(term.activity, term.coefficient and term.coefficient.value) for term in net.groups["most"].terms]
    assert terms == [("cola", None), ("brownie", 2), ("cola", 1)]


def test_a_record_by_itself_goes_over_what_a_loop_makes_of_the_same_id():
    loop = '"{p}": {for: {p: [a, b]}, capacity: 3, unit: t}'
    for order in ([loop, "b: {capacity: 5}"], ["b: {capacity: 5}", loop]):
        found = plain("resources:\n  " + "\n  ".join(order)).resources
        assert {k: (r.capacity.value, r.unit) for k, r in found.items()} == {"a": (3, "t"), "b": (5, "t")}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{miles[p,m]}", "{mile[p,m]}", "there are no values 'mile'; there are miles"),
        ("{miles[p,m]}", "{miles[p,q]}", "values 'miles' have nothing for seattle, q"),
        ("{miles[p,m]}", "{miles[p]}", "a quantity needs 'value'"),
        ("{miles[p,m]}", "{q.size}", "'q' is no variable of this loop; there are p, m"),
        ('inputs: {"{p}": 1}', 'inputs: {"{p}s": 1}', "there is no material 'seattles'; did you mean 'seattle'?"),
        ("{p: plants, m: markets}", "{p: plantes, m: markets}", "there is no set 'plantes'; the sets are plants"),
        ("{p: plants, m: markets}", "{p: plants, m: 3}", "a set is a list of ids"),
        ("{p: plants, m: markets}", "{p: plants, m: [m]}", "'m' is a member too"),
        ("ship-{p}-{m}", "ship-{p}", "'ship-seattle' is made twice; put every variable of the loop into the id"),
        ("cost:", "where: {z: seattle}\n      cost:", "'z' is neither a variable of this loop"),
        ("cost:", "where: {p: {isnt: seattle}}\n      cost:", "this is no condition; write a value"),
        ("cost:", "where: {p: {at_most: 3}}\n      cost:", "only numbers are compared"),
        ("coast: east", "Coast: 1}, Boston: {x: 1", "'Boston' is no id of a member"),
        ("{m.wants}", "{m.coast}", "the set of 'm' says no 'coast' of 'chicago'"),
        ("1.4}", "cheap}", "'cheap' is no quantity"),
    ],
)
def test_faults_of_sets_name_the_line_that_is_written(tmp_path, old, new, says):
    text = FREIGHT.replace(old, new)
    assert text != FREIGHT
    with pytest.raises(InstanceError) as refused:
        fabopt.load(written(tmp_path, text))
    assert says in str(refused.value)
    lines = (HEAD + text).splitlines()
    first = refused.value.problems[0]
    assert first.file == "instance.yaml"
    assert first.path.startswith("network.")
    told = first.path.split(".")[-1].split("[")[0], new.split("\n")[0]
    assert any(word in lines[first.line - 1] for word in told)


def test_a_list_of_the_wrong_length_is_named_where_the_loop_stands(tmp_path):
    text = FREIGHT.replace("wants: 325", "wants: [325, 1]").replace(" of {m.wants}", "")
    with pytest.raises(InstanceError, match="the list has 2 entries") as refused:
        fabopt.load(written(tmp_path, text))
    assert refused.value.problems[0].path == "network.demands.{m}.quantity"
    assert refused.value.problems[0].line == 21


def test_a_lever_of_a_record_that_a_loop_makes_moves_that_one_alone(tmp_path):
    instance = fabopt.load(written(tmp_path, FREIGHT))
    levers = {lever.path: lever.quantity.value for lever in list_levers(instance.data)}
    assert levers["network.activities.ship-san-diego-chicago.cost"] == 1.8
    changed = instance.with_({"network.activities.ship-san-diego-chicago.cost": "*2"})
    costs = {key: a.cost.value for key, a in changed.data.network.activities.items()}
    assert costs.pop("ship-san-diego-chicago") == 3.6
    assert costs == {key: value for key, value in zip((f"ship-{p}-{m}" for p, m in PAIRS), MILES.values(), strict=True)
                     if key in costs}  # fmt: skip


def test_a_lever_of_an_entry_or_term_that_a_loop_makes_inside_a_record_moves_that_one_alone(tmp_path):
    looped = """
    pool: {inputs: {"{p}": {for: {p: plants}, amount: 2}}, outputs: {topeka: 1}}
  groups: {sent: {terms: [{activity: pool}, {for: {m: markets}, activity: "ship-seattle-{m}"}], at_most: 9}}
  demands:"""
    instance = fabopt.load(written(tmp_path, FREIGHT.replace("\n  demands:", looped)))
    changed = instance.with_({"network.activities.pool.inputs.san-diego.amount": 5,
                              "network.groups.sent.terms.2.coefficient": 7}).data.network  # fmt: skip
    assert {key: one.amount.value for key, one in changed.activities["pool"].inputs.items()} == {
        "seattle": 2,
        "san-diego": 5,
    }
    terms = {term.activity: term.coefficient and term.coefficient.value for term in changed.groups["sent"].terms}
    assert terms == {
        "pool": None,
        "ship-seattle-new-york": None,
        "ship-seattle-chicago": 7,
        "ship-seattle-topeka": None,
    }


def test_a_lever_of_values_and_a_scenario_of_sets_reach_all_that_is_written_with_them(tmp_path):
    scenario = "scenarios: {small: {merge: {network: {sets: {plants: {san-diego: {capacity: 900}}}}}}}\n"
    path = written(tmp_path, FREIGHT + scenario)
    moved = fabopt.load(path, "small", {"network.values.miles.seattle.topeka": 9})
    assert moved.data.network.activities["ship-seattle-topeka"].cost.value == 9
    assert moved.data.network.materials["san-diego"].opening.value == 900
    # As a change of a loaded instance too, where most of it is shared with what was loaded.
    again = fabopt.load(path).with_({"network.values.miles.seattle.topeka": "*2"})
    assert again.data.network.activities["ship-seattle-topeka"].cost.value == 3.6


def test_values_in_a_wide_and_in_a_long_table_are_the_same(tmp_path):
    tree = yaml.safe_load(FREIGHT)
    del tree["network"]["values"], tree["network"]["sets"]["plants"]
    tree["tables"] = {"network.sets.plants": "plants.csv", "network.values.miles": "miles.csv"}
    plants = "id,capacity,coast\nseattle,350,west\nsan-diego,600,west\n"
    wide = "id,new-york,chicago,topeka\nseattle,2.5,1.7,1.8\nsan-diego,2.5,1.8,1.4\n"
    long = "plant,market,value\n" + "".join(f"{p},{m},{far}\n" for (p, m), far in MILES.items())
    nets = []
    for n, miles in enumerate((wide, long)):
        (tmp_path / str(n)).mkdir()
        text = yaml.safe_dump(tree, sort_keys=False)
        nets.append(lowered(written(tmp_path / str(n), text, plants=plants, miles=miles)))
    assert nets[0] == nets[1]
    costs = {a.id: a.cost[0] for a in nets[0].activities}
    assert costs == {f"ship-{p}-{m}": far for (p, m), far in MILES.items()}


def test_records_of_a_section_may_come_from_a_file_and_from_a_table(tmp_path):
    text = "tables: {network.activities: lanes.csv}\nnetwork:\n  materials: {a: {opening: 5}, b: {}}\n" + (
        "  activities: {back: {inputs: {b: 1}, outputs: {a: 1}, cost: 1}}\n  demands: {b: {quantity: 3, value: 2}}\n"
    )
    lanes = "id,inputs.a,outputs.b,cost\nslow,1,1,0.5\nfast,1,1,1.5\n"
    instance = fabopt.load(written(tmp_path, text, lanes=lanes))
    assert list(instance.data.network.activities) == ["back", "slow", "fast"]
    assert instance.solve(gap=0).objective == pytest.approx(3 * 1.5)
    with pytest.raises(InstanceError, match=r"lanes.csv:2: network.activities.back: 'back' is given twice"):
        fabopt.load(written(tmp_path, text, lanes=lanes.replace("slow", "back")))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("p,m,value\na,,3\n", "t.csv:2: network.values.t: the row has no m"),
        ("p,m,value\na,b,3\na,b,4\n", "t.csv:3: network.values.t: 'a, b' is given twice; first in t.csv:2"),
        ("p,m\na,b\n", "t.csv:1: network.values.t: the table has no column 'id'; or, for values by several"),
    ],
)
def test_faults_of_long_tables_name_file_and_line(tmp_path, rows, says):
    with pytest.raises(InstanceError, match=re.escape(says)):
        fabopt.load(written(tmp_path, "tables: {network.values.t: t.csv}\nnetwork: {}\n", t=rows))


def test_what_is_exported_to_a_workbook_comes_back_as_the_same_network(tmp_path):
    path = written(tmp_path, FREIGHT)
    fabopt.load(path).export(tmp_path / "chain.xlsx")
    fabopt.import_(tmp_path / "chain.xlsx", tmp_path / "again")
    assert lowered(tmp_path / "again") == lowered(path)


def test_what_is_saved_loads_as_the_same_network(tmp_path):
    path = written(tmp_path, FREIGHT)
    fabopt.load(path).solve(gap=0).save(tmp_path / "result")
    assert lowered(tmp_path / "result") == lowered(path)
    with pytest.raises(InstanceError, match=r"no lever 'network.values.miles"):  # it would move nothing there
        fabopt.load(tmp_path / "result", set={"network.values.miles.seattle.topeka": 3})
