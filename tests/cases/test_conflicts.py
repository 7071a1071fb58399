"""No plan: the smallest set of limits that conflicts, its places and repairs, in the same words everywhere.

The sets are checked from outside: a network in which a limit is left out (its number replaced by one that holds nobody
back) is solved again. A set must leave no plan by itself, and a plan when any one of its limits is left out.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fabopt
from fabopt.cli.app import app

HERE = Path(__file__).resolve().parent
CASES = ("conflict-lower", "conflict-upper", "conflict-order", "conflict-stock")

BY_HAND = {
    # 6 + 5 of a mill of 10
    "conflict-lower": [
        ("capacity of mill in 2027 at most 10", 4, "with 1 more"),
        ("level of make-a in 2027 at least 6", 6, "with 1 less"),
        ("level of make-b in 2027 at least 5", 7, "with 1 less"),
    ],
    # 5 + 3 of the 10 that are wanted
    "conflict-upper": [
        ("demand of a in 2027 exactly 10", 5, "with 2 less"),
        ("level of make in 2027 at most 5", 4, "with 2 more"),
        ("level of overtime in 2027 at most 3", 4, "with 2 more"),
    ],
    # 2 + 3 of the 10 that are wanted
    "conflict-order": [
        ("capacity of mill in 2027 at most 2, apart from what units add", 4, "with 5 more"),
        ("demand of a in 2027 exactly 10", 7, "with 5 less"),
        ("orders of extra in 2027 at most 3", 5, "with 5 more"),
    ],
    # 5 there, 1 used, 3 kept
    "conflict-stock": [
        ("opening stock of a at least 5, of which nothing may be thrown away", 3, "with 1 less"),
        ("level of use in 2027 at most 1", 4, "with 1 more"),
        ("stock of a at the end of 2027 at most 3", 3, "with 1 more"),
    ],
}


def _run(*args: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, list(args))
    return found.exit_code, found.stdout, found.stderr


@pytest.mark.parametrize("name", CASES)
def test_the_whole_set_is_named_with_file_line_and_repair(name: str) -> None:
    result = fabopt.load(HERE / name).solve()
    assert result.status == "infeasible"
    said = [c.sentence for c in result.conflicts if c.kind == "conflict"]
    assert said == [
        f"One of 3 limits that cannot all hold: {words} (instance.yaml:{line}); {repair} there would be a plan."
        for words, line, repair in BY_HAND[name]
    ]


@pytest.mark.parametrize("name", CASES)
def test_solve_choke_and_the_api_say_the_same(name: str, tmp_path: Path) -> None:
    said = [c.sentence for c in fabopt.load(HERE / name).reasons()]
    for verb in (("solve", str(HERE / name), "--out", str(tmp_path / "out")), ("choke", str(HERE / name))):
        code, _, err = _run(*verb)
        assert code == 3
        lines = err.splitlines()
        assert lines[-1] == "no plan: infeasible"
        assert lines[-1 - len(said) : -1] == said
    assert not list(tmp_path.iterdir())


def test_validate_says_the_same_where_its_own_checks_find_that_there_is_no_plan() -> None:
    said = [c.sentence for c in fabopt.load(HERE / "conflict-upper").reasons()]
    code, out, _ = _run("validate", str(HERE / "conflict-upper"))
    assert code == 2
    shown = " ".join(out.split())
    places = [shown.find(sentence) for sentence in said]
    assert -1 not in places
    assert places == sorted(places)


# -- against networks in which limits are left out ---------------------------------------------------------------------

MANY, PERIODS = 1000.0, ("2027", "2028")
LOOSE = {
    "mill": MANY, "make at least": 0, "make at most": MANY, "alt at most": MANY, "extra orders": MANY,
    "shop": 0, "reserve": 0, "store": MANY, "budget": 1e6, "share": 0,
}  # fmt: skip
"""Numbers that hold nobody back, by limit of a period."""
OVERALL = {"extra in all": MANY, "extra whole": False, "make lot": None, "opening": MANY}
"""The same by limit of the whole horizon."""


def _network(limits: dict[tuple[str, str], float | bool | None]) -> dict[str, object]:
    """A mill, two ways to make a good, machines to buy; a limit that is not given holds nobody back."""

    def by_period(name: str) -> list[float]:
        return [float(limits.get((name, period), LOOSE[name])) for period in PERIODS]

    def once(name: str) -> float | bool | None:
        return limits.get((name, ""), OVERALL[name])

    make = {"outputs": {"a": 1}, "uses": {"mill": 1}, "lower": by_period("make at least")}
    make |= {"upper": by_period("make at most")} | ({} if once("make lot") is None else {"lot": once("make lot")})
    material = {"storable": True, "opening": once("opening"), "safety_stock": by_period("reserve")}
    return {
        "horizon": {"start": 2027, "periods": 2, "period": "year"},
        "network": {
            "materials": {
                "a": {"storable": True},
                "b": material,
            },
            "resources": {"mill": {"capacity": by_period("mill")}},
            "units": {
                "extra": {
                    "adds": {"mill": 2}, "cost": 3, "upper": by_period("extra orders"), "total": once("extra in all"),
                    "whole": once("extra whole"),
                }
            },
            "activities": {
                "make": make,
                "alt": {"inputs": {"b": 1}, "outputs": {"a": 1}, "upper": by_period("alt at most")},
            },
            "demands": {"a": {"quantity": by_period("shop"), "required": True}},
            "budgets": {"purse": {"amount": by_period("budget"), "terms": [{"unit": "extra", "coefficient": 3}]}},
            "groups": {"share": {"sense": ">=", "limit": by_period("share"), "terms": [{"activity": "alt"}]}},
        },
    }  # fmt: skip


NAMES = {
    ("capacity", "mill", "at most"): "mill", ("start", "make", "at least"): "make at least",
    ("start", "make", "at most"): "make at most", ("start", "alt", "at most"): "alt at most",
    ("order", "extra", "at most"): "extra orders", ("total_orders", "extra", "at most"): "extra in all",
    ("demand", "a", "exactly"): "shop", ("safety_stock", "b", "at least"): "reserve",
    ("budget", "purse", "at most"): "budget", ("group_limit", "share", "at least"): "share",
    ("whole", "extra", "whole"): "extra whole", ("whole", "make", "whole"): "make lot",
    ("balance", "b", "at most"): "opening",
}  # fmt: skip


def _status(tmp_path: Path, limits: dict[tuple[str, str], float | bool | None]) -> fabopt.Result:

    (tmp_path / "instance.json").write_text(json.dumps(_network(limits)))
    return fabopt.load(tmp_path / "instance.json").solve(gap=0.0)


def _drawn(seed: int) -> dict[tuple[str, str], float | bool | None]:
    dice = random.Random(seed)
    limits: dict[tuple[str, str], float | bool | None] = {}
    for period in PERIODS:
        limits |= {
            ("mill", period): dice.randint(0, 4), ("make at most", period): dice.randint(0, 9),
            ("alt at most", period): dice.randint(0, 5), ("extra orders", period): dice.randint(0, 3),
            ("shop", period): dice.randint(4, 14), ("budget", period): dice.randint(0, 12),
        }  # fmt: skip
        if dice.random() < 0.4:
            limits["make at least", period] = dice.randint(0, 6)
            limits["make at most", period] = max(limits["make at most", period], limits["make at least", period])
        if dice.random() < 0.4:
            limits["reserve", period] = dice.randint(1, 4)
        if dice.random() < 0.4:
            limits["share", period] = dice.randint(1, 6)
    limits["opening", ""] = dice.randint(1, 12)
    limits["extra in all", ""] = dice.randint(0, 5)
    if dice.random() < 0.5:
        limits["extra whole", ""] = True
    if dice.random() < 0.5:
        limits["make lot", ""] = dice.choice([2, 3, 5])
    return limits


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_a_shortage_is_told_at_any_scale_of_quantities(scale: float, tmp_path: Path) -> None:
    raw = {
        "horizon": {"start": 2027, "periods": 1, "period": "year"},
        "network": {
            "materials": {"a": {}},
            "activities": {"make": {"outputs": {"a": 1}, "upper": 5 * scale}},
            "demands": {"a": {"quantity": 7 * scale, "required": True}},
        },
    }
    (tmp_path / "instance.json").write_text(json.dumps(raw))
    result = fabopt.load(tmp_path / "instance.json").solve()
    assert [(c.kind, c.amount / scale) for c in result.conflicts] == [
        ("shortage", pytest.approx(2)),
        ("conflict", pytest.approx(2)),
        ("conflict", pytest.approx(2)),
    ]


@pytest.mark.parametrize("seed", range(30))
def test_the_set_leaves_no_plan_by_itself_and_one_without_any_of_its_limits(seed: int, tmp_path: Path) -> None:
    limits = _drawn(seed)
    result = _status(tmp_path, limits)
    if result.has_plan:
        return
    found = {}
    for c in result.conflicts:
        if c.kind == "conflict":
            name = NAMES[c.family, c.entity, c.refs[0].side]
            found[name, c.period if name in LOOSE else ""] = c
    assert found
    assert not any(c.kind == "time" for c in result.conflicts)
    alone = {key: limits[key] for key in found}
    assert _status(tmp_path, alone).status == "infeasible"
    for key, conflict in found.items():
        assert _status(tmp_path, {k: v for k, v in alone.items() if k != key}).has_plan, key
        if conflict.amount:
            _check_repair(tmp_path, limits, key, conflict)


def _check_repair(tmp_path: Path, limits: dict, key: tuple[str, str], conflict: object) -> None:  # type: ignore[type-arg]
    """By the amount that is named there is a plan; a little less is not enough."""
    sign = 1.0 if " more there" in conflict.sentence else -1.0  # type: ignore[attr-defined]
    amount = conflict.amount  # type: ignore[attr-defined]
    assert _status(tmp_path, {**limits, key: limits[key] + sign * amount * (1 + 1e-7)}).has_plan
    assert not _status(tmp_path, {**limits, key: limits[key] + sign * amount * 0.98}).has_plan


def test_many_of_the_drawn_networks_have_no_plan_so_the_test_above_tests_something(tmp_path: Path) -> None:
    assert sum(not _status(tmp_path, _drawn(seed)).has_plan for seed in range(30)) >= 15
    assert math.isfinite(MANY)


# -- integers, what cannot be moved, all that always holds --------------------------------------------------------

TOOLS = {
    "horizon": {"start": 2027, "periods": 1, "period": "year"},
    "network": {
        "materials": {"a": {}},
        "resources": {"one": {}, "two": {}},
        "units": {
            "tool-1": {"adds": {"one": 60}, "cost": 1, "upper": 1},
            "tool-2": {"adds": {"two": 60}, "cost": 1, "upper": 1},
        },
        "activities": {
            "make-1": {"outputs": {"a": 1}, "uses": {"one": 1}},
            "make-2": {"outputs": {"a": 1}, "uses": {"two": 1}},
        },
        "demands": {"a": {"quantity": 100, "required": True}},
        "budgets": {"purse": {"amount": 1.7, "terms": [{"unit": "tool-1"}, {"unit": "tool-2"}]}},
    },
}
"""A tool makes 60; 1.7 tools may be bought, one of each; 100 are wanted: only integers conflict."""


def _said(tmp_path: Path, raw: dict[str, object]) -> list[str]:
    (tmp_path / "instance.json").write_text(json.dumps(raw))
    result = fabopt.load(tmp_path / "instance.json").solve()
    assert result.status == "infeasible"
    return [c.sentence for c in result.conflicts]


def test_whole_numbers_are_limits_of_the_set_where_only_they_conflict(tmp_path: Path) -> None:
    said = _said(tmp_path, TOOLS)
    assert said[0] == "With fractions of whole units and lots there would be a plan: only the integers conflict."
    conflict = [line.partition(": ")[2].replace(" (instance.json)", "") for line in said if line.startswith("One of")]
    # 1.7 tools make 102, two whole ones 120, one 60: 40 are missing, on either line.
    assert sorted(conflict) == [
        "budget purse in 2027 at most 1.7 million dollars; with 0.3 million dollars more there would be a plan.",
        "capacity of one in 2027 at most 0, apart from what units add; with 40 more there would be a plan.",
        "capacity of two in 2027 at most 0, apart from what units add; with 40 more there would be a plan.",
        "demand of a in 2027 exactly 100; with 40 less there would be a plan.",
        "orders of tool-1 as integers; with fractions there would be a plan.",
        "orders of tool-2 as integers; with fractions there would be a plan.",
    ]


def test_what_cannot_be_moved_is_in_the_set_and_is_not_proposed_as_a_repair(tmp_path: Path) -> None:
    raw = {
        "horizon": {"start": 2027, "periods": 1, "period": "year"},
        "network": {
            "materials": {"a": {}},
            "resources": {"law": {"capacity": 3, "relaxable": False}},
            "activities": {"make": {"outputs": {"a": 1}, "uses": {"law": 1}}},
            "demands": {"a": {"quantity": 5, "required": True}},
        },
    }
    said = _said(tmp_path, raw)
    assert said == [
        "Demand of a in 2027 exactly 5 (instance.json); it is missed by 2.",
        "One of 2 limits that cannot all hold: capacity of law in 2027 at most 3 (instance.json); it cannot be moved.",
        "One of 2 limits that cannot all hold: demand of a in 2027 exactly 5 (instance.json); with 2 less there would "
        "be a plan.",
    ]


def test_a_limit_of_zero_is_in_the_set(tmp_path: Path) -> None:
    raw = {
        "horizon": {"start": 2027, "periods": 2, "period": "year"},
        "network": {
            "materials": {"a": {}},
            "activities": {"make": {"outputs": {"a": 1}, "upper": [0, 9]}},
            "demands": {"a": {"quantity": [1, 1], "required": True}},
        },
    }
    said = _said(tmp_path, raw)
    assert [line.partition(": ")[2] for line in said if line.startswith("One of")] == [
        "demand of a in 2027 exactly 1 (instance.json); with 1 less there would be a plan.",
        "level of make in 2027 at most 0 (instance.json); with 1 more there would be a plan.",
    ]


def test_the_set_is_named_where_the_solver_gives_up_on_a_program_at_first(monkeypatch) -> None:
    from fabopt.solve.outcome import SolverError
    from fabopt.solve.session import HighsSession

    solve, failed = HighsSession.solve, []

    def fails(session, *given, **named):
        if session in failed or session.integer.any():
            return solve(session, *given, **named)
        failed.append(session)
        raise SolverError("HiGHS failed.")

    folder = HERE / "conflict-lower"
    expected = [conflict.sentence for conflict in fabopt.load(folder).reasons()]
    monkeypatch.setattr(HighsSession, "solve", fails)
    assert [conflict.sentence for conflict in fabopt.load(folder).reasons()] == expected
    assert failed


def test_a_limit_that_two_conflicts_share_is_enough_and_one_of_a_single_conflict_is_not(tmp_path: Path) -> None:
    # Dakota has 48 ft of lumber, 20 h of finishing and 8 h of carpentry; a desk takes 8, 4 and 2: at most 4 of 20.
    required = {"network.demands.desk.required": True, "network.demands.desk.quantity": 20}
    result = fabopt.load(HERE.parents[1] / "instances" / "textbook" / "dakota", set=required).solve()
    assert [(c.name, c.amount) for c in result.conflicts if c.kind == "shortage"] == [("desk", pytest.approx(16.0))]
    clash = {c.entity: c for c in result.conflicts if c.kind == "conflict"}
    assert len(clash) == 2
    assert clash.pop("desk").amount == pytest.approx(16.0)
    (other,) = clash.values()
    assert other.entity in ("lumber", "finishing", "carpentry")
    assert "moving it alone is not enough" in other.sentence


def test_a_pin_is_a_limit_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(
        "horizon: {start: 2027, periods: 1, period: year}\n"
        "network:\n"
        "  materials: {a: {storable: true}}\n"
        "  activities: {make: {outputs: {a: 1}, upper: 5}}\n"
        "  demands: {a: {quantity: 2, required: true}}\n"
        "pins:\n"
        "  stocks: {a: {'2027': 4}}\n"
    )
    result = fabopt.load(tmp_path).solve()
    # 2 for the demand and 4 for the stock, of which 5 can be made
    assert [c.sentence.partition(": ")[2] for c in result.conflicts if c.kind == "conflict"] == [
        "demand of a in 2027 exactly 2 (instance.yaml:5); with 1 less there would be a plan.",
        "stock of a pinned in 2027 exactly 4 (instance.yaml:7); with 1 less there would be a plan.",
        "level of make in 2027 at most 5 (instance.yaml:4); with 1 more there would be a plan.",
    ]


def test_what_a_hook_adds_is_a_limit_too() -> None:
    def cap(pyomo: object, model: object) -> None:
        import pyomo.environ as pyo

        pyomo.cap = pyo.Constraint(expr=pyomo.start["make", "2027"] <= 4)  # type: ignore[attr-defined]

    result = fabopt.load(HERE / "conflict-hook").solve(extra=[cap])
    assert [c.sentence for c in result.conflicts if c.kind == "conflict"] == [
        "One of 2 limits that cannot all hold: demand of a in 2027 exactly 6 (instance.yaml:5); with 2 less there "
        "would be a plan.",
        "One of 2 limits that cannot all hold: constraint cap of a hook at most 4; with 2 more there would be a plan.",
    ]


def test_where_time_is_up_the_set_is_not_called_smallest() -> None:
    instance = fabopt.load(HERE / "conflict-upper")
    said = [c.sentence for c in instance.reasons(0.0)]
    assert said[-1].startswith("Time was up before that set was proved smallest")


def test_materials_that_nothing_brings_clash_with_a_demand_by_what_always_holds(tmp_path: Path) -> None:
    raw = {
        "horizon": {"start": 2027, "periods": 1, "period": "year"},
        "network": {"materials": {"a": {}}, "demands": {"a": {"quantity": 3, "required": True}}},
    }
    assert _said(tmp_path, raw)[-1] == (
        "A limit that cannot hold: demand of a in 2027 exactly 3 (instance.json); with 3 less there would be a plan."
    )


# -- no limit, no time -------------------------------------------------------------------------------------------------


def test_a_value_without_limit_names_the_activities_of_the_ray_and_what_would_hold_them(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_text(
        "horizon: {start: 2027, periods: 1, period: year, discount_rate: 0}\n"
        "network:\n"
        "  materials: {a: {}, b: {}}\n"
        "  activities:\n"
        "    make: {outputs: {a: 1}, cost: 1}\n"
        "    idle: {outputs: {b: 1}, upper: 3}\n"
        "    sell: {inputs: {a: 1}, cost: -3}\n"
    )
    code, _, err = _run("solve", str(tmp_path), "--out", str(tmp_path / "out"))
    assert code == 2
    assert err.splitlines()[-2:] == [
        "The value grows without limit along make, sell (instance.yaml:5; instance.yaml:7): each unit of make gains 2; "
        "give an upper level or a capacity.",
        "no plan: unbounded",
    ]


def _hard() -> dict[str, object]:
    """Five sums of fifty 0-1 decisions that must come out exactly: a market split, which no solver finds in a blink."""
    dice = random.Random(3)
    ids = [f"x{n}" for n in range(50)]
    rows = {
        f"row{k}": {
            "sense": "==",
            "limit": 0,
            "terms": [{"activity": i, "coefficient": dice.randint(1, 99)} for i in ids],
        }
        for k in range(5)
    }
    for row in rows.values():
        row["limit"] = sum(term["coefficient"] for term in row["terms"]) // 2  # type: ignore[index,misc,attr-defined]
    return {
        "horizon": {"start": 2027, "periods": 1, "period": "year"},
        "network": {
            "materials": {"a": {}},
            "activities": {i: {"outputs": {"a": 1}, "upper": 1, "lot": 1, "cost": -1} for i in ids},
            "groups": rows,
        },
    }


def test_a_time_limit_before_any_plan_says_so_with_its_bound_keeps_the_log_and_says_what_to_raise(
    tmp_path: Path,
) -> None:
    (tmp_path / "hard.json").write_text(json.dumps(_hard()))
    out = tmp_path / "results" / "hard"
    code, _, err = _run("solve", str(tmp_path / "hard.json"), "--time-limit", "0.5", "--out", str(out))
    assert code == 4, err
    lines = err.splitlines()[-3:]
    assert lines[0].startswith("No plan was found within 0.5 s, which does not say that there is none; no plan can be ")
    bound = float(lines[0].partition("better than ")[2].split(".")[0])
    assert 0 < bound <= 50
    assert lines[0].endswith("Give more time (--time-limit, now 0.5 s).")
    assert lines[1] == f"the solver's log is in {out}.log"
    assert "Running HiGHS" in Path(f"{out}.log").read_text()
    assert lines[2] == "no plan: no_plan"
    assert not out.exists()
