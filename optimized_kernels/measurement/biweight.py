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
# Steps to the location; each comes closer by far more than half the way.
STEPS = 50
# Log-ratios no farther apart than this are the same.
CLOSE = 1e-12


def biweight_location(values: NDArray[np.float64]) -> Location:
    """Biweight mean of at least two uncorrelated values; the trimmed one where most of them are the same."""
    centre = float(np.median(values))
    deviation = float(np.median(np.abs(values - centre)))
    if deviation <= CLOSE:
        return trimmed_location(values)
    reach = REACH * deviation
    for _ in range(STEPS):
        weights = np.clip(1.0 - ((values - centre) / reach) ** 2, 0.0, None) ** 2
        moved = float(weights @ values / weights.sum()) - centre
        centre += moved
        if abs(moved) <= CLOSE * reach:
            break
    error = _standard_error((values - centre) / reach) * reach
    return Location(centre, error, FREEDOM_SHARE * (len(values) - 1))


def _standard_error(distances: NDArray[np.float64]) -> float:
    """Of a biweight mean; `distances` of all values from it, in units of its reach."""
    squares = distances[np.abs(distances) < 1.0] ** 2
    influence = float((squares * (1.0 - squares) ** 4).sum())
    slope = float(((1.0 - squares) * (1.0 - 5.0 * squares)).sum())
    return math.sqrt(influence / (slope * max(1.0, slope - 1.0)))
