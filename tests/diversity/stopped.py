"""What remains under a stop, written a second time: a whole copy of the network, and no reachability.

Nothing is shared with fabopt's rows: every activity, order and stock has a copy, every balance and every capacity is
written again, and who stops is found from the owners alone.
"""

import numpy as np


def owned(net, owner):
    """Activities and units that a company runs: its own, and those on what it owns."""
    theirs = {r.id for r in net.resources if r.tags.owner == owner}
    doings = {u.activity for u in net.uses if u.resource in theirs}
    doings |= {a.id for a in net.activities if a.tags.owner == owner and not a.tags.lab}
    units = {e.unit for e in net.unit_effects if e.resource in theirs and (e.profile < 0).any()}
    return doings, units | {u.id for u in net.units if u.tags.owner == owner}


def add_copy(p, net, owner, first, last, name="z"):
    """Add a copy of the network in which an owner begins nothing from `first` to `last`; return its levels."""
    doings, units = owned(net, owner)
    T = range(net.n_periods)

    def copies(kind, records, stopped):
        for record in records:
            for t in T:
                column, plan = p.var(name, kind, record.id, t), p.var(kind, record.id, t)
                if t < first:
                    p.row([(column, 1), (plan, -1)], 0, 0)
                elif t <= last and record.id in stopped:
                    p.row([(column, 1)], 0, 0)
                else:
                    p.row([(column, 1), (plan, -1)], -np.inf, 0)

    copies("x", net.activities, doings)
    copies("y", net.units, units)
    for m in net.materials:
        _balance(p, net, m, name)
    for r in net.resources:
        _capacity(p, net, r, name)


def _balance(p, net, m, name):
    for t in range(net.n_periods):
        entries = [(p.var(name, "s", m.id, t, high=m.stock_limit if m.storable else 0.0), -1)]
        if t:
            entries.append((p.var(name, "s", m.id, t - 1), m.survival))
        entries += [
            (p.var(name, "x", f.activity, t - f.age), f.amount[t - f.age])
            for f in net.flows
            if f.material == m.id and t >= f.age
        ]
        entries += [
            (p.var(name, "y", part.unit, t - part.age), part.amount)
            for part in net.unit_materials
            if part.material == m.id and t >= part.age
        ]
        there = (0.0 if m.receipts is None else m.receipts[t]) + (m.opening if t == 0 else 0.0)
        p.row(entries, -there, np.inf)


def _capacity(p, net, r, name):
    for t in range(net.n_periods):
        entries = [
            (p.var(name, "x", use.activity, t - use.age), use.amount[t - use.age])
            for use in net.uses
            if use.resource == r.id and t >= use.age
        ]
        for e in net.unit_effects:
            for s in range(t + 1):
                k = t - s - e.first_age
                if e.resource == r.id and k >= 0 and (k < len(e.profile) or e.persistent):
                    entries.append((p.var(name, "y", e.unit, s), -e.profile[min(k, len(e.profile) - 1)]))
        p.row(entries, -np.inf, r.base[t])


def compute(p, net, lab, t, name=None):
    """Return a lab's compute in a period, planned or in a copy, as terms."""
    weights = {d.material: d.weight for d in net.demands if d.tags.lab == lab and d.weight > 0}
    head = ("x",) if name is None else (name, "x")
    return [
        (p.var(*head, f.activity, t - f.age), weights[f.material] * f.amount[t - f.age])
        for f in net.flows
        if f.material in weights and t >= f.age and f.amount[t - f.age] > 0
    ]


def keep(p, net, lab, periods, share, name="z"):
    """Demand that a share of a lab's planned compute remains in a copy, over the sum of some periods."""
    terms = [term for t in periods for term in compute(p, net, lab, t, name)]
    terms += [(column, -share * weight) for t in periods for column, weight in compute(p, net, lab, t)]
    p.row(terms, 0, np.inf)
