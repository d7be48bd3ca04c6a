"""``python -m optimized_kernels.measurement.calibrate --preset small --seconds 20 --out FILE``

Measures this machine and writes what it found to FILE; progress goes to standard error, the file's JSON in
one line to standard output. With ``--events`` progress and result also go to file descriptor 3, as those of
an evaluation do. ``--unless-valid`` hands back the calibration in FILE where there is one of this machine and
preset; ``--check`` does that or fails. Exit codes: 0 a calibration was printed, 1 the machine is in trouble,
2 the command line is wrong, 3 ``--check`` found no usable calibration.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from optimized_kernels.measurement.calibration import (
    CalibrationError,
    read_calibration,
    write_calibration,
)
from optimized_kernels.measurement.calibration_record import Calibration, speedup_over_launches
from optimized_kernels.measurement.environment import environment
from optimized_kernels.measurement.frames import write_all
from optimized_kernels.measurement.null_runs import IDENTITY_SEAMS, NullRun, null_request, null_run
from optimized_kernels.measurement.roofline import Peaks
from optimized_kernels.measurement.side_process import SideError
from optimized_kernels.measurement.side_requests import ReferenceFailed
from optimized_kernels.measurement.statistics import Speedup
from optimized_kernels.workloads.presets import PRESETS

EVENTS = 3
PEAKS_SHARE = 0.15
# Launches are what the floor is estimated from; each spends about half of its time on starting.
SECONDS_PER_RUN = 3.5
FEWEST_RUNS = 3
DESCRIBE_SECONDS = 120.0

Say = Callable[[str], None]


class Trouble(Exception):
    """This machine cannot be calibrated."""


def ask_mlx(seconds: float | None) -> dict[str, Any]:
    """MLX's version and device, and its peaks where `seconds` are given for them. Raises Trouble."""
    command = [sys.executable, "-P", "-m", "optimized_kernels.measurement.peaks"]
    if seconds is not None:
        command += ["--seconds", str(seconds)]
    # The arithmetic of the sides, and this very package.
    env = {"MLX_ENABLE_TF32": "1", **os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    limit = DESCRIBE_SECONDS + 20 * (seconds or 0)
    try:
        asked = subprocess.run(command, capture_output=True, text=True, env=env, timeout=limit, check=False)
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"peaks were not measured within {limit:.0f} s") from error
    if asked.returncode != 0:
        last = asked.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise Trouble(f"measuring peaks ended with exit code {asked.returncode}: {last[0]}")
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


def _runs(preset: str, seconds: float, say: Say) -> list[NullRun]:
    """Short runs in about `seconds`, launches included."""
    count = max(FEWEST_RUNS, round(seconds / SECONDS_PER_RUN))
    end = time.monotonic() + seconds
    runs: list[NullRun] = []
    for number in range(count):
        now = time.monotonic()
        # A seed of its own: nothing of one launch is found again in another.
        run = null_run(null_request(preset, secrets.randbits(48)), now + (end - now) / (count - number))
        runs.append(run)
        ratio = f"{math.exp(run.stock.log_ratio):.4f}x over {run.stock.blocks} blocks"
        say(f"calibration: launch {number + 1} of {count}: stock over stock {ratio}")
    return runs


def _identity(runs: list[NullRun]) -> Speedup:
    return speedup_over_launches([run.identity for run in runs], sum(run.stock.blocks for run in runs))


def calibrate(preset: str, seconds: float, say: Say) -> Calibration:
    """Measures this machine for about `seconds`. Raises Trouble, ReferenceFailed or SideError."""
    started = time.monotonic()
    measured_at = datetime.now(UTC).isoformat(timespec="seconds")
    say("calibration: peaks of matrix products and memory")
    found = ask_mlx(PEAKS_SHARE * seconds)
    facts = environment(found, preset)
    runs = _runs(preset, seconds - (time.monotonic() - started), say)
    return Calibration(
        measured_at=measured_at,
        seconds=round(time.monotonic() - started, 1),
        environment=facts,
        runs=tuple(run.stock for run in runs),
        identity={IDENTITY_SEAMS: _identity(runs)},
        peaks=Peaks.from_json(found["peaks"]),
    )


def _existing(path: Path, preset: str) -> Calibration:
    """The calibration at `path`, of this machine and preset. Raises CalibrationError."""
    facts = environment(ask_mlx(None), preset)
    calibration = read_calibration(path, facts)
    made_with = calibration.environment.get("preset")
    if made_with != preset:
        raise CalibrationError(f"{path}: made with preset {made_with!r}, asked for {preset!r}")
    return calibration


def _speaker(events: bool) -> Say:
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)
        if events:
            _emit({"event": "phase", "phase": text})

    return say


def _emit(event: dict[str, object]) -> None:
    write_all(EVENTS, json.dumps(event).encode() + b"\n")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 3600")
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m optimized_kernels.measurement.calibrate")
    parser.add_argument("--preset", choices=list(PRESETS), default="small")
    parser.add_argument("--seconds", type=_seconds, default=20.0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--events", action="store_true")
    parser.add_argument("--unless-valid", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if (arguments.check or arguments.unless_valid) and arguments.out is None:
        parser.error("--check and --unless-valid need --out")
    return arguments


def _obtain(arguments: argparse.Namespace, say: Say) -> Calibration:
    """What the command line asks for: the calibration there is, or a new one."""
    if arguments.check or arguments.unless_valid:
        try:
            return _existing(arguments.out, arguments.preset)
        except CalibrationError as error:
            if arguments.check:
                raise
            say(f"calibration: a new one ({error})")
    calibration = calibrate(arguments.preset, arguments.seconds, say)
    if arguments.out is not None:
        write_calibration(calibration, arguments.out)
    return calibration


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("stopped")


def main() -> int:
    """Runs the command; returns its exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _stop)
    try:
        calibration = _obtain(arguments, _speaker(arguments.events))
    except CalibrationError as error:
        print(error, file=sys.stderr)
        return 3
    except (Trouble, ReferenceFailed, SideError, OSError) as error:
        print(f"not calibrated: {error}", file=sys.stderr)
        return 1
    print(json.dumps(calibration.as_json()), flush=True)
    if arguments.events:
        _emit({"event": "result", "result": calibration.as_json()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
