"""What holds for whatever a verb prints: widths, names, numbers, units, no row twice and nothing cut off."""

from __future__ import annotations

import re

import pytest

import fabopt
from fabopt.cli import main
from fabopt.domain.horizon import Party
from fabopt.domain.names import display_names, readable
from fabopt.report.glossary import CHAPTERS, ask_for, glossary_lines, told
from fabopt.report.text import Table, amount, few, listed, money, signed

VERBS = {
    "show": ["show", "{result}"],
    "portfolio": ["portfolio", "{result}", "--for", "aurora"],
    "promise": ["promise", "{result}", "--chip", "osprey", "--quantity", "100"],
    "explain-next": ["explain", "{result}", "--next-unit", "Bridgeworks interposer wafers"],
    "explain-short": ["explain", "{result}", "--why-short", "Aurora", "--period", "2028Q4"],
    "explain-from": ["explain", "{result}", "--from", "falcon", "--period", "2028Q2"],
    "reconcile": ["reconcile", "{result}"],
    "compare": ["compare", "{result}", "{result}"],
    "draws": ["draws", "{result}", "--draws", "3", "--target", "2 GW"],
    "bill": ["bill", "instances/tutorial", "--chip", "osprey", "--power", "1GW"],
    "instance": ["show", "instances/tutorial"],
    "validate": ["validate", "instances/tutorial"],
    "companies": ["companies", "{result}"],
    "value": ["value", "{result}", "--lever", "sites.coast.pue"],
    "target": ["target", "{result}", "2.45 GW", "--lever", "sites.coast.power"],
    "allocate": ["allocate", "instances/tutorial", "--scenario", "rationed"],
    "states": ["states", "instances/tutorial", "--keep", "2", "--draws", "4", "--out", "{folder}/states"],
}
BY_ID = ("instance", "validate")
"""What lists the sections and entries of files, by their ids."""
UNIT = re.compile(
    r"USD|%|\b[GM]W\b|thousand|million|\bMWh|H100e|months?\b|periods?\b|share|\bper\b|pieces|tools|correlation|probability"
)
COUNTS = ("number", "draws", "plans", "runs", "orders", "PUE")
"""Heads and titles of plain counts, and of numbers that have no unit."""
IDS = ("aurora", "borealis", "silicon-north", "bitstack", "lithoworks", "laminates", "falcon", "osprey", "monolith")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_prints_a_stranger_can_read(verb, width, tutorial_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([part.format(result=tutorial_folder, folder=tmp_path) for part in VERBS[verb]]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("written to")]
    assert max(map(len, lines)) <= width
    text = "\n".join(line for line in lines if not line.startswith("What words mean"))
    assert "…" not in text
    assert "... 1 " not in text
    assert " and 1 more" not in text
    assert not re.search(r"\de[-+]\d", text), "a number in the notation of machines"
    assert not re.search(r"(?<![\w-])k(wafer|accelerator|stack|package|die|exposure|substrate|H100e)", text)
    said = text.strip().split("\n\n")[0]
    assert said.endswith("."), "no sentence first"
    assert not re.search(r"\b[a-z_]+\.[a-z-]+\.[a-z_]+", said), "a path in the place of a name"
    if verb not in BY_ID:
        cells = {cell for line in lines if line.startswith("  ") for cell in re.split(r"  +", line.strip())}
        assert not cells & set(IDS), "an id in the place of a name"
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if re.search(r"\w.*  .*\d", line)]
        assert len(rows) == len(set(rows)), "a row twice"


@pytest.mark.parametrize("verb", VERBS)
def test_every_heading_of_numbers_has_a_unit_or_counts_things(verb, tutorial_folder, tmp_path, capsys, monkeypatch):
    """The unit stands in the head, the title, a column of units, the words of the row or row above, or the cell."""
    told: list[Table] = []
    lines = Table.lines
    monkeypatch.setattr(Table, "lines", lambda table, width=100: told.append(table) or lines(table, width))
    assert main([part.format(result=tutorial_folder, folder=tmp_path) for part in VERBS[verb]]) == 0
    assert told or verb == "validate"
    for table in told:
        above = ""
        for row in table.rows:
            if len(row) < len(table.headers):
                above = row[0]
                continue
            words = " ".join((table.title, above, *row[: table.left]))
            for head, cell in zip(table.headers[table.left :], row[table.left :], strict=True):
                number = re.search(r"\d", cell) and not re.match(r"\d{4}(Q\d)?\b", cell)
                assert (
                    not number
                    or "unit" in table.headers
                    or head in COUNTS
                    or any(UNIT.search(text) for text in (words, head, cell))
                ), f"no unit: {table.title!r}, {head!r}, {cell!r}"


