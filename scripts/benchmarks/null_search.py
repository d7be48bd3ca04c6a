"""A search among candidates that are all alike: each is screened, every new best is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from optimized_kernels.measurement.error_budget import confirmation_level
from optimized_kernels.measurement.launches import confirm
from optimized_kernels.measurement.neighbours import Neighbours, disjoint_pairs
from scripts.benchmarks.null_measurement import NullMeasurement

Pool = Sequence[NullMeasurement]


def new_bests(scores: Sequence[float]) -> list[int]:
    """Positions of the scores that exceed all before them."""
    bests: list[int] = []
    for position, score in enumerate(scores):
        if not bests or score > scores[bests[-1]]:
            bests.append(position)
    return bests


def screened_low(pool: Pool, rng: np.random.Generator) -> float:
    """Lower bound of one of the pool's screenings, in which either side may have been the candidate's."""
    chosen = pool[int(rng.integers(len(pool)))]
    return chosen.low if rng.random() < 0.5 else 1.0 / chosen.high


def stretch(pool: Pool, blocks: int, rng: np.random.Generator) -> Neighbours:
    """Consecutive blocks of one of the pool, from a random one on; its end meets its start."""
    chosen = pool[int(rng.integers(len(pool)))].neighbour_log_ratios
    start = int(rng.integers(len(chosen)))
    return [chosen[(start + i) % len(chosen)] for i in range(blocks)]


def block_means(blocks: Neighbours) -> list[float]:
    """Blocks as confirmations have them, but for the order of their turns."""
    return [fmean(disjoint_pairs([block])) for block in blocks]


@dataclass(frozen=True)
class Search:
    """Sizes of a simulated run."""

    candidates: int = 200
    launches: int = 5
    launch_blocks: int = 10


def simulate_search(pool: Pool, search: Search, rng: np.random.Generator) -> tuple[int, int]:
    """Confirmations tried, and how many of them called a null candidate faster.

    `pool` are screenings of equal sides. Every launch is drawn from a measurement of its own, so that what
    differs from launch to launch is in it.
    """
    bests = new_bests([screened_low(pool, rng) for _ in range(search.candidates)])
    false = 0
    for index in range(1, len(bests) + 1):
        launches = [block_means(stretch(pool, search.launch_blocks, rng)) for _ in range(search.launches)]
        false += confirm(launches, confirmation_level(index)).low > 0.0
    return len(bests), false
