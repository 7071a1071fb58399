"""What a procurement memo says: frozen records, every number with its unit and the place that it comes from.

Nothing here is prose: what a sentence needs stands as names, numbers and words of a fixed list, so that a template in
any language can write it. Names of parties, chips and limits are those of the instance. Money is in million dollars,
discounted to the decision date unless a field says otherwise; labels of periods are those of the plan.
"""

from fabopt.analysis.memo.records.amount import Amount, Confidence, Unit, Withheld
from fabopt.analysis.memo.records.chain import (
    ChipReason,
    ChokeYear,
    Loss,
    LossNote,
    MixRow,
    OwnChip,
    Relief,
    Rival,
    SecondSource,
)
from fabopt.analysis.memo.records.signing import (
    BudgetYear,
    Hedged,
    Outlay,
    Part,
    Serves,
    Signature,
    SignatureKind,
    Together,
    Verdict,
    WalkAway,
)
from fabopt.analysis.memo.records.since import Since
from fabopt.analysis.memo.records.turning import (
    Alternative,
    Assumption,
    Chance,
    Choice,
    Flip,
    Hedging,
    Indicator,
    StateRegret,
    Wait,
)
from fabopt.analysis.memo.records.whole import Headline, Memo, Standing, Worth, WorthPart

__all__ = [
    "Alternative",
    "Amount",
    "Assumption",
    "BudgetYear",
    "Chance",
    "ChipReason",
    "Choice",
    "ChokeYear",
    "Confidence",
    "Flip",
    "Headline",
    "Hedged",
    "Hedging",
    "Indicator",
    "Loss",
    "LossNote",
    "Memo",
    "MixRow",
    "Outlay",
    "OwnChip",
    "Part",
    "Relief",
    "Rival",
    "SecondSource",
    "Serves",
    "Signature",
    "SignatureKind",
    "Since",
    "Standing",
    "StateRegret",
    "Together",
    "Unit",
    "Verdict",
    "Wait",
    "WalkAway",
    "Withheld",
    "Worth",
    "WorthPart",
]
