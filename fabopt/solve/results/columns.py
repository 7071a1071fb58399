"""What the tables of a result hold: one record a table, one a column, with its kind, unit and meaning.

Writer, reader, the `columns` table of every result and the page ``docs/results.md`` all read these records.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from fabopt.network.tables import Tags

Kind = Literal["text", "number", "whole", "flag"]
Group = Literal["core", "domain", "sweep", "analysis"]

OF_ROW = "as in column unit"
MONEY = "M USD"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result table.

    Attributes
    ----------
    name
        As it stands in the table.
    kind
        text, number (64-bit float), whole (64-bit integer) or flag.
    unit
        Unit of the numbers; `OF_ROW` where each row names its own; empty for text.
    says
        What it means, a phrase.
    """

    name: str
    kind: Kind
    unit: str
    says: str

    def counted_in(self, money: str) -> str:
        """Return the unit in the money of an instance: ``M USD``; empty for a plain network, which has its own."""
        return self.unit.replace(MONEY, money or "money of the instance")


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of a result: its name, the group (folder) it is in, what one row says, and its columns."""

    name: str
    group: Group
    says: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns in order."""
        return [column.name for column in self.columns]


def text(name: str, says: str) -> Column:
    """Return a column of text."""
    return Column(name, "text", "", says)


def number(name: str, unit: str, says: str) -> Column:
    """Return a column of floats."""
    return Column(name, "number", unit, says)


def flag(name: str, says: str) -> Column:
    """Return a column of true and false."""
    return Column(name, "flag", "", says)


TAG_NAMES = tuple(tag.name for tag in fields(Tags) if tag.name != "field")
"""Tags that are columns; the field that a record comes from is for messages."""

_TAG_SAYS = {
    "stage": "stage of the chain",
    "owner": "who owns it",
    "customer": "on whose behalf",
    "item": "what it is about: die, stack, chip, scanner class ...",
    "node": "process node",
    "chip": "chip",
    "lab": "lab",
    "site": "fab, line or site",
    "region": "region",
    "workload": "workload",
    "kind": "kind of thing that it was made from",
    "role": "what it is in the chain",
}

TAGS = tuple(text(name, _TAG_SAYS[name]) for name in TAG_NAMES)
ID = text("id", "id of the record")
NAME = text("name", "display name")
UNIT = text("unit", "unit of the quantities of this row")
PERIOD = text("period", "label of the period")
BASIS = text("basis", "where it stands in the basis of the prices: basic, lower, upper; empty: several objectives")
REPORTED = flag("reported", "whether the period is reported; later ones only keep the end from distorting the plan")

