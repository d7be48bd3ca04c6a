"""Runs the evaluation launcher as the worker does: request on standard input, events on descriptor 3."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVALUATION = ROOT / "activities" / "evaluation"
CLOSED_FORM = ROOT / "problems" / "closed_form"
HONEST = "U, V, X, Y, Z = 1.5, -2.25, 0.75, 3.0, -1.0\n"


@dataclass
class Launched:
    """What a launcher reported."""

    events: list[dict[str, Any]]
    code: int

    @property
    def ended(self) -> dict[str, Any]:
        assert self.code == 0
        assert self.events[-1]["event"] == "ended", self.events
        return self.events[-1]

    @property
    def result(self) -> dict[str, Any]:
        (event,) = [event for event in self.events if event["event"] == "result"]
        return event["result"]


def launch(
    source: str,
    folder: Path,
    sandbox: object,
    timeout: float = 60.0,
    problem: Path = CLOSED_FORM,
    **environment: str,
) -> Launched:
    """Evaluates a program; its scratch folder is `folder`/scratch and stays for the test to look at."""
    scratch = folder / "scratch"
    scratch.mkdir()
    program = scratch / "program.py"
    program.write_text(source)
    options = ["--lock", str(folder / "lock"), "--timeout", str(timeout), "--scratch", str(scratch)]
    options += ["--sandbox", json.dumps(sandbox), "--readable", str(problem)]
    command = [sys.executable, "-u", str(EVALUATION / "call_evaluator.py")]
    launcher = [sys.executable, "-E", "-S", str(EVALUATION / "launch.py"), *options, "--", *command]
    events, events_end = os.pipe()
    process = subprocess.Popen(
        ["bash", "-c", f"exec {shlex.join(launcher)} 3>&{events_end}"],
        stdin=subprocess.PIPE,
        pass_fds=(events_end,),
        cwd=scratch,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
    )
    os.close(events_end)
    assert process.stdin is not None
    request = {"folder": str(problem), "program": str(program), "options": {}, "seed": 1}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    with os.fdopen(events) as lines:
        received = [json.loads(line) for line in lines]
    code = process.wait(30)
    process.stdin.close()
    return Launched(received, code)


def running(token: str) -> list[str]:
    """Living processes of this machine whose command line has `token`."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if token in line and not line.startswith("Z")]
