"""How far apart this machine measures identical programs.

A short run is one launch of two stock sides, timed like a candidate. Its log-ratio xᵢ has a true value of
zero and two sources of error: what differs between launches (memory layout, neighbours), and what differs
between blocks, whose size seᵢ² the run's own interval gives. With n runs:

    launch variance  τ² = max(0, mean xᵢ² - mean seᵢ²)
    block variance   σ² = mean seᵢ² Bᵢ                      (Bᵢ blocks)
    floor(B, L)      = t(n, 97.5 %) · √(τ²/L + σ²/B)        (B blocks in all, over L launches)

For a run as long as the short ones this is the classical prediction bound: x / √(mean xᵢ²) of a further run
follows Student's t with n degrees of freedom, for the mean is known to be zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from optimized_kernels.measurement.quantiles import student_quantile

CONFIDENCE = 0.95
# Of the t distribution that intervals of many blocks come close to.
NORMAL_QUANTILE = 1.959964


@dataclass(frozen=True)
class ShortRun:
    """Log-ratio of stock over stock in one launch, its standard error, and the paired blocks behind them."""

    log_ratio: float
    standard_error: float
    blocks: int


@dataclass(frozen=True)
class Noise:
    """Standard deviations of a log-ratio, between launches and of one block, estimated from `runs` runs."""

    launch_sd: float
    block_sd: float
    runs: int

    def floor(self, blocks: int, launches: int = 1) -> float:
        """|log-ratio| that identical programs exceed in 5 % of measurements of `blocks` blocks in all."""
        if blocks < 1 or launches < 1:
            raise ValueError(f"blocks is {blocks}, launches is {launches}; expected at least 1 of each")
        quantile = student_quantile(self.runs, 0.5 + CONFIDENCE / 2)
        return quantile * math.sqrt(self.launch_sd**2 / launches + self.block_sd**2 / blocks)


def noise_from(runs: Sequence[ShortRun]) -> Noise:
    """The estimate from at least one short run."""
    if not runs:
        raise ValueError("runs is empty; noise needs at least one short run")
    count = len(runs)
    total = math.fsum(run.log_ratio**2 for run in runs) / count
    within = math.fsum(run.standard_error**2 for run in runs) / count
    block = math.fsum(run.standard_error**2 * run.blocks for run in runs) / count
    return Noise(math.sqrt(max(0.0, total - within)), math.sqrt(block), count)


def within_noise(speedup: float, floor: float) -> bool:
    """Whether identical programs look like this `speedup` (a ratio of times) too; `floor` is a log-ratio."""
    return abs(math.log(speedup)) <= floor


def noise_sentence(speedup: float, floor: float) -> str | None:
    """What to say of a speedup inside the noise floor; None outside it."""
    if not within_noise(speedup, floor):
        return None
    low, high = math.exp(-floor), math.exp(floor)
    return f"inside this machine's noise floor: identical programs measure {low:.3f}x to {high:.3f}x"
