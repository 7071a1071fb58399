"""What the outputs mean by a word: the one place of it, for the page of words, the command line and the last line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fabopt.errors import StudyError
from fabopt.report.text import wrap

MOST = 8
"""Words of which the last line of an output says how to ask for them."""

MONEY = (
    "Money is in millions of US dollars (M USD; bn USD from ten billion on) and discounted to the decision date unless "
    "it says otherwise."
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the outputs.

    Attributes
    ----------
    word
        The word; several, with commas between them, where they are told together.
    meaning
        What it means.
    seen
        Texts by which a reader meets it who may not know it; none where the word is an everyday one.
    """

    word: str
    meaning: str
    seen: tuple[str, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """All by which it can be asked for, in small letters."""
        parts = re.sub(r"\(([^)]*)\)", r", \1", self.word).split(",")
        return tuple(dict.fromkeys(text.strip().lower() for text in (*parts, *self.seen)))


CHAPTERS: Mapping[str, tuple[Word, ...]] = {
    "Of the chain": (
        Word("accelerator", "a GPU, TPU or other chip for AI as it is bought and counted: one package, or a superchip "
             "where it is sold so"),
        Word("kilo", "k before a unit is a thousand, in files and tables of data: kaccelerator, kH100e, kwafer, kstack",
             ("kaccelerator", "kwafer", "kstack", "kexposure", "kpackage", "ksubstrate", "kdie")),
        Word("bits, Eb", "memory by content: a billion gigabits; wafers follow from bits per wafer of the node",
             ("Eb",)),
        Word("CoWoS, interposer", "the silicon (or organic) carrier on which dies and HBM stand beside each other; "
             "counted in wafers of 300 mm", ("CoWoS", "interposer", "interposers")),
        Word("exposure", "one pass of a wafer through a scanner for one layer; a fab's scanners give so many a month",
             ("exposures",)),
        Word("facility power, IT power", "what a site draws from the grid; what its racks draw. PUE is the first over "
             "the second", ("facility power", "IT power", "PUE")),
        Word("H100 equivalent (H100e)", "compute as so many NVIDIA H100 would do it, by workload. *Nominal*: by peak "
             "numbers; *usable*: what a lab gets out of it", ("H100 equivalents", "H100e", "kH100e")),
        Word("HBM stack", "memory dies on top of each other beside the accelerator; 8, 12 or 16 high", ("HBM",)),
        Word("kit, bill of materials", "everything one accelerator takes: dies, stacks, interposer, substrate, and its "
             "part of a rack", ("bill of materials",)),
        Word("lead time", "from the order to the day on which it is of use"),
        Word("order book, booked", "what customers have ordered and a maker has taken on", ("order book",)),
        Word("qualified", "a supplier whose part a customer has tested and may use"),
        Word("ramp, run-down", "how fast output of a part or line may grow or fall from one period to the next",
             ("run-downs", "ramps")),
        Word("step, size", "what an owner orders at a time to have more capacity: so many wafers a month, so many MW",
             ("step",)),
        Word("take-or-pay", "a contract in which what is not taken is paid for all the same", ("take-or-pay",)),
        Word("wafer start", "a wafer that begins its way through a fab; kwafer/month is a thousand of them a month",
             ("wafer starts",)),
    ),
    "Of a plan": (
        Word("bound", "what no plan can be better than; proved by the solver", ("bound",)),
        Word("gap", "how far the plan may be from the best one: bound less plan, over the plan. `optimal`: none; "
             "`within gap`: no more than was asked for", ("gap", "within gap")),
        Word("incumbent", "the best plan that has been found so far", ("incumbent",)),
        Word("integers, integers held", "whole decisions (tools, steps, contracts: 0, 1, 2); *held*: asked with those "
             "of the plan as they are, everything else decided again", ("integers held", "integers")),
        Word("limit", "whatever holds a plan back: a capacity, a budget, a rule, a demand"),
        Word("obligation", "what the plan must do: a demand that is required, a floor, a contract",
             ("obligations", "obligation")),
        Word("per unit, 1 unit", "a price per unit is for one unit more in *each* period of the span that is named: of "
             "what flows (wafers) so much more in every one of these quarters, of what stands (MW) so much more all "
             "along", ("1 more", "1 less")),
        Word("relaxation", "the same program with fractions allowed for whole decisions: quicker, and never worse than "
             "the best plan", ("relaxation",)),
        Word("marginal value, shadow price", "what the next small unit of something is worth at this plan; not what a "
             "large amount of it is worth, and no price to pay", ("marginal price", "marginal value", "shadow price",
             "at prices")),
        Word("revenue at the marginal price", "what all that is delivered would bring if each unit were paid what the "
             "last one is worth"),
        Word("value", "worth of what is delivered less what it costs. *System*: of all together; *buyers*: of labs and "
             "other markets at list prices; *lab*: of one"),
        Word("surplus", "worth of deliveries to whom gets them, less what they pay; the worth comes from a demand "
             "curve, which is assumed", ("surplus",)),
        Word("reported window", "the periods that the answer speaks of; those after it only keep the end of time from "
             "distorting them"),
        Word("decision date", "the first day that is planned; what was ordered before it stands", ("decision date",)),
        Word("premium", "what steers a plan to what was observed or is preferred; it is nobody's money and counts in "
             "no value", ("premiums",)),
        Word("whole", "decided in entire units: 0, 1, 2 scanners"),
    ),
    "Of choke points": (
        Word("choke point", "the limit (or class of limits) of which 10 % more would add most to the plan, if that is "
             "more than the gap leaves open", ("choke point", "choke points")),
        Word("class", "limits that take each other's place, as wafer starts of several makers of DRAM; relieved "
             "together"),
        Word("binding, co-binding, tight, slack", "gains alone; gains only together with others; at its limit without "
             "gain; not at its limit", ("binding", "co-binding", "slack")),
        Word("by the rule, policy-binding", "a right that an allocation rule gives: more of it takes from others who "
             "share by the rule", ("by the rule", "policy-binding")),
        Word("undecided", "the gap is too wide to say", ("undecided",)),
        Word("certified", "proved with whole decisions free, as an interval", ("certified",)),
        Word("after lead", "what relief still earns if it is ordered today and stands after its lead time",
             ("after lead",)),
        Word("rent", "what an owner earns from scarcity: price of the limit times its use. Of a plan: revenue at the "
             "marginal price less cost", ("rents", "rent", "earns from scarcity")),
        Word("kink", "a number at which one unit more and one unit less are not worth the same", ("kink",)),
        Word("adjoint", "all prices of a plan at once, from one solve", ("adjoint",)),
        Word("claim", "a sentence about a choke point that fabopt proves, refutes or leaves undecided"),
    ),
    "Of signing": (
        Word("break-even", "the price at which a signature is worth nothing to the lab: the most to pay",
             ("break-even",)),
        Word("latest responsible date", "the last day on which an order still comes in time for what the plan does "
             "with it", ("latest responsible date",)),
        Word("cost of waiting", "what the lab loses if the order is placed a quarter later", ("cost of waiting",)),
        Word("walk-away", "how far a term of a contract may move before signing it is worth nothing", ("walk-away",)),
        Word("signature", "one order or contract that somebody has to sign"),
    ),
    "Of what is not certain": (
        Word("assumption", "a number without a published source; shown as one, with a range"),
        Word("range", "lowest and highest value that a source or an assumption gives"),
        Word("P10, P50, P90", "in a tenth, half and nine tenths of the draws it is less", ("P10", "P50", "P90")),
        Word("draw", "the instance with every number of a range drawn once"),
        Word("share of the variance", "how much of the ups and downs of a figure over the draws one number explains by "
             "itself: 0 none, 1 all (Sobol's index of first order)", ("share of the variance",)),
        Word("rank correlation", "1 where the larger of one always goes with the larger of the other, -1 where with "
             "the smaller, 0 where they do not go together", ("rank correlation",)),
        Word("state", "one way in which things may come, with a probability; decisions before it is known are the same "
             "in all"),
        Word("EVPI", "expected value of perfect information: what knowing the state beforehand would be worth",
             ("EVPI",)),
        Word("VSS", "value of the stochastic solution: what planning with the states is worth over planning with means",
             ("VSS",)),
        Word("CVaR", "mean of the worst cases, as of the worst tenth", ("CVaR",)),
        Word("regret", "what is missed of the best plan for the state that came", ("regret",)),
        Word("hedge", "an order that costs something and makes bad states less bad"),
        Word("not run, found nothing, undecided", "nobody asked; asked and there is none; asked and the proof does not "
             "go so far", ("not run",)),
    ),
}  # fmt: skip
"""The words by chapter."""


def ask_for(lines: Iterable[str], width: int) -> list[str]:
    """Return the last lines of an output: how to ask for the meaning of its words; none where it has no such words."""
    text = " ".join(" ".join(lines).split())
    seen = [
        word.word.split(",")[0].split(" (")[0]
        for words in (*tuple(CHAPTERS.values())[1:], *tuple(CHAPTERS.values())[:1])  # those of the chain are known most
        for word in words
        if any(re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", text) for form in word.seen)
    ]
    return ["", *wrap(f"What words mean: fabopt words {', '.join(seen[:MOST])}", width)] if seen else []


def told(asked: str = "") -> list[Word]:
    """Return the words that are asked for, with commas between them; all of them when none is.

    Raises
    ------
    fabopt.errors.StudyError
        When there is no such word, with the nearest.
    """
    words = [word for chapter in CHAPTERS.values() for word in chapter]
    found: list[Word] = []
    for text in filter(None, map(str.strip, asked.lower().split(","))):
        own = [word for word in words if text in word.forms]
        if not own:
            near = get_close_matches(text, [form for word in words for form in word.forms], 3)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "fabopt words lists all."
            raise StudyError(f"There is no word {text!r} in the glossary; {hint}")
        found += own
    return list(dict.fromkeys(found)) if asked.strip() else words


def glossary_lines(words: Sequence[Word], width: int) -> list[str]:
    """Return words and what they mean as lines, the meaning below the word."""
    return [line for one in words for line in (one.word, *(f"  {text}" for text in wrap(_bare(one), width - 2)))]


def _bare(word: Word) -> str:
    return word.meaning.replace("*", "").replace("`", "")


def glossary_markdown() -> str:
    """Return the page of words."""
    lines = ["# Words", "", f"What the outputs of fabopt mean by a word; `fabopt words WORD` tells it too. {MONEY}"]
    for chapter, words in CHAPTERS.items():
        lines += ["", f"## {chapter}", "", "| word | meaning |", "|---|---|"]
        lines += [f"| {one.word} | {one.meaning} |" for one in words]
    return "\n".join(lines) + "\n"
