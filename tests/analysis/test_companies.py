"""What companies make, earn and pay: by hand, as sums of the plan's tables, and what cannot be told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fabopt
from fabopt.analysis.companies import COMPANIES, LINES, companies, wide
from fabopt.analysis.expectations import values_of
from fabopt.analysis.headlines import headlines
from fabopt.analysis.plan_tables import times_by
from fabopt.cli import main
from fabopt.domain.measured import Where
from fabopt.domain.outcomes import Outcome
from fabopt.errors import StudyError
from fabopt.network.lowering.measured import Scope

INSTANCES = Path(__file__).parents[2] / "instances"
near = pytest.approx


@pytest.fixture(scope="module")
def tutorial(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


@pytest.fixture(scope="module")
def frame(tutorial):
    return tutorial.table("companies")


def numbers(frame):
    """What the plan has of each company and measure, over all periods."""
    rows = frame[(frame["when"] == "plan") & frame["value"].notna()]
    return rows.groupby(["company", "measure"])["value"].sum().to_dict()


# --- By hand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scenario", "sold", "paid"), [(None, 0.0, 20 * 5), ("cheaper", 20 * 4.5, 20 * 4.5)])
def test_companies_of_the_vendor_s_price_have_what_they_have_by_hand(scenario, sold, paid):
    """12 thousand wafers at 10 million a thousand, of which making takes half; see the instance."""
    own = 120 if sold else 100  # thousand chips of alpha's; the merchant makes what is left of 120
    frame = fabopt.load(INSTANCES / "perspective" / "vendors-price", scenario).solve().table("companies")
    found = numbers(frame)
    expected = {
        ("foundry", "wafers"): 12, ("foundry", "revenue"): 120, ("foundry", "cost"): 60, ("foundry", "margin"): 60,
        ("alpha", "accelerators"): own, ("alpha", "it_power_shipped"): own / 1e3,
        ("alpha", "accelerators_received"): 100, ("alpha", "it_power"): 0.1, ("alpha", "power"): 0.1,
        # wafers and assembly of its chips, servers for what it runs, and the programme, which is no capacity
        ("alpha", "cost"): own * (1 + 0.8) + 100 * 1 + 200,
        ("beta", "accelerators_received"): 20, ("beta", "it_power"): 0.02, ("beta", "power"): 0.02,
        ("beta", "cost"): paid + 20 * 1,
    }  # fmt: skip
    if sold:
        expected["alpha", "revenue"] = sold
    else:
        of_merchant = {"accelerators": 20, "it_power_shipped": 0.02, "revenue": 100, "cost": 20, "margin": 80}
        expected |= {("merchant", measure): value for measure, value in of_merchant.items()}
    told = {key: value for key, value in found.items() if key[1] not in ("shadow_revenue", "packages") and value}
    assert told == near(expected)
    untold = frame[frame["why"] != ""].groupby("company")["measure"].agg(set).to_dict()
    assert untold["beta"] == {"revenue", "margin"}
    assert untold["alpha"] == ({"margin"} if sold else {"revenue", "margin"})


def test_a_designer_is_paid_its_list_price_for_what_ships(frame):
    found = numbers(frame)
    for company, price in (("merlin", 40.0), ("cirrus", 15.0), ("monolith", 800.0)):
        assert found[company, "revenue"] == near(price * found[company, "accelerators"])


def test_a_tool_is_capex_of_the_fab_that_orders_it_and_cost_of_its_maker():
    pinned = "pins={units: {'scanner:euv:north': {2027Q1: 1}}}"
    result = fabopt.load(INSTANCES / "tutorial", set=[pinned]).solve(relaxed=True)
    found, margin = numbers(result.table("companies")), result.plan.data.scanners["euv"].gross_margin.value
    paid = found["lithoworks", "revenue"]
    assert 230 < paid < 250  # a tool for 250 million dollars, paid until it is delivered, at its worth when ordered
    assert found["lithoworks", "cost"] == near((1 - margin) * paid)
    assert found["lithoworks", "margin"] == near(margin * paid)
    assert ("lithoworks", "capex") not in found
    own = result.orders.query("reported and owner == 'silicon-north' and stage != 'lithography'")["cost"].sum()
    assert found["silicon-north", "capex"] == near(own + paid)


# --- The same as other tables -------------------------------------------------------------------------------


def test_quantities_of_all_companies_are_those_of_the_tables(tutorial, frame):
    plan = frame[frame["when"] == "plan"]
    found = plan.groupby(["measure", "period"], sort=False)["value"].sum()

    def table(name, column):
        rows = tutorial.table(name)
        return rows[rows["reported"]].groupby("period")[column].sum()

    for measure, name, column, each in (
        ("wafers", "wafer_starts", "kwafer", 1.0),
        ("accelerators", "shipments", "kaccelerator", 1.0),
        ("accelerators_received", "shipments", "kaccelerator", 1.0),
        ("power", "power", "used", 1e-3),
    ):
        expected = each * table(name, column).reindex(found[measure].index).fillna(0.0)
        assert found[measure].to_list() == near(expected.to_list()), measure
    scope = Scope(*tutorial.plan.lowered)
    for measure, of, each in (
        ("wafers", "wafer_starts", 1.0), ("packages", "packages", 1.0), ("hbm_stacks", "hbm_stacks", 1.0),
        ("tools", "tools_delivered", 1.0), ("it_power", "it_power_installed", 1e-3),
        ("it_power_shipped", "it_power_shipped", 1e-3),
    ):  # fmt: skip
        expected = each * values_of(tutorial.plan, scope.measure(of, [Where()]))
        assert found[measure].to_list() == near(expected[: len(found[measure])].tolist()), measure


def test_money_of_all_companies_adds_up_to_the_costs_the_payments_and_the_headlines(tutorial, frame):
    plan = frame[frame["when"] == "plan"]
    total = plan.groupby("measure")["value"].sum()
    costs, paid = (tutorial.table(name).query("reported") for name in ("costs", "transfers"))
    assert total["revenue"] == near(paid["amount"].sum())
    net = total["revenue"] - total["cost"] - total["capex"]
    assert net == near(costs[costs["term"] != "delivery_value"]["amount"].sum())
    ordered = tutorial.table("orders").query("reported")
    scanners = paid[paid["what"] == "scanners"]["amount"].sum()
    assert total["capex"] == near(ordered[ordered["stage"] != "lithography"]["cost"].sum() + scanners)
    discount = tutorial.table("core/periods").set_index("period")["discount"]
    shadow = plan[plan["measure"] == "shadow_revenue"]
    assert (shadow["value"] * shadow["period"].map(discount)).sum() == near(headlines(tutorial.plan).money.revenue)


def test_margins_are_revenue_less_cost_where_both_are_known(frame):
    rows = frame[frame["when"] == "plan"].set_index(["company", "period", "measure"])["value"].unstack()
    known = rows[rows["margin"].notna()]
    assert set(known.index.get_level_values(0)) == {
        "silicon-north", "bitstack", "laminates", "merlin", "cirrus", "monolith"
    }  # fmt: skip
    assert known["margin"].to_list() == near((known["revenue"] - known["cost"]).to_list())


def test_years_and_parts_add_up_to_the_periods(tutorial, frame):
    plan, years = frame[frame["when"] == "plan"], companies(tutorial.plan, "year")
    years = years[years["when"] == "plan"]
    assert years["period"].unique().tolist() == ["2027", "2028"]
    assert set(years["years"]) == {1.0}
    flows = [measure for measure, line in LINES.items() if not line.level]
    by_year, by_period = (rows.groupby("measure")["value"].sum() for rows in (years, plan))
    assert by_year[by_year.index.isin(flows)].to_dict() == near(by_period[by_period.index.isin(flows)].to_dict())
    last = plan[plan["period"].isin(["2027Q4", "2028Q4"]) & (plan["measure"] == "it_power")]
    assert sorted(years[years["measure"] == "it_power"]["value"]) == near(sorted(last["value"]))
    parts = companies(tutorial.plan, by=["item", "other"])
    assert numbers(parts) == near({key: v for key, v in numbers(frame).items() if v and key[1] != "margin"})
    sold = parts[(parts["company"] == "bitstack") & (parts["measure"] == "revenue")]
    assert set(sold["item"]) == {"hbm", "wafers"}
    assert set(sold["other"]) == {"merlin", "cirrus", "commodity-dram"}  # a wafer of monolith's has no HBM


# --- The past, and what cannot be told ----------------------------------------------------------------------


def test_the_past_has_its_range_and_source_and_no_money(tutorial, frame):
    past = frame[frame["when"] == "past"].set_index("measure")
    row = past.loc["it_power"]
    assert (row["company"], row["period"], row["unit"], row["basis"]) == (
        "aurora", "2026Q4", "GW IT", "observed: lab Aurora"
    )  # fmt: skip
    assert (row["value"], row["low"], row["high"]) == near((0.24, 0.2, 0.3))
    assert row["source"] == "Invented for the tutorial"
    money = past.loc[["revenue", "cost", "margin"]]
    assert money["value"].isna().all()
    assert set(money["why"]) == {"the instance states no money of the past"}
    by_year = companies(tutorial.plan, "year").query("when == 'past' and measure == 'it_power'")
    assert by_year["period"].tolist() == ["2026"]  # what stands at the end of a year is that year's
    assert list(wide(frame).columns[:6]) == ["company", "name", "measure", "unit", "2026Q4", "2027Q1"]


def test_an_observed_rate_is_what_it_comes_to_over_its_time(tutorial_folder):
    plan = fabopt.load_result(tutorial_folder).plan
    figure = {"value": 12, "unit": "kaccelerator/month", "low": 10, "high": 15}
    known = {"of": "shipments", "since": "2026Q3", "until": "2026Q3", "figure": figure}
    outcomes = {
        "known": Outcome.model_validate({**known, "where": {"designer": "merlin"}}),
        "of-two": Outcome.model_validate({**known, "where": {"designer": ["merlin", "cirrus"]}}),
        "later": Outcome.model_validate(
            {**known, "where": {"designer": "merlin"}, "since": "2027Q1", "until": "2027Q1"}
        ),
    }
    plan.__dict__["data"] = plan.data.model_copy(update={"outcomes": outcomes})
    (row,) = companies(plan).query("when == 'past' and measure == 'accelerators'").itertuples()
    days = (pd.Timestamp("2026-10-01") - pd.Timestamp("2026-07-01")).days
    assert (row.company, row.period, row.years) == ("merlin", "2026Q3", 0.25)
    assert (row.value, row.low, row.high) == near(tuple(rate * 12 * days / 365.25 for rate in (12, 10, 15)))


def test_who_is_paid_nothing_and_who_buys_for_itself_has_no_revenue_and_the_reason(frame):
    untold = frame[(frame["when"] == "plan") & (frame["measure"] == "revenue") & frame["value"].isna()]
    why = untold.groupby("company")["why"].agg(set)
    assert set(why.index) == {"lithoworks", "aurora", "borealis", "phones", "commodity-dram"}
    assert "no payment to it" in why["lithoworks"].pop()
    assert "what its customers pay" in why["aurora"].pop()
    assert (frame["value"].isna() == (frame["why"] != "")).all()


def test_in_a_plan_that_is_not_for_money_deliveries_have_no_price(tutorial_folder):
    plan = fabopt.load_result(tutorial_folder).plan
    plan.run = replace(plan.run, options=replace(plan.run.options, objective="compute"))
    rows = companies(plan).query("measure == 'shadow_revenue'")
    assert set(rows["company"]) == {"aurora", "borealis", "phones", "commodity-dram"}
    assert rows["value"].isna().all()
    assert all("nothing has a price in money" in why for why in rows["why"])


def test_periods_are_put_together_by_the_calendar():
    rows = [
        ("2027-11", "2027-11-01", "2027-12-01", 1 / 12, True), ("2027-12", "2027-12-01", "2028-01-01", 1 / 12, True),
        ("2028Q1", "2028-01-01", "2028-04-01", 0.25, True), ("2028H2", "2028-07-01", "2029-01-01", 0.5, True),
        ("2029", "2029-01-01", "2030-01-01", 1.0, False),
    ]  # fmt: skip
    periods = pd.DataFrame(rows, columns=["period", "start", "end", "years", "reported"])
    quarters = times_by(periods, "quarter")
    assert list(quarters.spans) == ["2027Q4", "2028Q1", "2028H2"]
    assert quarters.spans["2027Q4"] == {"start": "2027-11-01", "end": "2028-01-01", "years": near(1 / 6)}
    assert quarters.last == {"2027-12", "2028Q1", "2028H2"}
    assert times_by(periods, "year").of["2028H2"] == "2028"
    assert list(times_by(periods, "period").spans) == ["2027-11", "2027-12", "2028Q1", "2028H2"]
    with pytest.raises(StudyError, match="period, quarter, year"):
        times_by(periods, "decade")


# --- How it is asked ----------------------------------------------------------------------------------------


def test_the_table_is_printed_and_told(tutorial_folder, frame, capsys):
    assert main(["show", str(tutorial_folder), "--table", "companies"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split(",") == COMPANIES.names == list(frame.columns)
    assert len(rows) == len(frame)
    assert main(["companies", str(tutorial_folder), "--for", "merlin"]) == 0
    told = capsys.readouterr().out
    assert "revenue, bn USD" in told
    assert "Bitstack" not in told
    assert main(["companies", str(tutorial_folder), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == len(
        companies(fabopt.load_result(tutorial_folder).plan, "year")
    )
    assert main(["companies", str(tutorial_folder), "--for", "merlins"]) == 2
    assert "merlin" in capsys.readouterr().err
    assert main(["companies", str(tutorial_folder), "--by", "chip"]) == 2
    assert "item, other" in capsys.readouterr().err
    assert np.isfinite(frame["years"]).all()
