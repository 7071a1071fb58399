"""What a notebook sees."""

from pathlib import Path

import pytest

import fabopt
from fabopt.io.problems import InstanceError
from fabopt.solve.options import OptionError
from fabopt.solve.results.folder import ResultError

INSTANCES = Path(__file__).parents[2] / "instances"


@pytest.fixture(scope="module")
def tutorial():
    return fabopt.load(INSTANCES / "tutorial")


@pytest.fixture(scope="module")
def result(tutorial):
    return tutorial.solve(gap=0.005)


def test_the_names_of_the_package_are_there_and_others_are_told():
    assert set(fabopt.__all__) <= set(dir(fabopt))
    with pytest.raises(AttributeError, match="it offers Instance, Result"):
        fabopt.lod  # noqa: B018


def test_the_repr_says_what_it_is_and_what_to_type_next(tutorial, result):
    assert repr(tutorial).startswith("Instance 'tutorial': Tutorial")
    assert ".solve()" in repr(tutorial)
    lines = repr(result).splitlines()
    assert lines[0].startswith("Result 'tutorial': proved")
    assert "gap 0." in lines[0]
    assert lines[-1].startswith("try .answer .shipments")


def test_text_forms_are_short_and_name_no_place_in_memory(tutorial, result):
    things = (tutorial, tutorial.data, tutorial.network, result, result.plan, result.answer, tutorial.show())
    explorer = result.explore(["sites.coast.power"])
    for thing in (*things, explorer, explorer.found, explorer.at()):
        text = repr(thing)
        assert "object at 0x" not in text
        assert len(text) < 1000
        assert max(map(len, repr(tutorial).splitlines())) <= 100
    many = tutorial.with_(
        {f"sites.{site}.{field}": "*1.01" for site in ("coast", "plains") for field in ("pue", "power", "energy_price")}
    )
    assert repr(many).splitlines()[0].endswith("and 2 more: Tutorial")


BAKERY = """\
horizon: {start: 2027Q1, periods: 2, period: quarter}
%s
network:
  materials: {bread: {storable: false}}
  resources: {oven: {capacity: 3}}
  activities: {bake: {outputs: {bread: 1}, uses: {oven: 1}, cost: 1}}
  demands: {bread: {quantity: 5, value: 2}}
"""


@pytest.mark.parametrize(
    ("own", "given", "gap", "whose"),
    [
        ("", {}, 1e-6, "size"),
        ("solving: {time_limit: 9}", {"gap": None}, 1e-6, "size"),
        ("solving: {gap: 0.02}", {}, 0.02, "instance"),
        ("solving: {gap: 0.02}", {"gap": 0.03}, 0.03, "flag"),
        ("solving: {gap: 0.02}", {"gap": 0.0}, 0.0, "flag"),
    ],
)
def test_a_result_says_which_gap_was_asked_for_and_who_asked(own, given, gap, whose, tmp_path):
    (tmp_path / "instance.yaml").write_text(BAKERY % own, encoding="utf-8")
    solved = fabopt.load(tmp_path).solve(out=tmp_path / "result", **given)
    for options in (solved.run.options, fabopt.load_result(tmp_path / "result").run.options):
        assert (options.gap, options.gap_from) == (gap, whose)


def test_an_objective_in_which_nothing_counts_has_no_prices_though_value_after_it_has_some(tmp_path):
    (tmp_path / "instance.yaml").write_text((BAKERY % "").replace(", cost: 1", ""), encoding="utf-8")
    bakery = fabopt.load(tmp_path)
    least = bakery.solve(objective="least_cost")
    assert set(least.table("core/rows")["basis"]) == {""}
    assert not least.plan.solved.row_price.any()
    assert least.choke_points().records.limits[0].gain == 0.0
    assert bakery.solve().plan.solved.row_price.any()


def test_with_a_lever_gives_another_instance_and_leaves_the_first(tutorial):
    before = tutorial.data.packaging_lines["bridgeworks"].capacity.value
    wider = tutorial.with_({"packaging_lines.bridgeworks.capacity": "*1.5"})
    assert wider.data.packaging_lines["bridgeworks"].capacity.value == pytest.approx(1.5 * before)
    assert tutorial.data.packaging_lines["bridgeworks"].capacity.value == before
    assert wider.sets == ("packaging_lines.bridgeworks.capacity=*1.5",)
    assert "packaging_lines.bridgeworks.capacity=*1.5" in repr(wider)


