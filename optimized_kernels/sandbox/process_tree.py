"""The processes below this one: found by parent links, ended for good."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from optimized_kernels.sandbox.processes import children_of

LINUX = sys.platform == "linux"
GRACE_SECONDS = 1.0
KILL_SECONDS = 3.0
PAUSE_SECONDS, BREATH_SECONDS = 0.02, 0.001
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# Loaded here because a forked child must not load libraries.
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def adopt_orphans() -> None:
    """Makes this process the new parent of descendants whose own parent dies (Linux; elsewhere nothing)."""
    if _libc is not None and _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def die_with_parent(parent: int) -> None:
    """Run in a fresh child: the kernel kills it when `parent` dies, however that dies (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _from_proc() -> Iterable[tuple[int, int, int]]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                text = file.read()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        # The command name may hold spaces and brackets; the fields follow its last bracket.
        state, parent, group, *_ = text[text.rindex(b")") + 2 :].split()
        if state not in (b"Z", b"X"):
            yield int(name), int(parent), int(group)


def _from_ps() -> Iterable[tuple[int, int, int]]:
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ps:
        lines = ps.communicate()[0].splitlines()
    for line in lines:
        pid, parent, group, state, *_ = line.split()
        if int(pid) != ps.pid and not state.startswith("Z"):
            yield int(pid), int(parent), int(group)


def living_tree(root: int, group: int) -> list[int]:
    """Living descendants of `root`, zombies left out.

    Where orphans are not adopted (not Linux), also the living members of process group `group`.
    """
    children: dict[int, list[int]] = {}
    found: set[int] = set()
    for pid, parent, its_group in _from_proc() if LINUX else _from_ps():
        children.setdefault(parent, []).append(pid)
        if its_group == group and not LINUX:
            found.add(pid)
    pending = [root, *found]
    while pending:
        below = [pid for pid in children.get(pending.pop(), []) if pid not in found]
        found.update(below)
        pending.extend(below)
    return sorted(found - {root})


class Children:
    """Reaps the children of this process, adopted orphans included."""

    def __init__(self) -> None:
        self.main: int | None = None
        # Wait status of `main` once it has ended.
        self.status: int | None = None
        self.ending = False
        # While the tree is being ended: process groups of the orphans reaped.
        self.orphan_groups: set[int] = set()

    def reap(self) -> None:
        """Reaps whatever has ended."""
        while True:
            try:
                if self.ending and sys.platform == "linux":
                    ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                    if ended is not None and ended.si_pid != self.main:
                        self.orphan_groups.add(os.getpgid(ended.si_pid))
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.main:
                self.status = status

    def are_gone(self) -> bool:
        """Whether nothing of the tree is left, as this process adopts orphans and has no children (Linux)."""
        try:
            if sys.platform == "linux":
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def kill(self, seconds: float) -> None:
        """Kills and reaps, again and again for `seconds` or until there are no children (Linux).

        A look at the whole machine takes longer than a process lives that forks and exits at once. Here one
        is dead a moment after it was adopted, mostly before it forks again.
        """
        killed: set[int] = set()
        until = time.monotonic() + seconds
        while not self.are_gone() and time.monotonic() < until:
            found = children_of(os.getpid())
            for pid in found:
                _send(os.kill, pid, signal.SIGKILL)
            if killed.issuperset(found):
                time.sleep(BREATH_SECONDS)  # they are dying
            killed.update(found)
            self.reap()

    def take_orphan_groups(self) -> set[int]:
        """Groups of the orphans that were reaped since the last call."""
        groups, self.orphan_groups = self.orphan_groups, set()
        return groups


def _send(kill: Callable[[int, int], None], target: int, number: int) -> None:
    # Ended meanwhile; or, for a group on macOS, nothing but zombies in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        kill(target, number)


def end_tree(
    children: Children,
    living: Callable[[], list[int]],
    pump: Callable[[float], None],
    grace: float = GRACE_SECONDS,
) -> int:
    """Ends every process that `living` finds: SIGTERM, SIGKILL after `grace`, again until none is left.

    `pump(seconds)` is called while waiting; it has to reap. Returns how many could not be killed.

    A process that forks and exits all the time is never where it was seen last. It leaves orphans, whose
    group may be its own: a signal to a group is one step for the kernel, which no fork escapes. Where every
    one makes a group of its own, orphans are killed as they come.
    """
    children.ending = True
    started = time.monotonic()
    asked: set[int] = set()
    clean = 0
    while True:
        pids, groups = living(), children.take_orphan_groups()
        # A scan can miss a process that is born while it runs; two in a row hardly do, and this process's
        # own children are known for sure.
        clean = 0 if pids or groups else clean + 1
        elapsed = time.monotonic() - started
        if clean >= 2 and (children.are_gone() or not LINUX):
            return 0
        if clean != 1 and elapsed > grace + KILL_SECONDS:
            return len(pids) or len(groups) or 1
        for group in groups - {0, os.getpgrp()}:
            _send(os.killpg, group, signal.SIGKILL)
        for pid in pids:
            if elapsed >= grace:
                _send(os.kill, pid, signal.SIGKILL)
            elif pid not in asked:
                asked.add(pid)
                _send(os.kill, pid, signal.SIGTERM)
        if LINUX and elapsed >= grace:
            children.kill(PAUSE_SECONDS)
            pump(0.0)
        else:
            pump(PAUSE_SECONDS if pids or clean >= 2 else 0.0)
