"""The families of rows that are sums of decisions: each has its own record, and all have the same rows.

A record of the network says which family it belongs to (`fabopt.network.tables.GroupLimit`);
:mod:`fabopt.model.linear` writes the rows. The rule behind a family is stated where it is lowered, and that docstring
stands in the page of the mathematics.
"""

from __future__ import annotations

from fabopt.model.families import Family

_WINDOW = ("group", "window")
_ROW = "unit of the row"
_LOWERING = "fabopt.network.lowering"

SYNCHRONISED_LOAD = Family(
    name="synchronised_load",
    index=_WINDOW,
    unit="MW of IT power",
    says="{name} in {period}: at most what the shares of the sites for one synchronised load allow",
    price_says="{one} in one synchronised load, {name}, in {period}",
    soft=True,
    per="{unit} in one load",
    stated_in=f"{_LOWERING}.synchronised",
)
MUST_RUN = Family(
    name="must_run",
    index=_WINDOW,
    unit="thousand accelerators",
    says="{name} in {period}: at least their share of those that are there is operated",
    price_says="{one} that need not run in {period}, {name}",
    soft=True,
    per="{unit} that need not run",
    stated_in=f"{_LOWERING}.resale",
)
RESALE = Family(
    name="resale",
    index=_WINDOW,
    unit="thousand accelerators",
    says="{name}: at most {rhs} {unit} in {period}",
    price_says="{one} that buyers outside take in {period}, {name}",
    soft=True,
    per="{unit} taken",
    stated_in=f"{_LOWERING}.resale",
)
EXPORT_RULE = Family(
    name="export_rule",
    index=_WINDOW,
    unit=_ROW,
    says="{name}: at most {rhs} {unit} may be delivered in {period}",
    price_says="{one} allowed in {period} by the rule on {name}",
    soft=True,
    per="{unit} allowed",
    stated_in=f"{_LOWERING}.trade",
)
PART_OF_PERIOD = Family(
    name="part_of_period",
    index=_WINDOW,
    unit="unit of the resource",
    says="{name}: at most {rhs} {unit} in {period}, apart from what units add",
    price_says="{one} in the part of {period} that is open: {name}",
    stated_in=f"{_LOWERING}.part_rows",
)
GROUP_LIMIT = Family(
    name="group_limit",
    index=_WINDOW,
    unit=_ROW,
    says="{name} holds in {period}, with a limit of {rhs} {unit}",
    price_says="{one} in the limit {name} for {period}",
    soft=True,
)
PROGRAMME = Family(
    name="programme",
    index=_WINDOW,
    unit="unit of the activity",
    says="{name}, as in {period}",
    price_says="{one} in {period} without a design: {name}",
    stated_in=f"{_LOWERING}.programme",
)
ORDER_LEAD = Family(
    name="order_lead",
    index=_WINDOW,
    unit="kaccelerator",
    says="{name}: at most {rhs} {unit} may ship in {period}, apart from what is late of them and what is ordered",
    price_says="{one} booked for {period}: {name}",
    soft=True,
    per="{unit} booked",
    stated_in=f"{_LOWERING}.chip_orders",
)
CONTRACT_MAXIMUM = Family(
    name="contract_maximum",
    index=_WINDOW,
    unit="unit of the goods",
    says="{name}: at most {rhs} {unit} in {period}, apart from what decisions add",
    price_says="{one} allowed in {period} by {name}",
    soft=True,
    per="{unit} allowed",
    stated_in=f"{_LOWERING}.contract_takes",
)
CONTRACT_MINIMUM = Family(
    name="contract_minimum",
    index=_WINDOW,
    unit="unit of the goods",
    says="{name}: at least {rhs} {unit} in {period}, apart from what decisions add",
    price_says="{one} asked for in {period} by {name}",
    soft=True,
    per="{unit} asked for",
    stated_in=f"{_LOWERING}.contract_takes",
)
CONTRACT_UNLOCK = Family(
    name="contract_unlock",
    index=_WINDOW,
    unit="unit",
    says="{name}: at most {rhs} {unit} up to {period}, apart from what signatures allow",
    price_says="{one} allowed up to {period}, {name}",
    soft=True,
    per="{unit} allowed",
    stated_in=f"{_LOWERING}.contracts",
)
CONTRACT_RESERVE = Family(
    name="contract_reserve",
    index=_WINDOW,
    unit="unit of the resource",
    says="{name}: at least {rhs} {unit} are kept in {period}, apart from what decisions add",
    price_says="{one} kept in {period}, {name}",
    soft=True,
    per="{unit} kept",
    stated_in=f"{_LOWERING}.contracts",
)
POLICY_SHARE = Family(
    name="policy_share",
    index=_WINDOW,
    unit="unit of what is split",
    says="{name}: {rhs} {unit} in {period}, apart from a share of what units add",
    price_says="{one} in {period} by the rule {name}",
    soft=True,
    per="{unit} by the rule",
    stated_in=f"{_LOWERING}.policies",
)
POLICY_CAP = Family(
    name="policy_cap",
    index=_WINDOW,
    unit="unit of what is split",
    says="{name}: at most {rhs} {unit} in {period}, apart from its share of what is decided",
    price_says="{one} above the cap in {period}, {name}",
    soft=True,
    per="{unit} above the cap",
    stated_in=f"{_LOWERING}.policies",
)
POLICY_FLOOR = Family(
    name="policy_floor",
    index=_WINDOW,
    unit="unit of what is split",
    says="{name}: {rhs} {unit} in {period} are used or kept, apart from a share of what units add",
    price_says="{one} used or kept in {period}, {name}",
    soft=True,
    per="{unit} used or kept",
    stated_in=f"{_LOWERING}.policies",
)
SHARE_CAP = Family(
    name="share_cap",
    index=_WINDOW,
    unit="unit of compute",
    says="{name}: no more than the cap in {period}",
    price_says="{one} of compute in {period} under the cap {name}",
    soft=True,
    per="{unit} under the cap",
    stated_in=f"{_LOWERING}.diversity",
)
SURVIVAL = Family(
    name="survival",
    index=_WINDOW,
    unit="unit of compute",
    says="{name}: at least the share of what is planned remains in {period}",
    price_says="{one} that must remain in {period}, {name}",
    soft=True,
    per="{unit} to remain",
    stated_in=f"{_LOWERING}.stops",
)
GROWTH = Family(
    name="growth",
    index=_WINDOW,
    unit="unit of the resource",
    says="{name}: in {period} at most what the growth of a year allows, {rhs} {unit} apart from what units add",
    price_says="{one} more growth up to {period}: {name}",
    soft=True,
    per="{unit} of growth",
    stated_in=f"{_LOWERING}.standing_units",
)
STANDING = Family(
    name="standing",
    index=_WINDOW,
    unit="unit",
    says="{name} in {period}, with {rhs} {unit} beside decisions",
    price_says="{one} in {period}: {name}",
    stated_in=f"{_LOWERING}.standing_units",
)
STATED_FLOOR = Family(
    name="stated_floor",
    index=_WINDOW,
    unit="unit of the measure",
    says="{name}: at least {rhs} {unit} in {period}",
    price_says="{one} that the floor asks for in {period}, {name}",
    soft=True,
    per="{unit} asked for",
    stated_in=f"{_LOWERING}.limits",
)
STATED_CEILING = Family(
    name="stated_ceiling",
    index=_WINDOW,
    unit="unit of the measure",
    says="{name}: at most {rhs} {unit} in {period}",
    price_says="{one} under the ceiling in {period}, {name}",
    soft=True,
    per="{unit} allowed",
    stated_in=f"{_LOWERING}.limits",
)
STATED_SHARE = Family(
    name="stated_share",
    index=_WINDOW,
    unit="unit of the measure",
    says="{name}, in {period}",
    price_says="{one} in {period} beside the share: {name}",
    soft=True,
    per="{unit} beside the share",
    stated_in=f"{_LOWERING}.limits",
)
STATED_CHANGE = Family(
    name="stated_change",
    index=_WINDOW,
    unit="unit of the measure",
    says="{name} into {period}: no more than stated from the period before, and {rhs} {unit}",
    price_says="{one} of change into {period}: {name}",
    soft=True,
    per="{unit} of change",
    stated_in=f"{_LOWERING}.limits",
)
HELD = Family(
    name="held",
    index=_WINDOW,
    unit=_ROW,
    says="{name}: exactly {rhs} {unit} in {period}, as in the plan of all",
    price_says="{one} of {name}, in {period}",
    soft=True,
    stated_in="fabopt.network.perspective",
)
ASKED_FOR = Family(
    name="asked_for",
    index=_WINDOW,
    unit=_ROW,
    says="{name}: at most {rhs} {unit} in {period}",
    price_says="{one} of {name}, in {period}",
    soft=True,
    per="{unit} asked for",
    stated_in="fabopt.network.perspective",
)
CONTRACT_TERM = Family(
    name="contract_term",
    index=_WINDOW,
    unit=_ROW,
    says="{name} in {period} holds with {rhs} {unit} beside decisions, by what the contract means",
    price_says="{one} in what {name} means in {period}",
    stated_in=f"{_LOWERING}.deal",
)
CHARGED = Family(
    name="charged",
    index=_WINDOW,
    unit="million dollars",
    says="{name} in {period}: as much as what is charged comes to",
    price_says="{one} in {period} beside what is charged: {name}",
    stated_in=f"{_LOWERING}.charges",
)
AS_PLANNED = Family(
    name="as_planned",
    index=_WINDOW,
    unit=_ROW,
    says="{name} in {period}: of what is planned no more remains",
    price_says="{one} remaining in {period} beyond the plan: {name}",
    stated_in=f"{_LOWERING}.stops",
)
TASTE = Family(
    name="taste",
    index=_WINDOW,
    unit="thousand H100 equivalents",
    says="{name} in {period}: a step of premium holds its share of all new compute, and the steps add up",
    price_says="{one} in {period} beside its step of premium: {name}",
    stated_in=f"{_LOWERING}.tastes",
)
AS_ORDERED = Family(
    name="as_ordered",
    index=_WINDOW,
    unit=_ROW,
    says="{name} in {period}: {rhs} {unit} as before, but for what is ordered more or less",
    price_says="{one} in {period} beside what was ordered before: {name}",
    stated_in=f"{_LOWERING}.stability",
)
PIN = Family(
    name="pin",
    index=_WINDOW,
    unit=_ROW,
    says="{name}: exactly {rhs} {unit} in {period}",
    price_says="{one} in {period} beside what is pinned: {name}",
    limited="{name} pinned in {period}",
)

