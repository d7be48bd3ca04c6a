"""Sees to the limits of a whole process tree, which no kernel limit of single processes can."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from optimized_kernels.sandbox.limits import MIB, Limits
from optimized_kernels.sandbox.processes import LINUX, descendants, usage

# Without /proc a look costs a process.
LOOK_SECONDS = 0.1 if LINUX else 0.5
DISK_SECONDS = 1.0
# Bubblewrap's own two.
SANDBOX_PROCESSES = 2
MOST_FILES = 100_000
KILL_ROUNDS = 50


def folder_bytes(folder: str, most: int) -> int:
    """Bytes of the files below `folder`, links not followed; stops where they exceed `most`.

    More than MOST_FILES entries count as too many bytes.
    """
    total = entries = 0
    waiting = [folder]
    while waiting and total <= most:
        with (
            suppress(FileNotFoundError, NotADirectoryError, PermissionError),
            os.scandir(waiting.pop()) as found,
        ):
            for entry in found:
                entries += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    with suppress(FileNotFoundError):
                        # Blocks, for a file may have holes.
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                if entries > MOST_FILES:
                    return most + 1
    return total


class Watch:
    """Looks at the tree below `root`, or from it on, and at its scratch folder.

    `overhead`: processes that do not count, for they are the sandbox's own.
    """

    def __init__(
        self,
        root: int,
        limits: Limits,
        scratch: Path | str,
        *,
        including_root: bool = True,
        overhead: int = SANDBOX_PROCESSES,
    ) -> None:
        self.root = root
        self.including_root = including_root
        self.limits = limits
        self.scratch = str(scratch)
        self.overhead = overhead
        self._next_disk = time.monotonic() + DISK_SECONDS

    def look(self) -> str | None:
        """What is beyond its limit, as a reason; None where nothing is."""
        limits = self.limits
        most = limits.processes + self.overhead
        used = usage(self.root, most, limits.memory_bytes, self.including_root)
        if used.processes > most:
            return f"started more than {limits.processes} processes (options.sandbox.processes)"
        if used.memory > limits.memory_bytes:
            found, allowed = used.memory // MIB, limits.memory_bytes // MIB
            return f"used {found} MiB of memory; limit {allowed} MiB (options.sandbox.memoryMb)"
        if time.monotonic() >= self._next_disk:
            # A slow look must not become the only thing that happens.
            started = time.monotonic()
            size = folder_bytes(self.scratch, limits.disk_bytes)
            self._next_disk = time.monotonic() + max(DISK_SECONDS, 10 * (time.monotonic() - started))
            if size > limits.disk_bytes:
                return f"wrote more than {limits.disk_bytes // MIB} MiB into its scratch folder"
        return None


def kill_tree(root: int) -> set[int]:
    """Kills `root` and everything below it. What left the tree before is its subreaper's to end.

    The caller must be the parent of `root` and not have reaped it yet. Returns what was below; a process that
    adopts orphans hands that to `reap_adopted` once it has reaped `root`.
    """
    killed: set[int] = set()
    for _ in range(KILL_ROUNDS):
        below = descendants(root)
        # From the top down: with bubblewrap the first one takes its whole PID namespace along.
        for process in below:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        # The dead stay below their parent until it looks after them.
        if killed.issuperset(below):
            break
        killed.update(below)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(root, signal.SIGKILL)
    return killed


def reap_adopted(processes: Iterable[int]) -> None:
    """Waits for the end of killed processes that this one has adopted; others are not its business."""
    for process in processes:
        with suppress(ChildProcessError):
            os.waitpid(process, 0)


class Watchdog(threading.Thread):
    """Watches from a thread of its own and kills the tree that exceeds its limits; `reason` then says why."""

    def __init__(self, watch: Watch, interval: float = LOOK_SECONDS) -> None:
        super().__init__(daemon=True)
        self.watch = watch
        self.interval = interval
        self.reason: str | None = None
        # What it has killed below the tree's root, for `reap_adopted`.
        self.killed: set[int] = set()
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(self.interval):
            try:
                reason = self.watch.look()
            except OSError as error:
                # What cannot be looked at is beyond every limit.
                reason = f"made itself impossible to watch ({error.strerror})"
            if reason is not None:
                self.reason = reason
                self.killed = kill_tree(self.watch.root)
                return

    def stop(self) -> None:
        """Ends the watching; to be called before the tree's root is reaped."""
        self._stopped.set()
        self.join()
