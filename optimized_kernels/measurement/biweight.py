"""A location that pays no heed to values far from most others.

On a machine with neighbours a turn takes either its time or, for as long as another machine keeps the same
physical core busy, half as long again. Most log-ratios of paired turns then lie closely together and the rest
far away on both sides, too many for a fifth cut off at each end. Tukey's biweight gives a value less weight
the farther it is away, and none beyond six median deviations (Mosteller and Tukey, Data Analysis and
Regression, 1977; Lax, JASA 80, 1985, for the standard error).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REACH = 6.0
# Steps to the location, far more than it takes.
STEPS = 50
# Log-ratios no farther apart than this are the same.
CLOSE = 1e-12


@dataclass(frozen=True)
class Biweight:
    """A biweight mean and what each value adds to its error: the squares' sum is its variance where values
    are uncorrelated."""

    centre: float
    influences: NDArray[np.float64]


def biweight(values: NDArray[np.float64]) -> Biweight | None:
    """The biweight mean; None of values most of which are the same, or too many of which lie at the edge of
    its reach."""
    centre = float(np.median(values))
    deviation = float(np.median(np.abs(values - centre)))
    if deviation <= CLOSE:
        return None
    reach = REACH * deviation
    for _ in range(STEPS):
        weights = np.clip(1.0 - ((values - centre) / reach) ** 2, 0.0, None) ** 2
        moved = float(weights @ values / weights.sum()) - centre
        centre += moved
        if abs(moved) <= CLOSE * reach:
            break
    distances = (values - centre) / reach
    squares = np.minimum(distances**2, 1.0)
    slope = float(((1.0 - squares) * (1.0 - 5.0 * squares)).sum())
    if slope <= 0.0:
        return None
    influences = reach * distances * (1.0 - squares) ** 2 / math.sqrt(slope * max(1.0, slope - 1.0))
    return Biweight(centre, influences)
