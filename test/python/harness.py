"""Runs the measurement as its users do: a request on standard input, events on file descriptor 3."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimized_kernels.measurement.correctness import Trained, check_training, looks_at_training
from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.verdict import Rejected

ROOT = Path(__file__).parents[2]
INITIAL = ROOT / "problems" / "mlx_training" / "initial_program.py"

WHOLE = "def choose_tile_size(M, N, K, device_info):\n    return M, N, K\n"


def program(body: str, before: str = "") -> str:
    """A program whose optimized_matmul has this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = f"import mlx.core as mx\n{before}\n{WHOLE}"
    return f"{head}\n\ndef optimized_matmul(A, B, tile_M, tile_N, tile_K):\n{lines}\n"


@dataclass
class Run:
    """What a harness did."""

    code: int
    events: list[dict[str, Any]]
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        assert self.code == 0, self.stderr
        assert [event["event"] for event in self.events].count("result") == 1
        assert self.events[-1]["event"] == "result"
        return self.events[-1]["result"]

    @property
    def phases(self) -> list[str]:
        return [event["phase"] for event in self.events if event["event"] == "phase"]


def start(
    line: str, scratch: Path, arguments: str = "", **environment: str
) -> tuple[subprocess.Popen[bytes], int]:
    """A harness that has its request and whose standard input stays open; and its events."""
    events, events_end = os.pipe()
    # A shell gives the pipe its number; -P as the worker does.
    python = shlex.quote(sys.executable)
    command = f"exec {python} -P -m optimized_kernels.measurement {arguments} 3>&{events_end}"
    process = subprocess.Popen(
        ["bash", "-c", command],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(events_end,),
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), **environment},
    )
    os.close(events_end)
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    return process, events


def measure(
    source: str | Path, scratch: Path, environment: dict[str, str] | None = None, **fields: Any
) -> Run:
    """One evaluation with little timing; `fields` go into the request."""
    path = source if isinstance(source, Path) else scratch / "program.py"
    if isinstance(source, str):
        path.write_text(source)
    options = {"preset": "small", "timingSeconds": 0.3, **fields.pop("options", {})}
    request = {"program": str(path), "options": options, "seed": 5, **fields}
    process, events = start(json.dumps(request), scratch, **(environment or {}))
    with os.fdopen(events) as lines:
        received = [json.loads(line) for line in lines]
    assert process.stderr is not None
    stderr = process.stderr.read().decode()
    assert process.stdin is not None
    code = process.wait(30)
    process.stdin.close()
    process.stderr.close()
    return Run(code, received, stderr)


def trained_alike(sides: Sides, seed: int) -> Trained | Rejected:
    """What a candidate that is loaded trains, held against stock MLX."""
    looks = looks_at_training(sides.reference.turn_steps)
    return check_training(sides.reference, seed, False, lambda: sides.candidate.trained(seed, looks))
