"""Measurements side by side on a machine with many cores, each on two cores of its own."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

Result = TypeVar("Result")
CORES_PER_LANE = 2


def lane_cores(lanes: int) -> list[set[int]]:
    """Cores of every lane; raises SystemExit where the machine has not as many."""
    if sys.platform != "linux":
        raise SystemExit(f"--lanes {lanes}: only Linux confines processes to cores; expected --lanes 1")
    cores = sorted(os.sched_getaffinity(0))
    if lanes * CORES_PER_LANE > len(cores):
        raise SystemExit(
            f"--lanes {lanes} needs {lanes * CORES_PER_LANE} cores; this process may use {len(cores)}"
        )
    return [set(cores[CORES_PER_LANE * lane :][:CORES_PER_LANE]) for lane in range(lanes)]


def in_lanes(jobs: Sequence[Callable[[], Result]], lanes: int) -> list[Result]:
    """Results in the order of `jobs`. With one lane nothing is confined; the first failure ends them all."""
    free: queue.SimpleQueue[set[int]] = queue.SimpleQueue()
    if lanes > 1:
        for cores in lane_cores(lanes):
            free.put(cores)

    def confine() -> None:
        if lanes > 1:
            # Of this thread alone; every process that it starts inherits it.
            os.sched_setaffinity(0, free.get())

    with ThreadPoolExecutor(max_workers=lanes, initializer=confine) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            for number, future in enumerate(as_completed(futures), 1):
                future.result()
                if sys.stderr.isatty() or number == len(futures):
                    print(f"\r{number} of {len(futures)}", end="", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        print(file=sys.stderr)
        return [future.result() for future in futures]
