"""Work that is done before the clock starts.

What a turn trains on is known while it is being prepared, and both sides prepare with the same code. A side
that takes longer over it than the reference does something else besides, which is then missing in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, median, stdev

import numpy as np

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.quantiles import student_quantile
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.statistics import trimmed_location
from optimized_kernels.measurement.verdict import Rejected

# Of a step: more than the larger collection of garbage that a program of many objects costs.
HIDDEN_SHARE = 0.1
FEWEST_TURNS = 4
# Single slow turns, however slow, are less than two standard errors away: Student's quantile is further out.
DOUBT = 0.005


def hidden_share(own: Sequence[float], reference: Sequence[float], steps: Sequence[float]) -> float:
    """How much longer `own` preparations surely take than the reference's, as a share of its `steps`.

    Seconds, one of each a turn, paired: both sides prepare the same. The lower bound of the mean difference,
    for work may be hidden in some turns only, or that of the trimmed mean where it is higher: a single turn
    made slow must not hide the others. 0 for fewer than FEWEST_TURNS.
    """
    differences = [mine - base for mine, base in zip(own, reference, strict=True)]
    if len(differences) < FEWEST_TURNS:
        return 0.0
    error = stdev(differences) / sqrt(len(differences))
    surely = fmean(differences) - student_quantile(len(differences) - 1, 1.0 - DOUBT) * error
    trimmed = trimmed_location(np.asarray(differences))
    robustly = trimmed.centre - student_quantile(trimmed.freedom, 1.0 - DOUBT) * trimmed.error
    return max(0.0, surely, robustly) / median(steps)


def check_prepared(*launches: Measured) -> Rejected | None:
    """``check_preparation`` of all turns measured so far."""
    own = [time for each in launches for time in each.prepared[CANDIDATE]]
    reference = [time for each in launches for time in each.prepared[REFERENCE]]
    return check_preparation(own, reference, [time for each in launches for time in each.times[REFERENCE]])


def check_preparation(
    own: Sequence[float], reference: Sequence[float], steps: Sequence[float]
) -> Rejected | None:
    """Refuses a program whose side works while it prepares; `steps` are the reference's times of a turn."""
    share = hidden_share(own, reference, steps)
    if share <= HIDDEN_SHARE:
        return None
    found = f"preparing a turn takes {share:.2f} of a step longer than with stock MLX; at most {HIDDEN_SHARE}"
    return Rejected("timing", f"the program works before the clock starts: {found}")
