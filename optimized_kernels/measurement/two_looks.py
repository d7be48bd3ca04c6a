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

from optimized_kernels.measurement.neighbours import Neighbours, neighbour_location
from optimized_kernels.measurement.quantiles import normal_probability, student_quantile
from optimized_kernels.measurement.statistics import Interval

EXTENDED = 1.5
# Of the normal distribution, for a two-sided error of 5 % over both looks.
FIRST_QUANTILE, SECOND_QUANTILE = 2.400, 2.015
# A centre nearer to equality than this is not worth a second look.
NEAR = math.log(1.01)


def look_interval(blocks: Neighbours, looked_at: int) -> Interval:
    """The interval of all blocks so far, the first look at which was after `looked_at` of them."""
    found = neighbour_location(blocks)
    normal = FIRST_QUANTILE if len(blocks) <= looked_at else SECOND_QUANTILE
    return found.interval(student_quantile(found.freedom, normal_probability(normal)), len(blocks))


def is_undecided(interval: Interval) -> bool:
    """Whether a second look may tell a program from stock MLX that looks as if it differed."""
    return interval.low <= 0.0 <= interval.high and abs(interval.centre) > NEAR
