"""What confined code may use, and the kernel's own limits that follow from it."""

from __future__ import annotations

import glob
import os
import sys
from dataclasses import dataclass

MIB = 2**20
DEFAULT_MEMORY_MB = 4096
DEFAULT_PROCESSES = 64
DEFAULT_DISK_MB = 1024
# The kernel counts threads; a math library starts one per core.
THREADS = 1024
# Device files of drivers that map far more memory than they use.
ACCELERATORS = ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/nvmap", "/dev/dxg", "/dev/kfd")


@dataclass(frozen=True)
class Limits:
    """Bounds on a whole process tree: bytes of memory, processes, bytes in the scratch folder."""

    memory_bytes: int = DEFAULT_MEMORY_MB * MIB
    processes: int = DEFAULT_PROCESSES
    disk_bytes: int = DEFAULT_DISK_MB * MIB


def resource_limits(limits: Limits, tasks_before: int | None, accelerator: bool) -> dict[str, int]:
    """Names and values for `setrlimit`, for each process by itself; the tree is watched besides.

    `tasks_before` is how many threads count already against this user's limit, None where that is not known.
    Private writable memory is limited, not address space, of which drivers and allocators reserve far more
    than they use.
    With an `accelerator` not even that, for a driver maps what the device holds.
    """
    values = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.disk_bytes}
    if not accelerator:
        values["RLIMIT_DATA"] = limits.memory_bytes
    if tasks_before is not None:
        values["RLIMIT_NPROC"] = tasks_before + limits.processes + THREADS
    return values


def has_accelerator() -> bool:
    """Whether this machine has a GPU that MLX computes on."""
    return sys.platform == "darwin" or any(os.path.exists(path) for path in ACCELERATORS)


def tasks_of_user(user: int) -> int:
    """Threads of all processes of `user` on this machine (Linux)."""
    count = 0
    for status in glob.iglob("/proc/[0-9]*/status"):
        try:
            with open(status, encoding="utf-8", errors="replace") as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        if int(fields["Uid"].split()[0]) == user:
            count += int(fields["Threads"])
    return count
