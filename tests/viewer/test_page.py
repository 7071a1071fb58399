"""The page of a result: every view, no address outside, nothing of a file read as HTML, and refusals in words."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest

from fabopt.analysis.material_flow import CHIPS, Flow, Node
from fabopt.cli import main
from fabopt.domain.names import display_names, party_names
from fabopt.io.seal import SavedError
from fabopt.report.charts.style import OTHERS, REST
from fabopt.report.report import Report
from fabopt.report.viewer.flows import tints
from fabopt.report.viewer.packed import packed

VIEWS = (
    "overview", "chain", "choke", "who", "mix", "power", "money", "companies", "contracts", "facts", "numbers",
    "compare", "studies",
)  # fmt: skip


@pytest.fixture(scope="module")
def text(result, tmp_path_factory):
    place = tmp_path_factory.mktemp("page") / "tutorial.html"
    assert result.page(place) == place
    return place.read_text(encoding="utf-8")


def data_of(text):
    """Return what the page holds as data: it stands in one line of its script."""
    (line,) = re.findall(r"^const page = (.*);$", text, flags=re.MULTILINE)
    return json.loads(line)


def test_every_view_is_there_with_its_parts(text):
    data = data_of(text)
    assert tuple(view["id"] for view in data["views"]) == VIEWS
    for view in data["views"]:
        assert f'id="view-{view["id"]}"' in text
        assert f'href="#{view["id"]}"' in text
        for number, part in enumerate(view["parts"]):
            assert f'id="part-{view["id"]}-{number}"' in text
            for column in part.get("columns", ()):
                assert column["name"] in data["tables"][part["table"]]["columns"]


def test_the_page_names_no_address_that_it_would_load(text):
    assert "default-src 'none'" in text
    without = text[: text.index("<script>")]
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", without)
    assert not re.findall(r"@import|url\((?!data:)", without)
    assert len(text) < 3_000_000


def test_the_numbers_of_the_page_are_those_of_the_tables(result, text):
    data = data_of(text)
    fleet, held = result.fleet[result.fleet["reported"]], data["tables"]["fleet"]
    assert held["rows"] == len(fleet)
    assert held["columns"]["facility_mw"] == pytest.approx(fleet["facility_mw"].tolist(), rel=1e-5)
    assert len(data["flows"]) == fleet["period"].nunique()
    last = data["flows"][-1]
    labs = sum(box["amount"] for box in last["boxes"] if box["block"] == "compute of labs")
    compute = result.compute[result.compute["period"] == last["period"]]
    assert labs == pytest.approx(float(compute["delivered"].sum()), rel=1e-5)


def test_chips_that_stand_together_on_the_map_have_colours_of_their_own():
    first, then = (
        Flow("p", {Node(CHIPS, chip): 20.0 - n for n, chip in enumerate(chips)}, {}) for chips in ("abcdefg", "ahi")
    )
    tint = tints([first, then])
    for flow in (first, then):
        assert len({tint[node.name] for node in flow.nodes}) == len(flow.nodes)
    assert tint[OTHERS] == REST


def test_what_was_not_run_is_told_with_its_command(text):
    assert "fabopt choke RESULT --out STUDY" in text
    assert "fabopt page RESULT OTHER" in text


def test_a_hostile_name_stays_a_text(hostile, tmp_path):
    name = hostile.run.instance
    text = hostile.page(tmp_path / "p.html").read_text(encoding="utf-8")
    assert name not in text
    assert text.count("<script") == text.count("</script") == 1
    assert "&lt;img src=x" in text[: text.index("<script>")]
    assert name in data_of(text)["names"]["thing"].values()


def test_texts_of_a_column_stand_once_and_numbers_without_end_are_none():
    import pandas as pd

    held = packed(pd.DataFrame({"a": ["x", "y", "x"], "n": [1.23456789, float("inf"), 2.0]}))
    assert held == {"rows": 3, "columns": {"a": {"texts": ["x", "y"], "at": [0, 1, 0]}, "n": [1.23457, None, 2]}}


@pytest.mark.parametrize(
    ("out", "said"),
    [("folder.html", "it is a folder"), ("none/p.html", "there is no folder"), ("p.txt", "it ends in .html")],
)
def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(tutorial_folder, tmp_path, out, said, capsys):
    (tmp_path / "folder.html").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert main(["page", str(tutorial_folder), "--out", str(tmp_path / out)]) == 2
    assert said in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_result_and_a_folder_without_a_study_are_told(tutorial_folder, tmp_path, capsys):
    damaged, empty, place = tmp_path / "damaged", tmp_path / "empty", tmp_path / "p.html"
    shutil.copytree(tutorial_folder, damaged)
    (damaged / "domain" / "fleet.parquet").write_bytes(b"nothing")
    empty.mkdir()
    for given, said in (
        ([empty], "is no result"),
        ([damaged], "fleet.parquet was changed"),
        ([tutorial_folder, "--study", empty], "holds no study"),
        ([tutorial_folder, empty], "is no result"),
    ):
        assert main(["page", *map(str, given), "--out", str(place)]) == 2
        assert said in capsys.readouterr().err
        assert not place.exists()


def test_a_study_stands_in_its_view_and_one_of_another_plan_is_refused(result, tmp_path):
    def study(verb, **more):
        return Report(verb, more, (f"The answer of {verb} <b>.",), data=lambda: more)

    study("choke", info={"instance": "tutorial", "data_hash": result.run.input_hash}).save(tmp_path / "own")
    study("choke", info={"instance": "tutorial", "data_hash": "other"}).save(tmp_path / "older")
    study("tornado", name="frontier").save(tmp_path / "foreign")
    text = result.page(tmp_path / "p.html", studies=[tmp_path / "own"]).read_text(encoding="utf-8")
    told = text[text.index('id="view-choke"') : text.index('id="view-who"')]
    assert "The answer of choke &lt;b&gt;." in told
    assert "Not run" not in told
    assert "other data" not in told
    text = result.page(tmp_path / "p.html", studies=[tmp_path / "older"]).read_text(encoding="utf-8")
    assert "made with other data than this plan" in text
    with pytest.raises(SavedError, match="is of frontier, and the page is of the optimal plan of tutorial"):
        result.page(tmp_path / "p.html", studies=[tmp_path / "foreign"])


def test_a_rule_does_not_name_the_company_whose_id_it_has(result):
    rule = SimpleNamespace(name="Silicon North delivers in time")
    data = result.plan.data.model_copy(update={"expectations": {"silicon-north": rule}})
    assert display_names(data)["silicon-north"] == party_names(data)["silicon-north"] == "Silicon North"
    assert party_names(data)["aurora"] == "Aurora"
