"""A second look at a step faster than the machine's roofline: every turn copied out, on fresh data."""

from __future__ import annotations

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.turn_check import TurnCheck
from optimized_kernels.measurement.verdict import Rejected

AUDITED_BLOCKS = 8


def check_audit(sides: Sides, trained: Trained) -> Rejected | None:
    """None where every one of 2 * AUDITED_BLOCKS turns trained what stock MLX trains.

    Not a refusal of speed: two streams legitimately beat what one was measured to reach.
    """
    blocks = Blocks(sides, TurnCheck(sides, trained, copied_out=1.0))
    measured = Measured()
    for _ in range(AUDITED_BLOCKS):
        wrong = blocks.block("eager", measured)
        if wrong is not None:
            return wrong
    return None
