"""``python -m optimized_kernels.measurement [--early]``: one evaluation.

One line of JSON on standard input is the request; file descriptor 3 gets JSON lines, phases while working and
one result. Started early, it gets ready, without the device and without candidate code, and waits for another
line, which says that the device is its own. Where standard input is a pipe its end ends the harness. Exit
codes: 0 a result was written, 1 the machine is in trouble, 2 the request is wrong.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
from types import FrameType

from optimized_kernels.measurement.calibration import load_context
from optimized_kernels.measurement.environment import environment, machine
from optimized_kernels.measurement.evaluation import Evaluation
from optimized_kernels.measurement.frames import write_all
from optimized_kernels.measurement.freeze import adopt_orphans
from optimized_kernels.measurement.gate import check_source
from optimized_kernels.measurement.identical import measure_identical
from optimized_kernels.measurement.quantiles import import_scipy
from optimized_kernels.measurement.request import Request, RequestError, parse_request
from optimized_kernels.measurement.side_requests import ReferenceFailed
from optimized_kernels.measurement.sides import started
from optimized_kernels.measurement.verdict import Failed, Json, Rejected, result_json
from optimized_kernels.sandbox import SandboxUnavailable, find_sandbox
from optimized_kernels.seams.interface import INTERFACES

EVENTS = 3


def _emit(event: Json) -> None:
    write_all(EVENTS, json.dumps(event).encode() + b"\n")


def _report(phase: str, detail: str = "") -> None:
    _emit({"event": "phase", "phase": phase, "detail": detail})


def _read_line() -> str:
    """A line, unbuffered: the rest of standard input is the dead man's switch."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return line.decode(errors="replace")


def _wait_for_device() -> None:
    """Until a line says that the device is free. Ends the harness where none will come."""
    if not _read_line():
        raise SystemExit("nobody waits for the result")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("stopped")


def _end_with_input() -> None:
    """The parent that wrote the request is gone when its pipe closes; a file's end says nothing."""
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _gate(request: Request) -> Failed | Rejected | None:
    if request.purpose == "calibration":
        return None
    return check_source(request.source, INTERFACES, request.allow_modules)


def _evaluate(request: Request, early: bool) -> Json:
    def begin() -> None:
        if early:
            _wait_for_device()
        _end_with_input()
        _report("static")

    import_scipy()
    refused = _gate(request)
    if refused is not None:
        begin()
        return result_json(refused, machine(), {})
    with started(request, begin=begin) as sides:
        _report("load", "all sides are up")
        facts = environment(sides.reference.ask("describe"), request.preset_name)
        facts["sandbox"] = sides.sandbox
        if request.purpose == "calibration":
            found = measure_identical(request, sides, lambda text: _report("timing", text))
            return result_json(found, facts, {})
        verdict = Evaluation(request, sides, load_context(facts), _report).run()
        return result_json(verdict, facts, sides.candidate.process.output())


def main() -> int:
    """Runs the evaluation that standard input asks for."""
    try:
        os.fstat(EVENTS)
    except OSError:
        print(f"file descriptor {EVENTS} is not open; run with {EVENTS}>events.jsonl", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        request = parse_request(_read_line())
        # Before orphans are adopted: trying the sandbox out leaves one.
        find_sandbox(request.sandbox)
        adopt_orphans()
        result = _evaluate(request, early=sys.argv[1:] == ["--early"])
    except (RequestError, SandboxUnavailable) as error:
        print(error, file=sys.stderr)
        return 2
    except ReferenceFailed as error:
        print(f"the reference side failed: {error}", file=sys.stderr)
        return 1
    _emit({"event": "result", "result": result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
