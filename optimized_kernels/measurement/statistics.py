"""Speedup from paired blocks.

A block is two turns of each side in the order ABBA or BAAB, so a linear drift cancels. Its value is the
log-ratio of geometric mean times, reference over candidate. For equal sides blocks are symmetric about zero
with heavy tails (anything may interrupt a turn), so the interval is Student's for the 20 % trimmed mean, with
the winsorized variance (Tukey and McLaughlin 1963). It is taken over blocks, or over means of consecutive
blocks where neighbours are correlated (batch means: Law, Simulation Modeling and Analysis, 5th ed., 9.5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

CORRELATION_LIMIT = 0.1
FEWEST_BATCHES = 8
TRIMMED = 0.2


@dataclass(frozen=True)
class Speedup:
    """Ratio of step times, reference over candidate; `low` and `high` bound a 95 % confidence interval."""

    median: float
    low: float
    high: float
    pairs: int

    def as_json(self) -> dict[str, float]:
        """As in the result's schema."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.median:.3f}x [{self.low:.3f}, {self.high:.3f}] over {self.pairs} paired blocks"


def block_log_ratio(reference: Sequence[float], candidate: Sequence[float]) -> float:
    """Mean log time of the reference's turns minus that of the candidate's; times in any one unit."""
    return math.fsum(map(math.log, reference)) / len(reference) - (
        math.fsum(map(math.log, candidate)) / len(candidate)
    )


def lag1_autocorrelation(values: NDArray[np.float64]) -> float:
    """Sample autocorrelation at lag one; 0 for a constant series."""
    centred = values - values.mean()
    variance = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / variance if variance > 0.0 else 0.0


def batch_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of consecutive batches, doubled in size until neighbours are uncorrelated or batches get too few.

    A remainder is dropped at the front, where the machine was still settling.
    """
    size = 1
    means = values
    while lag1_autocorrelation(means) > CORRELATION_LIMIT and len(values) // (2 * size) >= FEWEST_BATCHES:
        size *= 2
        count = len(values) // size
        means = values[len(values) - count * size :].reshape(count, size).mean(axis=1)
    return means


def trimmed_interval(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Trimmed mean of at least two values and half the width of its t-interval."""
    count = len(values)
    cut = int(TRIMMED * count)
    kept = np.sort(values)[cut : count - cut]
    winsorized = np.clip(values, kept[0], kept[-1])
    error = float(winsorized.std(ddof=1)) / ((1.0 - 2.0 * cut / count) * math.sqrt(count))
    return float(kept.mean()), float(stdtrit(len(kept) - 1, 0.5 + confidence / 2)) * error


def speedup_from(log_ratios: Sequence[float], confidence: float = 0.95) -> Speedup:
    """Median and interval of paired log-ratios; at least two of them."""
    if len(log_ratios) < 2:
        raise ValueError(f"log_ratios has {len(log_ratios)} blocks, an interval needs at least 2")
    values = np.asarray(log_ratios, dtype=np.float64)
    centre, half = trimmed_interval(batch_means(values), confidence)
    return Speedup(
        median=math.exp(float(np.median(values))),
        low=math.exp(max(centre - half, -700.0)),
        high=math.exp(min(centre + half, 700.0)),
        pairs=len(values),
    )
