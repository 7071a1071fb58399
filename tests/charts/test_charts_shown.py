"""A chart in a notebook: there without a network, as wide as its cell, dark with its theme."""

import base64
import re
from xml.etree import ElementTree

import altair as alt
import pytest

from fabopt.report.charts import shown
from fabopt.report.charts.style import finished

ROWS = [{"period": "2027Q1", "lab": "A & B", "gw": 0.123456789}, {"period": "2027Q2", "lab": "A & B", "gw": 2}]


def made(tooltip):
    chart = alt.Chart(alt.Data(values=ROWS), title="Power").mark_bar()
    return finished(chart.encode(x="period:N", y="gw:Q", tooltip=tooltip))


@pytest.fixture
def untouched():
    before = alt.renderers.active
    alt.renderers.enable("default")
    yield
    alt.renderers.enable(before)


@pytest.fixture
def shown_bundle(untouched):
    chart = made([alt.Tooltip("lab:N", title="Lab's"), alt.Tooltip("gw:Q", title="Power, GW")])
    shown_as = chart._repr_mimebundle_()
    return shown_as[0] if isinstance(shown_as, tuple) else shown_as


def test_a_cell_shows_a_picture_beside_the_interactive_form_and_loads_nothing(shown_bundle):
    assert base64.b64decode(shown_bundle["image/png"]).startswith(b"\x89PNG")
    assert shown_bundle["text/plain"].startswith("Chart: Power")
    spec = next(form for kind, form in shown_bundle.items() if re.match(r"application/vnd\.vegalite\.v\d\+json", kind))
    assert spec["title"] == "Power"
    loaded = re.sub(r'xmlns(:\w+)?="[^"]*"', "", shown_bundle["text/html"])
    assert "http" not in loaded
    assert "<script" not in loaded


def test_the_picture_is_well_formed_and_says_what_a_mark_stands_for(shown_bundle):
    svg = ElementTree.fromstring(shown_bundle["text/html"])
    titles = [title.text for title in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["Lab's: A & B; Power, GW: 0.1235", "Lab's: A & B; Power, GW: 2"]
    style = svg.find("style").text
    assert "max-width: 100%" in style
    assert 'body[data-jp-theme-light="false"] .fabopt-chart svg' in style
    assert svg.get("class") == "fabopt-chart"


def test_a_picture_scrolls_where_its_letters_could_not_be_read_any_more(shown_bundle):
    svg = ElementTree.fromstring(shown_bundle["text/html"]).find("{http://www.w3.org/2000/svg}svg")
    assert svg.get("style") == f"min-width: {shown.LEAST * float(svg.get('width')):.0f}px"
    assert "overflow-x: auto" in shown_bundle["text/html"]


def test_pictures_on_one_page_share_no_id():
    one, other = (f'<svg class="marks"><g id="clip0"/><g clip-path="url(#clip0)"/>{more}</svg>' for more in "ab")
    ids = [set(re.findall(r'id="([^"]+)"', shown.as_shown(svg))) for svg in (one, other)]
    assert ids[0].isdisjoint(ids[1])
    assert f"url(#{ids[0].pop()})" in shown.as_shown(one)


def test_whoever_has_chosen_how_charts_are_shown_keeps_it(untouched):
    alt.renderers.enable("png")
    made("gw:Q")
    assert alt.renderers.active == "png"
