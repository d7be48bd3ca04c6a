"""What screening sees in the same turns, by several estimators: turns of equal sides, a stretch at a time.

    python -m scripts.benchmarks.estimators scripts/benchmarks/results/shared_host/turns.json [--seconds 5]

The raw turns are in the order they were taken, of one machine or of several. Which side a turn belongs to is
drawn anew for each of `--count` stretches that begin anywhere, so the sides are equal in truth. Counted are
intervals of 95 % that exclude equality, and those that would see a program faster by `--effect`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.biweight import biweight
from optimized_kernels.measurement.neighbours import FREEDOM_SHARE, neighbour_location
from optimized_kernels.measurement.statistics import Location, fixed_interval, trimmed_location
from scripts.benchmarks.noises import TURNS, taken_in_turns
from scripts.benchmarks.table import markdown_table

Logs = NDArray[np.float64]
# The sides of a block's turns where the order is A B B A.
ORDERS = np.random.default_rng(2)
MIRRORED = np.array([1.0, -1.0, -1.0, 1.0])


def _pairs(turns: Logs) -> Logs:
    """Log-ratios of the pairs of blocks in a random order and its reverse, a row a block."""
    rows = turns.reshape(-1, TURNS)
    signs = ORDERS.choice([-1.0, 1.0], (len(rows), 1)) * MIRRORED
    return (rows * signs).reshape(-1, TURNS // 2, 2).sum(axis=2)


def _biweight(values: Logs) -> Location:
    """Of uncorrelated values."""
    found = biweight(values)
    if found is None:
        return trimmed_location(values)
    error = math.sqrt(float(found.influences @ found.influences))
    return Location(found.centre, error, FREEDOM_SHARE * (len(values) - 1))


# Of the logarithms of a stretch's turns.
ESTIMATORS: dict[str, Callable[[Logs], Location]] = {
    "A B B A, blocks, trimmed mean": lambda turns: trimmed_location(_pairs(turns).mean(axis=1)),
    "A B B A, pairs, trimmed mean": lambda turns: trimmed_location(_pairs(turns).ravel()),
    "A B B A, pairs, biweight mean": lambda turns: _biweight(_pairs(turns).ravel()),
    "A B A B, neighbours, biweight mean": lambda turns: neighbour_location(taken_in_turns(turns)),
}


def stretches(machines: list[list[float]], seconds: float, count: int, seed: int) -> list[Logs]:
    """Logarithms of `count` stretches of `seconds` of turns, whole blocks; every machine's as likely."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        times = np.asarray(machines[int(rng.integers(len(machines)))])
        turns = int(seconds / times.mean()) // TURNS * TURNS
        start = int(rng.integers(len(times) - turns + 1))
        # Half of them the other way round, which is another side's view of the same turns.
        found.append(rng.choice([-1.0, 1.0]) * np.log(times[start : start + turns]))
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("turns", type=Path, help="JSON: lists of seconds, one a machine")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--effect", type=float, default=1.05)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    machines = json.loads(options.turns.read_text(encoding="utf-8"))
    drawn, shift, rows = stretches(machines, options.seconds, options.count, 1), math.log(options.effect), []
    for name, estimate in ESTIMATORS.items():
        found = [fixed_interval(estimate(turns), len(turns) // TURNS, 0.95) for turns in drawn]
        wrong = sum(not each.low <= 0.0 <= each.high for each in found) / len(found)
        seen = sum(each.low + shift > 0.0 for each in found) / len(found)
        width = float(np.median([each.half_width for each in found]))
        rows.append([name, f"{width:.1%}", f"{wrong:.1%}", f"{seen:.0%}"])
    header = ["order, of", "half-width, median", "exclude equality", f"see {options.effect - 1:+.0%}"]
    print(markdown_table(header, rows))


if __name__ == "__main__":
    main()
