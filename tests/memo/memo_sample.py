"""A memo with invented numbers, for the form alone."""

from fabopt.analysis.memo.records import (
    Alternative,
    Amount,
    Assumption,
    BudgetYear,
    Chance,
    ChipReason,
    Choice,
    ChokeYear,
    Flip,
    Headline,
    Hedged,
    Hedging,
    Indicator,
    Loss,
    Memo,
    MixRow,
    Outlay,
    OwnChip,
    Relief,
    Rival,
    SecondSource,
    Signature,
    Standing,
    StateRegret,
    Wait,
    WalkAway,
    Withheld,
    Worth,
)


def musd(value, origin, low=None, high=None, confidence=""):
    return Amount(value, "MUSD", origin, low, high, confidence)


def share(value, origin):
    return Amount(value, "share", origin)


def as_written(value, unit, origin, low=None, high=None, confidence="medium"):
    return Amount(value, "as written", origin, low, high, confidence, unit)


YEARS = ("2027", "2028", "2029", "2030")
INTERPOSERS, FLOOR, POWER = "Bridgeworks interposer wafers", "Phones, floor", "Plains campus facility power"

STANDING = Standing(
    status="within_gap",
    incumbent=False,
    value=musd(102_345.0, "manifest.objective_value"),
    bound=musd(102_400.0, "manifest.bound"),
    gap=share(0.00054, "manifest.gap"),
    doubt=musd(55.0, "manifest.bound - manifest.objective_value"),
    version="0.1.0",
    solver="1.15.1",
    input_hash="0123456789abcdef0123",
    options={"gap": "0.001", "objective": "value"},
    analyses=(("choke points", 12.5), ("signatures", 131.0)),
    left_out=("signature dates of slate",),
)

HEADLINE = Headline(
    power=Amount(3.42, "GW", "domain/power[lab=aurora, period=2030Q4].used"),
    accelerators=Amount(690.4, "kaccelerator", "domain/shipments[lab=aurora, reported=yes].kaccelerator"),
    compute=Amount(2626.0, "kH100e", "domain/chip_mix[lab=aurora, period=2030Q4].kh100e"),
    first_chip="Falcon",
    first_chip_share=share(0.53, "domain/chip_mix[lab=aurora, period=2030Q4, chip=falcon].share"),
    choke=INTERPOSERS,
    choke_owner="Silicon North",
    choke_worth=musd(1210.0, "choke: capacity:interposers +10 %, to aurora", 900.0, 1900.0),
    choke_withheld=None,
    sign="Falcon",
    sign_supplier="Nordic Devices",
    sign_by="2027Q3",
    sign_loss=musd(2311.0, "re-solve: without Falcon"),
)


def signature(n, what, supplier, decide, **changes):
    base = {
        "id": f"accelerators:aurora:{what.lower()}",
        "kind": "accelerators",
        "what": what,
        "supplier": supplier,
        "amount": Amount(120.0 + n, "kaccelerator", f"domain/shipments[chip={what.lower()}].amount"),
        "whole": f"accelerators:aurora:{what.lower()}",
        "schedule": tuple((f"{year}Q4", Amount(30.0 + n, "kaccelerator", f"shipments {year}")) for year in YEARS),
        "first": "2027Q4",
        "last": "2030Q2",
        "beyond": False,
        "price": Amount(34_500.0 + n, "USD", f"instance: chips.{what.lower()}.price"),
        "paid": musd(4140.0 + n, f"domain/payments[chip={what.lower()}].amount"),
        "payments": tuple((f"{year}Q4", musd(1035.0 + n, f"payments {year}")) for year in YEARS),
        "break_even": Amount(51_200.0 + n, "USD", f"re-solve: without {what}", 51_200.0 + n),
        "planned": "2027Q2",
        "waiting": musd(61.0 + n, f"re-solve: {what} not before 2028Q1"),
        "verdict": "sign",
        "prepayment": musd(420.0 + n, f"domain/contracts[{what.lower()}].prepayment") if n % 2 else None,
        "signed": False,
        "decide_by": decide,
        "lead": 2,
        "late": (("2028Q1", musd(61.0 + n, f"re-solve: {what} not before 2028Q1")),),
        "without": musd(2310.0 + n, f"re-solve: without {what}"),
    }
    return Signature(**{**base, **changes})