IN_STEP = Family(
    name="in_step",
    index=_WINDOW,
    unit=_ROW,
    says="{name} in {period}: as often as that",
    price_says="one {unit} of {name} more in {period}",
    stated_in="fabopt.network.plain",
)

LIMITS = (
    SYNCHRONISED_LOAD,
    MUST_RUN,
    RESALE,
    EXPORT_RULE,
    PART_OF_PERIOD,
    GROUP_LIMIT,
    PROGRAMME,
    ORDER_LEAD,
    CONTRACT_MAXIMUM,
    CONTRACT_MINIMUM,
    CONTRACT_UNLOCK,
    CONTRACT_RESERVE,
    POLICY_SHARE,
    POLICY_CAP,
    POLICY_FLOOR,
    SHARE_CAP,
    SURVIVAL,
    GROWTH,
    STANDING,
    STATED_FLOOR,
    STATED_CEILING,
    STATED_SHARE,
    STATED_CHANGE,
    HELD,
    ASKED_FOR,
)
"""Families of `Network.groups`: limits that restrict somebody, in the order of their rows."""

SUMS = {family.name: family for family in LIMITS}
"""The same by name."""

DEFINITIONS = (CONTRACT_TERM, CHARGED, AS_PLANNED, TASTE, AS_ORDERED, PIN, IN_STEP)
"""Families of `Network.definitions`: rows that say what decisions mean, or hold what is pinned."""
