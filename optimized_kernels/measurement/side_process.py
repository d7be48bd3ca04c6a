"""The harness's end of a side: requests with deadlines, bounded output, no process left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.answers import AnswerError, announced, parsed
from optimized_kernels.measurement.frames import HEADER, MAX_MESSAGE, write_message
from optimized_kernels.sandbox import (
    Limits,
    Watch,
    Watchdog,
    command_process,
    kill_tree,
    reap_adopted,
    sandboxed,
)
from optimized_kernels.sandbox.command import Means

Arrays = dict[str, NDArray[np.float32]]
A = TypeVar("A")
T = TypeVar("T")

MAX_ARRAY = 2**32
FLOAT_BYTES = 4
OUTPUT_KEPT = 4000
LOOK_SECONDS = 1.0
SHELL_SIGNAL = 128
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME")
NOT_PASSED = ("MLX_EVOLVE_",)
PASSED_PREFIXES = ("MLX_", "DYLD_", "CUDA_", "PYTHON")


class SideError(Exception):
    """Something went wrong in a side; whose fault that is depends on the side."""

    def __init__(self, reason: str, traceback: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.traceback = traceback


class SideRaised(SideError):
    """Code in the side raised an exception and was able to say so."""


class SideTimedOut(SideError):
    """No answer in time."""


class SideDied(SideError):
    """The process ended, or answered what is no answer."""


class _Tail(threading.Thread):
    """Reads a stream to its end and keeps the last characters."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(daemon=True)
        self.descriptor = descriptor
        self.kept: deque[int] = deque(maxlen=OUTPUT_KEPT)
        self.start()

    def run(self) -> None:
        while part := os.read(self.descriptor, 65536):
            self.kept.extend(part)
        os.close(self.descriptor)

    def text(self) -> str:
        return bytes(self.kept).decode(errors="replace")


def _environment(scratch: Path) -> dict[str, str]:
    own = os.environ
    passed = {name for name in own if name in PASSED_ON or name.startswith(PASSED_PREFIXES)}
    kept = {name: own[name] for name in passed if not name.startswith(NOT_PASSED)}
    package_root = str(Path(__file__).resolve().parents[2])
    # The same arithmetic on both sides, whatever this MLX's default is.
    return {"MLX_ENABLE_TF32": "1", **kept, "PYTHONPATH": package_root, "TMPDIR": str(scratch)}


def _ending(code: int) -> str:
    """How a process ended; a sandbox reports its command's signal as a shell does."""
    number = -code if code < 0 else code - SHELL_SIGNAL
    if number in set(signal.Signals):
        return f"signal {signal.Signals(number).name}"
    return f"exit code {code}"


