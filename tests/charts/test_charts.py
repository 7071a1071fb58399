"""Pictures hold the numbers of the tables, computed here another way, and are drawn in every format."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from chart_data import values

import fabopt
from fabopt.analysis.material_flow import (
    BUYERS,
    CHIPS,
    EXPOSURES,
    LABS,
    STOCK,
    WAFERS,
    WORKLOADS,
    Flow,
    Node,
    flow,
)
from fabopt.report.charts.flow import area_rows, box_rows, places, ribbons
from fabopt.report.charts.flow_data import shortened
from fabopt.report.charts.kinds import KINDS
from fabopt.report.charts.style import OTHERS, ChartError, ranked, sources, spread

INSTANCES = Path(__file__).parents[2] / "instances"
LEVER, OTHER = "packaging_lines.bridgeworks.capacity", "sites.plains.power"


@pytest.fixture(scope="module")
def result(tutorial_folder):
    return fabopt.load_result(tutorial_folder)


def test_the_plan_has_power_by_lab_and_compute_by_chip_of_every_reported_period(result):
    rows = values(result.chart(), "series", "period", "amount")
    shown = {(row["series"], row["period"]): row["amount"] for row in rows if row["amount"] > 0}
    expected = defaultdict(float)
    for row in result.fleet[result.fleet["reported"]].itertuples():
        expected[row.lab, row.period] += row.facility_mw / 1000
    for row in result.chip_mix[result.chip_mix["reported"]].itertuples():
        expected[row.chip, row.period] += row.kh100e / 1000
    assert shown == pytest.approx({key: value for key, value in expected.items() if value > 0})
    assert {"aurora", "falcon"} <= {series for series, _ in shown}


def test_each_piece_of_a_pile_begins_where_the_one_below_ends(result):
    piles = defaultdict(list)
    for row in values(result.chart("power"), "series", "low", "high"):
        piles[row["period"]].append(row)
    for pile in piles.values():
        assert pile[0]["low"] == 0
        assert [row["high"] - row["low"] for row in pile] == pytest.approx([row["amount"] for row in pile])
        assert [row["low"] for row in pile[1:]] == [row["high"] for row in pile[:-1]]


def test_power_of_one_lab_stands_below_what_its_sites_have(result):
    chart = result.chart("power", lab="aurora")
    assert {row["series"] for row in values(chart, "series", "amount", "period")} == {"aurora"}
    stands = {row["period"]: row["available"] for row in values(chart, "available")}
    power = result.power.query("reported and lab == 'aurora'")
    assert stands == pytest.approx(
        {p: own["firm"].sum() / 1e3 + own["added"].sum() / 1e3 for p, own in power.groupby("period")}
    )
    assert all(row["amount"] <= stands[row["period"]] + 1e-9 for row in values(chart, "series", "amount", "period"))


def test_the_mix_is_in_percent_and_adds_up_to_a_hundred(result):
    rows = values(result.chart("mix", lab="aurora"), "series", "amount", "period")
    mix = result.chip_mix.query("reported and lab == 'aurora'")
    assert {(r["series"], r["period"]): r["amount"] for r in rows if r["amount"] > 0} == pytest.approx(
        {(r.chip, r.period): 100 * r.share for r in mix.itertuples() if r.share > 0}
    )
    sums = defaultdict(float)
    for row in rows:
        sums[row["period"]] += row["amount"]
    assert list(sums.values()) == pytest.approx([100.0] * 8)


def test_use_is_what_activities_and_units_take_of_what_stands(result):
    rows = values(result.chart("use", top=50), "id", "share")
    used = result.table("core/uses").groupby(["resource", "period"])["amount"].sum()
    stands = result.table("core/resources").query("reported").set_index(["id", "period"])
    assert len(rows) == ((stands["base"] + stands["added"]) > 1e-9).sum()
    for row in rows:
        of = stands.loc[row["id"], row["period"]]
        taken = used.get((row["id"], row["period"]), 0.0) + of["occupied"]
        assert row["share"] == pytest.approx(taken / (of["base"] + of["added"]), abs=1e-9)
    limits = result.limits.query("reported and family == 'capacity'").set_index(["id", "period"])
    worth = (0.01 * limits["price"] * limits["limit"]).abs().to_dict()
    for row in rows:
        assert row["priced"] == (worth.get((row["id"], row["period"]), 0.0) > 1e-6)
    assert any(row["priced"] for row in rows)


def test_use_keeps_those_that_are_full_most_often(result):
    rows = values(result.chart("use", top=3), "id", "share")
    everything = values(result.chart("use", top=50), "id", "share")
    full = defaultdict(int)
    for row in everything:
        full[row["id"]] += row["share"] > 0.9995
    kept = {row["id"] for row in rows}
    assert len(kept) == 3
    assert min(full[i] for i in kept) >= max(n for i, n in full.items() if i not in kept)


def test_choke_points_are_one_percent_of_each_limit_at_its_price(result):
    rows = values(result.chart("choke", top=100), "limit", "gain")
    expected = {}
    for limit in result.limits.query("reported").itertuples():
        gain = abs(limit.price) * abs(limit.limit) / 100
        if gain > 1e-6:
            expected[f"{limit.family}|{limit.id}|{limit.side}", limit.period] = gain
    assert {(row["limit"], row["period"]): row["gain"] for row in rows} == pytest.approx(expected)
    for period in {period for _, period in expected}:
        best = max((gain, limit) for (limit, p), gain in expected.items() if p == period)[1]
        assert [row["limit"] for row in rows if row["period"] == period and row["first"]] == [best]


def test_few_choke_points_are_those_that_lead_a_period(result):
    everything = values(result.chart("choke", top=100), "limit", "gain")
    leads = {row["limit"] for row in everything if row["first"]}
    kept = {row["limit"] for row in values(result.chart("choke", top=len(leads)), "limit", "gain")}
    assert kept == leads


@pytest.mark.parametrize("period", ["2027Q1", "2027Q4", "2028Q4"])
def test_the_boxes_of_the_flow_are_the_sums_of_the_tables(result, period):
    found = flow(result.table, period)

    def total(block):
        return sum(amount for node, amount in found.nodes.items() if node.block == block and node.name != STOCK)

    def at(table):
        rows = result.table(table)
        return rows[rows["period"] == period]

    wafers = at("wafer_starts")
    assert total(WAFERS) == pytest.approx(wafers["kwafer"].sum())
    assert total(BUYERS) == pytest.approx(wafers.query("use == 'market'")["kwafer"].sum())
    assert total("HBM stacks") == pytest.approx(at("hbm")["kstack"].sum())
    uses = at("core/uses")
    assert total(EXPOSURES) == pytest.approx(uses[uses["unit"] == "kexposure"]["amount"].sum())
    assert total(LABS) == total(WORKLOADS) == pytest.approx(at("compute")["delivered"].sum())
    packages, shipped = at("packages").groupby("chip")["kpackage"].sum(), at("shipments")
    sent = shipped.groupby("chip")["kaccelerator"].sum()
    expected = {chip: max(packages.get(chip, 0.0), sent.get(chip, 0.0)) for chip in {*packages.index, *sent.index}}
    chips = {node.name: amount for node, amount in found.nodes.items() if node.block == CHIPS}
    assert chips == pytest.approx(expected)


@pytest.mark.parametrize("period", ["2027Q1", "2027Q4", "2028Q4"])
def test_the_links_of_the_flow_are_what_changes_hands(result, period):
    found = flow(result.table, period)
    to_labs = {(a.name, b.name): v for (a, b), (v, _) in found.links.items() if b.block == LABS}
    shipments = result.shipments[result.shipments["period"] == period].groupby(["chip", "lab"])["kaccelerator"].sum()
    assert to_labs == pytest.approx({key: value for key, value in shipments.to_dict().items() if value > 0})
    # What each chip takes of HBM, whoever made it and whenever.
    flows = result.table("core/flows").query("period == @period and stage == 'packaging' and amount < 0")
    stacks = flows[flows["material"].str.startswith("hbm:")].groupby("chip")["amount"].sum()
    taken = defaultdict(float)
    for (a, b), (amount, _) in found.links.items():
        if a.block == "HBM stacks":
            taken[b.name] += amount
    assert dict(taken) == pytest.approx({chip: -amount for chip, amount in stacks.items() if amount < 0})
    # A box gives no more than it has.
    for node in found.nodes:
        if node.block in ("HBM stacks", "logic dies", "interposers", "components"):
            given = sum(v for (a, _), (v, _) in found.links.items() if a == node)
            assert given <= found.nodes[node] + 1e-6


def test_without_a_period_the_flow_is_that_of_the_busiest(result):
    sums = result.shipments.query("reported").groupby("period")["kaccelerator"].sum().to_dict()
    title = result.chart("flow").to_dict()["title"]["text"]
    assert title == f"Flow through the chain in {max(sums, key=sums.get)}: tutorial"


def table_of(rows, *columns):
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def test_two_makers_of_one_material_mix_and_what_is_missing_comes_from_stock():
    # 60 and 20 stacks are made; chips take 90 and 10: 20 come from stock, and 9/10 of each maker's goes into the first.
    tags = ("role", "stage", "node", "item", "owner", "chip")
    flows = table_of(
        [
            ("hbm", "wafer_start", "memory", "", "g1", "north", "", 60.0, "p"),
            ("hbm", "wafer_start", "memory", "", "g2", "south", "", 20.0, "p"),
            ("hbm", "package_start", "packaging", "", "", "line", "a", -90.0, "p"),
            ("hbm", "package_start", "packaging", "", "", "line", "b", -10.0, "p"),
            ("hbm", "package_start", "packaging", "", "", "line", "b", -99.0, "another period"),
        ],
        "material", *tags, "amount", "period",
    )  # fmt: skip
    tables = {
        "core/flows": flows,
        "core/materials": table_of([("hbm", "hbm", "stack", "memory")], "id", "kind", "role", "stage"),
        "core/resources": table_of([], "id", "stage", "item"),
        "core/uses": table_of([], "resource", "owner", "amount", "period"),
        "domain/wafer_starts": table_of([], "owner", "use", "node", "item", "kwafer", "period"),
        "domain/packages": table_of([("a", 9.0, "p"), ("b", 1.0, "p")], "chip", "kpackage", "period"),
        "domain/shipments": table_of([], "chip", "lab", "kaccelerator", "period"),
        "domain/compute": table_of([], "lab", "workload", "delivered", "period"),
    }
    found = flow(tables.__getitem__, "p")
    hbm = "HBM stacks"
    assert found.nodes[Node(hbm, STOCK)] == pytest.approx(20.0)
    assert {(a.name, b.name): v for (a, b), (v, _) in found.links.items()} == pytest.approx(
        {
            ("g1", "a"): 54.0, ("g1", "b"): 6.0, ("g2", "a"): 18.0, ("g2", "b"): 2.0,
            (STOCK, "a"): 18.0, (STOCK, "b"): 2.0,
        }
    )  # fmt: skip


def test_ribbons_fill_what_they_come_from_and_go_to():
    a, b = Node("HBM stacks", "a"), Node("HBM stacks", "b")
    x, y, lab = Node(CHIPS, "x"), Node(CHIPS, "y"), Node(LABS, "lab")
    found = Flow(
        "p",
        {a: 30.0, b: 10.0, x: 6.0, y: 2.0, lab: 5.0},
        {
            (a, x): (15.0, "thousand"), (a, y): (5.0, "thousand"), (b, x): (10.0, "thousand"),
            (x, lab): (3.0, "thousand accelerators"),
        },
    )  # fmt: skip
    where = places(found)
    assert where[a].top == 0.0
    assert where[b].bottom == where[y].bottom == pytest.approx(1.0)
    assert (where[a].bottom - where[a].top) == pytest.approx(3 * (where[b].bottom - where[b].top))
    by = {(r.source.name, r.target.name): r for r in ribbons(found, where)}

    def height(ends):
        return ends[1] - ends[0]

    tall = {node: place.bottom - place.top for node, place in where.items()}
    assert height(by["a", "x"].left) == pytest.approx(tall[a] / 2)  # 15 of 30; 10 go to stock
    assert height(by["b", "x"].left) == pytest.approx(tall[b])
    assert height(by["a", "x"].right) == pytest.approx(tall[x] * 15 / 25)
    assert by["a", "x"].right[1] == pytest.approx(by["b", "x"].right[0])  # one below the other
    assert height(by["x", "lab"].left) == pytest.approx(tall[x] / 2)  # 3 of 6 packages
    assert height(by["x", "lab"].right) == pytest.approx(tall[lab])
    areas = area_rows(found, where, ribbons(found, where))
    first = areas[areas["link"] == 0]
    assert (first["top"].iloc[0], first["bottom"].iloc[0]) == pytest.approx(by["a", "x"].left)
    assert (first["top"].iloc[-1], first["bottom"].iloc[-1]) == pytest.approx(by["a", "x"].right)
    assert box_rows(found, where)["amount"].sum() == pytest.approx(53.0)


def test_small_boxes_are_joined_and_nothing_is_lost():
    chips = {Node(CHIPS, f"c{n}"): float(20 - n) for n in range(12)}
    lab = Node(LABS, "lab")
    long = Flow("p", {**chips, lab: 1.0}, {(chip, lab): (size, "u") for chip, size in chips.items()})
    short = shortened(long)
    assert sum(short.nodes.values()) == pytest.approx(sum(long.nodes.values()))
    assert short.nodes[Node(CHIPS, OTHERS)] == pytest.approx(sum(20 - n for n in range(7, 12)))
    assert short.links[Node(CHIPS, OTHERS), lab][0] == pytest.approx(short.nodes[Node(CHIPS, OTHERS)])


def test_small_series_are_joined_as_others():
    rows = table_of([("p", f"s{n}", float(10 - n)) for n in range(10)], "period", "name", "amount")
    joined, order = ranked(rows, "name", 4)
    assert order == ["s0", "s1", "s2", "s3", OTHERS]
    assert joined.set_index("series")["amount"][OTHERS] == pytest.approx(6 + 5 + 4 + 3 + 2 + 1)


def test_labels_are_pushed_apart_and_stay_in_their_room():
    placed = spread([0.0, 0.01, 0.02, 0.9, 0.99], 0.1, 0.05, 0.95)
    assert placed == pytest.approx([0.05, 0.15, 0.25, 0.85, 0.95])
    assert spread([0.0, 0.0, 0.0], 1.0, 0.0, 1.0) == pytest.approx([0.0, 0.5, 1.0])  # no room: as far as it goes
    assert spread([], 1.0, 0.0, 1.0) == []


def test_sources_are_counted_by_their_title():
    data = {
        "sources": {"s1": {"title": "One"}, "s2": {"title": "Two"}},
        "sites": {"a": {"power": {"value": 1, "source": ["s2"]}}},
        "labs": [{"x": {"source": "s1"}}, {"x": {"source": "s1"}}],
    }
    assert sources(json.dumps(data)) == "Sources: One; Two."
    assert sources(json.dumps(data), ("sites",)) == "Sources: Two."
    assert sources(json.dumps({"sites": {}})).startswith("Sources: none are named")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("tornado", "value", "phase")])
def test_every_picture_is_drawn_with_units_and_sources(result, kind, tmp_path):
    result.save_chart(tmp_path / "c.svg", kind)
    svg = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "Invented for the tutorial" in svg
    assert re.search(r"GW|%|thousand H100e", svg)


@pytest.mark.slow
def test_the_pictures_of_studies_hold_their_records(result):
    bars = result.tornado(top=3)
    shown = {
        (row["lever"], row["end"]): row["change"] for row in values(result.chart("tornado", top=3), "lever", "end")
    }
    frame = bars.frame
    assert len(shown) > 3
    assert {lever for lever, _ in shown} == set(frame["lever"])
    assert sorted(shown.values()) == pytest.approx(
        sorted(end.change for bar in bars.records.bars for end in (bar.low, bar.high) if end is not None)
    )


@pytest.fixture(scope="module")
def small():
    """A plan of a few columns: a curve and a diagram solve one program a point or cell."""
    return fabopt.load(INSTANCES / "textbook" / "dakota").solve()


LUMBER, FINISHING = "network.materials.lumber.opening", "network.resources.finishing.capacity"


def test_a_value_function_is_drawn_from_the_result(small):
    shown = {row["at"]: row["objective"] for row in values(small.chart("value", lever=FINISHING), "at", "objective")}
    frame = small.value_function(FINISHING).frame
    assert len(frame) > 1
    assert shown == pytest.approx(
        {**dict(zip(frame["start"], frame["first"], strict=True)), frame["end"].iloc[-1]: frame["last"].iloc[-1]}
    )


def test_a_phase_diagram_is_drawn_from_the_result(small):
    report = small.phase_diagram(FINISHING, LUMBER)
    chart = small.chart("phase", lever=FINISHING, against=LUMBER)
    cells = {(r["x"], r["y"]): r["letter"] for r in values(chart, "letter")}
    letters = {choke if choke != "none" else "": letter for letter, choke in report.tables[1].rows}
    assert cells == {(c.x, c.y): letters[c.choke] for c in report.records.cells if c.objective is not None}
    assert len(set(cells.values())) > 1


@pytest.mark.parametrize(
    ("kind", "asked", "says"),
    [
        ("flwo", {}, "did you mean 'flow'"),
        ("flow", {"period": "2035Q1"}, "no period of the plan"),
        ("flow", {"lab": "aurora"}, "takes no lab; beside its file it takes period"),
        ("mix", {"lab": "aurrora"}, "there are aurora, borealis"),
        ("use", {"top": 0}, "at least one row"),
        ("value", {}, "name it as lever"),
        ("phase", {"lever": LEVER}, "lever and against"),
    ],
)
def test_a_wish_that_cannot_be_met_is_a_sentence(result, kind, asked, says):
    with pytest.raises(ChartError, match=says):
        result.chart(kind, **asked)


def test_a_plain_network_has_the_pictures_that_it_can_have():
    plain = fabopt.load(INSTANCES / "textbook" / "dakota").solve()
    assert plain.chart().to_dict()["hconcat"]
    assert values(plain.chart("use"), "id", "share")
    with pytest.raises(ChartError, match="no flow to draw"):
        plain.chart("flow")
    with pytest.raises(ChartError, match="no accelerators"):
        plain.chart("mix")


def test_names_cannot_leave_the_page(tmp_path):
    evil = "</script><img src=x onerror=alert(1)>\x1b[31m"
    shown = fabopt.load(INSTANCES / "tutorial", set={"about.title": "t"})
    result = shown.solve()
    table = result.table

    def renamed(name):
        rows = table(name)
        for column in ("lab", "chip", "name", "owner"):
            if column in rows:
                rows[column] = rows[column].replace(
                    dict.fromkeys(("aurora", "falcon", "Plains campus facility power"), evil)
                )
        return rows

    result.table = renamed
    for kind in ("plan", "flow", "use", "choke"):
        result.save_chart(tmp_path / "c.html", kind)
        html = (tmp_path / "c.html").read_text(encoding="utf-8")
        assert "<img src=x" not in html
        assert "\x1b" not in html
        assert "http-equiv" not in html
        result.save_chart(tmp_path / "c.svg", kind)
        svg = (tmp_path / "c.svg").read_text(encoding="utf-8")
        assert "<img" not in svg
        assert "\x1b" not in svg
