"""Where the threads of the two sides run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from optimized_kernels.measurement.placement import Placement

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs affinity and two cores"
)

# Starts a thread, says so, starts a second one when told to.
THREADS = """
import sys, threading
hold = threading.Event()
for _ in range(2):
    threading.Thread(target=hold.wait, daemon=True).start()
    print("started", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def _process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", THREADS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        process.kill()


def _another_thread(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "started\n"


def _cores(process: int) -> dict[int, set[int]]:
    return {
        int(task.name): os.sched_getaffinity(int(task.name))
        for task in Path(f"/proc/{process}/task").iterdir()
    }


def test_both_sides_compute_on_one_core_and_build_on_another() -> None:
    rng = random.Random(1)
    with ExitStack() as stack:
        pids = [stack.enter_context(_process()).pid for _ in range(2)]
        placement = Placement(pids)
        seen = set()
        for _ in range(12):
            placement.draw(rng)
            drawn = set()
            for pid in pids:
                cores = _cores(pid)
                building = cores.pop(pid)
                (computing,) = cores.values()
                assert len(building) == len(computing) == 1
                drawn.add((*building, *computing))
            assert len(drawn) == 1
            seen |= drawn
    assert len(seen) > 1
    assert all(building != computing for building, computing in seen)


def test_threads_of_the_program_go_where_they_like() -> None:
    with _process() as process:
        placement = Placement([process.pid])
        known = set(_cores(process.pid))
        placement.draw(random.Random(1))
        _another_thread(process)
        placement.draw(random.Random(1))
        (new,) = set(_cores(process.pid)) - known
        assert _cores(process.pid)[new] == os.sched_getaffinity(0)


def test_a_process_that_ends_is_no_trouble() -> None:
    with _process() as process:
        placement = Placement([process.pid])
        process.kill()
        process.wait()
        placement.draw(random.Random(1))
