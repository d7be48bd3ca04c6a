"""Processes below a process, and what they use; cheap enough to be asked many times a second."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

LINUX = sys.platform == "linux"
PAGE = os.sysconf("SC_PAGE_SIZE")
GONE = (FileNotFoundError, ProcessLookupError)


def _from_children_files(process: int) -> list[int]:
    found: list[int] = []
    with suppress(*GONE):
        for task in os.listdir(f"/proc/{process}/task"):
            with suppress(*GONE), open(f"/proc/{process}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
    return found


def _table() -> tuple[dict[int, list[int]], dict[int, int]]:
    """Children by parent, and resident bytes by process, of all processes, from `ps`."""
    command = ["ps", "-A", "-o", "pid=,ppid=,rss="]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ps:
        lines = ps.communicate()[0].splitlines()
    children: dict[int, list[int]] = defaultdict(list)
    resident: dict[int, int] = {}
    for line in lines:
        process, parent, kilobytes = map(int, line.split())
        if process != ps.pid:
            children[parent].append(process)
            resident[process] = kilobytes * 1024
    return children, resident


def _has_children_files() -> bool:
    return LINUX and os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def children_of(process: int) -> list[int]:
    """Children of one process, zombies included."""
    return _from_children_files(process) if _has_children_files() else _table()[0].get(process, [])


def _below(root: int, children: Callable[[int], list[int]], most: int | None) -> list[int]:
    found: list[int] = []
    waiting = children(root)
    while waiting and (most is None or len(found) <= most):
        process = waiting.pop()
        found.append(process)
        waiting += children(process)
    return found


def descendants(root: int, most: int | None = None) -> list[int]:
    """Processes below `root`; where there are more than `most` it stops looking soon after."""
    if _has_children_files():
        return _below(root, _from_children_files, most)
    table = _table()[0]
    return _below(root, lambda process: table.get(process, []), most)


@dataclass(frozen=True)
class Usage:
    """What a tree uses: processes, and bytes of memory."""

    processes: int
    memory: int


def _resident(process: int) -> int:
    with suppress(*GONE), open(f"/proc/{process}/statm", "rb") as file:
        return int(file.read().split()[1]) * PAGE
    return 0


def _own_share(process: int) -> int:
    """Memory of a process, what it shares divided by the sharers, what is swapped out included."""
    total = 0
    try:
        with open(f"/proc/{process}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith((b"Pss:", b"SwapPss:")):
                    total += int(line.split()[1]) * 1024
    except PermissionError:
        return _resident(process)
    except GONE:
        return 0
    return total


def usage(root: int, most_processes: int, most_memory: int, including_root: bool) -> Usage:
    """What the processes below `root` use; exact where it is near or beyond the bounds, else too high."""
    found = [root] if including_root else []
    if not _has_children_files():
        table, resident = _table()
        found += _below(root, lambda process: table.get(process, []), most_processes)
        return Usage(len(found), sum(resident.get(process, 0) for process in found))
    found += descendants(root, most_processes)
    memory = sum(map(_resident, found))
    if memory > most_memory:
        # Resident pages that several processes share were counted for each of them.
        memory = sum(map(_own_share, found))
    return Usage(len(found), memory)
