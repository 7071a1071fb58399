"""The textbook problems once more, written down straight as scipy programs: nothing here knows fabopt.

Each function returns the optimum: the least cost, or the most profit.
"""

from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp


class Program:
    """A linear program by name: variables with cost, rows as mappings from variables to coefficients."""

    def __init__(self):
        self.names, self.cost, self.upper, self.whole = {}, [], [], []
        self.rows = []

    def var(self, name, cost=0.0, upper=np.inf, whole=False):
        self.names[name] = len(self.names)
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(int(whole))
        return name

    def row(self, coefficients, lower=-np.inf, upper=np.inf):
        self.rows.append((coefficients, lower, upper))

    def least(self):
        matrix = np.zeros((len(self.rows), len(self.names)))
        for index, (coefficients, _, _) in enumerate(self.rows):
            for name, value in coefficients.items():
                matrix[index, self.names[name]] += value
        rows = LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows])
        result = milp(
            self.cost,
            constraints=rows,
            integrality=self.whole,
            bounds=Bounds(0, self.upper),
            options={"mip_rel_gap": 0},
        )
        assert result.success, result.message
        return result.fun

    def most(self):
        self.cost = [-cost for cost in self.cost]
        return -self.least()


def _transport(supply, demand, cost):
    program = Program()
    for i, j in product(supply, demand):
        program.var((i, j), cost[i][j])
    for i, most in supply.items():
        program.row({(i, j): 1 for j in demand}, upper=most)
    for j, wanted in demand.items():
        program.row({(i, j): 1 for i in supply}, wanted, wanted)
    return program.least()


def canning():
    miles = {"seattle": (2.5, 1.7, 1.8), "san-diego": (2.5, 1.8, 1.4)}
    markets = ("new-york", "chicago", "topeka")
    cost = {plant: {m: 90 * d / 1000 for m, d in zip(markets, far, strict=True)} for plant, far in miles.items()}
    return _transport({"seattle": 350, "san-diego": 600}, dict(zip(markets, (325, 300, 275), strict=True)), cost)


def powerco():
    cost = [[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]]
    return _transport(dict(enumerate((35, 50, 40))), dict(enumerate((45, 20, 30, 30))), cost)


def wagner_whitin():
    # Shortest path over the months in which something is produced: the recursion of the paper itself.
    demand = [69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56]
    set_up = [85, 102, 102, 101, 98, 114, 105, 86, 119, 110, 98, 114]
    best = [0.0] + [np.inf] * 12
    for begin in range(12):
        held = 0
        for end in range(begin, 12):
            held += (end - begin) * demand[end]
            best[end + 1] = min(best[end + 1], best[begin] + set_up[begin] + held)
    return best[12]


def sailco():
    program = Program()
    for t in range(4):
        program.var(("regular", t), 400, 40)
        program.var(("over", t), 450)
        program.var(("stock", t), 20)
    for t, wanted in enumerate((40, 60, 75, 25)):
        row = {("regular", t): 1, ("over", t): 1, ("stock", t): -1}
        if t:
            row["stock", t - 1] = 1
        wanted -= 10 if t == 0 else 0
        program.row(row, wanted, wanted)
    return program.least()


def giapetto():
    program = Program()
    soldiers, trains = program.var("soldiers", 27 - 10 - 14, 40), program.var("trains", 21 - 9 - 10)
    program.row({soldiers: 2, trains: 1}, upper=100)
    program.row({soldiers: 1, trains: 1}, upper=80)
    return program.most()


def dakota():
    program = Program()
    desk, table, chair = program.var("desk", 60), program.var("table", 30, 5), program.var("chair", 20)
    program.row({desk: 8, table: 6, chair: 1}, upper=48)
    program.row({desk: 4, table: 2, chair: 1.5}, upper=20)
    program.row({desk: 2, table: 1.5, chair: 0.5}, upper=8)
    return program.most()


def rylon():
    program = Program()
    brute, luxury_brute = program.var("brute", 7), program.var("luxury brute", 18 - 4)
    chanelle, luxury_chanelle = program.var("chanelle", 6), program.var("luxury chanelle", 14 - 4)
    raw = program.var("raw", -3, 4000)
    program.row({brute: 1, luxury_brute: 1, raw: -3}, 0, 0)
    program.row({chanelle: 1, luxury_chanelle: 1, raw: -4}, 0, 0)
    program.row({luxury_brute: 3, luxury_chanelle: 2, raw: 1}, upper=6000)
    return program.most()


def finco():
    program = Program()
    gain = {"b": 1.0, "d": 1.9, "e": 1.5}
    for name in "abcde":
        program.var(name, gain.get(name, 0.0), 75000)
    program.var("s0")
    program.var("s1")
    program.var("s2", 1.08)
    program.row({"a": 1, "c": 1, "d": 1, "s0": 1}, 100000, 100000)
    program.row({"a": 0.5, "c": 1.2, "s0": 1.08, "b": -1, "s1": -1}, 0, 0)
    program.row({"a": 1, "b": 0.5, "s1": 1.08, "e": -1, "s2": -1}, 0, 0)
    return program.most()


