"""How the example that this project descends from took a speedup: unpaired, baseline first, candidate second.

    python -m scripts.benchmarks.unpaired_baseline --preset small --seed 1

Five untimed and twelve timed steps of stock MLX, then as many with the program in place of `mx.matmul`;
the fastest and the slowest of the twelve are dropped and the medians divided. Speedups earn a bonus above
thresholds. The program here is stock MLX, so whatever this prints is noise. Same model, data and steps as
in the harness.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any
from unittest.mock import patch

UNTIMED, TIMED = 5, 12
# Products of fewer elements than this were left alone, and so was all that is not 2-D.
LEAST_PRODUCT = 15_000
BONUSES = ((1.20, 1.4), (1.15, 1.3), (1.10, 1.2), (1.05, 1.1))


def bonus_score(speedup: float) -> float:
    """The speedup times the bonus of the highest threshold that it passes."""
    return speedup * next((bonus for threshold, bonus in BONUSES if speedup > threshold), 1.0)


def is_win(speedup: float) -> bool:
    """Whether it earns a bonus at all."""
    return speedup > BONUSES[-1][0]


def step_time(times: Sequence[float]) -> float:
    """Median of `times` without the extremes."""
    return median(sorted(times)[1:-1])


def time_steps(step: Callable[[int], object]) -> float:
    """Time of one of `step`, called with numbers from 0."""
    for number in range(UNTIMED):
        step(number)
    times = []
    for number in range(UNTIMED, UNTIMED + TIMED):
        started = time.perf_counter()
        step(number)
        times.append(time.perf_counter() - started)
    return step_time(times)


def measure(preset: str, seed: int) -> dict[str, Any]:
    """Speedup of stock MLX over stock MLX, its score, and how often the program in `mx.matmul` was called."""
    import mlx.core as mx  # where nothing is measured nothing of MLX is needed

    from optimized_kernels.workloads.presets import PRESETS
    from optimized_kernels.workloads.training import Training

    training = Training(PRESETS[preset], seed)
    calls = 0
    stock = mx.matmul

    def program(left: mx.array, right: mx.array) -> mx.array:
        nonlocal calls
        if left.ndim == right.ndim == 2 and left.shape[0] * left.shape[1] * right.shape[1] > LEAST_PRODUCT:
            calls += 1
        return stock(left, right)

    def timed() -> float:
        batches = training.reset(seed, UNTIMED + TIMED)
        return time_steps(lambda number: training.step("eager", batches[number]))

    baseline = timed()
    with patch.object(mx, "matmul", program):
        candidate = timed()
    speedup = baseline / candidate
    return {"speedup": speedup, "score": bonus_score(speedup), "win": is_win(speedup), "calls": calls}


def main() -> None:
    """Prints one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="small")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(json.dumps(measure(options.preset, options.seed)))


if __name__ == "__main__":
    main()
