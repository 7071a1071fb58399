"""Tables that were not made for an instance: the forms in which data of the field come, and what is refused of them."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import fabopt
from fabopt.domain.instance import Instance
from fabopt.domain.quantity_schema import SHARED
from fabopt.io.dialect import CellError, Dialect, dialect_of, slug
from fabopt.io.problems import InstanceError
from fabopt.io.schema import instance_schema
from fabopt.io.tree import read_tree
from fabopt.io.yaml import parse_yaml

FILES = Path(__file__).parent / "foreign"

DATA_CENTERS = {
    "file": "data_centers.csv",
    "thousands": ",",
    "missing": "N/A",
    "where": {
        "Country": ["United States", "France"],
        "Construction status": ["Two halls, a third begun", "All halls", "One hall"],
    },
    "shape": "steps",
    "source": "census",
    "columns": {
        "Data center": "name",
        "Date": "date",
        "Owner": {"field": "lab", "values": {"First Lab Inc.": "first", "Second Lab": "second"}},
        "Country": {"field": "region", "as": "id"},
        "Power (MW)": "power",
    },
}
BUDGET = {
    "csv": "umsatz.csv",
    "skip": 2,
    "separator": ";",
    "decimal": ",",
    "thousands": ".",
    "missing": ["-", "k. A."],
    "date": "Quartal",
    "dates": "QN YYYY",
    "column": "Umsatz (Mio. EUR)",
    "unit": "MEUR/quarter",
}
OUTPUT = {
    "csv": "trade.csv",
    "date": "Period",
    "dates": "YYYYMM",
    "column": "Qty",
    "unit": "tool/year",
    "decimal": ".",
    "where": {"Flow": "Import", "Cmd Code": 848620},
}
CAPACITY = {
    "file": "fab_capacity.csv",
    "thousands": ",",
    "columns": {
        "Fab name": "name",
        "Company": {"field": "owner", "as": "id"},
        "2027": {"field": "wafer_starts.linear.2027Q1", "unit": "wafer/month"},
        2028: {"field": "wafer_starts.linear.2028Q1", "unit": "wafer/month"},
    },
}


def chain(folder, **tables):
    """Write the starter without the sites, fabs and numbers that tables give, and return it loaded."""
    text = files("fabopt.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    raw = parse_yaml(text, "starter.yaml").value
    del raw["scenarios"], raw["labs"]["first"]["fleet"], raw["labs"]["second"]["fleet"]
    raw["sites"] = {"hill": {"name": "Valley Campus", "pue": 1.2}, "cote-dazur-dc-1": {"pue": 1.3}}
    for fab in raw["fabs"].values():
        del fab["owner"], fab["wafer_starts"]
    raw["currencies"] = {"EUR": 1.1}
    raw["sources"] = {"census": {"title": "A census of data centres"}}
    raw["labs"]["first"]["budget"] = tables.pop("budget", BUDGET)
    raw["scanners"]["euv"]["output"] = tables.pop("output", OUTPUT)
    raw["tables"] = {"sites": DATA_CENTERS, "fabs": CAPACITY} | tables
    for file in FILES.iterdir():
        shutil.copy(file, folder)
    (folder / "instance.yaml").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    return fabopt.load(folder).data


def refused(folder, **tables):
    with pytest.raises(InstanceError) as caught:
        chain(folder, **tables)
    return str(caught.value)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return chain(tmp_path_factory.mktemp("foreign"))


def points(quantity):
    return [(point.when.isoformat() if point.when else None, point.value) for point in quantity.points]


def test_a_census_of_data_centres_gives_sites_with_their_power_over_time(data):
    hill, coast = data.sites["hill"], data.sites["cote-dazur-dc-1"]
    assert list(data.sites) == ["hill", "cote-dazur-dc-1"]
    assert (hill.name, hill.lab, hill.region, hill.pue.value) == ("Valley Campus", "first", "united-states", 1.2)
    assert (coast.name, coast.lab, coast.region) == ("Côte d’Azur DC 1", "second", "france")
    assert points(hill.power) == [("2027-01-01", 150.0), ("2028-01-01", 1200.5)]
    assert points(coast.power) == [("2027-01-01", 80.0)]
    assert hill.power.source == ("census",)


def test_a_table_of_trade_gives_what_one_flow_of_one_good_is(data):
    assert points(data.scanners["euv"].output) == [("2027-01-01", 2.0), ("2028-01-01", 3.5)]


def test_european_revenue_is_read_with_its_points_and_commas(data):
    # In million dollars a year: four quarters at 1.1 dollars a euro.
    expected = [("2027-01-01", 1234.5 * 4.4), ("2027-04-01", 1300.25 * 4.4), ("2027-10-01", 2000 * 4.4)]
    read = points(data.labs["first"].budget)
    assert [day for day, _ in read] == [day for day, _ in expected]
    assert [value for _, value in read] == pytest.approx([value for _, value in expected], rel=1e-12)


def test_a_wide_table_of_fabs_joins_the_fabs_of_its_names(data):
    assert list(data.fabs) == ["logic", "dram"]
    assert points(data.fabs["logic"].wafer_starts) == [("2027-01-01", 6.0), ("2028-01-01", 7.0)]
    assert [data.fabs[name].owner for name in data.fabs] == ["foundry", "memory-maker"]


@pytest.mark.parametrize(
    ("cell", "marks", "value"),
    [
        ("1,234.5", {"thousands": ","}, 1234.5),
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1.234", {"thousands": "."}, 1234.0),
        ("1.234", {"decimal": "."}, 1.234),
        ("1,234", {"decimal": ","}, 1.234),
        ("1\u202f234\u00a0567,5", {"decimal": ",", "thousands": " "}, 1234567.5),
        ("12’000", {"thousands": "'"}, 12000.0),
        ("\u22121.5", {}, -1.5),
        ("0.125", {}, 0.125),
        ("1234", {}, 1234.0),
        ("12345.678", {}, 12345.678),
        ("1.2e3", {}, 1200.0),
    ],
)
def test_a_number_is_read_as_the_table_says(cell, marks, value):
    assert Dialect(**marks).number(cell) == (value, "")


@pytest.mark.parametrize("cell", ["1.234", "1,234", "-12.345", "999,999"])
def test_a_number_that_may_be_two_is_refused_unless_it_is_said_which(cell):
    with pytest.raises(CellError, match="may be"):
        Dialect().number(cell)


@pytest.mark.parametrize(
    ("cell", "marks"),
    [
        ("1,5", {}),
        ("1,234,567", {}),
        ("1,23,456", {"thousands": ","}),
        ("12,34", {"thousands": ","}),
        ("1.234.5", {"decimal": ",", "thousands": "."}),
        ("1.5", {"decimal": ","}),
        ("1 234", {}),
        ("3.", {}),
    ],
)
def test_what_looks_like_a_number_and_is_none_is_refused(cell, marks):
    with pytest.raises(CellError, match="is no number as the table is read"):
        Dialect(**marks).number(cell)


@pytest.mark.parametrize("cell", ["TSMC", "12 halls", "2027-01-01", "", "=1+1", "nan", "inf", "0x10", "1_000", "٣"])
def test_what_is_no_number_is_left_a_text(cell):
    assert Dialect().number(cell) is None


@pytest.mark.parametrize(
    ("dates", "cell", "read"),
    [
        ("DD.MM.YYYY", "31.12.2027", "2027-12-31"),
        ("MM/DD/YYYY", "2/3/2027", "2027-02-03"),
        ("DD/MM/YYYY", "2/3/2027", "2027-03-02"),
        ("QN YYYY", "Q3 2027", "2027Q3"),
        ("YYYY QN", "2027 q3", "2027Q3"),
        ("MMM YYYY", "Sept 2027", "2027-09"),
        ("DD MMM YYYY", "5 March 2027", "2027-03-05"),
        ("YYYYMM", "202711", "2027-11"),
        ("YYYY", "2027", "2027"),
        ("", "2027Q3", "2027Q3"),
    ],
)
def test_a_date_is_read_as_the_table_says(dates, cell, read):
    assert Dialect(dates=dates).date(cell) == read


@pytest.mark.parametrize(
    ("dates", "cell"),
    [
        ("", "31.12.2027"),
        ("", "01/02/2027"),
        ("DD.MM.YYYY", "31.13.2027"),
        ("DD.MM.YYYY", "2027-12-31"),
        ("MMM YYYY", "Foo 2027"),
        ("QN YYYY", "Q5 2027"),
    ],
)
def test_a_date_in_another_form_is_refused(dates, cell):
    with pytest.raises(CellError):
        Dialect(dates=dates).date(cell)


@pytest.mark.parametrize(
    "raw",
    [
        {"separator": "x"},
        {"decimal": ";"},
        {"decimal": ",", "thousands": ","},
        {"dates": "DD.MM"},
        {"dates": "YYYY-MM-QN"},
        {"dates": "YYYY YYYY"},
        {"dates": "YYYYa"},
        {"dates": 3},
        {"skip": -1},
        {"skip": True},
    ],
)
def test_what_cannot_be_said_of_a_table_is_refused(raw):
    told = []
    dialect_of(raw, lambda *fault: told.append(fault))
    assert [fault[0] for fault in told] in ([key] for key in raw)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Plains Campus (North)", "plains-campus-north"),
        ("São Paulo 1", "sao-paulo-1"),
        ("--a--", "a"),
        ("A–B", "a-b"),
        ("삼성", ""),
        ("x" * 80, "x" * 60),
    ],
)
def test_an_id_is_made_from_a_name(name, made):
    assert slug(name) == made


def changed(spec, **changes):
    return {**spec, **changes}


def column(heading, given):
    return changed(DATA_CENTERS, columns={**DATA_CENTERS["columns"], heading: given})


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (
            {"sites": changed(DATA_CENTERS, thousands=".")},
            "data_centers.csv:3: sites.hill.power: column 'Power (MW)': '1,200.5' is no number as the table is read",
        ),
        (
            {"sites": {k: v for k, v in DATA_CENTERS.items() if k != "missing"}},
            "'N/A' is no number; where it stands for nothing, say so: missing: ['N/A']",
        ),
        ({"sites": changed(DATA_CENTERS, where={"Country": "Francia"})}, "no row of the table is read; see 'where'"),
        (
            {"sites": changed(DATA_CENTERS, where={"Countri": "France"})},
            "data_centers.csv has no column 'Countri'; did you mean 'Country'?",
        ),
        ({"sites": column("Powr (MW)", "power.low")}, "'Power (MW)' goes to power already"),
        (
            {"sites": changed(DATA_CENTERS, colums={})},
            "tables.sites.colums: a table has no such field; did you mean 'columns'?",
        ),
        ({"sites": changed(DATA_CENTERS, columns={"Power (MW)": "power"})}, "no column is mapped to 'id' or 'name'"),
        ({"sites": changed(DATA_CENTERS, file="none.csv")}, "none.csv"),
        ({"sites": changed(DATA_CENTERS, file="../up.csv")}, "tables.sites.file"),
        (
            {"sites": column("Capital cost (2025 USD billions)", "energy_price")},
            "'2025 USD billions' in the heading 'Capital cost",
        ),
        ({"sites": column("Capital cost (2025 USD billions)", {"field": "x", "unit": "BUSDD"})}, "'BUSDD' is no unit"),
        ({"sites": column("Country", {"field": "region", "as": "slug"})}, "'slug' is none; id or text"),
        ({"sites": column("Construction status", "note_of_it")}, "'All halls' is another value"),
        ({"sites": column("Date", "opened")}, "'Valley Campus' is given twice"),
        ({"fabs": changed(CAPACITY, thousands="")}, "tables.fabs.thousands: '' is none"),
        ({"fabs": {k: v for k, v in CAPACITY.items() if k != "thousands"}}, "'6,000' may be 6.000 or 6000; say which"),
        ({"fabs": changed(CAPACITY, columns={**CAPACITY["columns"], "Location": "nodes"})}, "'nodes' is given twice"),
        ({"budget": changed(BUDGET, dates="")}, "'' is no way to write dates"),
        ({"budget": {k: v for k, v in BUDGET.items() if k != "dates"}}, "say so: dates: DD.MM.YYYY"),
        ({"budget": {k: v for k, v in BUDGET.items() if k != "missing"}}, "umsatz.csv:6: '-' is no number"),
        ({"budget": {k: v for k, v in BUDGET.items() if k != "skip"}}, "umsatz.csv has no column 'Quartal'"),
        ({"budget": {k: v for k, v in BUDGET.items() if k != "unit"}}, "'Mio. EUR' in the heading"),
        ({"budget": {k: v for k, v in BUDGET.items() if k != "separator"}}, "separated by ';'"),
        ({"output": changed(OUTPUT, where={"Cmd Code": 848620})}, "'2027-01' stands twice in column 'Period'"),
        ({"output": changed(OUTPUT, where="Import")}, "'where' maps headings"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(tables, says, tmp_path):
    assert says in refused(tmp_path, **tables)


def test_two_names_that_make_one_id_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("Name,x\nA b,1\nA-B,2\n", encoding="utf-8")
    raw = {"tables": {"network.sets.s": {"file": "t.csv", "columns": {"Name": "id", "x": "x"}}}}
    (tmp_path / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(InstanceError, match="'A b' and 'A-B' are one id"):
        fabopt.load(tmp_path)


def test_a_name_of_two_entries_is_the_name_of_neither(tmp_path):
    (tmp_path / "t.csv").write_text("Name,x\nTwin,1\nOnly,2\n", encoding="utf-8")
    raw = {
        "tables": {"network.sets.s": {"file": "t.csv", "columns": {"Name": "name", "x": "x"}}},
        "network": {"sets": {"s": {"a": {"name": "Twin"}, "b": {"name": "Twin"}, "c": {"name": "Only"}}}},
    }
    (tmp_path / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    read = read_tree(tmp_path).raw["network"]["sets"]["s"]
    twins = {name: {"name": "Twin"} for name in "ab"}
    assert read == {**twins, "c": {"name": "Only", "x": 2}, "twin": {"name": "Twin", "x": 1}}


def test_no_cell_is_evaluated_or_read_as_yaml(tmp_path):
    (tmp_path / "t.csv").write_text(
        'Name,x\na,"[1, 2]"\nb,"{a: !!python/object:os.system x}"\nc,=1+1\n', encoding="utf-8"
    )
    raw = {"tables": {"network.sets.s": {"file": "t.csv", "columns": {"Name": "id", "x": "x"}}}}
    (tmp_path / "instance.yaml").write_text(json.dumps(raw), encoding="utf-8")
    read = read_tree(tmp_path).raw["network"]["sets"]["s"]
    assert [read[name]["x"] for name in "abc"] == ["[1, 2]", "{a: !!python/object:os.system x}", "=1+1"]


def test_what_is_said_of_a_column_comes_with_its_numbers(tmp_path):
    text = "Name;Year;Cost (EUR);Share;Code\na b;2027;1,5;12,5 %;007\na b;2028;2;12,5 %;007\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    spec = {
        "file": "t.csv",
        "separator": ";",
        "decimal": ",",
        "note": "of all",
        "columns": {
            "Name": "name",
            "Year": "date",
            "Cost (EUR)": {"field": "cost.each", "times": 1000, "before": 0},
            "Share": {"field": "share", "fixed": True},
            "Code": {"field": "code", "as": "text"},
        },
    }
    (tmp_path / "instance.yaml").write_text(json.dumps({"tables": {"network.sets.s": spec}}), encoding="utf-8")
    (entry,) = read_tree(tmp_path).raw["network"]["sets"]["s"].values()
    cost = {"linear": {"2027": "1.5 EUR", "2028": "2.0 EUR"}, "times": 1000, "before": 0, "note": "of all"}
    assert entry == {"name": "a b", "cost": {"each": cost}, "share": "12.5 %", "code": "007"}


def test_the_example_of_the_page_is_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    table = page.split("```csv data-centers.csv\n")[1].split("```")[0]
    (tmp_path / "data-centers.csv").write_text(table, encoding="utf-8")
    example, series = (part.split("```")[0] for part in page.split("```yaml\n")[1:])
    (tmp_path / "instance.yaml").write_text(example, encoding="utf-8")
    sites = read_tree(tmp_path).raw["sites"]
    assert sites["valley-campus"] == {
        "region": "here",
        "pue": 1.2,
        "name": "Valley Campus",
        "lab": "first",
        "power": {"steps": {"2027-01-01": "150.0 MW", "2028-01-01": "1200.5 MW"}, "source": "census"},
    }
    assert sites["coast-dc-1"]["power"] == "80 MW"
    shown = parse_yaml(series, "page").value
    assert shown["labs"]["first"]["budget"] == {**BUDGET, "missing": "-"}


def test_an_editor_takes_what_is_said_of_a_table_and_marks_what_is_wrong_in_it():
    checker = jsonschema.Draft202012Validator(instance_schema(Instance))
    assert list(checker.iter_errors({"tables": {"sites": [DATA_CENTERS, "more.csv"], "fabs": CAPACITY}})) == []
    for wrong in ({"colums": {}}, {"columns": {}}, {"thousands": "x"}, {"columns": {"a": {"unit": "MW"}}}):
        assert list(checker.iter_errors({"tables": {"sites": {**DATA_CENTERS, **wrong}}}))
    series = jsonschema.Draft202012Validator(SHARED["quantity-table"])
    assert not [*series.iter_errors(BUDGET), *series.iter_errors(OUTPUT)]
