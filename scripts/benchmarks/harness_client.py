"""Asks the measurement as its workers do: requests on standard input, events on file descriptor 3."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
MACHINE_TROUBLE = 1


class HarnessFailed(Exception):
    """The harness gave no result: trouble of the machine or a wrong request."""


class MachineTrouble(HarnessFailed):
    """The harness says that the machine, not the request, is to blame."""


@dataclass(frozen=True)
class Phase:
    """An event on the way, `seconds` after the request was sent."""

    seconds: float
    name: str
    detail: str


@dataclass(frozen=True)
class Answer:
    """A result, the phases before it, and the wall time from before the harness was asked (or started)."""

    result: dict[str, Any]
    phases: list[Phase]
    seconds: float


class Harness:
    """A harness with a folder of its own, for a single request."""

    def __init__(self, early: bool = False) -> None:
        self.started = time.monotonic()
        self.folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self.scratch = Path(self.folder.name)
        self.stderr = self.scratch / "stderr.txt"
        events, events_end = os.pipe()
        # A shell gives the pipe its number; -P as the worker does.
        command = [sys.executable, "-P", "-m", "optimized_kernels.measurement"]
        if early:
            command.append("--early")
        with self.stderr.open("wb") as errors:
            self.process = subprocess.Popen(
                ["bash", "-c", f"exec {shlex.join(command)} 3>&{events_end}"],
                stdin=subprocess.PIPE,
                stderr=errors,
                pass_fds=(events_end,),
                cwd=self.scratch,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.scratch)},
            )
        os.close(events_end)
        self.events = os.fdopen(events)

    def ask(self, request: dict[str, Any], early: float | None = None) -> Answer:
        """Sends one request and reads events until its result.

        Seconds count from then on, or, started early, from when the device is said to be free, `early` later.
        """
        self._say(json.dumps(request))
        if early is not None:
            time.sleep(early)
            self._say("")
        sent = time.monotonic()
        phases: list[Phase] = []
        for line in self.events:
            event = json.loads(line)
            if event["event"] == "result":
                return Answer(event["result"], phases, time.monotonic() - sent)
            if event["event"] == "phase":
                phases.append(Phase(time.monotonic() - sent, event["phase"], event["detail"]))
        code = self.process.wait()
        printed = self.stderr.read_text(errors="replace")[-4000:]
        kind = MachineTrouble if code == MACHINE_TROUBLE else HarnessFailed
        raise kind(f"no result, exit code {code}, for {json.dumps(request)}\n{printed}")

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def __enter__(self) -> Harness:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.events.close()
        self.folder.cleanup()


@dataclass(frozen=True)
class Confirmation:
    """Which confirmation of its run this is, counted from 1, and the source of the best program before it."""

    index: int
    incumbent: str | None


def evaluate(
    source: str | None,
    purpose: str,
    seed: int,
    confirmation: Confirmation | None = None,
    early: float | None = None,
    **fields: Any,
) -> Answer:
    """One evaluation by a harness of its own; its seconds include the start.

    Unless it was started `early`, that many seconds before the device is said to be free: so does a worker
    while another program is evaluated. `source` is None for stock against stock; `fields` go into the
    request. Where the machine is in trouble it is asked once more. Raises HarnessFailed.
    """
    request = {"purpose": purpose, "seed": seed, "compiledAbove": None, **fields}
    try:
        return _evaluate(source, request, confirmation, early)
    except MachineTrouble as trouble:
        print(f"once more, after {trouble}", file=sys.stderr)
        return _evaluate(source, request, confirmation, early)


def _evaluate(
    source: str | None, request: dict[str, Any], confirmation: Confirmation | None, early: float | None
) -> Answer:
    with Harness(early is not None) as harness:

        def written(name: str, text: str | None) -> str | None:
            if text is None:
                return None
            (harness.scratch / name).write_text(text, encoding="utf-8")
            return str(harness.scratch / name)

        request = {**request, "program": written("program.py", source)}
        if confirmation is not None:
            incumbent = written("incumbent.py", confirmation.incumbent)
            request["confirmation"] = {"index": confirmation.index, "incumbent": incumbent}
        answer = harness.ask(request, early)
        if early is not None:
            return answer
        return Answer(answer.result, answer.phases, time.monotonic() - harness.started)


def eager_speedup(answer: Answer) -> dict[str, float] | None:
    """The speedup over the eager loop; None for a program that was refused, whose reason goes to stderr."""
    result = answer.result
    if result.get("verdict") != "scored":
        print(f"{result.get('verdict')} at {result.get('stage')}: {result.get('reason')}", file=sys.stderr)
        return None
    eager: dict[str, float] = result["speedup"]["eager"]
    return eager


def scored(answer: Answer) -> dict[str, Any]:
    """The result of a program that must be accepted; raises HarnessFailed with the reason otherwise."""
    result = answer.result
    if result.get("verdict") != "scored":
        raise HarnessFailed(f"{result.get('verdict')} at {result.get('stage')}: {result.get('reason')}")
    return result
