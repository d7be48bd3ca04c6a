"""Looking at an interval after every block."""

from __future__ import annotations

from collections.abc import Sequence

from optimized_kernels.measurement.biweight import biweight_location
from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK, sequence_interval
from optimized_kernels.measurement.statistics import PAIRS, location


def ever_excludes(
    pairs: Sequence[float], truth: float = 0.0, first: int = FIRST_LOOK, alpha: float = 0.05
) -> bool:
    """Whether the confidence sequence leaves `truth` out at any look from `first` blocks on.

    `pairs` are log-ratios of pairs of turns.
    """
    for count in range(PAIRS * first, len(pairs) + 1, PAIRS):
        interval = sequence_interval(pairs[:count], alpha)
        if not interval.low <= truth <= interval.high:
            return True
    return False


def student_ever_excludes(pairs: Sequence[float], quantile: float = 1.96, first: int = FIRST_LOOK) -> bool:
    """The same for a fixed-horizon interval, which does not allow for looking: for comparison."""
    for count in range(PAIRS * first, len(pairs) + 1, PAIRS):
        found = location(pairs[:count], biweight_location)
        if abs(found.centre) > quantile * found.error:
            return True
    return False
