"""How long a program is timed while it is one of many: briefly if hopeless, longer if promising."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.confidence_sequence import (
    FIRST_LOOK,
    is_hopeless,
    screened,
    sequence_interval,
)
from optimized_kernels.measurement.side_requests import Loop
from optimized_kernels.measurement.sides import REFERENCE
from optimized_kernels.measurement.verdict import Rejected

# An interval wholly below this ends the screening.
HOPELESS = math.log(0.98)
# From this centre on a program gets more than its share of the device.
PROMISING = math.log(1.02)
PROMISING_SHARE = 1.25
# A slow program may overdraw the budget this far to get a usable interval.
OVERDRAFT = 1.25
USABLE_BLOCKS = 5
REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class Screening:
    """Stop rule for one baseline; `budget` in seconds of paired blocks.

    Before FIRST_LOOK blocks only the time decides, so that nothing has been looked at then.
    """

    budget: float

    def is_done(self, log_ratios: list[float], elapsed: float) -> bool:
        """Whether another block is not worth its time."""
        blocks = len(log_ratios)
        if blocks < FIRST_LOOK:
            overdrawn = blocks >= 2 and elapsed >= OVERDRAFT * self.budget
            return overdrawn or (blocks >= USABLE_BLOCKS and elapsed >= self.budget)
        interval = sequence_interval(log_ratios)
        if is_hopeless(interval, HOPELESS) or elapsed >= PROMISING_SHARE * self.budget:
            return True
        return elapsed >= self.budget and interval.centre < PROMISING


def screen(blocks: Blocks, loop: Loop, budget: float, report: Callable[[str], None]) -> Measured | Rejected:
    """Blocks of warm sides until the stop rule ends them; every turn's training is checked."""
    rule = Screening(budget)
    measured = Measured()
    started = reported = time.monotonic()
    while not (
        measured.blocks and rule.is_done(measured.fastest_log_ratios(REFERENCE), time.monotonic() - started)
    ):
        wrong = blocks.block(loop, measured)
        if wrong is not None:
            return wrong
        if time.monotonic() - reported >= REPORT_SECONDS and measured.blocks >= 2:
            reported = time.monotonic()
            report(f"{loop}, screened {screened(measured.fastest_log_ratios(REFERENCE))}")
    return measured
