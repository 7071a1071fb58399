"""The network as a mixed-integer program, written a second time and in another way, for scipy's ``milp``.

Nothing is shared with fabopt's model: variables are made on demand by name, rows are dictionaries, backlog is a
matching of deliveries to the periods they were wanted in, and least runs are written period by period. What is on or
off has a row with its upper level (:func:`best_value`), or, where it may have none, all patterns of on and off are gone
through, each with a program in which a level is nothing or has no row at all (:func:`best_pattern`).
"""

from collections import defaultdict
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

ENDLESS = (3, 4)  # of scipy's ``milp``: unbounded, and unbounded or infeasible


class Program:
    def __init__(self):
        self.number, self.bounds, self.whole = {}, [], []
        self.gain = defaultdict(float)
        self.rows = []

    def var(self, *name, low=0.0, high=np.inf, whole=False):
        if name not in self.number:
            self.number[name] = len(self.bounds)
            self.bounds.append((low, high))
            self.whole.append(int(whole))
        return self.number[name]

    def row(self, terms, low, high):
        total = defaultdict(float)
        for column, value in terms:
            total[column] += value
        self.rows.append((total, low, high))

    def best(self):
        n = len(self.bounds)
        matrix = np.zeros((len(self.rows), n))
        for i, (terms, _, _) in enumerate(self.rows):
            for column, value in terms.items():
                matrix[i, column] = value
        cost = np.zeros(n)
        for column, value in self.gain.items():
            cost[column] = -value
        low, high = np.array(self.bounds).T
        asked = {
            "integrality": np.array(self.whole),
            "bounds": Bounds(low, high),
            "constraints": LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows]),
            "options": {"mip_rel_gap": 0.0},
        }
        result = milp(cost, **asked)
        if result.status in ENDLESS:
            return np.inf if milp(np.zeros(n), **asked).success else None
        return -result.fun if result.success else None


def best_value(net):
    """Discounted value less cost of the best plan, or None where there is none."""
    best = program(net).best()
    return None if best is None else best + net.constant_value


def best_pattern(net, rows=()):
    """As :func:`best_value`, by going through all patterns of on and off.

    ``rows`` are more rows: {(activity, period): coefficient}, lower and upper side.
    """
    cells = [(a.id, t) for a in net.activities if a.on_off for t in range(net.n_periods)]
    found = []
    for pattern in product((0, 1), repeat=len(cells)):
        p = program(net, dict(zip(cells, pattern, strict=True)))
        for terms, low, high in rows:
            p.row([(p.var("x", *place), value) for place, value in terms.items()], low, high)
        found.append(p.best())
    best = max((value for value in found if value is not None), default=None)
    return None if best is None else best + net.constant_value


def program(net, pattern=None):
    """The program of a network, without its constant value; where a pattern of on and off is given, with that alone."""
    p = Program()
    T = range(net.n_periods)
    supply = {(m.id, t): [] for m in net.materials for t in T}  # entries: positive adds to what is there
    at_end = {m.id: [] for m in net.materials}  # (column, amount, periods after the end)
    use = {(r.id, t): [] for r in net.resources for t in T}
    disc = [period.discount for period in net.periods]
    _activities(p, net, disc, pattern)
    _units(p, net, disc, use)
    for f in net.flows:
        for s in T:
            land = s + f.age
            if land in T:
                supply[f.material, land].append((p.var("x", f.activity, s), f.amount[s]))
            else:
                at_end[f.material].append((p.var("x", f.activity, s), f.amount[s], land - net.n_periods))
    for m in net.unit_materials:
        for s in T:
            land = s + m.age
            if land in T:
                supply[m.material, land].append((p.var("y", m.unit, s), m.amount))
            else:
                at_end[m.material].append((p.var("y", m.unit, s), m.amount, land - net.n_periods))
    for u in net.uses:
        for s in T:
            if s + u.age in T:
                use[u.resource, s + u.age].append((p.var("x", u.activity, s), u.amount[s]))
    _demands(p, net, disc, supply)
    _materials(p, net, disc, supply, at_end)
    for r in net.resources:
        for t in T:
            p.row(use[r.id, t], -np.inf, r.base[t])
    _linear(p, net)
    return p


