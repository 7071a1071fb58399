"""Every date and every duration counts by days: the value of the plan falls as a field moves through a period.

Each field of the schema that is a date or a duration has a case here: an instance in which it matters, and settings
from the best to the worst. The value never rises on the way, and falls at each step that `falls` says, so that no
setting inside a period acts as the period's beginning or end.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from chain_cases import MINIMAL
from contract_cases import stacks, tree
from date_fields import time_fields

from fabopt.domain.instance import Instance
from fabopt.domain.rules import problems
from fabopt.network.lower import lower
from fabopt.solve.options import SolveOptions
from fabopt.solve.run import solve

Raw = dict[str, Any]

DAYS = ("2028-01-01", "2028-01-21", "2028-02-15", "2028-03-21", "2028-04-01")
"""Days of a quarter, and the first of the next."""
LAST_DAYS = ("2028-03-31", "2028-03-21", "2028-02-15", "2028-01-21", "2027-12-31")
"""Last days, from the end of that quarter to the end of the one before."""
MONTHS = (6, 6.7, 7.5, 8.6, 9)
"""Durations from two quarters to three."""


@dataclass(frozen=True)
class Case:
    """An instance for each setting of a field."""

    raw: Callable[[Any], Raw]
    settings: Sequence[Any]
    falls: int = 4
    """Steps at which the value falls at least."""


def chain(**sections: Any) -> Raw:
    """The minimal chain with more demand and power than it can fill, and sections merged over it."""
    raw = copy.deepcopy(MINIMAL)
    merge(raw, {"sites": {"site": {"power": 50000}}, "labs": {"lab": {"demand": {"total": 100000}}}})
    merge(raw, sections)
    return raw


def merge(into: Raw, more: Raw) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def at(path: str, **sections: Any) -> Callable[[Any], Raw]:
    """The minimal chain with a setting at a dotted path."""

    def raw(setting: Any) -> Raw:
        built = chain(**sections)
        *parents, last = path.split(".")
        node = built
        for key in parents:
            node = node.setdefault(key, {})
        node[last] = setting
        return built

    return raw


def signed(field: str, years: int = 4, **fixed: Any) -> Callable[[Any], Raw]:
    """A contract for stacks from outside with a setting at one of its fields, dotted where it is deeper."""

    def raw(setting: Any) -> Raw:
        outer, _, inner = field.partition(".")
        given = copy.deepcopy(fixed)
        given[outer] = {**given.get(outer, {}), inner: setting} if inner else setting
        built = tree({"c": stacks(**given)}, years)
        built["horizon"]["discount_rate"] = 0.1
        return built

    return raw


PHONES = {"name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": 10, "price": 20000}
LAM = {"owner": "lam", "region": "west", "capacity": 12, "price": 100, "lead": 3}
SUBSTRATES = {
    "components": {"s": {"name": "S", "sources": {"lam": LAM}}},
    "chips": {"gpu": {"boms": {"a": {"components": {"s": 1}}}}},
}
STEP = {"step": 5, "cost": 1, "lead": 3, "max_steps": 1}
PROGRAMME = {
    "fabs": {"fab-a": {"scanners": {"euv": {"buys": False}}}},
    "designers": {"green": {"lab": "lab"}},
    "chips": {
        "gpu": {
            "programme": {
                "funded_by": "lab", "non_recurring_cost": 1, "design_time": 6, "respin_chance": 0.5, "respin_time": 6
            }
        }
    },
}  # fmt: skip
LATE_PROGRAMME = {
    "horizon": {"discount_rate": 0.1},
    "fabs": PROGRAMME["fabs"],
    "designers": {"green": {"lab": "lab"}},
    "chips": {
        "gpu": {
            "available": "2029Q3",
            "programme": {"funded_by": "lab", "non_recurring_cost": 100, "design_time": 3},
        }
    },
}
"""Money spent later is worth less, and the chip is not needed early."""
FEW_PASSES = {"fabs": {"fab-a": {"scanners": {"euv": {"opening": 1, "passes": 20}}}}}
FEW_SUBSTRATES = {
    "components": {"s": {"name": "S", "sources": {"lam": {**LAM, "capacity": 1, "expansion": STEP}}}},
    "chips": SUBSTRATES["chips"],
}
SMALL_LINE = {"packaging_lines": {"line": {"capacity": 0.2, "expansion": STEP}}}
SPARE = {**MINIMAL["packaging_lines"]["line"], "technologies": ["m"], "capacity": 9}
SPARE_LINE = {
    "packaging_lines": {
        "line": {"capacity": 0.2},
        "spare": {**SPARE, "conversions": {"turn": {**STEP, "to": "line"}}},
    },
}
LINE_TO_RETIRE = {
    "horizon": {"discount_rate": 0.1},
    "packaging_lines": {
        "spare": {
            **SPARE,
            "expansion": {**STEP, "max_steps": 0, "standing": 5, "upkeep": 1e6, "retirement": {"cost": 1e5}},
        },
    },
}
SMALL_SITE = {"sites": {"site": {"power": 20, "expansion": {"curve": {100: 1}, "lead": 3, "max_total": 500}}}}
SMALL_FAB = {
    "fabs": {
        "fab-a": {
            "wafer_starts": 1,
            "scanners": {"euv": {"opening": 4, "passes": 60}},
            "expansion": {**STEP, "space": 0},
        }
    }
}
FEW_WAFERS = {"fabs": {"fab-a": {"wafer_starts": 2}}}
QUALIFYING = {"lead": 6, "cost": 1, "wafers": 0}
HELD = {"buyer": "b", "supplier": "foundry", "goods": {"resources": ["wafers"]}, "signed": 2026, "maximum": 60}
YEAR_DAYS = ("2028-01-01", "2028-02-10", "2028-07-01", "2028-11-20", "2029-01-01")
YEAR_LAST_DAYS = ("2028-12-31", "2028-11-20", "2028-07-01", "2028-02-10", "2027-12-31")


def barred(**dates: Any) -> Raw:
    rule = {"origin": "west", "destination": "east", "chips": ["gpu"], **dates}
    return chain(barred_flows=[rule], sites={"site": {"region": "east"}})


def must_take(**fields: Any) -> Raw:
    """A contract that b would rather leave: it must take more than it has a use for."""
    loss = {"price": 9, "minimum": 60, "must_take": False}
    return tree({"c": {**HELD, **loss, "outside": True, **fields}}, 4)


def policy(**dates: Any) -> Raw:
    raw = tree({}, 4)
    raw["policies"] = {
        "p": {
            "splits": {"resources": ["wafers"]},
            "rule": "shares",
            "customers": {"b": {"share": 0.6}, "a": {"share": 0.4}},
        }
        | dates
    }
    raw["contracts"] = {}
    return raw


def two_designers(**limits: Any) -> Raw:
    """A second designer whose chip is dearer, so that a cap on the first costs something."""
    raw = chain(**limits)
    raw["designers"]["blue"] = {"name": "Blue", "region": "west"}
    raw["dies"]["bd"] = {**raw["dies"]["gd"], "name": "BD", "designer": "blue"}
    raw["chips"]["tpu"] = {
        **copy.deepcopy(raw["chips"]["gpu"]), "name": "TPU", "designer": "blue", "system_cost": 14000
    }  # fmt: skip
    raw["chips"]["tpu"]["boms"]["a"]["dies"] = {"bd": 2}
    raw["memory_makers"]["mem"]["qualified"]["blue"] = {"h4": "2026"}
    raw["labs"]["lab"]["designers"]["blue"] = "2020"
    return raw


def stopping(**survival: Any) -> Raw:
    """The only memory maker may stop, and most of the compute must remain."""
    return chain(resilience={"r": {"of": "memory-maker", "share": 0.9, **survival}})


def stated(section: str, **dates: str) -> Raw:
    """A ceiling on shipments by year, or a charge on them."""
    what = {"at_most": 1, "by": "year"} if section == "limits" else {"per_unit": "100 USD/accelerator"}
    return chain(**{section: {"one": {"of": "shipments", **what, **dates}}})


def far(months: float) -> Raw:
    """The site is in another region than the packaging line, and a lane leads to it."""
    lane = {"origins": "island", "destinations": "west", "goods": {"packages": 1}, "transit": months}
    return chain(lanes={"sea": lane})


def second_life(months: float) -> Raw:
    """Another lab takes what the first one, which alone is sold any new and wants little, has used."""
    raw = chain(
        chips={"gpu": {"customers": ["lab"], "resale": {"price": 1000, "labs": ["other"], "moving_time": months}}}
    )
    raw["labs"]["other"] = {**copy.deepcopy(raw["labs"]["lab"]), "name": "Other"}
    raw["labs"]["lab"]["demand"]["total"] = 1
    raw["sites"]["there"] = {**raw["sites"]["site"], "name": "There", "lab": "other"}
    return raw


CASES: dict[str, Case] = {
    "Chip.available": Case(at("chips.gpu.available"), DAYS),
    "Chip.last_start": Case(at("chips.gpu.last_start", packaging_lines={"line": {"bonding": 40}}), LAST_DAYS),
    "Chip.design_start": Case(
        at("chips.gpu.design_start", chips={"gpu": {"design_cycle": 9}}),
        ("2027-04-01", "2027-04-21", "2027-05-15", "2027-06-21", "2027-07-01"),
    ),
    "Chip.design_cycle": Case(
        at("chips.gpu.design_cycle", chips={"gpu": {"design_start": "2027Q1"}}), (12, 12.7, 13.5, 14.6, 15)
    ),
    "Respin.delay": Case(
        at("chips.gpu.respin", chips={"gpu": {"available": "2027Q4"}}),
        [{"probability": 0.5, "delay": months} for months in (0, 1, 3, 5.5, 6)],
    ),
    "OrderBook.lead": Case(at("chips.gpu.orders.lead"), (12, 12.7, 13.5, 14.6, 15)),
    "Resale.since": Case(
        at("chips.gpu.resale.since", chips={"gpu": {"resale": {"price": 1_000_000, "most": 1}}}), DAYS
    ),
    "Resale.moving_time": Case(lambda months: second_life(months), MONTHS),
    "Bom.available": Case(at("chips.gpu.boms.a.available"), DAYS),
    "Chip.assembly_time": Case(lambda months: _without_line(months), MONTHS),
    "Chip.installation_lead": Case(at("chips.gpu.installation_lead"), MONTHS),
    "DieSource.available": Case(at("dies.gd.fabs.fab-a.available", **FEW_WAFERS), DAYS),
    "DieSource.until": Case(at("dies.gd.fabs.fab-a.until", **FEW_WAFERS), LAST_DAYS),
    "HbmOffer.available": Case(at("memory_makers.mem.offers.h4.available"), DAYS),
    "HbmOffer.until": Case(at("memory_makers.mem.offers.h4.until"), LAST_DAYS),
    "MemoryMaker.qualified": Case(at("memory_makers.mem.qualified.green.h4"), DAYS),
    "Market.qualified": Case(at("markets.phones.qualified.fab-a", markets={"phones": PHONES}), DAYS),
    "MemoryMaker.stacking_time": Case(at("memory_makers.mem.stacking_time"), MONTHS),
    "Node.cycle_time": Case(at("nodes.n3.cycle_time", **FEW_WAFERS), MONTHS),
    "PackagingLine.assembly_time": Case(at("packaging_lines.line.assembly_time"), MONTHS),
    "PackagingLine.interposer_time": Case(at("packaging_lines.line.interposer_time"), (12, 12.7, 13.5, 14.6, 15)),
    "ComponentSource.available": Case(at("components.s.sources.lam.available", **SUBSTRATES), DAYS),
    "ComponentSource.until": Case(at("components.s.sources.lam.until", **SUBSTRATES), LAST_DAYS),
    "ComponentSource.lead": Case(at("components.s.sources.lam.lead", **SUBSTRATES), (12, 12.7, 13.5, 14.6, 15)),
    "Component.order_book": Case(
        lambda day: chain(
            chips=SUBSTRATES["chips"],
            components={
                "s": {"name": "S", "order_book": {"green": {day: 9}}, "sources": {"lam": {**LAM, "capacity": 0.1}}}
            },
        ),
        DAYS,
    ),
    "Lab.designers": Case(at("labs.lab.designers.green"), DAYS),
    "BarredFlow.since": Case(lambda day: barred(since=day), tuple(reversed(DAYS)), falls=1),
    "BarredFlow.until": Case(lambda day: barred(until=day), tuple(reversed(LAST_DAYS))),
    "Fleet.order_book": Case(
        lambda day: chain(
            fabs={"fab-a": {"scanners": {"euv": {"opening": 1, "passes": 20, "buys": False, "order_book": {day: 1}}}}}
        ),
        DAYS,
    ),
    "ScannerClass.delivery_lead": Case(at("scanners.euv.delivery_lead", **FEW_PASSES), MONTHS),
    "ScannerClass.qualification_lead": Case(at("scanners.euv.qualification_lead", **FEW_PASSES), MONTHS),
    "FabExpansion.lead": Case(at("fabs.fab-a.expansion.lead", **SMALL_FAB), MONTHS, falls=3),
    "FabExpansion.first": Case(at("fabs.fab-a.expansion.first", **SMALL_FAB), DAYS),
    "LineExpansion.lead": Case(at("packaging_lines.line.expansion.lead", **SMALL_LINE), MONTHS),
    "LineExpansion.first": Case(at("packaging_lines.line.expansion.first", **SMALL_LINE), DAYS),
    "ComponentExpansion.lead": Case(at("components.s.sources.lam.expansion.lead", **FEW_SUBSTRATES), MONTHS),
    "ComponentExpansion.first": Case(at("components.s.sources.lam.expansion.first", **FEW_SUBSTRATES), DAYS),
    "Conversion.lead": Case(at("packaging_lines.spare.conversions.turn.lead", **SPARE_LINE), MONTHS),
    "Conversion.first": Case(at("packaging_lines.spare.conversions.turn.first", **SPARE_LINE), DAYS),
    "Retirement.over": Case(at("packaging_lines.spare.expansion.retirement.over", **LINE_TO_RETIRE), MONTHS[::-1]),
    "SiteExpansion.lead": Case(at("sites.site.expansion.lead", **SMALL_SITE), (12, 12.7, 13.5, 14.6, 15)),
    "SiteExpansion.first": Case(at("sites.site.expansion.first", **SMALL_SITE), DAYS),
    "Qualifying.lead": Case(lambda months: _qualifying(months), MONTHS),
    "Programme.design_time": Case(at("chips.gpu.programme.design_time", **PROGRAMME), MONTHS),
    "Programme.respin_time": Case(at("chips.gpu.programme.respin_time", **PROGRAMME), (6, 7, 9, 11, 12)),
    "Programme.decide_by": Case(at("chips.gpu.programme.decide_by", **LATE_PROGRAMME), LAST_DAYS, falls=1),
    "Market.patience": Case(lambda months: _market(months), (6, 5.2, 4.5, 3.4, 3)),
    "Contract.signed": Case(signed("signed"), YEAR_DAYS),
    "Contract.first": Case(signed("first"), YEAR_DAYS),
    "Contract.last": Case(signed("last", since=2030, prepayment=10, credited=False), YEAR_LAST_DAYS, falls=1),
    "Contract.lead": Case(signed("lead"), (12, 13.5, 18, 23, 24)),
    "Contract.duration": Case(signed("duration"), (24, 23, 18, 13.5, 12)),
    "Contract.since": Case(signed("since"), YEAR_DAYS),
    "Contract.until": Case(signed("until"), YEAR_LAST_DAYS),
    "Option.first": Case(signed("option.first", option={"premium": 1}), YEAR_DAYS),
    "Option.last": Case(
        signed("option.last", since=2030, prepayment=10, credited=False, option={"premium": 1}), YEAR_LAST_DAYS, falls=1
    ),
    "Exit.first": Case(lambda day: must_take(exit={"fee": 1, "first": day}), YEAR_DAYS),
    "Exit.last": Case(
        lambda day: must_take(minimum=5, exit={"fee": {"steps": {2027: 90, 2028: 10}}, "last": day}),
        YEAR_LAST_DAYS,
        falls=1,
    ),
    "Exit.notice": Case(lambda months: must_take(exit={"fee": 1, "notice": months}), (12, 13.5, 18, 23, 24)),
    "Policy.since": Case(lambda day: policy(since=day), tuple(reversed(YEAR_DAYS))),
    "Policy.until": Case(lambda day: policy(until=day), tuple(reversed(YEAR_LAST_DAYS))),
    "ShareCap.since": Case(
        lambda day: two_designers(
            diversity={"d": {"of": "designer", "suppliers": ["green"], "share": 0.5, "since": day}}
        ),
        tuple(reversed(DAYS)),
        falls=3,
    ),
    "ShareCap.until": Case(
        lambda day: two_designers(
            diversity={"d": {"of": "designer", "suppliers": ["green"], "share": 0.5, "until": day}}
        ),
        tuple(reversed(LAST_DAYS)),
        falls=3,
    ),
    "Limit.since": Case(lambda day: stated("limits", since=day), tuple(reversed(DAYS))),
    "Limit.until": Case(lambda day: stated("limits", until=day), tuple(reversed(LAST_DAYS))),
    "Charge.since": Case(lambda day: stated("charges", since=day), tuple(reversed(DAYS))),
    "Charge.until": Case(lambda day: stated("charges", until=day), tuple(reversed(LAST_DAYS))),
    "Lane.transit": Case(lambda months: far(months), MONTHS),
    "Survival.since": Case(
        lambda day: stopping(since=day, until="2028Q1", stop=12), ("2028-03-31", *reversed(DAYS[:-1])), falls=2
    ),
    "Survival.until": Case(
        lambda day: stopping(since="2028Q1", until=day, stop=12), ("2028-01-01", *reversed(LAST_DAYS[:-1])), falls=2
    ),
    "Survival.stop": Case(
        lambda months: stopping(since="2028Q1", until="2028Q4", stop=months), (3, 3.7, 4.5, 5.6, 6), falls=2
    ),
    "Survival.watch": Case(
        lambda months: stopping(since="2028Q1", until="2028Q4", stop=12, watch=months),
        (15, 15.7, 16.5, 17.6, 18),
        falls=2,
    ),
}

BY_WHOLE_PERIODS = {
    "OrderBook.lead": "what is ordered beyond what ships costs nothing, so a part of a period is ordered around",
}
"""Fields that do not count by days yet, each with the reason."""

OUT_OF_THE_PLAN = {
    "Horizon.start",  # the first day of a period, by rule
    "Horizon.reported_until",  # which periods are reported; the plan is the same
    "Pins.done_until",  # which periods are past
    "Outcome.since",
    "Outcome.until",  # what a plan is compared with; moved by days in tests/analysis/test_agreement.py
    "Outcome.added_since",
    "Compared.since",
    "Compared.until",  # likewise; what each leaves of a figure is in tests/analysis/test_reconcile.py
    "Expectation.since",
    "Expectation.until",  # what of a plan is looked at: tests/analysis/test_expectations.py
    "State.from_",
    "Event.from_",  # no plan of one state reads them; under states: tests/states
    "Disruption.recover",  # read by the study of disruptions: tests/disruptions
}


def _qualifying(months: float) -> Raw:
    raw = chain()
    raw["memory_makers"]["mem"]["qualified"] = {}
    raw["memory_makers"]["mem"]["qualifying"] = {"green": {"h4": {**QUALIFYING, "lead": months}}}
    return raw


def _without_line(months: float) -> Raw:
    raw = chain(chips={"gpu": {"assembly_time": months}})
    for field in ("technology", "packages_per_wafer"):
        del raw["chips"]["gpu"]["boms"]["a"][field]
    return raw


def _market(months: float) -> Raw:
    """Orders of the first quarters that only a fab of later ones can fill, and that wait."""
    starts = {"steps": {"2027Q1": 1, "2027Q3": 30}}
    raw = chain(fabs={"fab-a": {"wafer_starts": starts, "scanners": {"euv": {"opening": 40, "passes": 60}}}})
    raw["markets"] = {
        "phones": {
            "name": "Phones", "fabs": {"fab-a": "n3"}, "quantity": {"steps": {"2027Q1": 12, "2027Q2": 0}}, "floor": 0,
            "price": 20000, "patience": months, "waiting_cost": 1,
        }
    }  # fmt: skip
    return raw


def worth(raw: Raw) -> float:
    """Value of the best plan of an instance that is sound."""
    instance = Instance.model_validate(copy.deepcopy(raw))
    assert problems(instance) == [], problems(instance)
    solution = solve(lower(instance), SolveOptions(gap=0.0))
    assert solution.objective is not None
    return solution.objective


def test_every_date_and_duration_of_the_schema_has_a_case():
    assert time_fields() == CASES.keys() | OUT_OF_THE_PLAN


def known(field: str) -> Any:
    marks = [pytest.mark.xfail(reason=BY_WHOLE_PERIODS[field], strict=True)] if field in BY_WHOLE_PERIODS else []
    return pytest.param(field, marks=marks)


@pytest.mark.parametrize("field", [known(field) for field in CASES])
def test_a_date_or_duration_counts_by_days(field):
    case = CASES[field]
    found = [worth(case.raw(setting)) for setting in case.settings]
    scale = max(1.0, *map(abs, found))
    assert all(worse <= better + 1e-7 * scale for better, worse in pairwise(found)), found
    assert sum(worse < better - 1e-7 * scale for better, worse in pairwise(found)) >= case.falls, found
