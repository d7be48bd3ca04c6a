"""A noisy neighbour: bursts of work on one core with pauses in between, both 5 to 300 ms long.

    python -m scripts.benchmarks.bursty_noise <seed>

It ends with its standard input.
"""

from __future__ import annotations

import random
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHORTEST, LONGEST = 0.005, 0.3


def main(seed: int) -> None:
    """Works and pauses until standard input ends."""
    rng = random.Random(seed)
    block = bytearray(1 << 22)
    ended = False
    while not ended:
        until = time.monotonic() + rng.uniform(SHORTEST, LONGEST)
        while time.monotonic() < until:
            block[:] = block[::-1]
        ended = bool(select.select([sys.stdin], [], [], rng.uniform(SHORTEST, LONGEST))[0])


@contextmanager
def bursty_noise(seed: int) -> Iterator[int]:
    """Has a noisy neighbour, on the cores of the calling thread; gives its process id."""
    command = [sys.executable, "-m", "scripts.benchmarks.bursty_noise", str(seed)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main(int(sys.argv[1]))