class SideProcess:
    """One side. `name` is how messages call it; `scratch` is its folder for temporary files."""

    def __init__(self, name: str, scratch: Path, means: Means, limits: Limits) -> None:
        self.name = name
        self.scratch = scratch
        self.killed = False
        scratch.mkdir(parents=True, exist_ok=True)
        requests, self.requests = os.pipe()
        self.replies, replies = os.pipe()
        self.output_end, output = os.pipe()
        self.errors_end, errors = os.pipe()
        module = "optimized_kernels.measurement.side"
        self.means = means
        confined = sandboxed(
            [sys.executable, "-P", "-m", module, str(requests), str(replies)],
            scratch=scratch,
            limits=limits,
            means=means,
        )
        self.process = subprocess.Popen(
            confined.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            pass_fds=(requests, replies),
            env={**_environment(scratch), **confined.environment},
            cwd=scratch,
            start_new_session=True,
        )
        os.close(requests)
        os.close(replies)
        os.close(output)
        os.close(errors)
        self.stdout, self.stderr = _Tail(self.output_end), _Tail(self.errors_end)
        os.set_blocking(self.replies, False)
        self.dog = Watchdog(Watch(self.process.pid, limits, scratch))

    def request(self, op: str, timeout: float, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        self.send(op, **arguments)
        return self.receive(op, timeout)

    def send(self, op: str, **arguments: Any) -> None:
        """Sends a request. `receive` must follow."""
        try:
            write_message(self.requests, {"op": op, **arguments})
        except BrokenPipeError:
            raise self._died(op) from None

    def receive(self, op: str, timeout: float) -> dict[str, Any]:
        """Answer to the request just sent. Raises SideRaised, SideTimedOut or SideDied."""
        answer = self.read(op, parsed, self._frame(op, time.monotonic() + timeout, MAX_MESSAGE))
        if "error" in answer:
            raise SideRaised(str(answer["error"]), str(answer.get("traceback", "")))
        return answer

    def receive_arrays(self, op: str, timeout: float) -> Arrays:
        """Arrays announced by the answer to the request just sent."""
        deadline = time.monotonic() + timeout
        arrays: Arrays = {}
        for array in self.read(op, announced, self.receive(op, timeout)):
            data = self._frame(op, deadline, MAX_ARRAY)
            if len(data) != FLOAT_BYTES * array.size:
                raise SideDied(
                    f"the {self.name} process sent {len(data)} bytes for {array.name} {array.shape}"
                )
            arrays[f"{array.name} ({array.dtype})"] = np.frombuffer(data, np.float32).reshape(array.shape)
        return arrays

    def read(self, op: str, reader: Callable[[A], T], answer: A) -> T:
        """What `reader` finds in an answer to `op`. Raises SideDied where that is no answer."""
        try:
            return reader(answer)
        except AnswerError as error:
            raise SideDied(f"the {self.name} process answered {op} with {error}") from None

    def _frame(self, op: str, deadline: float, limit: int) -> bytes:
        (size,) = HEADER.unpack(self._read(op, HEADER.size, deadline))
        if size > limit:
            raise SideDied(f"the {self.name} process announced {size} bytes for {op}; limit {limit}")
        return self._read(op, size, deadline)

    def _read(self, op: str, size: int, deadline: float) -> bytes:
        parts = bytearray()
        poll = select.poll()
        poll.register(self.replies, select.POLLIN)
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise SideTimedOut(f"the {self.name} process did not finish {op} in time")
            if not poll.poll(min(left, LOOK_SECONDS) * 1000):
                # A sandbox that was killed may leave its command behind, which keeps the pipe open.
                if self.process.poll() is not None:
                    raise self._died(op)
                continue
            part = os.read(self.replies, min(size - len(parts), 2**20))
            if not part:
                raise self._died(op)
            parts += part
        return bytes(parts)

    def _died(self, op: str) -> SideDied:
        try:
            code = self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            return SideDied(f"the {self.name} process closed its replies during {op}")
        if self.dog.reason is not None:
            return SideDied(f"the {self.name} process {self.dog.reason}")
        how = _ending(code)
        return SideDied(f"the {self.name} process ended with {how} during {op}")

    @property
    def pid(self) -> int:
        """Id of the side's own process, below its sandbox's; to be asked once it has answered something."""
        return command_process(self.process.pid, self.means)

    def output(self) -> dict[str, str]:
        """The ends of what the side printed; never a result."""
        return {"stdout": self.stdout.text(), "stderr": self.stderr.text()}

    def kill(self) -> None:
        """Kills the side and all below it, once: afterwards the numbers may be others'."""
        if self.killed:
            return
        self.killed = True
        self.dog.stop()
        # Once it has been waited for its number may be another's.
        found = kill_tree(self.process.pid) if self.process.returncode is None else set[int]()
        below = self.dog.killed | found
        self.process.wait()
        reap_adopted(below)

    def close(self) -> None:
        """Kills the side and lets go of its pipes."""
        self.kill()
        for tail in (self.stdout, self.stderr):
            tail.join(0.5)
        os.close(self.requests)
        os.close(self.replies)
