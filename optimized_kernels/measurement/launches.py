"""Confirmation: an interval over fresh launches.

Blocks of one launch share what that launch drew: where its memory lies, which core warmed up, how its hash
tables fell. A permanently warm pair of processes repeats one such draw, and its blocks agree with each other
better than with the truth. So every launch counts once, by its trimmed mean, and the interval is Student's
over launches: a fixed horizon, whatever the noise within a launch is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.quantiles import student_quantile
from optimized_kernels.measurement.statistics import Interval, Speedup, speedup_of, trimmed_location

FEWEST_LAUNCHES = 5
FEWEST_LAUNCH_BLOCKS = 2


def launch_means(launches: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Trimmed mean of each launch's block log-ratios."""
    if len(launches) < FEWEST_LAUNCHES:
        raise ValueError(
            f"{len(launches)} launches; an interval over launches needs at least {FEWEST_LAUNCHES}"
        )
    for number, blocks in enumerate(launches):
        if len(blocks) < FEWEST_LAUNCH_BLOCKS:
            raise ValueError(
                f"launch {number} has {len(blocks)} blocks; expected at least {FEWEST_LAUNCH_BLOCKS}"
            )
    return np.array([trimmed_location(np.asarray(blocks, dtype=np.float64)).centre for blocks in launches])


def confirm(launches: Sequence[Sequence[float]], level: float = 0.05) -> Interval:
    """Two-sided interval, wrong with probability `level`, over at least FEWEST_LAUNCHES launches."""
    means = launch_means(launches)
    count = len(means)
    centre = float(means.mean())
    half = -student_quantile(count - 1, level / 2) * float(means.std(ddof=1)) / math.sqrt(count)
    return Interval(centre, centre - half, centre + half, sum(map(len, launches)))


def confirmed(launches: Sequence[Sequence[float]], level: float = 0.05) -> Speedup:
    """What confirmation reports; its median is the one over launches."""
    middle = float(np.median(launch_means(launches)))
    return speedup_of(confirm(launches, level), middle, launches=len(launches))