HARDNESS = (8.8, 6.1, 2.0, 4.2, 5.0)
PRICES = (
    (110, 120, 130, 110, 115),
    (130, 130, 110, 90, 115),
    (110, 140, 130, 100, 95),
    (120, 110, 120, 120, 125),
    (100, 120, 150, 110, 105),
    (90, 100, 140, 80, 135),
)


def _food():
    program = Program()
    for t, o in product(range(6), range(5)):
        program.var(("buy", t, o), -PRICES[t][o])
        program.var(("use", t, o))
        program.var(("store", t, o), -5, 1000)
        before = {("store", t - 1, o): 1} if t else {}
        there = 0 if t else -500
        program.row({**before, ("buy", t, o): 1, ("use", t, o): -1, ("store", t, o): -1}, there, there)
    for o in range(5):
        program.row({("store", 5, o): 1}, 500, 500)
    for t in range(6):
        food = program.var(("food", t), 150)
        program.row({**{("use", t, o): 1 for o in range(5)}, food: -1}, 0, 0)
        program.row({("use", t, 0): 1, ("use", t, 1): 1}, upper=200)
        program.row({("use", t, o): 1 for o in (2, 3, 4)}, upper=250)
        program.row({**{("use", t, o): h for o, h in enumerate(HARDNESS)}, food: -6}, upper=0)
        program.row({**{("use", t, o): h for o, h in enumerate(HARDNESS)}, food: -3}, lower=0)
    return program


def food_manufacture_1():
    return _food().most()


def food_manufacture_2():
    program = _food()
    for t, o in product(range(6), range(5)):
        used = program.var(("used", t, o), 0, 1, whole=True)
        program.row({("use", t, o): 1, used: -200 if o < 2 else -250}, upper=0)
        program.row({("use", t, o): 1, used: -20}, lower=0)
    for t in range(6):
        program.row({("used", t, o): 1 for o in range(5)}, upper=3)
        for o in (0, 1):
            program.row({("used", t, o): 1, ("used", t, 4): -1}, upper=0)
    return program.most()


def lockbox():
    # Every set of open lockboxes, each region at its best one.
    daily, days = (70, 50, 60, 40), ((2, 6, 8, 8), (6, 2, 5, 5), (8, 5, 2, 5), (8, 5, 5, 2))
    lost = np.array([[0.2 * amount * wait for wait in waits] for amount, waits in zip(daily, days, strict=True)])
    sets = [[c for c in range(4) if mask >> c & 1] for mask in range(1, 16)]
    return min(50 * len(chosen) + lost[:, chosen].min(axis=1).sum() for chosen in sets)


def power_plants():
    # Dynamic programming over the number of plants, as in the book.
    needed, cost = (1, 2, 4, 6, 7, 8), (5.4, 5.6, 5.8, 5.7, 5.5, 5.2)
    best = {0: 0.0}
    for least, price in zip(needed, cost, strict=True):
        after = {}
        for plants, spent in best.items():
            for built in range(4):
                total = spent + built * price + (1.5 if built else 0)
                if plants + built >= least:
                    after[plants + built] = min(total, after.get(plants + built, np.inf))
        best = after
    return min(best.values())


def stockco():
    value, cash = (16, 22, 12, 8), (5, 7, 4, 3)
    plans = [np.array(plan) for plan in product((0, 1), repeat=4)]
    return max(plan @ value for plan in plans if plan @ cash <= 14)


def gandhi_cloth():
    best = 0
    for shirts, shorts, pants in product(range(41), range(54), range(26)):
        if 3 * shirts + 2 * shorts + 6 * pants <= 150 and 4 * shirts + 3 * shorts + 4 * pants <= 160:
            rent = 200 * (shirts > 0) + 150 * (shorts > 0) + 100 * (pants > 0)
            best = max(best, 6 * shirts + 4 * shorts + 7 * pants - rent)
    return best


def diet():
    program = Program()
    foods = [program.var(food, cost) for food, cost in enumerate((50, 20, 30, 80))]
    nutrients = ((400, 200, 150, 500), (3, 2, 0, 0), (2, 2, 4, 4), (2, 4, 1, 5))
    for held, least in zip(nutrients, (500, 6, 10, 8), strict=True):
        program.row(dict(zip(foods, held, strict=True)), lower=least)
    return program.least()


def csl():
    program = Program()
    for t in range(5):
        program.var(("trained", t), 1000)
        program.var(("skilled", t), 2000)
    program.row({("skilled", 0): 1}, 50, 50)
    for t in range(1, 5):
        program.row({("skilled", t): 1, ("skilled", t - 1): -0.95, ("trained", t - 1): -1}, 0, 0)
    for t, hours in enumerate((6000, 7000, 8000, 9500, 11000)):
        program.row({("skilled", t): 160, ("trained", t): -50}, lower=hours)
    return program.least()
