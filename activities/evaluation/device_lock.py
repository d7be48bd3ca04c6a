"""The host-wide device lock: one evaluation at a time per machine, whoever started it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass

from optimized_kernels.sandbox.process_tree import die_with_parent


def _open(path: str) -> int:
    # Read-only and without O_CREAT first: in a sticky folder Linux refuses O_CREAT on another user's file.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, flags)
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(descriptor, 0o644)  # whatever the umask: other users have to open it
    return descriptor


def try_lock(path: str) -> int | None:
    """Takes the lock if it is free; returns the descriptor that holds it, else None.

    The lock ends with the descriptor. Raises OSError where the file cannot be opened or is a link.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not _is_current(path, descriptor):
        os.close(descriptor)
        return None
    return descriptor


@dataclass(frozen=True)
class Wait:
    """`descriptor` will hold the lock; `news` can be read from once it may do so; `child` is who waits."""

    descriptor: int
    news: int
    child: int


def begin_to_wait(path: str) -> Wait:
    """Waits for the lock in a child of this process, which must have one thread.

    A lock belongs to what was opened, so the child takes it for both. Raises OSError as try_lock does.
    """
    descriptor = _open(path)
    news, news_end = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            die_with_parent(parent)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(news_end, b".")  # heard sooner than its end
        finally:
            os._exit(0)
    os.close(news_end)
    return Wait(descriptor, news, child)


def has_lock(path: str, descriptor: int) -> bool | None:
    """Whether the descriptor holds the lock by now; None where it holds one that guards nothing."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True if _is_current(path, descriptor) else None


def _is_current(path: str, descriptor: int) -> bool:
    """Whether the locked file still has that name: one that someone tidied away guards nothing."""
    try:
        return os.stat(path, follow_symlinks=False).st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
