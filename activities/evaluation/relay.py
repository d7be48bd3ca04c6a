"""Bounded plumbing of the launcher: tails of output, the child's event lines, the launcher's own events."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable
from typing import NoReturn

LINE_LIMIT = 256 * 1024
TOTAL_LIMIT = 1024 * 1024
FORWARDED = ("phase", "result")

Event = dict[str, object]


class Tail:
    """The last `limit` bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.kept = b""

    def add(self, data: bytes) -> None:
        self.kept = (self.kept + data)[-self.limit :]

    def text(self) -> str:
        return self.kept.decode("utf-8", errors="replace")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _parse(line: bytes) -> Event:
    """The event on a line; anything else becomes `garbage`, so the child cannot speak for the launcher."""
    try:
        event = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return garbage(f"{error}: {line[:200].decode('utf-8', errors='replace')}")
    if isinstance(event, dict) and event.get("event") in FORWARDED:
        return event
    return garbage(f"neither a phase nor a result event: {line[:200].decode('utf-8', errors='replace')}")


def garbage(reason: str) -> Event:
    """An event that says what the child wrote instead of an event."""
    return {"event": "garbage", "reason": reason}


class Lines:
    """Cuts the child's event channel into lines, bounded in length and in total, and hands on events."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self.send = send
        self.total = 0
        self.partial = b""
        self.skipping = False

    def add(self, data: bytes) -> None:
        if self.total > TOTAL_LIMIT:
            return
        self.total += len(data)
        if self.total > TOTAL_LIMIT:
            self.send(garbage(f"more than {TOTAL_LIMIT} bytes of events"))
            return
        *complete, self.partial = (self.partial + data).split(b"\n")
        for line in complete:
            self._line(line)
        if len(self.partial) > LINE_LIMIT:
            if not self.skipping:
                self.send(garbage(f"a line of more than {LINE_LIMIT} bytes"))
            self.partial, self.skipping = b"", True

    def _line(self, line: bytes) -> None:
        if self.skipping:
            self.skipping = False
        elif len(line) > LINE_LIMIT:
            self.send(garbage(f"a line of more than {LINE_LIMIT} bytes"))
        elif line.strip():
            self.send(_parse(line))


class Outbox:
    """Events to the worker, a JSON line each. Never blocks: a stalled worker must not stall the deadline."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.pending = bytearray()
        self.broken = False

    def send(self, event: Event) -> None:
        self.pending += json.dumps(event).encode() + b"\n"
        self.flush()

    @property
    def unwritten(self) -> bool:
        """Whether there is something left to write, and somebody to read it."""
        return bool(self.pending) and not self.broken

    def flush(self) -> None:
        """Writes what can be written at once."""
        while self.unwritten:
            try:
                del self.pending[: os.write(self.descriptor, self.pending[:65536])]
            except BlockingIOError:
                return
            except (BrokenPipeError, ConnectionResetError):
                self.broken = True

    def drain(self, seconds: float) -> None:
        """Writes out what is pending, for at most `seconds`."""
        until = time.monotonic() + seconds
        while self.unwritten and (left := until - time.monotonic()) > 0:
            select.select([], [self.descriptor], [], left)
            self.flush()
