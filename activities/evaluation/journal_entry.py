"""The launcher's part in the worker's journal: that a candidate has begun. `journal.ts` does the rest."""

from __future__ import annotations

import contextlib
import os

WAITING = ".waiting"
BEGUN = ".begun"


def mark_begun(entry: str) -> None:
    """Gives the entry the name that says so; the name is on the disk when this returns."""
    # Missing: it was withdrawn by a worker that is told to stop.
    with contextlib.suppress(FileNotFoundError):
        os.utime(entry)
        os.rename(entry, entry.removesuffix(WAITING) + BEGUN)
    folder = os.open(os.path.dirname(entry), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