def _activities(p, net, disc, pattern):
    T = range(net.n_periods)
    for a in net.activities:
        for t in T:
            high = np.inf if a.upper is None else a.upper[t]
            low = 0.0 if a.lower is None else a.lower[t]
            on = None if pattern is None or not a.on_off else pattern[a.id, t]
            if on is None:
                x = p.var("x", a.id, t, low=0.0 if a.on_off else low, high=high)
            else:
                x = p.var("x", a.id, t, low=low if on else 0.0, high=high if on else 0.0)
            p.gain[x] -= 0.0 if a.cost is None else a.cost[t] * disc[t]
            if a.lot:
                p.row([(x, 1), (p.var("n", a.id, t, whole=True), -a.lot)], 0, 0)
            if a.on_off:
                if on is None:
                    w = p.var("w", a.id, t, high=1.0, whole=True)
                    p.row([(x, 1), (w, -high)], -np.inf, 0)
                    p.row([(x, 1), (w, -low)], 0, np.inf)
                else:
                    w = p.var("w", a.id, t, low=on, high=on)
                p.gain[w] -= 0.0 if a.fixed_cost is None else a.fixed_cost[t] * disc[t]
                p.gain[p.var("v", a.id, t, high=1.0, whole=True)] -= a.start_cost * disc[t]
        if a.on_off:
            for t in T:
                w, v = p.var("w", a.id, t), p.var("v", a.id, t)
                before = [] if t == 0 else [(p.var("w", a.id, t - 1), -1)]
                was = float(a.was_on) if t == 0 else 0.0
                p.row([(w, 1), *before, (v, -1)], -np.inf, was)
                for later in range(t + 1, min(t + a.min_run, net.n_periods)):
                    # switched on in t means on in the later periods of the least run
                    p.row([(w, 1), *before, (p.var("w", a.id, later), -1)], -np.inf, was)


def _units(p, net, disc, use):
    T = range(net.n_periods)
    end = {u.id: int(np.ceil(u.lead)) for u in net.units}
    for e in net.unit_effects:
        if e.persistent:
            end[e.unit] = max(end[e.unit], e.first_age + len(e.profile) - 1)
    for u in net.units:
        for t in T:
            high = min(np.inf if u.upper is None else u.upper[t], u.total)
            low = 0.0
            if u.pinned is not None and not np.isnan(u.pinned[t]):
                low = high = u.pinned[t]
            y = p.var("y", u.id, t, low=low, high=high, whole=u.whole)
            worth = 0.0 if u.terminal_value is None else u.terminal_value[t] * net.end_discount
            p.gain[y] += worth - (0.0 if u.cost is None else u.cost[t] * disc[t])
            fixed = 0.0 if u.fixed_cost is None else u.fixed_cost[t]
            if fixed or u.min_order:
                several = np.isfinite(u.max_order)
                z = p.var("z", u.id, t, high=np.inf if several else 1.0, whole=True)
                p.gain[z] -= fixed * disc[t]
                p.row([(y, 1), (z, -(u.max_order if several else high))], -np.inf, 0)
                p.row([(y, 1), (z, -u.min_order)], 0, np.inf)
        p.row([(p.var("y", u.id, t), 1) for t in T], -np.inf, u.total)
        if u.retire_cost is not None:
            first = 0.0 if u.terminal_value is None else u.terminal_value[0] * net.end_discount
            for t in T:
                p.gain[p.var("q", u.id, t, whole=u.whole)] -= u.retire_cost * disc[t] + first
                gone = [(p.var("q", u.id, s), 1) for s in range(t + 1)]
                ready = [(p.var("y", u.id, s), -1) for s in T if s + end[u.id] <= t]
                p.row(gone + ready, -np.inf, u.opening)
    retirable = {u.id for u in net.units if u.retire_cost is not None}
    for e in net.unit_effects:
        for s in T:
            for t in range(s, net.n_periods):
                k = t - s - e.first_age
                if k >= 0 and (k < len(e.profile) or e.persistent):
                    size = e.profile[min(k, len(e.profile) - 1)]
                    use[e.resource, t].append((p.var("y", e.unit, s), -size))
                if e.persistent and e.unit in retirable:
                    use[e.resource, t].append((p.var("q", e.unit, s), e.profile[-1]))


def _demands(p, net, disc, supply):
    for d in net.demands:
        for t in range(net.n_periods):
            for k, step in enumerate(d.steps):
                if d.expiry is None:
                    _at_once(p, d, k, step, t, disc, supply)
                else:
                    _waiting(p, net, d, k, step, t, disc, supply)


