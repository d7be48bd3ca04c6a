"""Screening: intervals that may be looked at after every block.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Time-uniform central
limit theory and asymptotic confidence sequences, Annals of Statistics 52, 2024, theorem 2.2). With standard
error e after t blocks the interval is centre ± z e, where

    z**2 = 2 (1 + 1 / (t rho**2)) log(sqrt(t rho**2 + 1) / alpha)

and rho makes it narrowest at a number of blocks of our choice. It holds the true value at every t at once
with probability 1 - alpha, in the limit of a late first look; ours is at FIRST_LOOK blocks.

The values are log-ratios of neighbouring turns, and their centre is a biweight mean (`neighbours.py`). They
are a shift of a distribution symmetric about zero, because either side may be the one that is interrupted; so
the biweight mean estimates the shift as the mean does. Up to a remainder of smaller order it is a mean too,
of the values of its influence function, which is bounded: the strong approximation behind the theorem holds
whatever the tails are, and wild turns move neither the centre nor the width by much. It flatters a program
whose own pace varies: what is reported as a speedup must not rest on it.

The error is known from stretches, of which there are few at first, and they say less where they are
correlated: so Student's quantile of the same tail probability stands in for z. The boundary counts blocks all
the same: batching changes the error, not the number of looks. What all this amounts to for noise of several
kinds is simulated by scripts/benchmarks/screening_simulation.py.
"""

from __future__ import annotations

import math

from optimized_kernels.measurement.neighbours import Neighbours, neighbour_location
from optimized_kernels.measurement.quantiles import lambert_w, normal_probability, student_quantile
from optimized_kernels.measurement.statistics import Interval

# Blocks below which the limit theorem is not relied on.
FIRST_LOOK = 30
TARGET_BLOCKS = 40


def tuned_rho_squared(alpha: float, target_blocks: float) -> float:
    """rho**2 that makes the interval narrowest at `target_blocks`: the zero of dz/drho, by Lambert's W."""
    return (-lambert_w(-(alpha**2) / math.e) - 1.0) / target_blocks


def boundary(blocks: int, alpha: float, target_blocks: float) -> float:
    """z, the standard errors that a mean of `blocks` may be away at any one of all looks."""
    information = blocks * tuned_rho_squared(alpha, target_blocks)
    return math.sqrt(2.0 * (1.0 + 1.0 / information) * math.log(math.sqrt(information + 1.0) / alpha))


def sequence_interval(
    blocks: Neighbours, alpha: float = 0.05, target_blocks: float = TARGET_BLOCKS
) -> Interval:
    """Running interval after all blocks so far, at least one; to be acted on from FIRST_LOOK blocks on.

    Wrong at any look with probability `alpha`. `target_blocks` must be chosen before the first block.
    """
    found = neighbour_location(blocks)
    quantile = boundary(len(blocks), alpha, target_blocks)
    student = -student_quantile(found.freedom, normal_probability(-quantile))
    return found.interval(student, len(blocks))


def is_hopeless(interval: Interval, threshold: float) -> bool:
    """Whether the whole interval lies below the log-ratio `threshold`."""
    return interval.blocks >= FIRST_LOOK and interval.high < threshold
