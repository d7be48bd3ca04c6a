"""Only one side runs at a time: while it has its turn, every process of the others is stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

# A process may fork between being found and being stopped: its children are found on the next look.
LOOKS = 3


PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Makes this process the parent of whatever below it loses its own, to be found. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children_from_proc(process: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process}/task").iterdir():
            # Threads come and go meanwhile.
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, (task / "children").read_text().split())
    return found


def parents_from_ps(table: str) -> dict[int, list[int]]:
    """Children by parent, from lines of ``pid ppid``."""
    children: dict[int, list[int]] = defaultdict(list)
    for line in table.splitlines():
        process, parent = map(int, line.split())
        children[parent].append(process)
    return children


def descendants(roots: Iterable[int]) -> list[int]:
    """`roots` and all processes below them."""
    if sys.platform == "linux":
        children_of = _children_from_proc
    else:
        command = ["ps", "-axo", "pid=,ppid="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        table = parents_from_ps(listed)

        def children_of(process: int) -> list[int]:
            return table.get(process, [])

    found: list[int] = []
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children_of(process)
    return found


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


class Freezer:
    """Stops and continues the process trees below `roots`, a process id by name of its side."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self.roots = dict(roots)

    def only(self, name: str) -> None:
        """The tree of `name` runs, all others are stopped; so is whatever has left its tree to hide.

        Orphans come to this process, which is their subreaper on Linux, and stay stopped until the end.
        """
        others = [root for other, root in self.roots.items() if other != name]
        for _ in range(LOOKS):
            orphans = set(_children_from_proc(os.getpid())) - set(self.roots.values())
            stopping = descendants([*others, *orphans])
            _signal(stopping, signal.SIGSTOP)
            if set(descendants([*others, *orphans])) == set(stopping):
                break
        _signal(descendants([self.roots[name]]), signal.SIGCONT)

    def release(self) -> None:
        """Everything runs again."""
        _signal(descendants(self.roots.values()), signal.SIGCONT)