def test_levers_set_by_a_mapping_by_texts_and_by_with_are_the_same(tutorial):
    lever, value = "sites.coast.pue", "1.4"
    ways = [
        fabopt.load(INSTANCES / "tutorial", set={lever: value}),
        fabopt.load(INSTANCES / "tutorial", set=[f"{lever}={value}"]),
        tutorial.with_({lever: value}),
    ]
    assert [way.data.sites["coast"].pue.value for way in ways] == [1.4, 1.4, 1.4]
    assert ways[0].data == ways[1].data == ways[2].data


def test_a_wrong_lever_names_the_nearest(tutorial):
    with pytest.raises(InstanceError, match=r"did you mean 'sites\.coast\.pue'"):
        tutorial.with_({"sites.coast.puu": 1.4})


def test_every_lever_can_be_set_to_its_own_value_and_changes_nothing(tutorial):
    # Only constants: the value of a series is that of its first point.
    levers = tutorial.levers
    constants = [row for row in levers.itertuples() if row.lever in ("sites.coast.pue", "fabs.north.free_space")]
    assert len(constants) == 2
    for row in constants:
        assert tutorial.with_({row.lever: f"{row.value} {row.unit}"}).network.resources[0].base == pytest.approx(
            tutorial.network.resources[0].base
        )


def test_one_percent_off_running_costs_gains_one_percent_of_them_in_the_costs_table(tutorial, result):
    # Running and installing at 1 % less: the worth rises by 1 % of what the plan pays for them (it may adapt a little).
    spent = -result.costs.query("term == 'activity_cost' and stage == 'deployment'")["discounted"].sum()
    assert spent > 0.0
    cheaper = tutorial.with_(
        {
            "sites.plains.energy_price": "*0.99",
            "sites.coast.energy_price": "*0.99",
            **{f"chips.{chip}.operating_cost": "*0.99" for chip in tutorial.data.chips},
            **{f"chips.{chip}.system_cost": "*0.99" for chip in tutorial.data.chips},
        }
    ).solve(gap=0.0)
    best = tutorial.solve(gap=0.0)
    paid = -best.costs.query("term == 'activity_cost' and stage == 'deployment'")["discounted"].sum()
    # Terminal values follow replacement cost, so they fall a little too; at most by 1 % of themselves.
    end = best.table("terminal")
    worth = (end["amount"] * end["unit_worth"] * end["discount"]).sum()
    gain = cheaper.objective - best.objective
    assert 0.01 * paid - 0.01 * worth - 1e-6 <= gain <= 0.0101 * paid


def test_tables_are_copies(result):
    orders = result.orders
    orders["ordered"] = 0.0
    assert result.orders["ordered"].sum() > 0.0


def test_shipments_are_installed_after_the_installation_lead(tutorial, result):
    # All of the tutorial's chips take the default month from shipment to start: a third arrives a quarter later.
    shipped = result.table("shipments")["kaccelerator"].sum()
    installed = result.deployments["kaccelerator"].sum()
    last = result.table("shipments").query("period == @result.run.periods[1]")["kaccelerator"].sum()
    assert installed == pytest.approx(shipped - last / 3.0)


def test_power_in_use_is_what_the_running_fleet_draws(tutorial, result):
    fleet = result.fleet.groupby(["site", "period"])["facility_mw"].sum()
    power = result.power.set_index(["site", "period"])["used"]
    assert (fleet.reindex(power.index).fillna(0.0) - power).abs().max() < 1e-6
    site, chips = tutorial.data.sites, tutorial.data.chips
    rows = result.fleet
    expected = [row.running * chips[row.chip].it_power.value * site[row.site].pue.value for row in rows.itertuples()]
    assert rows["facility_mw"].to_numpy() == pytest.approx(expected)


def test_a_lab_s_chips_make_up_its_mix(result):
    mix = result.chip_mix
    assert mix.groupby(["lab", "period"])["share"].sum().to_numpy() == pytest.approx(1.0)
    made = mix.groupby(["lab", "period"])["kh100e"].sum()
    got = result.compute.groupby(["lab", "period"])["delivered"].sum()
    assert (made - got).min() > -1e-6


def test_spending_keeps_to_the_budget(result):
    spending = result.table("spending")
    assert len(spending) > 0
    assert (spending["spent"] <= spending["limit"] * (1 + 1e-6)).all()