SIGNATURES = (
    signature(
        1, "Falcon", "Nordic Devices", "2027Q3", hedge=Hedged("sign now", "2027Q4", musd(310.0, "hedge: falcon"))
    ),
    signature(2, "Osprey", "Cloudmakers", "2027Q4"),
    signature(3, "Coast campus power, size 1", "Coast Grid", "2028Q2", kind="power", price=None),
    signature(
        4,
        "Slate",
        "Nordic Devices",
        "",
        late=(),
        without=musd(21.0, "re-solve: without Slate", 12.0, 67.0),
        verdict="undecided",
    ),
    signature(
        5,
        "Interposer reserve",
        "Silicon North",
        "",
        kind="contract",
        signed=True,
        late=(),
        without=None,
        verdict="not run",
    ),
)


WALK_AWAYS = tuple(
    WalkAway(
        signature=f"accelerators:aurora:{what.lower()}",
        what=what,
        supplier=supplier,
        worth=musd(2310.0 + n, f"re-solve: without {what}"),
        due=musd(3900.0 + n, f"payments of {what}"),
        price=Amount(54_900.0 + n, "USD", f"re-solve: without {what}, price"),
        least=Amount(75.0 + n, "kaccelerator", f"re-solve: without {what}, least"),
        most=Amount(191.0 + n, "kaccelerator", f"re-solve: without {what}, most"),
        prepaid=share(1.0, f"re-solve: without {what}, prepaid"),
        cancelled=share(0.8, f"re-solve: without {what}, cancelled"),
        latest="2029Q1" if n < 2 else "",
    )
    for n, (what, supplier) in enumerate((("Falcon", "Nordic Devices"), ("Osprey", "Cloudmakers")), start=1)
)

HEDGING = Hedging(
    states=(("as planned", share(0.75, "hedge: as planned")), ("squeeze", share(0.25, "hedge: squeeze"))),
    known="2027Q4",
    knowing=musd(120.0, "hedge: perfect information"),
    planning=musd(45.0, "hedge: stochastic solution"),
    held="2027Q3",
    holding=musd(80.0, "hedge: orders held back"),
    regrets=(
        StateRegret("this plan", "squeeze", musd(90.0, "hedge: regret")),
        StateRegret("this plan", "as planned", None),
    ),
    waits=(Wait("Coast campus power, size 2", "2028Q1"),),
)


def relief(n, limit, owner, **changes):
    base = {
        "limit": limit,
        "family": "capacity",
        "owner": owner,
        "kind": "physical",
        "status": "binding",
        "step": as_written(1.4 + n, "kwafer", f"choke: {limit}, step", confidence=""),
        "to_lab": musd(1210.0 / n, f"choke: {limit}, to aurora", 900.0 / n, 1900.0 / n),
        "a_unit": musd(52.6 / n, f"choke: {limit}, a unit"),
        "instrument": "order",
        "cost": musd(310.0 * n, f"choke: {limit}, cost"),
        "lead": 3,
        "earliest": "2027Q4",
        "after_lead": musd(700.0 / n, f"choke: {limit}, after lead"),
    }
    return Relief(**{**base, **changes})


RELIEFS = (
    relief(1, INTERPOSERS, "Silicon North"),
    relief(2, POWER, "Aurora", instrument="build", step=Amount(120.0, "MW", "choke: power, step")),
    relief(3, FLOOR, "-", kind="demand", instrument="agreement", cost=None, lead=None, earliest="", after_lead=None),
    relief(
        4,
        "Memory Bay wafer starts",
        "Bitstack",
        withheld=Withheld(musd(30.0, "choke: Memory Bay, certified low"), STANDING.doubt),
    ),
)


