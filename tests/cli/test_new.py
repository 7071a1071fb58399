"""``fabopt new``: the starter, whose every piece has a part in its answer."""

from importlib.resources import as_file, files

import pytest

import fabopt

STARTER = files("fabopt.cli").joinpath("starter.yaml")


@pytest.fixture(scope="module")
def starter():
    with as_file(STARTER) as path:
        return fabopt.load(path)


@pytest.fixture(scope="module")
def plan(starter):
    return starter.solve()


def test_the_starter_can_be_read_in_one_go():
    lines = STARTER.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    assert max(map(len, lines)) <= 130
    assert sum("#" in line for line in lines) >= 25


def test_the_starter_is_right_and_has_what_a_chain_is_made_of(starter):
    data = starter.data
    assert not starter.validate()
    for section in ("hbm", "memory_makers", "packaging_lines", "policies", "contracts", "markets"):
        assert getattr(data, section), section
    assert len(data.sites) == 2
    assert any(component.per == "package" for component in data.components.values())


def test_every_limit_of_the_starter_is_worth_something_in_some_period(plan):
    limits = plan.limits[plan.limits.family == "capacity"]
    worth = limits.groupby("name").price.max()
    assert set(worth.index[worth > 1e-6]) >= {
        "EUV scanner output",
        "EUV scanner exposures at Logic fab",
        "Logic fab wafer starts",
        "DRAM fab wafer starts",
        "Memory maker stacking",
        "Packaging line interposer wafers",
        "Package substrate capacity",
        "Transformer capacity",
        "Valley campus facility power",
        "Coast campus facility power",
    }


def test_the_starter_s_policy_costs_and_its_contract_pays(starter, plan):
    # No rule can make a plan worth more, and an offer that may be refused none worth less.
    gap = 1e-5 * plan.objective
    assert starter.with_({"policy_mode": "off"}).solve().objective > plan.objective + gap
    assert starter.with_({"contracts.packaging-deal.offered": False}).solve().objective < plan.objective - gap
