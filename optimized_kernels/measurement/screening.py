"""How long a program is timed while it is one of many: briefly if hopeless, longer if promising."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from statistics import median

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.confidence_sequence import FIRST_LOOK, is_hopeless, sequence_interval
from optimized_kernels.measurement.neighbours import Neighbours, neighbour_location
from optimized_kernels.measurement.side_requests import Loop
from optimized_kernels.measurement.sides import REFERENCE
from optimized_kernels.measurement.statistics import Interval, Speedup, fixed_interval, speedup_of
from optimized_kernels.measurement.two_looks import EXTENDED, is_undecided, look_interval
from optimized_kernels.measurement.verdict import Rejected

# An interval wholly below this ends the screening.
HOPELESS = math.log(0.98)
# From this centre on a program gets more than its share of the device.
PROMISING = math.log(1.02)
PROMISING_SHARE = 1.25
# A slow program may overdraw the budget this far to get a usable interval at its first look.
OVERDRAFT = 1.25
USABLE_BLOCKS = 5
REPORT_SECONDS = 1.0


@dataclass
class Screening:
    """Stop rule for one baseline; `budget` in seconds of paired blocks.

    Where the budget buys FIRST_LOOK blocks, the confidence sequence is looked at after each from then on.
    Where it does not, only the time decides about a first look and a second one. `looked_at`: the blocks at
    that first look, if there was one.
    """

    budget: float
    looked_at: int | None = None

    def is_done(self, blocks: Neighbours, elapsed: float) -> bool:
        """Whether another block is not worth its time after these."""
        if self.looked_at is not None:
            return elapsed >= EXTENDED * self.budget
        if len(blocks) >= FIRST_LOOK:
            return self._is_told(sequence_interval(blocks), elapsed)
        overdrawn = len(blocks) >= 2 and elapsed >= OVERDRAFT * self.budget
        if overdrawn or (len(blocks) >= USABLE_BLOCKS and elapsed >= self.budget):
            self.looked_at = len(blocks)
            return not is_undecided(look_interval(blocks, len(blocks)))
        return False

    def _is_told(self, interval: Interval, elapsed: float) -> bool:
        if is_hopeless(interval, HOPELESS):
            return True
        share = PROMISING_SHARE if interval.centre >= PROMISING else 1.0
        if interval.centre > 0.0 and is_undecided(interval):
            share = EXTENDED
        return elapsed >= share * self.budget


def screened(blocks: Neighbours, looked_at: int | None = None) -> Speedup:
    """What a screening reports of its blocks, at least one.

    `looked_at` as in Screening. Fewer blocks than FIRST_LOOK that nobody has looked at have the interval for
    a fixed horizon.
    """
    if looked_at is not None:
        interval = look_interval(blocks, looked_at)
    elif len(blocks) < FIRST_LOOK:
        interval = fixed_interval(neighbour_location(blocks), len(blocks), 0.95)
    else:
        interval = sequence_interval(blocks)
    return speedup_of(interval, median(chain.from_iterable(blocks)))


def screen(blocks: Blocks, loop: Loop, budget: float, report: Callable[[str], None]) -> Measured | Rejected:
    """Blocks of warm sides until the stop rule ends them; every turn's training is checked."""
    rule, measured = Screening(budget), Measured()
    started = reported = time.monotonic()
    while not measured.blocks or not rule.is_done(
        measured.neighbour_log_ratios(REFERENCE), time.monotonic() - started
    ):
        wrong = blocks.alternate(loop, measured)
        if wrong is not None:
            return wrong
        if time.monotonic() - reported >= REPORT_SECONDS and measured.blocks >= 2:
            reported = time.monotonic()
            report(f"{loop}, screened {screened(measured.neighbour_log_ratios(REFERENCE), rule.looked_at)}")
    measured.looked_at = rule.looked_at
    return measured
