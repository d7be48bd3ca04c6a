"""Paired, interleaved timing of one training step on both sides."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from optimized_kernels.measurement.correctness import TurnBounds
from optimized_kernels.measurement.sides import COMPILE_SECONDS, Loop, Side, Sides, Turn
from optimized_kernels.measurement.statistics import Speedup, block_log_ratio, speedup_from
from optimized_kernels.measurement.verdict import Rejected

WARM_UP_TURNS = 4
# Blocks below which no interval is trusted to stop the measurement early.
EARLY_BLOCKS = 10
HOPELESS = 0.9
# A slow program may overdraw the budget this far to get a usable interval, and further only to get any.
OVERDRAFT = 1.5
FEWEST_BLOCKS = 2
USABLE_BLOCKS = 5

REFERENCE, CANDIDATE = "reference", "candidate"
ABBA = (REFERENCE, CANDIDATE, CANDIDATE, REFERENCE)
BAAB = (CANDIDATE, REFERENCE, REFERENCE, CANDIDATE)


@dataclass
class Measured:
    """One baseline: turn times in seconds a side, the log-ratio of every block, the speedup."""

    times: dict[str, list[float]] = field(default_factory=lambda: {REFERENCE: [], CANDIDATE: []})
    log_ratios: list[float] = field(default_factory=list)

    @property
    def speedup(self) -> Speedup:
        """Interval over all blocks so far."""
        return speedup_from(self.log_ratios)

    def step_ms(self, side: str) -> float:
        """Median time of a turn in milliseconds."""
        return 1000.0 * median(self.times[side])

    def is_hopeless(self) -> bool:
        """Whether the whole interval lies far below stock."""
        return len(self.log_ratios) >= EARLY_BLOCKS and self.speedup.high < HOPELESS

    def is_done(self, elapsed: float, budget: float) -> bool:
        """Whether another block is not worth its time."""
        blocks = len(self.log_ratios)
        if blocks < FEWEST_BLOCKS:
            return False
        if elapsed >= OVERDRAFT * budget:
            return True
        return (elapsed >= budget and blocks >= USABLE_BLOCKS) or self.is_hopeless()


class Timing:
    """Blocks of one evaluation; all seeds follow from its own."""

    def __init__(self, sides: Sides, bounds: TurnBounds, seed: int) -> None:
        self.sides: dict[str, Side] = {REFERENCE: sides.reference, CANDIDATE: sides.candidate}
        self.placement = sides.placement
        self.bounds = bounds
        self.rng = random.Random(f"timing {seed}")

    def _seed(self) -> int:
        return self.rng.getrandbits(48)

    def warm_up(self, loop: Loop) -> None:
        """Untimed turns, the reference's first ones before the candidate's: those build kernels."""
        for side in self.sides.values():
            for number in range(WARM_UP_TURNS):
                first = loop == "compiled" and number == 0
                side.turn(self._seed(), loop, self._seed(), COMPILE_SECONDS if first else None)
            side.ask("settle")

    def _block(self, loop: Loop, measured: Measured) -> Rejected | None:
        order = self.rng.choice((ABBA, BAAB))
        self.placement.draw(self.rng)
        times: dict[str, list[float]] = {REFERENCE: [], CANDIDATE: []}
        for pair in (order[:2], order[2:]):
            seed, probe_seed = self._seed(), self._seed()
            turns: dict[str, Turn] = {}
            for name in pair:
                turns[name] = self.sides[name].turn(seed, loop, probe_seed)
                times[name].append(turns[name].seconds)
            wrong = self.bounds.check(turns[CANDIDATE].answers, turns[REFERENCE].answers)
            if wrong is not None:
                return wrong
        measured.log_ratios.append(block_log_ratio(times[REFERENCE], times[CANDIDATE]))
        for name, seconds in times.items():
            measured.times[name].extend(seconds)
        return None

    def measure(self, loop: Loop, budget: float, report: Callable[[str], None]) -> Measured | Rejected:
        """Blocks for `budget` seconds, fewer for a hopeless program. Every turn's training is checked."""
        self.warm_up(loop)
        measured = Measured()
        started = reported = time.monotonic()
        while not measured.is_done(time.monotonic() - started, budget):
            wrong = self._block(loop, measured)
            if wrong is not None:
                return wrong
            if time.monotonic() - reported >= 1.0 and len(measured.log_ratios) >= FEWEST_BLOCKS:
                reported = time.monotonic()
                report(f"{loop} {measured.speedup}")
        return measured
