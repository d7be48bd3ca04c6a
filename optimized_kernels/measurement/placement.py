"""Which cores the two sides compute on.

Cores differ in speed from moment to moment (another machine's load on the same physical core, clock steps). A
scheduler that keeps one side on the faster core makes equal programs look unequal, and that noise does not
average out within a block. So in every block both sides compute on the same core and build their graphs on
another one, drawn anew for it, or in screening for two. Threads that a program adds for streams of its own go
where they like.
"""

from __future__ import annotations

import os
import random
import sys
from contextlib import suppress
from pathlib import Path


def _threads(process: int) -> set[int]:
    return {int(entry.name) for entry in Path(f"/proc/{process}/task").iterdir()}


class Placement:
    """Places the threads that `processes` had when this was made, before any program was loaded.

    Without effect where the system has no affinity (macOS) or where fewer than two cores are allowed.
    """

    def __init__(self, processes: list[int]) -> None:
        self.cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
        self.known = {process: _threads(process) for process in processes} if len(self.cores) > 1 else {}

    def draw(self, rng: random.Random) -> None:
        """Draws the cores of the next turns and moves every process's threads there."""
        if not self.known:
            return
        computing, building = rng.sample(self.cores, 2)
        for process, known in self.known.items():
            # A thread, or the whole process, may end while it is looked at: the next turn tells.
            with suppress(FileNotFoundError, ProcessLookupError):
                for thread in sorted(_threads(process)):
                    core = [building] if thread == process else [computing] if thread in known else self.cores
                    os.sched_setaffinity(thread, core)
