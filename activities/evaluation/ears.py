"""What the launcher listens to, all of it in one thread."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

from relay import Outbox

from optimized_kernels.sandbox.process_tree import Children


class Ears:
    """Everything the launcher listens to, in one thread: signals, the worker's stdin, the child's output."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.abandoned = False
        self.children = Children()
        self.sources: dict[int, Callable[[bytes], None]] = {}
        self.request = b""
        # The child's stdin, once there is one, with what it is still to read.
        self.handed: Outbox | None = None
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.abandon())
        self.listen(wake, lambda _: None)
        self.listen(0, self._hear_worker)

    def abandon(self) -> None:
        self.abandoned = True

    def listen(self, descriptor: int, sink: Callable[[bytes], None]) -> None:
        """Hands what arrives on `descriptor` to `sink`, until its end."""
        self.sources[descriptor] = sink

    def ignore(self, descriptor: int) -> None:
        """Closes `descriptor`, whatever may still arrive on it."""
        self.sources.pop(descriptor, None)
        os.close(descriptor)

    def hand(self, line: bytes) -> None:
        """Gives the child a line, as it reads it. Its stdin stays open: an end would be ours."""
        if self.handed is None:
            raise RuntimeError("there is no child yet")
        self.handed.pending += line
        self.handed.flush()

    def _hear_worker(self, data: bytes) -> None:
        if b"\n" not in self.request:
            self.request += data

    def pump(self, seconds: float) -> bool:
        """Waits at most `seconds` for something to happen and handles it; says whether something did."""
        boxes = [box for box in (self.outbox, self.handed) if box is not None and box.unwritten]
        writers = [box.descriptor for box in boxes]
        readable, _, _ = select.select(list(self.sources), writers, [], seconds)
        for descriptor in readable:
            data = os.read(descriptor, 65536)
            if data:
                self.sources[descriptor](data)
            else:
                del self.sources[descriptor]
                if descriptor == 0:
                    self.abandon()
        for box in boxes:
            box.flush()
        if self.outbox.broken:
            self.abandon()
        self.children.reap()
        return bool(readable)