def test_the_last_line_asks_for_words_that_the_glossary_tells(tutorial_folder, capsys):
    assert main(["show", str(tutorial_folder)]) == 0
    out = capsys.readouterr().out
    asked = " ".join(out[out.index("What words mean: fabopt words ") :].split()[5:])
    assert {"gap", "rent", "surplus"} <= set(asked.split(", "))
    assert main(["words", asked]) == 0
    said = capsys.readouterr().out
    assert "price of the limit times its use" in " ".join(said.split())
    assert main(["words", "surpluss"]) == 2
    assert "did you mean 'surplus'" in capsys.readouterr().err


def test_every_word_is_told_once_and_by_each_of_its_forms():
    words = [word for chapter in CHAPTERS.values() for word in chapter]
    assert len({word.word for word in words}) == len(words)
    for word in words:
        for form in word.forms:
            assert word in told(form)
    assert max(map(len, glossary_lines(words, 80))) <= 80
    assert ask_for(["Nothing but plain words."], 80) == []


def test_names_stand_for_ids_and_a_party_s_own_comes_before_that_of_its_fab():
    data = fabopt.load("instances/tutorial").data
    names = display_names(data)
    assert (names["falcon"], names["aurora"], names["d1b"]) == ("Falcon", "Aurora", "DRAM 1b")
    assert (names["silicon-north"], names["no-such"]) == ("Silicon North", "no-such")
    assert (readable("usa"), readable("gulf-grid")) == ("USA", "Gulf Grid")
    fab = data.fabs["north"].model_copy(update={"name": "Plant of the firm"})
    both = data.model_copy(update={"fabs": {**data.fabs, "silicon-north": fab}})
    assert display_names(both)["silicon-north"] == "Silicon North"
    party = data.model_copy(update={"parties": {"bitstack": Party(name="Bits")}})
    assert display_names(party)["bitstack"] == "Bits"


def test_numbers_have_no_exponent_and_nothing_has_no_sign():
    assert [amount(x) for x in (-4.04e-09, 0.0864, 5.2e-05, 1234567.0)] == ["0", "0.0864", "0.000052", "1,234,567"]
    assert [signed(x) for x in (4.04e-09, -4.04e-09, 0.5)] == ["0", "0", "+0.50"]
    assert money(3_141_000_000_000.0, "kt") == "3,141,000,000,000 kt"


def test_one_alone_is_never_told_as_one_more():
    assert few("abc", 2) == ["a", "b", "c"]
    assert few("abcd", 2) == ["a", "b", "2 more"]
    assert listed(["a, b", "c", "d"]) == "a, b; c and d"
    rows = [(name, 1.0) for name in "abcd"]
    assert [line.split()[0] for line in Table("", ("x", "y"), rows, most=3).lines()] == ["x", "a", "b", "c", "d"]
    assert Table("", ("x", "y"), rows, most=2).lines()[-1] == "  ... 2 more"


def test_a_first_column_too_long_for_its_place_stands_above_the_others():
    name = "Google: New Albany, Pryor and others facility power in the middle of the country"
    heads = ("limit", *(f"column {n}" for n in range(8)))
    lines = Table("", heads, [(name, *(10.0**n for n in range(8)))]).lines(80)
    assert any(line.startswith("  Google: New Albany, Pryor and others facility power in the middle") for line in lines)
    assert lines[-1].split() == ["1.00", "10.0", "100", "1,000", "10,000", "100,000", "1,000,000", "10,000,000"]
    assert max(map(len, lines)) <= 80
