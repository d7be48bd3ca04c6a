"""Screening's interval where a budget buys too few blocks for a confidence sequence: at two looks at most.

The first look is when the budget is spent; what is undecided then gets EXTENDED times the budget in all, and
a second look. Error is spent as O'Brien and Fleming's boundaries do (the spending function of Lan and DeMets,
Biometrika 70, 1983): 2 - 2 Phi(z / sqrt(t)) at the first look, with z the normal quantile of 97.5 % and t the
share of the blocks that are there by then, 1 / EXTENDED; the rest of the 5 % at the second. Blocks grow in
number as time does, but for changes of the machine's pace. Student's quantiles of the same probabilities
stand in for the normal ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimized_kernels.measurement.biweight import biweight_location
from optimized_kernels.measurement.quantiles import normal_probability, student_quantile
from optimized_kernels.measurement.statistics import PAIRS, Interval, location

EXTENDED = 1.6
# Of the normal distribution, for a two-sided error of 5 % over both looks.
FIRST_QUANTILE, SECOND_QUANTILE = 2.479, 2.004
# A centre nearer to equality than this is not worth a second look.
NEAR = math.log(1.02)


def look_interval(pairs: Sequence[float], looked_at: int) -> Interval:
    """The interval of all pairs so far, log-ratios, whose first look was after `looked_at` blocks."""
    found, blocks = location(pairs, biweight_location), len(pairs) // PAIRS
    normal = FIRST_QUANTILE if blocks <= looked_at else SECOND_QUANTILE
    return found.interval(student_quantile(found.freedom, normal_probability(normal)), blocks)


def is_undecided(interval: Interval) -> bool:
    """Whether a second look may tell a program from stock MLX that looks as if it differed."""
    return interval.low <= 0.0 <= interval.high and abs(interval.centre) > NEAR
