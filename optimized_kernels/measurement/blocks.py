"""Paired blocks of turns: every side twice, in an order and its reverse, so that a linear drift cancels."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from math import log
from statistics import median

from optimized_kernels.measurement.side_requests import COMPILE_SECONDS, Loop, Side, Turn
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, Sides
from optimized_kernels.measurement.statistics import PAIRS, block_log_ratio
from optimized_kernels.measurement.verdict import Rejected

# Judges the turns of a block's half, which all started from one seed; None accepts them.
Check = Callable[[dict[str, Turn]], Rejected | None]


@dataclass
class Measured:
    """Blocks of one loop, in seconds a side, in the order they were taken: turns, and preparing them.

    `looked_at`: after how many of them screening had a first look, if by time alone.
    """

    times: dict[str, list[float]] = field(default_factory=dict)
    prepared: dict[str, list[float]] = field(default_factory=dict)
    looked_at: int | None = None

    @property
    def blocks(self) -> int:
        """Blocks so far."""
        return len(self.times[REFERENCE]) // 2 if self.times else 0

    def add(self, times: dict[str, list[float]]) -> None:
        """Adds a block: two turns a side."""
        for name, seconds in times.items():
            self.times.setdefault(name, []).extend(seconds)

    def log_ratios(self, against: str, side: str = CANDIDATE) -> list[float]:
        """Log of the step time of `against` over that of `side`, block by block."""
        base, own = self.times[against], self.times[side]
        return [block_log_ratio(base[i : i + PAIRS], own[i : i + PAIRS]) for i in range(0, len(own), PAIRS)]

    def pair_log_ratios(self, against: str) -> list[float]:
        """The same of the candidate pair by pair, two a block: for screening, which has little time."""
        return [log(base / own) for base, own in zip(self.times[against], self.times[CANDIDATE], strict=True)]

    def step_ms(self, side: str) -> float:
        """Median time of a turn in milliseconds."""
        return 1000.0 * median(self.times[side])


class Blocks:
    """Draws blocks: seeds and orders that no program can foresee, for they follow from nothing it knows."""

    def __init__(self, sides: Sides, check: Check) -> None:
        self.sides = sides
        self.check = check
        self.rng = random.SystemRandom()

    def draw_seed(self) -> int:
        """A seed for data or projections."""
        return self.rng.getrandbits(48)

    def build_kernels(self, loop: Loop) -> None:
        """A turn of the reference, whose kernels the other sides then need not build."""
        self.sides.turn(REFERENCE, self.draw_seed(), loop, self.draw_seed(), COMPILE_SECONDS)
        self.sides.share_kernels()

    def warm_up(self, loop: Loop, turns: int, first_limit: float | None) -> None:
        """Untimed turns of every side: eager ones side by side, where their memory allows it."""
        sides = list(self.sides.by_name.values())
        self.sides.freezer.release()
        at_once = 1 if self.sides.frugal or loop == "compiled" else len(sides)
        with ThreadPoolExecutor(at_once) as pool:
            try:
                for _ in pool.map(partial(self._warm_up, loop, turns, first_limit), sides):
                    pass
            except BaseException:
                # The pool waits for its threads, which wait for sides that may hang.
                for side in sides:
                    side.process.kill()
                raise

    def _warm_up(self, loop: Loop, turns: int, first_limit: float | None, side: Side) -> None:
        for number in range(turns):
            limit = first_limit if number == 0 else None
            side.turn(self.draw_seed(), loop, self.draw_seed(), limit)
        side.ask("settle")
        side.end_checks()

    def block(self, loop: Loop, measured: Measured) -> Rejected | None:
        """One more block, or the reason why a turn in it is no training."""
        order = list(self.sides.by_name)
        self.rng.shuffle(order)
        self.sides.placement.draw(self.rng)
        times: dict[str, list[float]] = {name: [] for name in order}
        for half in (order, order[::-1]):
            seed, probe_seed = self.draw_seed(), self.draw_seed()
            turns = {name: self.sides.turn(name, seed, loop, probe_seed) for name in half}
            for name, turn in turns.items():
                times[name].append(turn.seconds)
                measured.prepared.setdefault(name, []).append(turn.prepared)
            wrong = self.check(turns)
            if wrong is not None:
                return wrong
        measured.add(times)
        return None
