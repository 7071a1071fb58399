"""What an accelerator does for a lab: its nominal performance, the usable share of that, and the lab's fit with its
designer's chips (`labs.*.fit`).
"""

from __future__ import annotations

import numpy as np

from fabopt.network.lowering.builder import Chain
from fabopt.network.lowering.demand import wanted
from fabopt.network.tables import Array


def throughput(chain: Chain, chip_id: str, lab_id: str, workload_id: str) -> Array:
    """Return H100 equivalents per accelerator of a chip that a lab runs a workload on, in each period ``[T]``."""
    chip, fit = chain.instance.chips[chip_id], chain.instance.labs[lab_id].fit
    nominal = chip.performance[workload_id].value * chain.mean(chip.usable)
    return nominal * chain.mean(fit[chip.designer].on(workload_id)) if chip.designer in fit else nominal


def useful(chain: Chain, chip_id: str, lab_id: str) -> Array:
    """Return the same over the accelerator workloads that the chip can run, by the split of what the lab wants."""
    chip, workloads = chain.instance.chips[chip_id], chain.instance.workloads
    split = {
        w: share
        for w, share in wanted(chain, lab_id)[1].items()
        if w in chip.performance and workloads[w].compute_weight.value > 0.0
    }
    weight = np.sum([chain.flat(0.0), *split.values()], axis=0)
    done = np.sum([chain.flat(0.0), *(throughput(chain, chip_id, lab_id, w) * s for w, s in split.items())], axis=0)
    return np.asarray(np.divide(done, weight, out=chain.flat(0.0), where=weight > 0.0))
