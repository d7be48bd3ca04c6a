"""Looking at an interval after every block."""

from __future__ import annotations

from collections.abc import Sequence

from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK, sequence_interval
from optimized_kernels.measurement.statistics import location


def ever_excludes(
    log_ratios: Sequence[float], truth: float = 0.0, first: int = FIRST_LOOK, alpha: float = 0.05
) -> bool:
    """Whether the confidence sequence leaves `truth` out at any look from `first` blocks on."""
    for blocks in range(first, len(log_ratios) + 1):
        interval = sequence_interval(log_ratios[:blocks], alpha)
        if not interval.low <= truth <= interval.high:
            return True
    return False


def student_ever_excludes(
    log_ratios: Sequence[float], quantile: float = 1.96, first: int = FIRST_LOOK
) -> bool:
    """The same for a fixed-horizon interval, which does not allow for looking: for comparison."""
    for blocks in range(first, len(log_ratios) + 1):
        found = location(log_ratios[:blocks])
        if abs(found.centre) > quantile * found.error:
            return True
    return False
