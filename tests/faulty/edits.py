"""Faulty instances: each is the tutorial with one edit, and says where the fault must be found and what is said.

An edit replaces one piece of text, which must occur exactly once, by another. The line of the fault is given as the
text that stands on it after the edit (its first occurrence; the last line of a longer text), so that the tutorial
may grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "instances" / "tutorial" / "instance.yaml"


@dataclass(frozen=True)
class Faulty:
    """One faulty instance: the edit, a text on the line at fault, the field, and part of the message."""

    name: str
    old: str
    new: str
    on: str
    field: str
    says: str


def edited(case: Faulty) -> str:
    """Return the tutorial with the edit."""
    text = TUTORIAL.read_text(encoding="utf-8")
    assert text.count(case.old) == 1, f"{case.name}: {case.old!r} occurs {text.count(case.old)} times"
    return text.replace(case.old, case.new)


def line_of(text: str, on: str) -> int:
    """Return the number of the line, from 1, on which the first occurrence of a text ends."""
    return text[: text.index(on) + len(on)].count("\n") + 1


FORM = [
    # typos
    Faulty(
        "typo in a field",
        "    throughput: 180",
        "    troughput: 180",
        "troughput",
        "scanners.euv.troughput",
        "no such field; did you mean 'throughput'?",
    ),
    Faulty(
        "typo in a section",
        "packaging_lines:\n  bridgeworks:",
        "packging_lines:\n  bridgeworks:",
        "packging_lines",
        "packging_lines",
        "no such field; did you mean 'packaging_lines'?",
    ),
    Faulty("typo in a choice", "    kind: dram", "    kind: drams", "kind: drams", "nodes.d1b.kind", "'dram'"),
    Faulty(
        "an id with a blank", "  cirrus: {name", "  Cirrus Inc: {name", "Cirrus Inc", "designers.Cirrus Inc", "is no id"
    ),
    # units
    Faulty(
        "text without unit",
        "wafer_starts: 40 kwafer/month",
        "wafer_starts: '40'",
        "wafer_starts: '40'",
        "fabs.memory-bay.wafer_starts",
        "has no unit",
    ),
    Faulty(
        "unknown unit", "step: 4 kwafer/month", "step: 4 kwafr/month", "kwafr", "fabs.north.expansion.step", "kwafr"
    ),
    Faulty(
        "unit of another dimension", "    life: 10 year", "    life: 10 GB", "life: 10 GB", "scanners.euv.life", "GB"
    ),
    Faulty("power that is an energy", "    power: 350 MW", "    power: 350 MWh", "350 MWh", "sites.coast.power", "MWh"),
    Faulty(
        "currency without a rate", "price: 250 MUSD/tool", "price: 250 MEUR/tool", "MEUR", "scanners.euv.price", "EUR"
    ),
    Faulty(
        "currency that does not exist",
        "\nsources:\n",
        "\ncurrencies: {EUX: 1.1}\nsources:\n",
        "EUX",
        "currencies.EUX",
        "'EUX' is no currency; did you mean 'EUR'?",
    ),
    # numbers
    Faulty(
        "negative yield",
        "offers:\n      hbm-a: {good_dies: 300 die/wafer, stack_yield: 75 %}",
        "offers:\n      hbm-a: {good_dies: 300 die/wafer, stack_yield: -75 %}",
        "stack_yield: -75",
        "memory_makers.bitstack.offers.hbm-a.stack_yield",
        "more than 0",
    ),
    Faulty(
        "yield above 1",
        "fixed_yield: 90 %",
        "fixed_yield: 1.3",
        "fixed_yield: 1.3",
        "dies.slate-wafer.fixed_yield",
        "at most 1",
    ),
    Faulty("PUE below 1", "    pue: 1.2", "    pue: 0.9", "pue: 0.9", "sites.plains.pue", "at least 1"),
    Faulty("NaN", "  elasticity: 1.2", "  elasticity: .nan", "elasticity: .nan", "demand_curve.elasticity", "nan"),
    Faulty("infinite", "    budget: 16000 MUSD/year", "    budget: .inf", "budget: .inf", "labs.aurora.budget", "inf"),
    Faulty(
        "hostile power",
        "discount_rate: 10 %",
        "discount_rate: 9**9**9",
        "9**9**9",
        "horizon.discount_rate",
        "is no unit",
    ),
    Faulty(
        "hostile exponent",
        "        capacity: 60 ksubstrate/month",
        "        capacity: 1e400 ksubstrate/month",
        "1e400",
        "components.large.sources.laminates.capacity",
        "1e400",
    ),
    Faulty(
        "hostile code",
        "area: 500 mm2",
        "area: __import__('os').system('id')",
        "__import__",
        "dies.osprey-die.area",
        "__import__",
    ),
    Faulty(
        "low above high",
        "lead: 18 month",
        "lead: {value: 18, low: 24, high: 12}",
        "low: 24",
        "fabs.north.expansion.lead",
        "low 24 lies above",
    ),
    Faulty(
        "true for a number",
        "        lead: 2 month",
        "        lead: yes",
        "lead: yes",
        "components.large.sources.laminates.lead",
        "yes",
    ),
    Faulty(
        "a list for a number",
        "it_power: 23 kW/accelerator",
        "it_power: [23, 24]",
        "[23, 24]",
        "chips.slate.it_power",
        "list",
    ),
    Faulty(
        "nothing for a number",
        "    wafer_price: 6000 USD/wafer",
        "    wafer_price:",
        "euv: 4 exposure/wafer}\n    cycle_time: 3 month\n    wafer_price:",
        "nodes.d1b.wafer_price",
        "nothing",
    ),
    Faulty(
        "a series where one number is meant",
        "    interposer_time: 1.5 month",
        "    interposer_time: {linear: {2027: 2, 2028: 1}}",
        "interposer_time: {linear",
        "packaging_lines.bridgeworks.interposer_time.linear",
        "cannot vary over time",
    ),
    Faulty(
        "unknown part of a quantity",
        "price: 800000 USD/accelerator",
        "price: {vlaue: 800000}",
        "vlaue",
        "chips.slate.price",
        "value",
    ),
    Faulty(
        "a fraction where steps are whole",
        "max_steps: 2\n",
        "max_steps: 2.5\n",
        "max_steps: 2.5",
        "fabs.north.expansion.max_steps",
        "integer",
    ),
    Faulty(
        "yes for true or false",
        "training: {name: Pre-training, synchronised: true}",
        "training: {name: Pre-training, synchronised: yes}",
        "synchronised: yes",
        "workloads.training.synchronised",
        "true or false",
    ),
    # dates
    Faulty(
        "a date that is none",
        "    available: 2027Q3",
        "    available: 2027Q5",
        "2027Q5",
        "chips.osprey.available",
        "2027Q5",
    ),
    Faulty(
        "a day of no calendar",
        "order_book: {2027Q3: 1}",
        "order_book: {2027-02-30: 1}",
        "2027-02-30",
        "fabs.north.scanners.euv.order_book.2027-02-30",
        "2027-02-30",
    ),
    Faulty(
        "two values for one day",
        "linear: {2027Q1: 0.12, 2028Q4: 0.08}",
        "linear: {2027Q1: 0.12, 2027-01: 0.08}",
        "2027-01: 0.08",
        "nodes.n3.defect_density.linear.2027-01",
        "two values for 2027-01-01",
    ),
    Faulty(
        "no field at all",
        "    cycle_time: 3 month\n    wafer_price: 6000 USD/wafer",
        "    wafer_price: 6000 USD/wafer",
        "  d1b:",
        "nodes.d1b.cycle_time",
        "missing",
    ),
]

# Faults of the text itself and of its scenarios, which are said before anything else is read.
TEXT = [
    Faulty(
        "a key twice",
        "    pue: 1.3\n",
        "    pue: 1.3\n    energy_price: 90 USD/MWh\n",
        "pue: 1.3\n    energy_price: 90 USD/MWh\n    energy_price",
        "",
        "twice",
    ),
    # scenarios that nobody has asked for yet
    Faulty(
        "a scenario with a blank", "  late-power:", "  Late Power:", "Late Power:", "scenarios.Late Power", "is no id"
    ),
    Faulty(
        "typo in a scenario",
        "    set: {sites.plains.expansion.lead: 24 month}",
        "    sett: {sites.plains.expansion.lead: 24 month}",
        "sett:",
        "scenarios.late-power.sett",
        "no such field; did you mean 'set'?",
    ),
    Faulty("a tab", "    pue: 1.3\n", "\tpue: 1.3\n", "\tpue: 1.3", "", "tab"),
    Faulty("a tag", "  elasticity: 1.2", "  elasticity: !!python/name:os.system 1", "!!python", "", "tag"),
    Faulty("an open bracket", "technologies: [interposer]", "technologies: [interposer", "capacity: 2.5", "", "YAML"),
    Faulty("a merge key", "    kind: dram\n", "    <<: {kind: dram}\n", "<<:", "", "merge"),
]

MEANING = [
    # references
    Faulty(
        "unknown node",
        "    node: d1b",
        "    node: d1c",
        "node: d1c",
        "memory_makers.bitstack.node",
        "no process node 'd1c'; did you mean 'd1b'?",
    ),
    Faulty(
        "unknown fab of a die",
        "south: {available: 2027Q4}",
        "sooth: {available: 2027Q4}",
        "sooth:",
        "dies.falcon-die.fabs.sooth",
        "no fab 'sooth'; did you mean 'south'?",
    ),
    Faulty(
        "unknown chip in a fleet",
        "coast: {falcon: 50}",
        "coast: {falcn: 50}",
        "falcn",
        "labs.borealis.fleet.coast.falcn",
        "no chip 'falcn'; did you mean 'falcon'?",
    ),
    Faulty(
        "technology without a line",
        "packages_per_wafer: 10 package/wafer",
        "packages_per_wafer: 10 package/wafer\n      other:\n        dies: {falcon-die: 2}\n        technology: bridge",
        "technology: bridge",
        "chips.falcon.boms.other.technology",
        "no technology of a packaging line 'bridge'",
    ),
    Faulty(
        "reference to another section",
        "lab: borealis",
        "lab: merlin",
        "lab: merlin",
        "sites.coast.lab",
        "'merlin' stands in section 'designers'",
    ),
    Faulty(
        "unknown source",
        "good_dies: 300 die/wafer, stack_yield",
        "good_dies: {value: 300, source: inventd}, stack_yield",
        "inventd",
        "memory_makers.bitstack.offers.hbm-a.good_dies",
        "did you mean 'invented'?",
    ),
    Faulty(
        "region that nobody lives in",
        "outcomes:                            #",
        "barred_flows:\n  - {origin: atlantis, destination: lemurea}\noutcomes:                            #",
        "lemurea",
        "barred_flows.0.destination",
        "did you mean 'lemuria'?",
    ),
    Faulty(
        "a cap for a lab that is not there",
        "outcomes:                            #",
        "diversity:\n  two: {of: designer, share: 90 %, labs: [auroar]}\noutcomes:                            #",
        "auroar",
        "diversity.two.labs.0",
        "there is no lab 'auroar'; did you mean 'aurora'?",
    ),
    Faulty(
        "a limit on a supplier that is not there",
        "outcomes:                            #",
        "resilience:\n  x: {of: memory-maker, share: 1, suppliers: [bitstak]}\noutcomes:                            #",
        "bitstak",
        "resilience.x.suppliers.0",
        "there is no memory-maker 'bitstak'; did you mean 'bitstack'?",
    ),
    Faulty(
        "caps that no chip mix can meet",
        "outcomes:                            #",
        "diversity:\n  two: {of: designer, share: 40 %, labs: [aurora]}\noutcomes:                            #",
        "share: 40 %, labs",
        "diversity.two.share",
        "'two' caps merlin at 40% and 'two' caps monolith at 40%: together 80% of its compute",
    ),
    # dates and the horizon
    Faulty(
        "a chip that comes after the horizon",
        "    available: 2027Q3",
        "    available: 2032Q1",
        "2032Q1",
        "chips.osprey.available",
        "after the end of the horizon (2029-06-30)",
    ),
    Faulty(
        "reported beyond the horizon",
        "reported_until: 2028Q4",
        "reported_until: 2035Q4",
        "2035Q4",
        "horizon.reported_until",
        "lies after the end of the horizon",
    ),
    Faulty(
        "a decision date within a period",
        "start: 2027Q1",
        "start: 2027-02-01",
        "2027-02-01",
        "horizon.start",
        "not the first day of a quarter",
    ),
    Faulty(
        "a delivery before the decision date",
        "order_book: {2027Q3: 1}",
        "order_book: {2026Q3: 1}",
        "2026Q3",
        "fabs.north.scanners.euv.order_book.2026-07-01",
        "before the decision date",
    ),
    Faulty(
        "a pin outside the horizon",
        "scenarios:\n  hbm-squeeze:",
        "pins: {units: {expand-north: {2031Q1: 1}}}\nscenarios:\n  hbm-squeeze:",
        "2031Q1",
        "pins.units.expand-north.2031Q1",
        "no period of the horizon",
    ),
    # scanners and fabs
    Faulty(
        "order book beyond the maker's output",
        "order_book: {2027Q3: 1}",
        "order_book: {2027Q3: 7}",
        "    output:",
        "scanners.euv.output",
        "order books hold 7 tools",
    ),
    Faulty(
        "reserved tools beyond the output",
        "reserved: 2 tool/year",
        "reserved: 9 tool/year",
        "reserved: 9",
        "scanners.euv.reserved",
        "9 tools a year are reserved",
    ),
    Faulty(
        "passes above nameplate",
        "passes: 80 kexposure/month",
        "passes: 800 kexposure/month",
        "passes: 800",
        "scanners.euv.passes",
        "more than the nameplate",
    ),
    Faulty(
        "a fleet too small for its wafer starts",
        "        opening: 4 tool",
        "        opening: 1 tool",
        "    scanners:\n      euv:",
        "fabs.north.scanners.euv",
        "more than the nameplate",
    ),
    Faulty(
        "wafers without a scanner",
        "euv: {opening: 1 tool}",
        "euv: {opening: 0 tool}",
        "opening: 0",
        "fabs.south.scanners.euv.opening",
        "but has none",
    ),
    # memory, dies, bills of materials
    Faulty(
        "HBM from a fab that does not run its node",
        "fab: memory-bay ",
        "fab: south ",
        "node: d1b",
        "memory_makers.bitstack.node",
        "the fab 'south' does not run 'd1b'",
    ),
    Faulty(
        "HBM that nobody has qualified",
        "      cirrus: {hbm-a: 2027Q1}\n",
        "",
        "hbm: {hbm-a: 4}",
        "chips.osprey.boms.standard.hbm.hbm-a",
        "cirrus has qualified no maker of 'hbm-a'",
    ),
    Faulty(
        "a die in a fab of another node",
        "      south: {opening_share: 100 %}",
        "      memory-bay: {opening_share: 100 %}",
        "memory-bay: {opening_share",
        "dies.osprey-die.fabs.memory-bay",
        "does not run the die's node 'n3'",
    ),
    Faulty(
        "a die larger than a reticle",
        "    area: 500 mm2",
        "    area: 5000 mm2",
        "area: 5000",
        "dies.osprey-die.area",
        "larger than the 858 mm2 of one exposure",
    ),
    Faulty(
        "bins that do not add up",
        "    area: 500 mm2",
        "    bins: {osprey-die: 0.7, osprey-slow: 0.2}\n    area: 500 mm2",
        "bins:",
        "dies.osprey-die.bins",
        "add up to 0.9",
    ),
    Faulty(
        "opening shares above 1",
        "south: {available: 2027Q4}",
        "south: {opening_share: 40 %}",
        "of the dies with a defect still sell\n    fabs:",
        "dies.falcon-die.fabs",
        "add up to 1.4",
    ),
    Faulty(
        "a package without dies",
        "dies: {slate-wafer: 1}",
        "dies: {}",
        "dies: {}",
        "chips.slate.boms.standard.dies",
        "at least one die",
    ),
    Faulty(
        "an interposer of no size",
        "        packages_per_wafer: 10 package/wafer\n",
        "",
        "technology: interposer",
        "chips.falcon.boms.standard.technology",
        "the interposer must be stated",
    ),
    Faulty(
        "chips that sell as each other",
        "    usable: {linear: {2027Q3: 80 %, 2028Q4: 100 %}, before: 80 %}",
        "    sells_as: [osprey]\n    usable: 1",
        "sells_as",
        "chips.osprey.sells_as",
        "runs in a circle",
    ),
    # demand
    Faulty(
        "a split that does not add up",
        "{training: 40 %, inference: 60 %}",
        "{training: 40 %, inference: 40 %}",
        "inference: 40 %",
        "labs.aurora.demand.split",
        "add up to 0.8, not to 1",
    ),
    Faulty(
        "breaks that fall",
        "breaks: [0.5, 0.8, 1.1, 1.5, 2.0]",
        "breaks: [0.5, 0.8, 0.7, 1.5, 2.0]",
        "breaks:",
        "demand_curve.breaks.2",
        "must rise",
    ),
    Faulty(
        "no demand curve",
        TUTORIAL.read_text(encoding="utf-8").split("\n\nlabs:")[0].split("\n\n")[-1],
        "",
        "about:",
        "demand_curve",
        "no demand curve",
    ),
    Faulty(
        "power that gets dearer with size",
        "curve: {200: 2400}",
        "curve: {200: 2400, 500: 7000}",
        "500: 7000",
        "sites.coast.expansion.curve",
        "cost per MW must fall with size",
    ),
    Faulty("a lab without a site", "lab: borealis", "lab: aurora", "  borealis:", "labs.borealis", "has no site"),
    Faulty(
        "a market in a fab of another node",
        "fabs: {memory-bay: d1b}",
        "fabs: {memory-bay: n3}",
        "memory-bay: n3",
        "markets.commodity-dram.fabs.memory-bay",
        "does not run 'n3'",
    ),
    Faulty(
        "a floor beyond the fabs",
        "quantity: 32 kwafer/month",
        "quantity: 60 kwafer/month",
        "quantity: 60 kwafer/month\n    floor:",
        "markets.commodity-dram.floor",
        "more than the 40",
    ),
    Faulty(
        "an unknown measure",
        "of: capacity\n",
        "of: capacitty\n",
        "of: capacitty",
        "outcomes.power-2027.of",
        "capacity",
    ),
    Faulty(
        "a figure that ends before it begins",
        "until: 2027Q1\n    figure",
        "until: 2026Q1\n    figure",
        "until: 2026Q1",
        "outcomes.power-2027.until",
        "before it begins",
    ),
    Faulty(
        "a contract with an unknown party",
        "# --- Checks and variants",
        "contracts:\n  lta:\n    buyer: merlyn\n    supplier: bitstack\n    goods: {memory_makers: [bitstack]}\n"
        "    reserve: 30 %\n# --- Checks and variants",
        "buyer: merlyn",
        "contracts.lta.buyer",
        "there is no party 'merlyn'; did you mean 'merlin'?",
    ),
    Faulty(
        "a contract that asks for more than it allows",
        "# --- Checks and variants",
        "contracts:\n  lta:\n    buyer: merlin\n    supplier: bitstack\n    goods: {memory_makers: [bitstack]}\n"
        "    must_take: true\n    maximum: 5 kwafer/month\n    minimum: 6 kwafer/month\n# --- Checks and variants",
        "minimum: 6",
        "contracts.lta.minimum",
        "in 2027Q1 the minimum take of 6 lies above the maximum of 5",
    ),
]
