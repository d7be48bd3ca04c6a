"""A location that pays no heed to values far from most others.

On a machine with neighbours a turn takes either its time or, for as long as another machine keeps the same
physical core busy, half as long again. Most log-ratios of paired turns then lie closely together and the rest
far away on both sides, too many for a fifth cut off at each end. Tukey's biweight gives a value less weight
the farther it is away, and none beyond six median deviations (Mosteller and Tukey, Data Analysis and
Regression, 1977; Lax, JASA 80, 1985, for the standard error; Kafadar, JASA 77, 1982, for its 0.7 (n - 1)
degrees of freedom).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.statistics import Location, trimmed_location

REACH = 6.0
FREEDOM_SHARE = 0.7
# Intervals of fewer exclude the truth in 8 to 10 % instead of 5 %.
FEWEST = 10
# Steps to the location, far more than it takes.
STEPS = 50
# Log-ratios no farther apart than this are the same.
CLOSE = 1e-12


def biweight_location(values: NDArray[np.float64]) -> Location:
    """Biweight mean of at least two uncorrelated values.

    The trimmed one of fewer than FEWEST, where most are the same, or where too many lie at the edge of reach.
    """
    centre = float(np.median(values))
    deviation = float(np.median(np.abs(values - centre)))
    if len(values) < FEWEST or deviation <= CLOSE:
        return trimmed_location(values)
    reach = REACH * deviation
    for _ in range(STEPS):
        weights = np.clip(1.0 - ((values - centre) / reach) ** 2, 0.0, None) ** 2
        moved = float(weights @ values / weights.sum()) - centre
        centre += moved
        if abs(moved) <= CLOSE * reach:
            break
    distances = (values - centre) / reach
    squares = distances[np.abs(distances) < 1.0] ** 2
    influence = float((squares * (1.0 - squares) ** 4).sum())
    slope = float(((1.0 - squares) * (1.0 - 5.0 * squares)).sum())
    if slope <= 0.0:
        return trimmed_location(values)
    error = reach * math.sqrt(influence / (slope * max(1.0, slope - 1.0)))
    return Location(centre, error, FREEDOM_SHARE * (len(values) - 1))