def assumption(n, name, unit, confidence="medium", sources=("Yearly report of the maker (2026)",)):
    value = as_written(10.0 * n, unit, f"instance: {name}", 8.0 * n, 13.0 * n, confidence)
    return Assumption(
        path=f"section.{n}.{name.replace(' ', '_')}",
        name=name,
        value=value,
        at_low=musd(-900.0 / n, f"tornado: {name} low"),
        at_high=musd(600.0 / n, f"tornado: {name} high"),
        solved=True,
        choke_low=INTERPOSERS,
        choke_high=POWER if n == 2 else INTERPOSERS,
        choke_now=INTERPOSERS,
        information=musd(40.0 / n, f"tornado: {name} information"),
        sources=sources,
        as_of="2026-06-30",
    )


ASSUMPTIONS = tuple(
    assumption(n, name, unit, confidence, sources)
    for n, (name, unit, confidence, sources) in enumerate(
        [
            ("interposer capacity of Bridgeworks", "kwafer/month", "low", ("Analyst's note (2026)",)),
            ("power of Plains campus", "MW", "high", ("Grid operator's register (2026)",)),
            ("price of Falcon", "USD", "assumption", ()),
            ("yield of Osprey", "share", "medium", ("Paper on defects (2025)", "Yearly report (2026)")),
            *((f"number {n}", "kwafer", "medium", ("Yearly report (2026)",)) for n in range(5, 13)),
        ],
        start=1,
    )
)

FLIPS = (
    Flip(
        path=ASSUMPTIONS[0].path,
        name=ASSUMPTIONS[0].name,
        recommendation="accelerators:aurora:falcon",
        recommendation_name="Falcon",
        at=as_written(6.5, "kwafer/month", "re-solve: flip of capacity", confidence=""),
        searched=(5.0, 20.0),
        now=ASSUMPTIONS[0].value,
        range_low=8.0,
        range_high=13.0,
        inside=False,
        distance=share(0.15, "re-solve: flip of capacity"),
        to="Osprey",
    ),
    Flip(
        path=ASSUMPTIONS[2].path,
        name=ASSUMPTIONS[2].name,
        recommendation="choke",
        recommendation_name=INTERPOSERS,
        at=None,
        searched=(20.0, 60.0),
        now=ASSUMPTIONS[2].value,
        range_low=24.0,
        range_high=39.0,
        inside=False,
        distance=None,
        to="",
    ),
)

