"""Looking at an interval after every block."""

from __future__ import annotations

from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK, sequence_interval
from optimized_kernels.measurement.neighbours import Neighbours, neighbour_location


def ever_excludes(
    blocks: Neighbours, truth: float = 0.0, first: int = FIRST_LOOK, alpha: float = 0.05
) -> bool:
    """Whether the confidence sequence leaves `truth` out at any look from `first` blocks on."""
    for count in range(first, len(blocks) + 1):
        interval = sequence_interval(blocks[:count], alpha)
        if not interval.low <= truth <= interval.high:
            return True
    return False


def student_ever_excludes(blocks: Neighbours, quantile: float = 1.96, first: int = FIRST_LOOK) -> bool:
    """The same for a fixed-horizon interval, which does not allow for looking: for comparison."""
    for count in range(first, len(blocks) + 1):
        found = neighbour_location(blocks[:count])
        if abs(found.centre) > quantile * found.error:
            return True
    return False
