"""The harness's end of a side: requests with deadlines, bounded output, no process left behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.frames import HEADER, MAX_MESSAGE, write_message

Arrays = dict[str, NDArray[np.float32]]

MAX_ARRAY = 2**30
OUTPUT_KEPT = 4000
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME")
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

    def text(self) -> str:
        return bytes(self.kept).decode(errors="replace")


def _environment(scratch: Path) -> dict[str, str]:
    own = os.environ
    kept = {name: own[name] for name in own if name in PASSED_ON or name.startswith(PASSED_PREFIXES)}
    package_root = str(Path(__file__).resolve().parents[2])
    # The same arithmetic on both sides, whatever this MLX's default is.
    return {"MLX_ENABLE_TF32": "1", **kept, "PYTHONPATH": package_root, "TMPDIR": str(scratch)}


class SideProcess:
    """One side. `name` is how messages call it; `scratch` is its folder for temporary files."""

    def __init__(self, name: str, scratch: Path) -> None:
        self.name = name
        self.scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        requests, self.requests = os.pipe()
        self.replies, replies = os.pipe()
        self.output_end, output = os.pipe()
        self.errors_end, errors = os.pipe()
        module = "optimized_kernels.measurement.side"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(requests), str(replies), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            pass_fds=(requests, replies),
            env=_environment(scratch),
            cwd=scratch,
            start_new_session=True,
        )
        os.close(requests)
        os.close(replies)
        os.close(output)
        os.close(errors)
        self.stdout, self.stderr = _Tail(self.output_end), _Tail(self.errors_end)
        os.set_blocking(self.replies, False)

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
        body = self._frame(op, time.monotonic() + timeout, MAX_MESSAGE)
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise SideDied(f"the {self.name} process answered {op} with {body[:60]!r}; expected an object")
        if "error" in answer:
            raise SideRaised(str(answer["error"]), str(answer.get("traceback", "")))
        return answer

    def receive_arrays(self, op: str, timeout: float) -> Arrays:
        """Arrays announced by the answer to the request just sent."""
        deadline = time.monotonic() + timeout
        announced = self.receive(op, timeout).get("tensors")
        if not isinstance(announced, list):
            raise SideDied(f"the {self.name} process announced no arrays for {op}")
        arrays: Arrays = {}
        for entry in announced:
            name, shape, dtype = entry
            flat = np.frombuffer(self._frame(op, deadline, MAX_ARRAY), dtype=np.float32)
            if flat.size != int(np.prod(shape)):
                raise SideDied(f"the {self.name} process sent {flat.size} numbers for {name} {shape}")
            arrays[f"{name} ({str(dtype).rpartition('.')[2]})"] = flat.reshape(shape)
        return arrays

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
            if left <= 0 or not poll.poll(left * 1000):
                raise SideTimedOut(f"the {self.name} process did not finish {op} in time")
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
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        return SideDied(f"the {self.name} process ended with {how} during {op}")

    def output(self) -> dict[str, str]:
        """The ends of what the side printed; never a result."""
        return {"stdout": self.stdout.text(), "stderr": self.stderr.text()}

    def close(self) -> None:
        """Kills the side and its process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for tail in (self.stdout, self.stderr):
            tail.join(0.5)
        os.close(self.requests)
        os.close(self.replies)