SAMPLE = Memo(
    lab="aurora",
    name="Aurora",
    instance="A small chain",
    scenario="hbm-squeeze",
    decision="2027-01-01",
    until="2030Q4",
    tolerance=musd(50.0, "option: tolerance"),
    standing=STANDING,
    given=STANDING,
    headline=HEADLINE,
    signatures=SIGNATURES,
    walk_aways=WALK_AWAYS,
    budget=tuple(
        BudgetYear(f"{year}Q1", f"{year}Q4", musd(3000.0, f"spending {year}"), musd(4000.0, f"budget {year}"))
        for year in YEARS
    ),
    outlays=(Outlay("Nordic Devices", "accelerators", musd(4140.0, "paid"), (("2027Q4", musd(4140.0, "paid")),)),),
    periods=tuple(f"{year}Q{quarter}" for year in YEARS for quarter in range(1, 5)),
    ran=("signatures", "choke points", "portfolio", "losses", "alternatives", "assumptions", "flip points"),
    mix=tuple(
        MixRow(
            year,
            chip.lower(),
            chip,
            Amount(part * 100.0, "kaccelerator", f"{chip} {year}"),
            share(part, f"{chip} {year}"),
        )
        for k, year in enumerate(YEARS)
        for chip, part in (("Falcon", 0.4 + 0.05 * k), ("Osprey", 0.35), ("Slate", 0.25 - 0.05 * k))
    ),
    reasons=(
        ChipReason(
            "falcon",
            "Falcon",
            "Nordic Devices",
            "bought",
            musd(2310.0, "re-solve: no Falcon"),
            Amount(34_500.0, "USD", "instance: price"),
            None,
        ),
        ChipReason(
            "kite",
            "Kite",
            "Cloudmakers",
            "enters",
            None,
            Amount(28_000.0, "USD", "instance: kite"),
            Amount(21_300.0, "USD", "portfolio: kite"),
        ),
        ChipReason("wren", "Wren", "Cloudmakers", "export", None, None, None),
    ),
    chokes=tuple(
        ChokeYear(
            year,
            INTERPOSERS if k < 2 else POWER,
            "Silicon North" if k < 2 else "Aurora",
            musd(500.0 - 90.0 * k, f"choke: worth in {year}"),
            POWER if k < 2 else FLOOR,
            "Aurora",
        )
        for k, year in enumerate(YEARS)
    ),
    reliefs=RELIEFS,
    rivals=(
        Rival(INTERPOSERS, "Silicon North", "Borealis", share(0.41, "domain/use: borealis")),
        Rival(INTERPOSERS, "Silicon North", "Cirrus", share(0.07, "domain/use: cirrus")),
    ),
    sources=(
        SecondSource(
            "Silicon North", "foundry", share(1.0, "domain/exposure: silicon-north"), False, ("Falcon", "Osprey")
        ),
        SecondSource("Bitstack", "memory-maker", share(0.62, "domain/exposure: bitstack"), True, ()),
    ),
    own=(OwnChip("own", "Heron", True, musd(830.0, "own silicon: worth"), musd(210.0, "own silicon: bargaining")),),
    losses=(
        Loss(
            "bitstack",
            "Bitstack",
            musd(740.0, "re-solve: without bitstack, what aurora gets"),
            musd(3100.0, "re-solve: without bitstack"),
            Amount(580.0, "kH100e", "re-solve: compute"),
            "",
        ),
    ),
    assumptions=ASSUMPTIONS[:10],
    flips=FLIPS,
    choices=(
        Choice(
            "Bridgeworks expansion",
            "Silicon North",
            "must",
            Amount(3.0, "count", "alternatives: now"),
            Amount(2.0, "count", "alternatives: least"),
            Amount(3.0, "count", "alternatives: most"),
        ),
    ),
    alternatives=(
        Alternative(
            "chip: least falcon",
            musd(90.0, "alternatives: cost"),
            share(0.11, "alternatives: moved"),
            (
                (
                    "Falcon",
                    Amount(120.0, "kaccelerator", "alternatives: Falcon now"),
                    Amount(90.0, "kaccelerator", "alternatives: Falcon there"),
                ),
            ),
        ),
    ),
    within=musd(1023.0, "option: within"),
    watch=(
        Indicator(
            ASSUMPTIONS[0].path,
            ASSUMPTIONS[0].name,
            "Analyst's note",
            "2026-06-30",
            ASSUMPTIONS[0].value,
            musd(900.0, "tornado: swing"),
            "Falcon",
        ),
    ),
    chances=(
        Chance("2029Q4", Amount(3.0, "GW", "sweep: target"), share(0.35, "sweep: 2029Q4")),
        Chance("2030Q4", Amount(3.0, "GW", "sweep: target"), share(0.8, "sweep: 2030Q4")),
    ),
    cases=40,
    sampled="sweep",
    hedging=HEDGING,
    all_assumptions=ASSUMPTIONS,
    worth=Worth(
        Amount(0.08, "share", "instance: horizon.discount_rate", confidence="assumption"),
        "2033",
        (
            ("compute", musd(130_345.0, "domain/perspective: compute")),
            ("suppliers", musd(-27_500.0, "domain/perspective: suppliers")),
            ("beside", musd(-500.0, "manifest.objective_value - domain/perspective")),
        ),
    ),
)
