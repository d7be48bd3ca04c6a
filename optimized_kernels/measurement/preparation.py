"""Work that is done before the clock starts.

What a turn trains on is known while it is being prepared, and both sides prepare with the same code. A side
that takes longer over it than the reference does something else besides, which is then missing in its turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, quantiles

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.verdict import Rejected

# Of a step: more than the larger collection of garbage that a program of many objects costs.
HIDDEN_SHARE = 0.1
FEWEST_TURNS = 4


def _trimmed_mean(times: Sequence[float]) -> float:
    """Without the slowest tenth, which is what else the machine had to do."""
    return fmean(sorted(times)[: max(1, math.ceil(len(times) * 0.9))])


def hidden_share(own: Sequence[float], reference: Sequence[float], steps: Sequence[float]) -> float:
    """How much longer `own` preparations take than the reference's, as a share of its `steps`.

    Seconds, one of each a turn; means, for work may be hidden in some turns only. 0 where the upper quartile
    is not above the reference's: then it is noise.
    """
    if min(len(own), len(reference)) < FEWEST_TURNS:
        return 0.0
    if quantiles(own, n=4)[2] <= quantiles(reference, n=4)[2]:
        return 0.0
    return (_trimmed_mean(own) - _trimmed_mean(reference)) / median(steps)


def check_prepared(measured: Measured) -> Rejected | None:
    """``check_preparation`` of all turns measured."""
    prepared = measured.prepared
    return check_preparation(prepared[CANDIDATE], prepared[REFERENCE], measured.times[REFERENCE])


def check_preparation(
    own: Sequence[float], reference: Sequence[float], steps: Sequence[float]
) -> Rejected | None:
    """Refuses a program whose side works while it prepares; `steps` are the reference's times of a turn."""
    share = hidden_share(own, reference, steps)
    if share <= HIDDEN_SHARE:
        return None
    found = f"preparing a turn takes {share:.2f} of a step longer than with stock MLX; at most {HIDDEN_SHARE}"
    return Rejected("timing", f"the program works before the clock starts: {found}")
