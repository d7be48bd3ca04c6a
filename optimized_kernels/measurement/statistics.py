"""Speedup from paired blocks, at a fixed horizon.

A confirmation's block is two turns of each side in an order and its reverse. Its value is the log-ratio of
geometric mean times, reference over candidate, in which a linear drift cancels. For equal sides blocks are
symmetric about zero with heavy tails (anything may interrupt a turn), so the interval is Student's for the
20 % trimmed mean, with the winsorized variance (Tukey and McLaughlin 1963); screening has another one, see
`neighbours`. It is taken over blocks, or over means of consecutive blocks where neighbours are correlated
(batch means: Law, Simulation Modeling and Analysis, 5th ed., 9.5). Batches must not get too few. Correlation
r that is left then widens the interval as in a first-order autoregression: n blocks are worth
n (1 - r) / (1 + r), for the standard error and for its degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.quantiles import student_quantile

CORRELATION_LIMIT = 0.1
FEWEST_BATCHES = 32
# The correlation of fewer blocks cannot be told from chance.
SHORTEST_SERIES = 30
TRIMMED = 0.2
# Of turns, in a block.
PAIRS = 2
# A correlation estimated as higher than this says no more than that nothing is known.
LARGEST_CORRELATION = 0.9
FEWEST_FREEDOM = 2.0


@dataclass(frozen=True)
class Interval:
    """A location and bounds around it, in log-ratios; `blocks` paired blocks are behind it."""

    centre: float
    low: float
    high: float
    blocks: int

    @property
    def half_width(self) -> float:
        """Half the distance of the bounds."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Speedup:
    """Ratio of step times, reference over candidate; `low` and `high` are its confidence bounds.

    `launches` fresh process groups confirmed it; 0 says that it is screened only.
    """

    median: float
    low: float
    high: float
    pairs: int
    launches: int = 0

    def as_json(self) -> dict[str, float]:
        """As in the result's schema."""
        return asdict(self)

    def __str__(self) -> str:
        behind = f"{self.pairs} paired blocks"
        if self.launches:
            behind += f" in {self.launches} launches"
        return f"{self.median:.3f}x [{self.low:.3f}, {self.high:.3f}] over {behind}"


@dataclass(frozen=True)
class Location:
    """A mean of log-ratios, its standard error, and the degrees of freedom of that."""

    centre: float
    error: float
    freedom: float

    def interval(self, quantile: float, blocks: int) -> Interval:
        """Bounds `quantile` standard errors away."""
        half = quantile * self.error
        return Interval(self.centre, self.centre - half, self.centre + half, blocks)


Estimator = Callable[[NDArray[np.float64]], Location]


def block_log_ratio(reference: Sequence[float], candidate: Sequence[float]) -> float:
    """Mean log time of the reference's turns minus that of the candidate's; times in any one unit."""
    return math.fsum(map(math.log, reference)) / len(reference) - (
        math.fsum(map(math.log, candidate)) / len(candidate)
    )


def total_time_ratio(reference: Sequence[float], candidate: Sequence[float]) -> float:
    """All the reference's time over all the candidate's, for as many turns of each; nothing is left out."""
    if len(reference) != len(candidate) or not reference:
        raise ValueError(f"{len(reference)} and {len(candidate)} turns; expected as many, at least 1")
    return math.fsum(reference) / math.fsum(candidate)


def lag1_autocorrelation(values: NDArray[np.float64]) -> float:
    """Sample autocorrelation at lag one; 0 for a constant series."""
    centred = values - values.mean()
    variance = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / variance if variance > 0.0 else 0.0


def correlation(values: NDArray[np.float64]) -> float:
    """Lag-one autocorrelation without the bias of an estimated mean (Kendall, Biometrika 41, 1954)."""
    estimate = lag1_autocorrelation(values)
    return estimate + (1.0 + 4.0 * estimate) / len(values)


def batch_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of consecutive batches, doubled in size until neighbours are uncorrelated or batches get too few.

    A remainder is dropped at the front, where the machine was still settling.
    """
    size = 1
    means = values
    while len(values) // (2 * size) >= FEWEST_BATCHES and correlation(means) > CORRELATION_LIMIT:
        size *= 2
        count = len(values) // size
        means = values[len(values) - count * size :].reshape(count, size).mean(axis=1)
    return means


def trimmed_location(values: NDArray[np.float64]) -> Location:
    """Trimmed mean of at least two uncorrelated values."""
    count = len(values)
    cut = int(TRIMMED * count)
    kept = np.sort(values)[cut : count - cut]
    winsorized = np.clip(values, kept[0], kept[-1])
    error = float(winsorized.std(ddof=1)) / ((1.0 - 2.0 * cut / count) * math.sqrt(count))
    return Location(float(kept.mean()), error, len(kept) - 1)


def mean_location(values: NDArray[np.float64]) -> Location:
    """Plain mean of at least two uncorrelated values."""
    return Location(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)), len(values) - 1)


def location(log_ratios: Sequence[float], of: Estimator = trimmed_location) -> Location:
    """The mean of at least two consecutive values, blocks mostly, whose neighbours may be correlated.

    `of` finds that of uncorrelated ones.
    """
    if len(log_ratios) < 2:
        raise ValueError(f"log_ratios has {len(log_ratios)} blocks, an interval needs at least 2")
    values = np.asarray(log_ratios, dtype=np.float64)
    if len(values) < SHORTEST_SERIES:
        return of(values)
    means = batch_means(values)
    found = of(means)
    left = min(correlation(means), LARGEST_CORRELATION)
    if left <= CORRELATION_LIMIT and means is values:
        return found
    inflation = (1.0 + max(left, 0.0)) / (1.0 - max(left, 0.0))
    freedom = max((found.freedom + 1.0) / inflation - 1.0, FEWEST_FREEDOM)
    return Location(found.centre, found.error * math.sqrt(inflation), freedom)


def fixed_interval(found: Location, blocks: int, confidence: float) -> Interval:
    """Student's interval, for one look at a number of blocks set beforehand."""
    return found.interval(student_quantile(found.freedom, 0.5 + confidence / 2), blocks)


def speedup_of(interval: Interval, log_ratio: float, launches: int = 0) -> Speedup:
    """Ratios of an interval and of the log-ratio that stands for it."""
    return Speedup(
        median=math.exp(log_ratio),
        low=math.exp(max(interval.low, -700.0)),
        high=math.exp(min(interval.high, 700.0)),
        pairs=interval.blocks,
        launches=launches,
    )


def speedup_from(log_ratios: Sequence[float], confidence: float = 0.95) -> Speedup:
    """Median and interval of at least two log-ratios, for one look at a number of blocks set beforehand."""
    interval = fixed_interval(location(log_ratios), len(log_ratios), confidence)
    return speedup_of(interval, float(np.median(log_ratios)))
