"""A search among candidates that are all alike: each is screened, every new best is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from optimized_kernels.measurement.error_budget import confirmation_level
from optimized_kernels.measurement.launches import confirm
from optimized_kernels.measurement.screening import screened
from optimized_kernels.measurement.statistics import PAIRS

Pool = Sequence[Sequence[float]]


def new_bests(scores: Sequence[float]) -> list[int]:
    """Positions of the scores that exceed all before them."""
    bests: list[int] = []
    for position, score in enumerate(scores):
        if not bests or score > scores[bests[-1]]:
            bests.append(position)
    return bests


def stretch(pool: Pool, blocks: int, rng: np.random.Generator) -> list[float]:
    """Pairs of consecutive blocks of one of the pool, from a random one on; its end meets its start."""
    chosen = pool[int(rng.integers(len(pool)))]
    start = PAIRS * int(rng.integers(len(chosen) // PAIRS))
    return [chosen[(start + i) % len(chosen)] for i in range(PAIRS * blocks)]


def block_means(pairs: Sequence[float]) -> list[float]:
    """Blocks as confirmations have them."""
    return [fmean(pairs[i : i + PAIRS]) for i in range(0, len(pairs), PAIRS)]


@dataclass(frozen=True)
class Search:
    """Sizes of a simulated run."""

    candidates: int = 200
    screening_blocks: int = 30
    launches: int = 5
    launch_blocks: int = 10


def simulate_search(pool: Pool, search: Search, rng: np.random.Generator) -> tuple[int, int]:
    """Confirmations tried, and how many of them called a null candidate faster.

    `pool` are log-ratios of pairs of turns in measurements of equal sides. Every launch is drawn from a
    measurement of its own, so that what differs from launch to launch is in it.
    """
    stretches = [stretch(pool, search.screening_blocks, rng) for _ in range(search.candidates)]
    bests = new_bests([screened(each).low for each in stretches])
    false = 0
    for index in range(1, len(bests) + 1):
        launches = [block_means(stretch(pool, search.launch_blocks, rng)) for _ in range(search.launches)]
        false += confirm(launches, confirmation_level(index)).low > 0.0
    return len(bests), false
