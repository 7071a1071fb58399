"""The answer of a plain network says what is ordered, what runs and when it is on, and what nobody takes."""

import yaml

import fabopt

NETWORK = """
horizon: {start: 2027, periods: 4, period: year}
network:
  materials:
    ore: {opening: 10, name: Ore, unit: t}
    heat: {storable: false}
    bar: {}
  resources: {line: {}}
  units: {press: {name: Press, adds: {line: 2}, cost: 1, upper: [0, 1, 1, 0]}}
  activities:
    roll:
      inputs: {ore: 1}
      outputs: {bar: 1, heat: 3}
      uses: {line: 1}
      cost: 0.1
      upper: 2
      on_off: {fixed_cost: 0.01, uses_while_on: {crew: 1}}
    spare: {outputs: {bar: 1}, cost: 99}
  demands:
    bar: {quantity: [0, 2, 0, 1], value: 9}
    heat: {quantity: unlimited, value: [0, 0, 0, 1]}
"""


def answer(tmp_path, text):
    tree = yaml.safe_load(text)
    tree["network"]["resources"]["crew"] = {"capacity": 1}
    tree["network"]["materials"]["bar"]["carrying_cost"] = 5
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(tree))
    return fabopt.load(tmp_path).solve(gap=0).answer


def test_what_is_decided_stands_in_the_answer(tmp_path):
    """One press makes two bars in 2028 and two in 2030, the second for its heat alone; six of the ore remain."""
    report = answer(tmp_path, NETWORK)
    tables = {table.title: table for table in report.tables}
    assert tables["What is built or ordered"].rows == (("Press", "", "2028", "1.00", "-"),)
    running = tables["What runs: level, added up"]
    assert running.headers == ("activity", "unit", "on in", "by 2027", "by 2028", "by 2029", "by 2030")
    # A bar that nobody wants is made in 2030 for its heat: 2 at 0.1 for 3 each.
    assert running.rows == (("roll", "", "2028, 2030", "0", "2.00", "2.00", "4.00"),)
    nobody = tables["What nobody takes"]
    assert [row[:2] for row in nobody.rows] == [("bar", ""), ("heat", ""), ("Ore", "t")]
    bar, heat, ore = nobody.rows
    assert ore[4] == "60.00 %"
    assert heat[2:] == ("6.00", "-", "50.00 %")
    assert bar[2:] == ("1.00", "-", "25.00 %")
    assert report.said[0].startswith("The plan delivers 9.00. ")
