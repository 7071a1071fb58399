"""Statistics by tags: by hand of a textbook case, as other tables have them of the tutorial."""

import re
from pathlib import Path

import pandas as pd
import pytest

import fabopt
from fabopt.analysis.headlines import headlines
from fabopt.errors import StudyError

INSTANCES = Path(__file__).parents[2] / "instances"
near = pytest.approx


@pytest.fixture(scope="module")
def giapetto():
    """20 soldiers and 60 trains: 100 hours of finishing and 80 of carpentry are all used, each worth a dollar."""
    return fabopt.load(INSTANCES / "textbook" / "giapetto").solve().statistics


@pytest.fixture(scope="module")
def tutorial(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


def test_the_statistics_of_giapetto_are_those_by_hand(giapetto):
    assert giapetto.capacity(by="name").to_dict() == near(
        {("finishing", "h/period"): 100, ("carpentry", "h/period"): 80}
    )
    assert giapetto.use(by="id").to_list() == near([1.0, 1.0])
    assert giapetto.deliveries(by="name").droplevel("unit").to_dict() == near({"soldier": 20, "train": 60})
    assert giapetto.supply(by="material").droplevel("unit").to_dict() == near({"soldier": 20, "train": 60})
    assert giapetto.withdrawal().empty
    assert giapetto.cost(by="id").to_list() == near([20 * 24, 60 * 19])
    assert giapetto.revenue().empty
    assert giapetto.rent(by="name").droplevel("unit").to_dict() == near({"finishing": 100, "carpentry": 80})
    table = giapetto(by="id")
    assert table.loc[("finishing", "h/period"), ["capacity", "use"]].to_list() == near([100, 1])


def test_a_capacity_over_periods_of_unequal_lengths_is_its_mean_by_their_lengths():
    """100 hours a quarter for a year of quarters, then 40 for a period of a year: 70 on average, and not 88."""
    sets = [
        "horizon={start: 2027Q1, periods: [4 quarters, 1 year]}",
        "network.resources.finishing.capacity={steps: {2027Q1: 100, 2028Q1: 40}}",
    ]
    statistics = fabopt.load(INSTANCES / "textbook" / "giapetto", set=sets).solve().statistics
    hours = {"where": {"name": "finishing"}, "by": "name"}
    assert statistics.capacity(**hours).to_list() == near([70])
    by_year = statistics.capacity(per="year", **hours)
    assert by_year.iloc[0].to_dict() == near({"2027": 100, "2028": 40})


def test_use_by_stage_and_year_is_that_of_the_headlines(tutorial):
    told = {
        (use.stage, use.what, use.node, year): share
        for use in headlines(tutorial.plan).use
        for year, share in zip(("2027", "2028"), use.shares, strict=True)
    }
    use = tutorial.statistics.use(by=["stage", "role", "node"], per="year").droplevel("unit").stack()
    found = {(stage, role.replace("_", " "), node, year): share for (stage, role, node, year), share in use.items()}
    assert {key: share for key, share in found.items() if key in told} == near(told)
    assert {key[0] for key in found if key not in told} == {"site"}  # ground is taken by units alone: no headline


def test_capacity_is_a_rate_by_month_and_its_mean_over_time(tutorial):
    capacity, rows = tutorial.statistics.capacity, tutorial.table("core/resources").query("reported")
    stacking = rows[rows["role"] == "stacking"]
    monthly = ((stacking["base"] + stacking["added"]) / 3).set_axis(stacking["period"])
    by_quarter = capacity(by="owner", per="quarter", where={"role": "stacking"})
    assert list(by_quarter.columns) == monthly.index.tolist()
    assert by_quarter.loc[("bitstack", "kwafer/month")].to_list() == near(monthly.to_list())
    assert capacity(by="owner", where={"role": "stacking"}).to_dict() == near(
        {("bitstack", "kwafer/month"): monthly.mean()}
    )
    megawatts = rows[rows["role"] == "power"]
    levels = (megawatts["base"] + megawatts["added"]).groupby(megawatts["period"]).sum()
    assert capacity(stage="power", per="period").loc[("power", "MW")].to_list() == near(levels.to_list())


def test_money_is_that_of_the_tables(tutorial):
    statistics = tutorial.statistics
    paid = tutorial.transfers.query("reported")
    revenue = statistics.revenue(by=["owner", "customer", "what"]).droplevel("unit")
    assert revenue.to_dict() == near(paid.groupby(["payee", "payer", "what"])["amount"].sum().to_dict())
    sold = statistics.revenue(by=["stage", "chip"], where={"owner": "cirrus"})
    assert sold.index.tolist() == [("deployment", "osprey", "M USD")]
    costs = tutorial.costs.query("reported and term != 'delivery_value'")
    assert statistics.cost(by="lab", per="year").sum().sum() == near(-costs["amount"].sum())
    limits = tutorial.limits.query("reported and price != 0")
    discount = tutorial.table("core/periods").set_index("period")["discount"]
    rent = statistics.rent(by="period").droplevel("unit")
    factor = rent.index.map(discount)
    assert (rent * factor).sum() == near((limits["price"] * limits["limit"]).sum())


def test_tags_that_follow_from_others_tell_apart_and_choose(tutorial):
    statistics, shipped = tutorial.statistics, tutorial.shipments.query("reported")
    taken = statistics.withdrawal(stage="deployment", by=["designer", "lab"]).xs("kpackage", level="unit")
    assert taken.to_dict() == near(shipped.groupby(["designer", "lab"])["kaccelerator"].sum().to_dict())
    stacks = statistics.supply(stage="memory", by="year", where={"designer": ["merlin"]}).droplevel("unit")
    made = tutorial.table("hbm").query("reported and designer == 'merlin'")
    assert stacks.to_dict() == near(made.groupby(made["start"].dt.year.astype(str))["kstack"].sum().to_dict())


def test_a_tag_or_a_value_that_is_not_there_is_refused_with_those_that_are(tutorial):
    statistics = tutorial.statistics
    with pytest.raises(
        StudyError, match=r"no tag 'colour' in the statistic capacity; there are id, name, stage, owner"
    ):
        statistics.capacity(by=["owner", "colour"])
    with pytest.raises(StudyError, match="no tag 'chip' in the statistic rent"):
        statistics.rent(by="chip")
    with pytest.raises(StudyError, match="bitstack"):
        statistics.capacity(where={"owner": "bitstak"})
    with pytest.raises(StudyError, match="period, quarter, year"):
        statistics.use(per="decade")
    with pytest.raises(StudyError, match="no tag 'colour'"):
        statistics(by="colour")
    assert list(statistics(by="chip").columns) == [
        "capacity",
        "use",
        "supply",
        "withdrawal",
        "deliveries",
        "cost",
        "revenue",
    ]
    assert ".capacity .use" in repr(statistics)


@pytest.mark.parametrize("page", ["companies", "statistics"])
def test_the_examples_of_the_pages_run(page, tutorial_folder, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "tutorial").symlink_to(tutorial_folder)
    monkeypatch.chdir(tmp_path)
    text = (INSTANCES.parent / "docs" / f"{page}.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    seen = {}
    exec(code, seen)
    assert isinstance(seen["result"], fabopt.Result)


# --- Frames say what they are -------------------------------------------------------------------------------


def test_tables_of_a_result_say_their_units_and_when_a_period_begins(tutorial):
    shipments = tutorial.shipments
    assert shipments.attrs["units"] == {"kaccelerator": "thousand accelerators"}
    assert shipments.attrs["title"] == "accelerators that leave for a site in a period"
    assert list(shipments.columns[:2]) == ["period", "start"]
    assert set(shipments.query("period == '2027Q3'")["start"]) == {pd.Timestamp("2027-07-01")}
    assert tutorial.table("core/costs").attrs["units"] == {"amount": "M USD", "discounted": "M USD"}
    spending = tutorial.table("spending")  # of windows
    assert spending["start"].tolist() == [pd.Timestamp(f"{label[:4]}-01-01") for label in spending["first"]]
    periods = tutorial.table("core/periods")
    assert (periods["end"] - periods["start"]).dt.days.between(90, 92).all()
    assert "start" not in tutorial.table("terms")
    assert tutorial.companies().frame.attrs["units"]["years"] == "year"
    assert tutorial.companies().frame["start"].dt.year.min() == 2026
    assert tutorial.plan.table("shipments").attrs == {}  # what is saved is as it was


def test_frames_of_an_instance_say_their_units():
    instance = fabopt.load(INSTANCES / "textbook" / "giapetto")
    for frame in (instance.levers, instance.assumptions):
        assert frame.attrs["units"] == dict.fromkeys(("value", "low", "high"), "as in column unit")
        assert frame.attrs["title"]
