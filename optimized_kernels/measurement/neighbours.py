"""What screening knows of a program: every turn beside the one before it, which is the other side's.

The sides take turns, A B A B, so most turns are compared twice, and whatever changes more slowly than from
one turn to the next cancels. Where turns are a first-order autoregression with correlation r (0.6 to 0.9 was
measured on machines with neighbours) their mean has about 0.6 of the variance that as many turns have in
blocks of a random order and its reverse.

Two values that share a turn are correlated: by (1 - r) / 2 then. Correlations farther away alternate in sign
and decline; leaving them out, as here, makes the error up to 6 % too large. It makes it too small where r is
negative, for which a machine has no reason, and where a program's own advantage comes and goes, which fewer
than FEWEST_STRETCHES stretches cannot tell from chance: with an advantage that differs from stretch to
stretch by half a value's standard deviation, intervals of 95 % are some of 89 %. From then on the error is
what whole stretches say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimized_kernels.measurement.biweight import Biweight, biweight
from optimized_kernels.measurement.statistics import (
    PAIRS,
    Location,
    lag1_autocorrelation,
    location,
    mean_location,
    trimmed_location,
)

# Blocks that the sides take turns in before the other one begins, on other cores.
STRETCH = 2
# Pairs of turns, fewer of which have a trimmed mean: a biweight interval would be too narrow.
FEWEST = 10
# From which on whole stretches tell the error.
FEWEST_STRETCHES = 15
# Of a biweight mean (Kafadar, JASA 77, 1982): so many degrees of freedom for each value but one.
FREEDOM_SHARE = 0.7

RESOLUTION = 10_000

# Log-ratios of neighbours, reference over candidate, block by block. A block has one of each turn but its
# first with the turn before it, and one of its first where the block before ends with the other side.
Neighbours = Sequence[Sequence[float]]


def disjoint_pairs(blocks: Neighbours) -> list[float]:
    """Those of the values that share no turn, PAIRS a block in which sides alternate."""
    return [value for block in blocks for value in block[-1::-2][:PAIRS][::-1]]


def neighbour_location(blocks: Neighbours) -> Location:
    """The biweight mean of all values of at least one block; of few pairs, or where most values are the same,
    the trimmed one of disjoint pairs."""
    values = np.array([value for block in blocks for value in block], dtype=np.float64)
    pairs = PAIRS * len(blocks)
    found = biweight(values) if pairs >= FEWEST else None
    if found is None:
        return trimmed_location(np.array(disjoint_pairs(blocks)))
    if len(blocks) >= STRETCH * FEWEST_STRETCHES:
        return _of_stretches(found, blocks)
    shared = max(lag1_autocorrelation(found.influences), 0.0)
    error = math.sqrt(float(found.influences @ found.influences) * (1.0 + 2.0 * shared))
    return Location(found.centre, error, FREEDOM_SHARE * (pairs - 1))


def _of_stretches(found: Biweight, blocks: Neighbours) -> Location:
    """The same with its error from what whole stretches add to it, which may be correlated.

    A last block that has no second one goes with the stretch before it.
    """
    ends = np.cumsum([len(block) for block in blocks])[STRETCH - 1 :: STRETCH]
    sums = np.add.reduceat(found.influences, [0, *ends[:-1]])
    whole = location((found.centre + len(sums) * sums).tolist(), mean_location)
    return replace(whole, centre=found.centre)


def compact(blocks: Neighbours) -> str:
    """JSON of lists of whole numbers, in 1/10000: a result keeps only so much text."""
    return json.dumps(
        [[round(RESOLUTION * value) for value in block] for block in blocks], separators=(",", ":")
    )


def expanded(text: str) -> list[list[float]]:
    """What `compact` made the text of."""
    return [[value / RESOLUTION for value in block] for block in json.loads(text)]
