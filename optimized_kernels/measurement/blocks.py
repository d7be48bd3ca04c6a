"""Paired blocks of turns: every side twice, in an order and its reverse, so that a linear drift cancels, or
in the same order again and again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import log
from statistics import median

from optimized_kernels.measurement.neighbours import STRETCH
from optimized_kernels.measurement.side_requests import COMPILE_SECONDS, Loop, Side, Turn
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE, Sides
from optimized_kernels.measurement.statistics import PAIRS, block_log_ratio
from optimized_kernels.measurement.verdict import Rejected

# Judges the turns of a block's half, which all started from one seed; None accepts them.
Check = Callable[[dict[str, Turn]], Rejected | None]


@dataclass
class Measured:
    """Blocks of one loop, in seconds a side, in the order they were taken: turns, and preparing them.

    `order`: whose turn it was, from the first turn to the last. `looked_at`: after how many blocks screening
    had a first look, if by time alone.
    """

    times: dict[str, list[float]] = field(default_factory=dict)
    prepared: dict[str, list[float]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    looked_at: int | None = None

    @property
    def blocks(self) -> int:
        """Blocks so far."""
        return len(self.times[REFERENCE]) // PAIRS if self.times else 0

    def add(self, times: dict[str, list[float]], order: Sequence[str]) -> None:
        """Adds a block: two turns a side, whose they were one after the other."""
        for name, seconds in times.items():
            self.times.setdefault(name, []).extend(seconds)
        self.order.extend(order)

    def log_ratios(self, against: str, side: str = CANDIDATE) -> list[float]:
        """Log of the step time of `against` over that of `side`, block by block."""
        base, own = self.times[against], self.times[side]
        return [block_log_ratio(base[i : i + PAIRS], own[i : i + PAIRS]) for i in range(0, len(own), PAIRS)]

    def neighbour_log_ratios(self, against: str) -> list[list[float]]:
        """The same of the candidate, turn by turn: every turn with the one before it, block by block.

        Two turns of one side in a row are no neighbours. Only for blocks of these two sides.
        """
        found: list[list[float]] = [[] for _ in range(self.blocks)]
        for number, (one, other) in enumerate(pairwise(self._turns()), 1):
            if one[0] != other[0]:
                seconds = dict((one, other))
                found[number // (2 * PAIRS)].append(log(seconds[against] / seconds[CANDIDATE]))
        return found

    def times_after_others(self, side: str) -> list[float]:
        """Times of those turns of `side` that another side's came right before: whatever that one left
        behind, in caches say, is in them."""
        follow = pairwise(self._turns())
        return [seconds for before, (name, seconds) in follow if name == side != before[0]]

    def _turns(self) -> list[tuple[str, float]]:
        """Whose turn it was and its seconds, from the first turn to the last."""
        left = {name: iter(seconds) for name, seconds in self.times.items()}
        return [(name, next(left[name])) for name in self.order]

    def step_ms(self, side: str) -> float:
        """Median time of a turn in milliseconds."""
        return 1000.0 * median(self.times[side])


class Blocks:
    """Draws blocks: seeds that no program can foresee, for they follow from nothing it knows, and orders."""

    def __init__(self, sides: Sides, check: Check) -> None:
        self.sides = sides
        self.check = check
        self.rng = random.SystemRandom()
        self.order = self.rng.sample(list(sides.by_name), len(sides.by_name))

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
        """One more block, of an order and its reverse, or the reason why a turn in it is no training."""
        order = self.rng.sample(self.order, len(self.order))
        self.sides.placement.draw(self.rng)
        return self._take((order, order[::-1]), loop, measured)

    def alternate(self, loop: Loop, measured: Measured) -> Rejected | None:
        """One more block in which the sides take turns, or the reason as above.

        STRETCH blocks have the same order and cores, the next ones the reverse order and other cores, which
        are drawn: what befalls the first turn on a core befalls the sides by turns.
        """
        if measured.blocks % STRETCH == 0:
            self.order.reverse()
            self.sides.placement.draw(self.rng)
        return self._take((self.order, self.order), loop, measured)

    def _take(self, halves: Sequence[list[str]], loop: Loop, measured: Measured) -> Rejected | None:
        times: dict[str, list[float]] = {name: [] for name in self.order}
        for half in halves:
            seed, probe_seed = self.draw_seed(), self.draw_seed()
            turns = {name: self.sides.turn(name, seed, loop, probe_seed) for name in half}
            for name, turn in turns.items():
                times[name].append(turn.seconds)
                measured.prepared.setdefault(name, []).append(turn.prepared)
            wrong = self.check(turns)
            if wrong is not None:
                return wrong
        measured.add(times, [name for half in halves for name in half])
        return None