def test_transfers_net_to_zero_and_labs_pay_the_price_of_what_is_shipped(tutorial, result):
    rows = result.transfers
    assert set(rows["what"]) == {"wafers", "hbm", "components", "packaging", "accelerators"} | (
        {"scanners"} if (result.orders["stage"] == "lithography").any() else set()
    )
    net = rows.groupby("payee")["amount"].sum().sub(rows.groupby("payer")["amount"].sum(), fill_value=0.0)
    assert net.sum() == pytest.approx(0.0, abs=1e-6)
    assert (rows["payer"] != "").all()
    assert (rows["payee"] != "").all()
    # Prices of the tutorial's chips do not vary: thousands of pieces x dollars / 1,000 = millions of dollars.
    price = {chip: record.price.value for chip, record in tutorial.data.chips.items()}
    shipped = result.shipments.groupby("chip")["kaccelerator"].sum()
    paid = rows.query("what == 'accelerators'").groupby("item")["amount"].sum()
    assert paid.to_dict() == pytest.approx({chip: n * price[chip] / 1e3 for chip, n in shipped.items()})
    # Falcon takes 8 stacks of 500 dollars and one wafer of packaging (10,000) per 10 packages and 0.95 of yield.
    packaging = rows.query("what == 'packaging'")
    assert (packaging["price"] == 10_000.0).all()
    assert (packaging["payee"] == "silicon-north").all()


def test_a_bill_takes_power_as_text_or_megawatts(tutorial):
    assert tutorial.bill("falcon", "1GW").rows == tutorial.bill("falcon", 1000.0).rows
    it = tutorial.bill("falcon", "1 GW", it=True).row("chip", "accelerators")
    assert it.quantity == pytest.approx(1000.0 / 2.0)  # MW over 2 kW each: thousand accelerators


def test_options_that_make_no_sense_are_sentences(tutorial):
    with pytest.raises(OptionError, match="knows value, compute"):
        tutorial.solve("profit")
    with pytest.raises(OptionError, match="gap"):
        tutorial.solve(gap=-1.0)


def test_a_result_without_a_plan_says_why_and_has_no_tables(tutorial):
    # Scanners that expose next to nothing cannot even print the wafers that the markets hold on to.
    short = tutorial.with_({"fabs.north.scanners.euv.passes": "1 kexposure/month"}).solve()
    assert short.status == "infeasible"
    assert not short.has_plan
    assert short.objective is None
    assert short.conflicts
    assert "no plan, infeasible" in repr(short)
    assert "no plan, infeasible" in short._repr_html_()
    with pytest.raises(ResultError, match="There is no plan"):
        _ = short.orders


def test_the_notebook_view_has_the_answer_and_its_tables(result, tutorial):
    html = result._repr_html_()
    assert html.count("<table>") == len(result.answer.tables) >= 3
    assert "What reaches whom" in html
    assert "<table>" in tutorial.show()._repr_html_()


def test_a_hook_can_add_a_constraint_of_its_own(tutorial):
    def no_orders(m, model):
        import pyomo.environ as pyo

        m.mine = pyo.Constraint(expr=sum(m.order.values()) <= 0.0)

    held = tutorial.solve(extra=[no_orders])
    assert held.orders["ordered"].sum() == pytest.approx(0.0)


def test_scenarios_are_named(tutorial):
    assert {"hbm-squeeze", "rationed", "late-power", "tasks"} <= set(tutorial.scenarios)


@pytest.fixture(scope="module")
def first(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


def test_a_plan_pinned_to_its_own_orders_is_worth_the_same_and_orders_the_same(tutorial, first):
    again = tutorial.pinned(first).solve()
    assert again.objective == pytest.approx(first.objective, rel=1e-6)
    assert again.orders["ordered"].tolist() == pytest.approx(first.orders["ordered"].tolist(), abs=1e-6)


def test_pinned_orders_stay_when_the_world_gets_better(tutorial, first):
    richer = tutorial.with_({"packaging_lines.bridgeworks.capacity": "*2", "memory_makers.bitstack.stacking": "*2"})
    held = richer.pinned(first).solve()
    assert held.orders["ordered"].sum() == pytest.approx(first.orders["ordered"].sum(), abs=1e-6)
    free_later = richer.pinned(first, until="2027Q1").solve()
    assert held.objective <= free_later.objective + 1e-6 <= richer.solve().objective + 1e-4 * held.objective


def test_pinning_until_a_period_outside_the_horizon_says_so(tutorial, result):
    with pytest.raises(OptionError, match="2040Q1"):
        tutorial.pinned(result, until="2040Q1")


def test_an_instance_in_a_notebook_is_a_table_with_names_escaped(tutorial):
    assert "<td" in tutorial._repr_html_()
    hostile = tutorial.with_({"about.title": "<script>alert(1)</script>"})
    assert "<script>" not in hostile._repr_html_()
