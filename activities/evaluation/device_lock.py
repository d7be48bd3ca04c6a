"""The host-wide device lock: one evaluation at a time per machine, whoever started it."""

from __future__ import annotations

import contextlib
import fcntl
import os


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


def wait_for_lock(path: str) -> int:
    """Takes the lock as soon as it is free, however long that takes; returns the descriptor that holds it.

    Raises OSError as try_lock does.
    """
    while True:
        descriptor = _open(path)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_current(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_current(path: str, descriptor: int) -> bool:
    """Whether the locked file still has that name: one that someone tidied away guards nothing."""
    try:
        return os.stat(path, follow_symlinks=False).st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