def _at_once(p, d, k, step, t, disc, supply):
    x = p.var("d", d.id, k, t, low=step.width[t] if d.required else 0.0, high=step.width[t])
    supply[d.material, t].append((x, -1))
    # lost cost on what is not delivered: a constant less a gain for what is
    p.gain[x] += step.value[t] * disc[t]
    if not d.required and d.lost_cost > 0:
        missing = p.var("u", d.id, k, t)
        p.row([(x, 1), (missing, 1)], step.width[t], step.width[t])
        p.gain[missing] -= d.lost_cost * disc[t]


def _waiting(p, net, d, k, step, wanted, disc, supply):
    """What is wanted in one period is served in any of the next E, or lost at their end."""
    last = min(wanted + d.expiry, net.n_periods - 1)
    served = []
    for t in range(wanted, last + 1):
        x = p.var("m", d.id, k, wanted, t)
        supply[d.material, t].append((x, -1))
        served.append((x, 1))
        p.gain[x] += step.value[t] * disc[t]
        if t < wanted + d.expiry:  # it waits at the end of t; what expires is lost in that period and does not wait
            left = p.var("b", d.id, k, wanted, t)
            p.row([*served, (left, 1)], step.width[wanted], step.width[wanted])
            p.gain[left] -= d.backlog_cost * disc[t]
    lost = p.var("l", d.id, k, wanted, high=0.0 if d.required else np.inf)
    p.row([*served, (lost, 1)], step.width[wanted], step.width[wanted])
    p.gain[lost] -= d.lost_cost * disc[last]


def _materials(p, net, disc, supply, at_end):
    for m in net.materials:
        for t in range(net.n_periods):
            entries = supply[m.id, t]
            there = 0.0 if m.receipts is None else m.receipts[t]
            there += m.opening if t == 0 else 0.0
            stock = p.var("s", m.id, t, high=m.stock_limit if m.storable else 0.0)
            entries.append((stock, -1))
            if t:
                entries.append((p.var("s", m.id, t - 1), m.survival))
            p.gain[stock] -= 0.0 if m.carrying_cost is None else m.carrying_cost[t] * disc[t]
            away = p.var("w", "material", m.id, t, high=0.0 if m.disposal_cost is None else np.inf)
            entries.append((away, -1))
            p.gain[away] -= (m.disposal_cost or 0.0) * disc[t]
            p.row(entries, -there, -there)
            level = 0.0 if m.safety_stock is None else m.safety_stock[t]
            if level > 0:
                short = p.var("f", m.id, t, high=np.inf if m.shortfall_cost > 0 else 0.0)
                p.row([(stock, 1), (short, 1)], level, np.inf)
                p.gain[short] -= m.shortfall_cost * disc[t]
        worth = m.terminal_value * net.end_discount
        p.gain[p.var("s", m.id, net.n_periods - 1)] += worth * m.survival
        for column, amount, after in at_end[m.id]:
            p.gain[column] += worth * amount * m.survival**after


def _decisions(p, net, term, t):
    if term.kind == "demand":
        d = next(d for d in net.demands if d.id == term.id)
        if d.expiry is None:
            return [p.var("d", d.id, k, t) for k in range(len(d.steps))]
        wanted = range(max(t - d.expiry, 0), t + 1)
        return [p.var("m", d.id, k, s, t) for k in range(len(d.steps)) for s in wanted]
    letter = {"activity": "x", "unit": "y", "stock": "s", "retire": "q", "placed": "z"}[term.kind]
    return [p.var(letter, term.id, t)]


def _linear(p, net):
    opening = {m.id: m.opening for m in net.materials}

    def entries(record, window):
        found, constant = [], 0.0
        for term in record.terms:
            for t in window:
                seen = t - term.shift
                if 0 <= seen < net.n_periods:
                    found += [(column, term.coefficient[t]) for column in _decisions(p, net, term, seen)]
                elif seen == -1 and term.kind == "stock":
                    constant += term.coefficient[t] * opening[term.id]
        return found, constant

    for b in net.budgets:
        for window, amount in zip(b.windows, b.amount, strict=True):
            found, constant = entries(b, window)
            p.row(found, -np.inf, amount - constant)
    for g in (*net.groups, *net.definitions):
        for window, rhs in zip(g.windows, g.rhs, strict=True):
            found, constant = entries(g, window)
            low = -np.inf if g.sense == "<=" else rhs - constant
            p.row(found, low, np.inf if g.sense == ">=" else rhs - constant)
    for w in net.whole_groups:
        for i, window in enumerate(w.windows):
            found, constant = entries(w, window)
            p.row([*found, (p.var("g", w.id, i, whole=True), -w.lot)], -constant, -constant)
