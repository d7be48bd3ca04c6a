"""What screening sees in the same turns by several estimators: raw turns of equal sides, a stretch at a time.

    python -m scripts.benchmarks.estimators scripts/benchmarks/results/shared_host/turns.json [--seconds 5]

Stretches of consecutive blocks begin anywhere; which side a block's turns belong to is drawn anew, so the
sides are equal in truth. Counted are intervals of 95 % that exclude equality, and those that would see a
program faster by `--effect`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.biweight import biweight_location
from optimized_kernels.measurement.statistics import Location, fixed_interval, trimmed_location
from scripts.benchmarks.table import markdown_table

Logs = NDArray[np.float64]

# Of the logarithms of both sides' turns, a row a block.
ESTIMATORS: dict[str, Callable[[Logs, Logs], Location]] = {
    "blocks, trimmed mean": lambda base, own: trimmed_location((base - own).mean(axis=1)),
    "faster turns of blocks, trimmed mean": lambda base, own: trimmed_location(
        base.min(axis=1) - own.min(axis=1)
    ),
    "pairs, trimmed mean": lambda base, own: trimmed_location((base - own).ravel()),
    "pairs, biweight mean": lambda base, own: biweight_location((base - own).ravel()),
}


def stretches(times: dict[str, list[float]], blocks: int, count: int, seed: int) -> list[tuple[Logs, Logs]]:
    """Logarithms of turns in `count` stretches of so many blocks, sides exchanged at random."""
    base, own = (np.log(np.reshape(times[side], (-1, 2))) for side in ("reference", "candidate"))
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        rows = (rng.integers(len(base)) + np.arange(blocks)) % len(base)
        exchanged = rng.random((blocks, 1)) < 0.5
        one, other = base[rows], own[rows]
        found.append((np.where(exchanged, other, one), np.where(exchanged, one, other)))
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("turns", type=Path, help="JSON: seconds in all, and the times of either side's turns")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--effect", type=float, default=1.05)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    raw = json.loads(options.turns.read_text(encoding="utf-8"))
    blocks = int(options.seconds / raw["seconds"] * (len(raw["times"]["reference"]) // 2))
    drawn, shift, rows = stretches(raw["times"], blocks, options.count, 1), math.log(options.effect), []
    for name, estimate in ESTIMATORS.items():
        found = [fixed_interval(estimate(base, own), blocks, 0.95) for base, own in drawn]
        wrong = sum(not each.low <= 0.0 <= each.high for each in found) / len(found)
        seen = sum(each.low + shift > 0.0 for each in found) / len(found)
        width = float(np.median([each.half_width for each in found]))
        rows.append([name, blocks, f"{width:.1%}", f"{wrong:.1%}", f"{seen:.0%}"])
    header = ["of", "blocks", "half-width, median", "exclude equality", f"see {options.effect - 1:+.0%}"]
    print(markdown_table(header, rows))


if __name__ == "__main__":
    main()