CORE = (
    TableSpec(
        "periods",
        "core",
        "a period of the horizon",
        (
            PERIOD,
            text("start", "first day"),
            text("end", "first day after it"),
            number("years", "year", "nominal length"),
            number("discount", "1", "factor that brings money of the period to the decision date"),
            REPORTED,
        ),
    ),
    TableSpec(
        "activities",
        "core",
        "an activity in a period in which it runs",
        (
            ID,
            NAME,
            *TAGS,
            PERIOD,
            REPORTED,
            UNIT,
            number("level", OF_ROW, "starts in the period"),
            number("on", "1", "how many units of it are on, for activities that are switched"),
            number("switched_on", "1", "how many units of it are switched on in this period"),
            number("unit_cost", "M USD per unit", "cost of one unit of level"),
            number("fixed_cost", MONEY, "cost of a period in which it is on"),
            number("start_cost", MONEY, "cost of switching it on"),
        ),
    ),
    TableSpec(
        "flows",
        "core",
        "what an activity, or a unit ordered, puts into (or takes from) a material in a period",
        (
            text("id", "id of the activity or unit"),
            text("material", "id of the material"),
            *TAGS,
            PERIOD,
            REPORTED,
            UNIT,
            number("amount", OF_ROW, "amount; negative where it is taken"),
        ),
    ),
    TableSpec(
        "uses",
        "core",
        "the use of a resource by an activity in a period; the tags are the activity's",
        (
            text("id", "id of the activity"),
            text("resource", "id of the resource"),
            *TAGS,
            PERIOD,
            REPORTED,
            UNIT,
            number("amount", OF_ROW, "amount used"),
        ),
    ),
    TableSpec(
        "resources",
        "core",
        "a resource in a period",
        (
            ID,
            NAME,
            *TAGS,
            text("capacity_kind", "rate (so much per period) or level (so much at once)"),
            PERIOD,
            REPORTED,
            UNIT,
            number("base", OF_ROW, "capacity that is there whatever is decided"),
            number("added", OF_ROW, "capacity added by units ordered, net of what is retired"),
            number("occupied", OF_ROW, "capacity taken by units ordered, net of what is retired"),
            number("used", OF_ROW, "capacity used by activities"),
            number("free", OF_ROW, "base + added - occupied - used"),
        ),
    ),
    TableSpec(
        "units",
        "core",
        "an order (or retirement) of a unit of capacity in a period",
        (
            ID,
            NAME,
            *TAGS,
            text("instrument", "what is done: order, qualification ..."),
            PERIOD,
            REPORTED,
            UNIT,
            number("ordered", OF_ROW, "units ordered"),
            number("retired", OF_ROW, "units retired"),
            number("placed", "", "orders placed, of units with a cost of placing one or a least order"),
            number("lead", "period", "periods from the order to the first effect"),
            text("effective", "first period in which an order of this period acts; empty: after the end"),
            number("unit_cost", "M USD per unit", "cost of one unit ordered"),
            number("fixed_cost", MONEY, "cost of placing an order at all"),
            number("retire_cost", "M USD per unit", "cost of retiring one unit"),
        ),
    ),
    TableSpec(
        "materials",
        "core",
        "a material in a period in which anything happens to it or some is in stock",
        (
            ID,
            NAME,
            *TAGS,
            PERIOD,
            REPORTED,
            UNIT,
            number("carried", OF_ROW, "what is left of the stock before, or the opening stock"),
            number("received", OF_ROW, "arrives whatever is decided"),
            number("made", OF_ROW, "produced by activities and units"),
            number("consumed", OF_ROW, "taken by activities and units"),
            number("delivered", OF_ROW, "delivered to demands"),
            number("disposed", OF_ROW, "thrown away"),
            number("stock", OF_ROW, "stock at the end of the period"),
            number("shortfall", OF_ROW, "stock missing below the safety stock"),
            number("carrying_cost", "M USD per unit", "cost of a unit in stock at the end of the period"),
            number("disposal_cost", "M USD per unit", "cost of throwing a unit away"),
            number("shortfall_cost", "M USD per unit", "cost of a unit missing"),
        ),
    ),
    TableSpec(
        "demands",
        "core",
        "a demand in a period",
        (
            ID,
            NAME,
            text("material", "id of the material"),
            *TAGS,
            PERIOD,
            REPORTED,
            UNIT,
            number("quantity", OF_ROW, "wanted"),
            number("delivered", OF_ROW, "delivered"),
            number("unmet", OF_ROW, "not delivered, nor waiting"),
            number("backlog", OF_ROW, "waiting at the end of the period"),
            number("lost", OF_ROW, "given up in the period; in the last one with all that still waits"),
            number("backlog_cost", "M USD per unit", "cost of a unit waiting for a period"),
            number("lost_cost", "M USD per unit", "cost of a unit lost, or unmet"),
            number("weight", "1", "compute in one unit of the material"),
        ),
    ),
    TableSpec(
        "deliveries",
        "core",
        "a delivery on a step of a demand curve in a period",
        (
            text("id", "id of the demand"),
            *TAGS,
            PERIOD,
            REPORTED,
            Column("step", "whole", "", "step of the demand curve, from 1"),
            UNIT,
            number("width", OF_ROW, "wanted at this value"),
            number("delivered", OF_ROW, "delivered"),
            number("unit_value", "M USD per unit", "value of one unit"),
        ),
    ),
    TableSpec(
        "terminal",
        "core",
        "what is there, or still to come, after the last period, and its worth",
        (
            text("id", "id of the material or unit"),
            text("kind", "stock, landing (still to come from what was started), unit (ordered) or retired"),
            text("period", "for units: label of the period of the order; otherwise empty"),
            UNIT,
            number("amount", OF_ROW, "amount that survives; retired units are negative"),
            number("unit_worth", "M USD per unit", "worth of one at the end of the horizon"),
            number("discount", "1", "factor that brings money of the end to the decision date"),
        ),
    ),
    TableSpec(
        "windows",
        "core",
        "a budget, group limit or integer group in one of its windows",
        (
            ID,
            NAME,
            *TAGS,
            text("window_kind", "budget, group or whole"),
            text("first", "first period of the window"),
            text("last", "last period of the window"),
            UNIT,
            text("sense", "<=, >=, ==; 'multiple of' for integer groups"),
            number("limit", OF_ROW, "the limit; the lot of an integer group"),
            number("used", OF_ROW, "what the plan has"),
        ),
    ),
    TableSpec(
        "limits",
        "core",
        "a row that restricts somebody, with its price",
        (
            text("family", "constraint family"),
            ID,
            NAME,
            text("stage", _TAG_SAYS["stage"]),
            text("owner", _TAG_SAYS["owner"]),
            text("region", _TAG_SAYS["region"]),
            text("period", "label of the (first) period; empty: the whole horizon"),
            REPORTED,
            text("side", "upper, lower or both"),
            text("kind", "physical, contract, policy, demand, cash or law"),
            UNIT,
            number("limit", OF_ROW, "the limit"),
            number("used", OF_ROW, "what the plan has"),
            number("slack", OF_ROW, "how far the plan is from the limit"),
            number(
                "price",
                "M USD per unit",
                "gain in discounted value from one unit more, integers held; valid for small changes",
            ),
        ),
    ),
    TableSpec(
        "decisions",
        "core",
        "a decision: a column of the program, with what it is worth to move it",
        (
            text("decision", "what is decided: start, on, lots, order, placed, retire, stock, disposal, deliver ..."),
            ID,
            NAME,
            text("more", "step of a demand, or what else tells it from others"),
            PERIOD,
            REPORTED,
            UNIT,
            flag("whole", "whether it is an integer, which prices hold where it is"),
            number("value", OF_ROW, "what the plan has"),
            number("lower", OF_ROW, "least that is allowed"),
            number("upper", OF_ROW, "most that is allowed"),
            number("cost", "M USD per unit", "what one unit more adds to the objective by itself, discounted"),
            number(
                "reduced_cost",
                "M USD per unit",
                "what one unit more of it adds with all that follows: where positive the price of its upper bound, "
                "where negative of its lower bound; NaN for integers",
            ),
            number("held_reduced_cost", "M USD per unit", "the same of an integer that is held; NaN for others"),
            number("cost_low", "M USD per unit", "least cost at which the plan stays best; linear programs only"),
            number("cost_high", "M USD per unit", "greatest cost at which the plan stays best; linear programs only"),
            BASIS,
        ),
    ),
    TableSpec(
        "rows",
        "core",
        "a row of the program with its price, the balance of every material among them",
        (
            text("family", "constraint family; balance: a material in a period"),
            text("id", "id of the record; of a row that a hook added, the first part of its index"),
            NAME,
            text("more", "what else tells it from others"),
            text("period", "label of the (first) period; empty: the whole horizon"),
            REPORTED,
            UNIT,
            number("used", OF_ROW, "what the plan has"),
            number("lower", OF_ROW, "least that is allowed"),
            number("upper", OF_ROW, "most that is allowed"),
            number(
                "price",
                "M USD per unit",
                "gain in discounted value from one unit more on the right, integers held; of a balance: what one "
                "unit more of the material is worth then",
            ),
            number("limit_low", OF_ROW, "least limit at which the price holds; linear programs only"),
            number("limit_high", OF_ROW, "greatest limit at which the price holds; linear programs only"),
            BASIS,
        ),
    ),
    TableSpec(
        "costs",
        "core",
        "a value (positive) or cost (negative) of the plan",
        (
            text("term", "what it is"),
            text("id", "id of the record it belongs to"),
            *TAGS,
            PERIOD,
            REPORTED,
            number("amount", MONEY, "money of the period"),
            number("discounted", MONEY, "money brought to the decision date"),
        ),
    ),
    TableSpec(
        "terms",
        "core",
        "a term of the discounted value, as the optimiser counted it",
        (text("term", "what it is"), number("amount", MONEY, "discounted; costs are negative")),
    ),
)

COLUMNS = TableSpec(
    "columns",
    "core",
    "a column of a table of the result",
    (
        text("table", "table"),
        text("column", "column"),
        text("kind", "text, number, whole or flag"),
        text("unit", "unit of the numbers"),
        text("says", "what it means"),
    ),
)
