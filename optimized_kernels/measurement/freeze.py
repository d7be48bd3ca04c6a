"""Only one side runs at a time: while it has its turn, every process of the others is stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
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


def newest_process() -> int | None:
    """A number that another one replaces whenever a process or thread begins; None where nothing says so."""
    return _newest() if _is_told_of_processes() else None


def _newest() -> int:
    # In the namespace of this process, which those of a sandbox are below.
    return int(Path("/proc/loadavg").read_text().split()[-1])


@cache
def _is_told_of_processes() -> bool:
    if sys.platform != "linux":
        return False
    before = _newest()
    thread = threading.Thread(target=str)
    thread.start()
    thread.join()
    return _newest() != before


class _Trees:
    """Process trees, which are looked up again only where a process has begun since."""

    def __init__(self, roots: Callable[[], list[int]]) -> None:
        self.roots = roots
        self.newest: int | None = None
        self.found: list[int] = []

    def processes(self) -> list[int]:
        """The roots and all below them; some may have ended."""
        newest = newest_process()
        if newest is None or newest != self.newest:
            self.found, self.newest = descendants(self.roots()), newest
        return self.found

    def stop(self) -> None:
        """Stops them all."""
        for _ in range(LOOKS):
            stopping = self.processes()
            _signal(stopping, signal.SIGSTOP)
            if set(self.processes()) == set(stopping):
                break

    def resume(self) -> None:
        """Continues them all."""
        _signal(self.processes(), signal.SIGCONT)


class Freezer:
    """Stops and continues the process trees below `roots`, a process id by name of its side."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self.roots = dict(roots)
        self._trees = {name: _Trees(partial(self._own, name)) for name in roots}
        self._others = {name: _Trees(partial(self._all_but, name)) for name in roots}

    def _own(self, name: str) -> list[int]:
        return [self.roots[name]]

    def _all_but(self, name: str) -> list[int]:
        own = set(self.roots.values())
        others = [root for other, root in self.roots.items() if other != name]
        return [*others, *(set(_children_from_proc(os.getpid())) - own)]

    def only(self, name: str) -> None:
        """The tree of `name` runs, all others are stopped; so is whatever has left its tree to hide."""
        self.stop_others(name)
        self.resume(name)

    def stop_others(self, name: str) -> None:
        """Stops all trees but that of `name`, and orphans.

        Those come to this process, which is their subreaper on Linux, and stay stopped until the end.
        """
        self._others[name].stop()

    def stop(self, name: str) -> None:
        """Stops the tree of `name`."""
        self._trees[name].stop()

    def resume(self, name: str) -> None:
        """The tree of `name` runs again."""
        self._trees[name].resume()

    def forget(self, name: str) -> None:
        """A side that is no more: its number may be another's."""
        del self.roots[name]
        self._others = {left: _Trees(partial(self._all_but, left)) for left in self.roots}

    def release(self) -> None:
        """Everything runs again."""
        for name in self.roots:
            self.resume(name)
