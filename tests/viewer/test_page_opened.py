"""The page of a result in a browser: every view opens, filters act, the slider moves, nothing is said or asked for."""

import pytest
from browser import browsing, needs_browser, visit

pytestmark = needs_browser
READY = "document.querySelector('#filters select') !== null"
OPEN_ALL = """
(async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const seen = {};
  for (const link of [...document.querySelectorAll("nav a")]) {
    location.hash = link.hash;
    await wait(50);
    const open = document.querySelectorAll("section.view:not([hidden])");
    const view = open[0];
    const undrawn = (place) => !place.querySelector("svg.marks");
    while ([...view.querySelectorAll(".chart, figure")].some(undrawn)) await wait(50);
    seen[link.dataset.view] = {
      alone: open.length === 1 && view.id === `view-${link.dataset.view}`,
      current: document.querySelector('nav a[aria-current="page"]').dataset.view,
      charts: view.querySelectorAll("svg.marks, svg.flow").length,
      tables: view.querySelectorAll("table").length,
      text: view.innerText.length,
      wide: document.documentElement.scrollWidth - innerWidth,
    };
  }
  return seen;
})()
"""


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    return result.page(tmp_path_factory.mktemp("opened") / "p.html")


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def at(page, browser):
    """A function that loads the page at a hash, as a link somebody was sent would."""

    def opened(hash_, dark=False, **asked):
        browser.open(f"{page.resolve().as_uri()}#{hash_}", (1200, 900), dark)
        seen = browser.look(READY, **asked)
        assert seen.console == ()
        assert seen.outside == ()
        return seen

    return opened


@pytest.mark.parametrize("width", [390, 1400])
def test_every_view_opens_alone_with_what_it_has_and_within_the_width(page, browser, width):
    seen = visit(page, until=READY, ask=OPEN_ALL, size=(width, 900), browser=browser)
    assert seen.console == ()
    assert seen.outside == ()
    assert len(seen.answer) == 13
    for view, has in seen.answer.items():
        assert has["alone"], view
        assert has["current"] == view
        assert has["text"] > 80, view
        assert has["wide"] <= 0, view
    assert {view for view, has in seen.answer.items() if has["charts"]} >= {"overview", "chain", "who", "mix", "power"}
    assert {view for view, has in seen.answer.items() if has["tables"]} >= {"choke", "money", "contracts", "numbers"}


def test_a_filter_in_the_address_leaves_its_rows_and_one_that_leaves_nothing_can_be_cleared(at):
    rows = "[...document.querySelectorAll('#part-power-1 tbody tr')].map((row) => row.cells[1].innerText)"
    everything, aurora = (set(at(f"power{query}", ask=rows).answer) for query in ("", "?lab=aurora"))
    assert len(everything) == 2
    assert len(aurora) == 1
    clear = """(async () => {
      const said = document.querySelector("#part-power-0 .empty").innerText;
      document.querySelector("#part-power-0 .empty button").click();
      await new Promise((done) => setTimeout(done, 300));
      return [said, location.hash, document.querySelectorAll("#part-power-1 tbody tr").length];
    })()"""
    said, address, left = at("power?lab=aurora&region=nowhere", ask=clear).answer
    assert said.startswith("Nothing of it is left by the filter")
    assert address == "#power"
    assert left > 2


def test_the_slider_moves_the_flow_and_the_address(at):
    move = """(() => {
      const slider = document.querySelector("input[type=range]");
      const before = document.querySelector("svg.flow title").textContent;
      slider.value = 0;
      slider.dispatchEvent(new Event("input"));
      return [before, document.querySelector("svg.flow title").textContent, location.hash];
    })()"""
    before, after, address = at("chain?period=2028Q1", ask=move).answer
    assert before == "Flow through the chain in 2028Q1"
    assert after == "Flow through the chain in 2027Q1"
    assert address == "#chain?period=2027Q1"


STILL = """(async () => {
  const figure = document.querySelector("#view-facts figure"), settled = () => figure.querySelector("svg.marks");
  while (!settled()) await new Promise((done) => setTimeout(done, 50));
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  return {
    ink,
    paper: getComputedStyle(figure).backgroundColor,
    behind: settled().style.backgroundColor,
    inks: [...new Set([...settled().querySelectorAll("text")].map((text) => text.getAttribute("fill")))],
    caption: figure.querySelector("figcaption").innerText,
  };
})()"""


def test_a_picture_that_no_filter_reaches_has_the_ink_of_the_theme_and_no_paper(at):
    light, dark = (at("facts", dark=dark, ask=STILL).answer for dark in (False, True))
    assert light["ink"] != dark["ink"]
    for seen in (light, dark):
        assert seen["inks"] == [seen["ink"]]
        assert (seen["paper"], seen["behind"]) == ("rgba(0, 0, 0, 0)", "")
        assert seen["caption"].startswith("Past and plan of tutorial")


def test_a_search_leaves_the_rows_that_have_all_words(at):
    ask = "[...document.querySelectorAll('#part-numbers-0 tbody tr')].map((row) => row.innerText.toLowerCase())"
    found = at("numbers?numbers.q=bridgeworks+yield", ask=ask).answer
    assert found
    assert all("bridgeworks" in row and "yield" in row for row in found)
    none = "document.querySelector('#part-numbers-0 .empty').innerText"
    assert "has all of these words" in at("numbers?numbers.q=nosuchword", ask=none).answer


def test_a_hostile_name_does_nothing_in_any_view(hostile, browser, tmp_path):
    opened = OPEN_ALL.replace(
        "return seen;", "return document.querySelectorAll('main img[src=x], main script').length;"
    )
    seen = visit(hostile.page(tmp_path / "p.html"), until=READY, ask=opened, browser=browser)
    assert seen.answer == 0
    assert seen.console == ()
    assert seen.outside == ()
    assert seen.text.count("<img src=x onerror=alert(2)>") > 0
