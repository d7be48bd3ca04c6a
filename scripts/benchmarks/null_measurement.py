"""Stock MLX against stock MLX: whatever is measured is noise."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from optimized_kernels.measurement.neighbours import expanded
from scripts.benchmarks.bursty_noise import bursty_noise
from scripts.benchmarks.harness_client import ROOT, HarnessFailed, evaluate, scored


@dataclass(frozen=True)
class NullMeasurement:
    """A speedup that is 1.00 in truth, and the log-ratios of its neighbouring turns, block by block."""

    median: float
    low: float
    high: float
    neighbour_log_ratios: list[list[float]]
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether the interval excludes the truth."""
        return not self.low <= 1.0 <= self.high

    @property
    def half_width(self) -> float:
        """Half the interval's width over its median."""
        return (self.high - self.low) / 2 / self.median

    def as_json(self) -> dict[str, Any]:
        """For raw results."""
        return asdict(self)


def measure_null(seed: int, preset: str, seconds: float) -> NullMeasurement:
    """One measurement of `seconds` of paired blocks by a harness of its own."""
    answer = evaluate(None, "calibration", seed, options={"preset": preset, "timingSeconds": seconds})
    result = scored(answer)
    artifacts, eager = result["artifacts"], result["speedup"]["eager"]
    if "neighbour_log_ratios" not in artifacts:
        found = ", ".join(artifacts) or "none"
        raise HarnessFailed(f"a calibration's artifacts are {found}; expected neighbour_log_ratios")
    neighbours = expanded(artifacts["neighbour_log_ratios"])
    return NullMeasurement(eager["median"], eager["low"], eager["high"], neighbours, answer.seconds)


def measure_unpaired(seed: int, preset: str) -> dict[str, Any]:
    """One measurement with the original example's method, in a process of its own."""
    command = [sys.executable, "-m", "scripts.benchmarks.unpaired_baseline"]
    command += ["--preset", preset, "--seed", str(seed)]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise HarnessFailed(f"{command[2]} ended with exit code {asked.returncode}: {asked.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


@dataclass(frozen=True)
class BothMethods:
    """The harness and the original example's method on the same machine, one after the other."""

    noisy: bool
    harness: NullMeasurement
    unpaired: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For raw results."""
        return asdict(self)


def measure_both(seed: int, preset: str, seconds: float, noisy: bool) -> BothMethods:
    """Both methods, with a bursty process beside them where `noisy`."""
    with bursty_noise(seed) if noisy else nullcontext():
        harness = measure_null(seed, preset, seconds)
        return BothMethods(noisy, harness, measure_unpaired(seed, preset))
