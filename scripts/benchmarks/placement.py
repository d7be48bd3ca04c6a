"""What it is worth to place both sides on the same cores: identical sides, placed and not, block by block.

    .venv/bin/python scripts/benchmarks/placement.py [--seconds 25] [--preset small]

Prints a Markdown table. Needs Linux and two cores or more.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from optimized_kernels.measurement.blocks import Blocks, Measured
from optimized_kernels.measurement.placement import Placement
from optimized_kernels.measurement.request import parse_request
from optimized_kernels.measurement.sides import REFERENCE, Sides, started
from optimized_kernels.measurement.statistics import speedup_from

WARM_UP_TURNS = 3


class _Free(Placement):
    """Leaves every thread to the scheduler."""

    def draw(self, rng: random.Random) -> None:
        for process in self.known:
            for thread in os.listdir(f"/proc/{process}/task"):
                os.sched_setaffinity(int(thread), self.cores)


def _measure(sides: Sides, seconds: float) -> dict[str, Measured]:
    free = _Free(list(sides.placement.known))
    ways = {
        "free": Blocks(replace(sides, placement=free), lambda turns: None),
        "placed": Blocks(sides, lambda turns: None),
    }
    ways["free"].warm_up("eager", WARM_UP_TURNS, None)
    measured = {name: Measured() for name in ways}
    until = time.monotonic() + seconds * len(ways)
    while time.monotonic() < until:
        for name, blocks in ways.items():
            blocks.block("eager", measured[name])
    return measured


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--preset", default="small")
    arguments = parser.parse_args()
    line = json.dumps({"purpose": "calibration", "seed": 1, "options": {"preset": arguments.preset}})
    print("| placement | blocks | speedup, 95 % interval | standard deviation of a block's log-ratio |")
    print("|---|---|---|---|")
    with started(parse_request(line)) as sides:
        for name, measured in _measure(sides, arguments.seconds).items():
            ratios = measured.log_ratios(REFERENCE)
            print(f"| {name} | {len(ratios)} | {speedup_from(ratios)} | {statistics.stdev(ratios):.3f} |")


if __name__ == "__main__":
    main()
