"""Limits on sums with decisions on both sides: what counts against is the use, what gives room belongs to the limit."""

import pytest

import fabopt

# `own` is worth 3 and may be half of `other` and 4 more; `other` is worth 1 and ends at 20: 14 and 20 in each year.
SHARES = """
horizon: {start: 2027, periods: 2, period: year}
network:
  materials: {x: {opening: 100}, y: {opening: 100}}
  activities:
    own: {inputs: {x: 1}, cost: -3, upper: 50}
    other: {inputs: {y: 1}, cost: -1, upper: 20}
  groups:
    share: {terms: [{activity: own}, {activity: other, coefficient: -0.5}], limit: 4, unit: t}
    floor: {terms: [{activity: other}, {activity: own, coefficient: -0.25}], limit: 1, sense: '>='}
    plain: {terms: [{activity: own}, {activity: other, coefficient: 2}], limit: 90}
    least: {terms: [{activity: other, coefficient: -1}], limit: -2}
"""
# id: limit, used, slack, price
STANDS = {
    "share": (14.0, 14.0, 0.0, 3.0),
    "floor": (4.5, 20.0, 15.5, 0.0),
    "plain": (90.0, 54.0, 36.0, 0.0),
    "least": (-2.0, -20.0, 18.0, 0.0),  # it has but one side
}


@pytest.fixture
def result(tmp_path):
    (tmp_path / "instance.yaml").write_text(SHARES)
    return fabopt.load(tmp_path).solve()


def test_use_and_limit_stand_on_their_sides_in_every_table(result):
    limits, windows = result.table("limits"), result.table("windows")
    for key, stands in STANDS.items():
        of_limit = limits[(limits["family"] == "group_limit") & (limits["id"] == key)]
        assert of_limit[["limit", "used", "slack", "price"]].values.tolist() == [pytest.approx(stands)] * 2, key
        of_window = windows[windows["id"] == key]
        assert of_window[["limit", "used"]].values.tolist() == [pytest.approx(stands[:2])] * 2, key
    assert set(limits[limits["id"] == "share"]["unit"]) == {"t"}


def test_a_share_of_a_limit_is_of_all_that_it_allows(result):
    # One more in both years is worth 3 in each; ten per cent of 14 are 1.4.
    (line,) = (line for line in str(result.answer).splitlines() if line.split()[:1] == ["share"])
    assert line.split()[-4:] == ["6.00", "per", "t", "8.40"]


def test_choke_points_see_the_use_of_such_a_limit_and_move_a_share_of_it(result):
    found = result.choke_points().frame.set_index("label").loc["share"]
    assert (found["load_mean"], found["plan gain +10 %"]) == pytest.approx((1.0, 8.4))


def test_a_contract_to_be_signed_is_a_limit_of_its_size_and_none_where_it_is_not(tmp_path):
    # A stack costs 5; at 9 all 80 are taken, at 4 nothing is signed.
    for value, stands in ((9, ((10.0, 80.0), (80.0, 80.0))), (4, ((0.0, 0.0), (0.0, 0.0)))):
        (tmp_path / "instance.yaml").write_text(CONTRACT.replace("value: 9", f"value: {value}"))
        limits = fabopt.load(tmp_path).solve().table("limits").set_index("id")
        for key, (limit, used) in zip(("contract-minimum:deal", "contract-maximum:deal"), stands, strict=True):
            assert limits.loc[key, ["limit", "used"]].tolist() == pytest.approx([limit, used]), (value, key)


CONTRACT = """
horizon: {start: 2027, periods: 1, period: year}
network:
  materials: {stack: {storable: false}}
  demands: {stacks: {material: stack, quantity: 80, value: 9, tags: {customer: a}}}
contracts:
  deal: {buyer: a, supplier: maker, goods: {materials: [stack]}, minimum: 10, maximum: 80, price: 5}
"""
