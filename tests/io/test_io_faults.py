"""Faulty instances: each prints the file, line, field and what to do, and never a traceback of something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy import load, write

from fabopt.io.problems import InstanceError

GOOD = "fabs:\n  n3:\n    capacity: 1\n"

# Name of the case, files, and the lines that must be printed, in order.
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    (
        "a typo in a field",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    pirce: 3\n"},
        ["instance.yaml:4: fabs.n3.pirce: no such field; did you mean 'price'?"],
    ),
    (
        "a typo in a field that is required",
        {"instance.yaml": "fabs:\n  n3:\n    capacty: 1\n"},
        [
            "instance.yaml:2: fabs.n3.capacity: this field is missing; expected: Wafer starts (kwafer/month)",
            "instance.yaml:3: fabs.n3.capacty: no such field; did you mean 'capacity'?",
        ],
    ),
    (
        "a section that does not exist",
        {"instance.yaml": "title: x\nfbas: {}\n"},
        ["instance.yaml:2: fbas: no such field; did you mean 'fabs'?"],
    ),
    (
        "an id with capitals",
        {"instance.yaml": "fabs:\n  TSMC N3:\n    capacity: 1\n"},
        [
            "instance.yaml:2: fabs.TSMC N3: 'TSMC N3' is no id; write lower-case letters, digits and hyphens, "
            "beginning with a letter or digit"
        ],
    ),
    (
        "a text without unit",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: '180'\n"},
        [
            "instance.yaml:3: fabs.n3.capacity: '180' has no unit; give a number in kwafer/month, such as "
            "'3 kwafer/month'"
        ],
    ),
    (
        "a wrong unit inside a series",
        {"instance.yaml": "fabs:\n  n3:\n    capacity:\n      linear:\n        2027: 1\n        2028: 5 GB\n"},
        [
            "instance.yaml:6: fabs.n3.capacity.linear.2028: 'GB' is data, but this number is counted in "
            "'kwafer/month'; give a number in kwafer/month, such as '3 kwafer/month'"
        ],
    ),
    (
        "an unknown unit",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 180 kwafr/month\n"},
        [
            "instance.yaml:3: fabs.n3.capacity: 'kwafr' in 'kwafr/month' is no unit that fabopt knows; did you mean "
            "'kwafer'?; give a number in kwafer/month, such as '3 kwafer/month'"
        ],
    ),
    (
        "a negative share, NaN and infinity",
        {
            "instance.yaml": "fabs:\n  n3:\n    capacity: .nan\n    share: -0.1\n  n2:\n    capacity: .inf\n"
            "  n1:\n    capacity: 1e999\n"
        },
        [
            "instance.yaml:3: fabs.n3.capacity: nan is no number between 1e-30 and 1e30 in size; give a number in "
            "kwafer/month, such as '3 kwafer/month'",
            "instance.yaml:4: fabs.n3.share: the value is -0.1; it must be at least 0",
            "instance.yaml:6: fabs.n2.capacity: inf is no number between 1e-30 and 1e30 in size; give a number in "
            "kwafer/month, such as '3 kwafer/month'",
            "instance.yaml:8: fabs.n1.capacity: inf is no number between 1e-30 and 1e30 in size; give a number in "
            "kwafer/month, such as '3 kwafer/month'",
        ],
    ),
    (
        "low above high",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: {value: 5, low: 9, high: 3}\n"},
        ["instance.yaml:3: fabs.n3.capacity: low 9 lies above high 3"],
    ),
    (
        "hostile text",
        {"instance.yaml": 'fabs:\n  n3:\n    capacity: "9**9**9 wafer"\n'},
        [
            "instance.yaml:3: fabs.n3.capacity: '**9**9 wafer' is no unit; a unit is written like kwafer/month or "
            "USD/GB; give a number in kwafer/month, such as '3 kwafer/month'"
        ],
    ),
    (
        "a choice that is none",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    kind: logik\n"},
        ["instance.yaml:4: fabs.n3.kind: 'logik' is none of 'logic' or 'dram'; did you mean 'logic'?"],
    ),
    (
        "a flag, an integer and a date that are none",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    shut: NO\n    lines: 1.5\n    opened: 2027-02-30\n"},
        [
            "instance.yaml:4: fabs.n3.shut: 'NO' should be true or false",
            "instance.yaml:5: fabs.n3.lines: 1.5 should be an integer",
            "instance.yaml:6: fabs.n3.opened: '2027-02-30' is no day of the calendar; write it like 2027, 2027H1, "
            "2027Q1, 2027-03, 2027W05, 2027-03-15 or end-2026",
        ],
    ),
    (
        "true where an integer belongs, and a list where a mapping does",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    lines: true\nsources: [1]\n"},
        [
            "instance.yaml:4: fabs.n3.lines: true should be an integer",
            "instance.yaml:5: sources: a list should be a mapping",
        ],
    ),
    (
        "faults that a record finds about itself",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    shut: true\n    lines: 2\n"},
        [
            "instance.yaml:4: fabs.n3.shut: it has lines",
            "instance.yaml:5: fabs.n3.lines: a shut fab has no lines; leave 'lines' out",
        ],
    ),
    (
        "integers outside their limits",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    lines: 0\n  n2:\n    capacity: 1\n    lines: 100\n"},
        [
            "instance.yaml:4: fabs.n3.lines: 0 must be at least 1",
            "instance.yaml:7: fabs.n2.lines: 100 must be less than 100",
        ],
    ),
    (
        "an unknown reference",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    after: n2\n"},
        ["instance.yaml:4: fabs.n3.after: 'n2' is no fab"],
    ),
    (
        "an unknown source",
        {"instance.yaml": "sources:\n  f1: {title: x}\nfabs:\n  n3:\n    capacity: {value: 1, source: f1x}\n"},
        ["instance.yaml:5: fabs.n3.capacity: 'f1x' is no source of this instance; did you mean 'f1'?"],
    ),
    (
        "unknown sources at a date, in a list and in a short form",
        {
            "instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    orders:\n      2027Q3: {value: 1, source: a}\n"
            "    ramp:\n      - 1\n      - {value: 1, source: b}\n    inputs:\n      gas: {value: 1, source: c}\n"
        },
        [
            f"instance.yaml:{line}: fabs.n3.{path}: '{source}' is no source of this instance; list it in the section "
            "'sources'"
            for line, path, source in ((5, "orders.2027Q3", "a"), (8, "ramp.1", "b"), (10, "inputs.gas.amount", "c"))
        ],
    ),
    (
        "a currency without rate",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    price: 5 EUR/wafer\n"},
        [
            "instance.yaml:4: fabs.n3.price: 'EUR/wafer' needs the rate of EUR: give it in the section 'currencies'; "
            "give a number in USD/wafer, such as '3 USD/wafer'"
        ],
    ),
    (
        "a currency whose rate is no number",
        {"instance.yaml": "currencies:\n  EUR: dear\n"},
        [
            "instance.yaml:2: currencies.EUR: 'dear' is no quantity; write a number and a unit, like "
            "'180 kwafer/month'; give a pure number, such as 0.62 or '62 %'"
        ],
    ),
    (
        "a key that stands twice",
        {"instance.yaml": "fabs:\n  n3:\n    capacity: 1\n    capacity: 2\n"},
        ["instance.yaml:4: key 'capacity' stands twice; first in line 3"],
    ),
    (
        "broken YAML",
        {"instance.yaml": "fabs:\n  n3: [1, 2\n"},
        ["instance.yaml:3: this is not YAML: did not find expected ',' or ']'"],
    ),
    (
        "a tab as indentation",
        {"instance.yaml": "fabs:\n\tn3: 1\n"},
        ["instance.yaml:2: this is not YAML: found character that cannot start any token"],
    ),
    (
        "a control character",
        {"instance.yaml": "title: x\nfabs: \x07\n"},
        ["instance.yaml:2: this is not YAML: control characters are not allowed"],
    ),
    (
        "a tag",
        {"instance.yaml": "title: !!python/object/apply:os.system [date]\n"},
        [
            "instance.yaml:1: tag 'tag:yaml.org,2002:python/object/apply...' is refused; write plain values; quote "
            "what is text"
        ],
    ),
    (
        "a merge key",
        {"instance.yaml": "a: &a {x: 1}\nb:\n  <<: *a\n"},
        ["instance.yaml:3: merge key '<<' is refused; write the entries out, or use a scenario"],
    ),
    (
        "two documents",
        {"instance.yaml": "title: x\n---\ntitle: y\n"},
        ["instance.yaml:2: a second document begins here; an instance file holds one"],
    ),
    ("a list at the top", {"instance.yaml": "- 1\n"}, ["instance.yaml:1: an instance file is a mapping of sections"]),
    (
        "an alias to itself",
        {"instance.yaml": "fabs: &a [*a]\n"},
        ["instance.yaml:1: alias 'a' stands for nothing before it"],
    ),
    (
        "a list as a key",
        {"instance.yaml": "? [1]\n: 2\n"},
        ["instance.yaml:1: a key must be a text or a number, not a list or a mapping"],
    ),
    (
        "an id in two files",
        {"instance.yaml": "include: more.yaml\n" + GOOD, "more.yaml": "\nfabs:\n  n3:\n    capacity: 2\n"},
        ["more.yaml:3: fabs.n3: 'n3' is given twice; first in instance.yaml:3"],
    ),
    (
        "a title in two files",
        {"instance.yaml": "include: [more.yaml]\ntitle: a\n", "more.yaml": "title: b\n"},
        ["more.yaml:1: title: 'title' is given twice; first in instance.yaml:2"],
    ),
    (
        "an include that is not there, and one outside",
        {"instance.yaml": "include:\n  - more.yaml\n  - ../../etc/passwd\n  - /etc/passwd\n  - 7\n"},
        [
            "instance.yaml:2: include.0: there is no file 'more.yaml'",
            "instance.yaml:3: include.1: '../../etc/passwd' lies outside the instance's folder",
            "instance.yaml:4: include.2: '/etc/passwd' lies outside the instance's folder",
            "instance.yaml:5: include.3: 7 is no file name",
        ],
    ),
    (
        "an include in an include",
        {"instance.yaml": "include: a.yaml\n", "a.yaml": "\ninclude: b.yaml\n"},
        ["a.yaml:2: include: 'include' stands in instance.yaml only"],
    ),
    (
        "the same file twice",
        {"instance.yaml": "include: [a.yaml, a.yaml]\n", "a.yaml": GOOD},
        ["instance.yaml:1: include.1: 'a.yaml' is included twice"],
    ),
    (
        "a fault in an included file",
        {"instance.yaml": "include: a.yaml\n", "a.yaml": "fabs:\n  n3:\n    capacity: -1\n"},
        ["a.yaml:3: fabs.n3.capacity: the value is -1 kwafer/month; it must be at least 0 kwafer/month"],
    ),
    (
        "a fault in a table's row",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "id,capacity,price\nn3,1,2\nn2,-1,\n"},
        ["fabs.csv:3: fabs.n2.capacity: the value is -1 kwafer/month; it must be at least 0 kwafer/month"],
    ),
    (
        "a table whose column is no field",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "id,capacity,prize\nn3,1,2\n"},
        ["fabs.csv:2: fabs.n3.prize: no such field; did you mean 'price'?"],
    ),
    (
        "a table without ids",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "name,capacity\nn3,1\n"},
        ["fabs.csv:1: fabs: the table has no column 'id'"],
    ),
    (
        "an id twice in a table, and a row without one",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": 'id,capacity\nn3,"1"\n\nn3,2\n,3\n'},
        [
            "fabs.csv:4: fabs.n3: 'n3' is given twice; first in fabs.csv:2",
            "fabs.csv:5: fabs: the row has no id",
        ],
    ),
    (
        "an id in the table and in the file",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n" + GOOD, "fabs.csv": "id,capacity\nn3,1\n"},
        ["fabs.csv:2: fabs.n3: 'n3' is given twice; first in instance.yaml:3"],
    ),
    (
        "a ragged table",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "id,capacity\nn3,1,2\n"},
        [
            "fabs.csv:2: the row has 3 cells and the header 2; a text with a comma stands in double quotes, and a "
            "decimal mark is a point"
        ],
    ),
    (
        "a column twice",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "id,capacity,capacity\nn3,1,2\n"},
        ["fabs.csv:1: column 'capacity' stands twice"],
    ),
    (
        "columns that clash",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": "id,capacity,capacity.low\nn3,1,2\n"},
        ["fabs.csv:2: fabs.n3: column 'capacity.low' clashes with another column"],
    ),
    (
        "an empty table",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": ""},
        ["fabs.csv:1: the table is empty"],
    ),
    (
        "an open quote in a table",
        {"instance.yaml": "tables: {fabs: fabs.csv}\n", "fabs.csv": 'id,capacity\nn3,"1\n'},
        ["fabs.csv:2: this is not CSV: unexpected end of data"],
    ),
    (
        "a series from a column that is not there",
        {
            "instance.yaml": "fabs:\n  n3:\n    capacity: {csv: c.csv, column: n33}\n",
            "c.csv": "date,n3\n2027,1\n",
        },
        ["instance.yaml:3: fabs.n3.capacity.column: c.csv has no column 'n33'; did you mean 'n3'?"],
    ),
    (
        "a fault in a series from a table",
        {
            "instance.yaml": "fabs:\n  n3:\n    capacity: {csv: c.csv, column: n3}\n",
            "c.csv": "date,n3\n2027,1\nsoon,2\n2029,-3\n",
        },
        [
            "c.csv:3: fabs.n3.capacity.linear.soon: 'soon' is no date; write it like 2027, 2027H1, 2027Q1, 2027-03, "
            "2027W05, 2027-03-15 or end-2026",
            "c.csv:4: fabs.n3.capacity.linear.2029: the value is -3 kwafer/month; it must be at least 0 kwafer/month",
        ],
    ),
    (
        "a series table without dates, with a wrong shape, with a wrong field, outside the folder",
        {
            "instance.yaml": "fabs:\n  a:\n    capacity: {csv: c.csv, column: n3}\n  b:\n    capacity: {csv: c.csv, "
            "column: n3, shape: curve}\n  c:\n    capacity: {csv: c.csv, column: n3, shpe: 1}\n  d:\n    capacity: "
            "{csv: ../c.csv, column: n3}\n",
            "c.csv": "day,n3\n2027,1\n",
        },
        [
            "c.csv:1: the first column of a table of series is 'date'; or say which it is: date: HEADING",
            "instance.yaml:5: fabs.b.capacity.shape: 'curve' is no shape of a series; linear or steps",
            "instance.yaml:7: fabs.c.capacity.shpe: a series from a table has no such field; did you mean 'shape'?",
            "instance.yaml:9: fabs.d.capacity.csv: '../c.csv' lies outside the instance's folder",
        ],
    ),
    (
        "a date twice in a series table",
        {
            "instance.yaml": "fabs:\n  n3:\n    capacity: {csv: c.csv, column: n3}\n",
            "c.csv": "date,n3\n2027,1\n2027,2\n",
        },
        ["c.csv:3: '2027' stands twice in column 'date'"],
    ),
    (
        "tables that are no mapping",
        {"instance.yaml": "title: x\ntables: [a.csv]\n"},
        ["instance.yaml:2: tables: tables maps sections to CSV files"],
    ),
    (
        "broken JSON",
        {"instance.json": '{"title": "x",\n "title": "y"}'},
        ["instance.json: this is not JSON: a key stands twice in a mapping"],
    ),
    (
        "a number that JSON does not have",
        {"instance.json": '{"title": NaN}'},
        ["instance.json: this is not JSON: NaN is no number of JSON"],
    ),
    (
        "scenarios that are no mapping",
        {"instance.yaml": "scenarios: [a]\n"},
        ["instance.yaml:1: scenarios: scenarios is no mapping"],
    ),
]


@pytest.mark.parametrize(("files", "printed"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_faulty_instance_prints_file_line_field_and_a_way_out(
    tmp_path: Path, files: dict[str, str], printed: list[str]
) -> None:
    with pytest.raises(InstanceError) as caught:
        load(write(tmp_path, files))
    assert str(caught.value).splitlines() == printed


def test_there_are_at_least_forty_distinct_faults() -> None:
    assert len({repr(files) for _, files, _ in CASES}) >= 40


def test_a_missing_folder_gets_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "frontier").mkdir()
    with pytest.raises(InstanceError, match="there is no such instance; did you mean 'frontier'"):
        load(tmp_path / "fronteir")


def test_a_folder_without_instance_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        load(write(tmp_path, {"other.yaml": GOOD}))
    assert str(caught.value) == f"{tmp_path}: the folder holds no instance.yaml"


def test_a_file_of_another_kind_is_no_instance(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("title: x")
    with pytest.raises(InstanceError, match="an instance is a folder, or a YAML or JSON file"):
        load(tmp_path / "a.txt")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(GOOD)
    folder = write(tmp_path / "inst", {"instance.yaml": "include: link.yaml\n"})
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(InstanceError, match=r"instance.yaml:1: include: 'link.yaml' lies outside"):
        load(folder)


def test_a_file_over_twenty_megabytes_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, {"instance.yaml": "# " + "x" * 20_000_000})
    with pytest.raises(InstanceError, match=r"instance.yaml: the file has more than 20 MB"):
        load(folder)


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_bytes(b"title: x\n# caf\xe9\n")
    with pytest.raises(InstanceError, match=r"instance.yaml:2: the file is not UTF-8 text"):
        load(tmp_path)


def test_deep_nesting_is_refused_before_it_can_exhaust_the_stack(tmp_path: Path) -> None:
    folder = write(tmp_path, {"instance.yaml": "title: " + "[" * 200_000})
    with pytest.raises(InstanceError, match="nested deeper than 100"):
        load(folder)
    folder = write(tmp_path / "json", {"instance.json": "[" * 200_000})
    with pytest.raises(InstanceError, match="this is not JSON"):
        load(folder)


def test_aliases_that_expand_without_end_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InstanceError, match="more than 2000000 entries, aliases expanded"):
        load(write(tmp_path, {"instance.yaml": "\n".join(lines)}))


def test_a_thousand_problems_are_kept_and_a_hundred_printed(tmp_path: Path) -> None:
    text = "fabs:\n" + "".join(f"  n{n}: {{capacity: -1}}\n" for n in range(1000))
    with pytest.raises(InstanceError) as caught:
        load(write(tmp_path, {"instance.yaml": text}))
    assert len(caught.value.problems) == 1000
    assert str(caught.value).endswith("... and 900 more problems")
    assert caught.value.problems[-1].line == 1001
