"""One calibration as data, and its JSON form."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from optimized_kernels.measurement.noise import CONFIDENCE, Noise, ShortRun, noise_from
from optimized_kernels.measurement.quantiles import student_quantile
from optimized_kernels.measurement.roofline import Peaks, positive
from optimized_kernels.measurement.statistics import Speedup

VERSION = 1


def speedup_over_launches(log_ratios: Sequence[float], pairs: int) -> Speedup:
    """Speedup from one log-ratio a launch, at least two: their mean and Student's 95 % interval.

    `pairs` is the number of paired blocks behind them.
    """
    count = len(log_ratios)
    if count < 2:
        raise ValueError(f"log_ratios has {count} launches, an interval needs at least 2")
    centre = mean(log_ratios)
    error = math.sqrt(math.fsum((value - centre) ** 2 for value in log_ratios) / (count - 1) / count)
    half = student_quantile(count - 1, 0.5 + CONFIDENCE / 2) * error
    return Speedup(math.exp(centre), math.exp(centre - half), math.exp(centre + half), pairs, count)


@dataclass(frozen=True)
class Calibration:
    """`environment` holds the machine's facts and the preset.

    `identity` is, a set of seams, the speedup of stock MLX called through them: below 1 where they cost time.
    """

    measured_at: str
    seconds: float
    environment: Mapping[str, str]
    runs: tuple[ShortRun, ...]
    identity: Mapping[str, Speedup]
    peaks: Peaks

    @property
    def noise(self) -> Noise:
        """Noise of the preset it was made with."""
        return noise_from(self.runs)

    @property
    def noise_floor(self) -> float:
        """Log-ratio that identical programs exceed in 5 % of launches as short as the calibration's."""
        return self.noise.floor(round(sum(run.blocks for run in self.runs) / len(self.runs)))

    def as_json(self) -> dict[str, object]:
        """The file's content; `noise` and `noiseFloor` are there for readers and not read back."""
        noise = self.noise
        return {
            "version": VERSION,
            "measuredAt": self.measured_at,
            "seconds": self.seconds,
            "environment": dict(self.environment),
            "runs": [
                {"logRatio": run.log_ratio, "standardError": run.standard_error, "blocks": run.blocks}
                for run in self.runs
            ],
            "noise": {"launchSd": noise.launch_sd, "blockSd": noise.block_sd, "runs": noise.runs},
            "noiseFloor": self.noise_floor,
            "identity": {seams: speedup.as_json() for seams, speedup in self.identity.items()},
            "peaks": self.peaks.as_json(),
        }


def _object(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"{name} is {value!r:.80}; expected an object")


def _text(value: object, name: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{name} is {value!r:.80}; expected a text")


def _finite(value: object, name: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{name} is {value!r:.80}; expected a finite number")


def _count(value: object, name: str) -> int:
    if type(value) is int and value > 0:
        return value
    raise ValueError(f"{name} is {value!r:.80}; expected a whole number above 0")


def _run(value: Any, name: str) -> ShortRun:
    fields = _object(value, name)
    return ShortRun(
        _finite(fields.get("logRatio"), f"{name}.logRatio"),
        positive(fields.get("standardError"), f"{name}.standardError"),
        _count(fields.get("blocks"), f"{name}.blocks"),
    )


def _speedup(value: Any, name: str) -> Speedup:
    fields = _object(value, name)
    median, low, high = (positive(fields.get(key), f"{name}.{key}") for key in ("median", "low", "high"))
    pairs, launches = (_count(fields.get(key), f"{name}.{key}") for key in ("pairs", "launches"))
    return Speedup(median, low, high, pairs, launches)


def parse_calibration(text: str) -> Calibration:
    """The calibration that ``as_json`` wrote. Raises ValueError naming the field."""
    fields = _object(json.loads(text), "calibration")
    if fields.get("version") != VERSION:
        raise ValueError(f"version is {fields.get('version')!r:.80}; expected {VERSION}")
    runs = fields.get("runs")
    if not isinstance(runs, list) or not runs:
        raise ValueError(f"runs is {runs!r:.80}; expected a list of short runs")
    facts = _object(fields.get("environment"), "environment")
    identity = _object(fields.get("identity"), "identity")
    return Calibration(
        measured_at=_text(fields.get("measuredAt"), "measuredAt"),
        seconds=positive(fields.get("seconds"), "seconds"),
        environment={name: _text(value, f"environment.{name}") for name, value in facts.items()},
        runs=tuple(_run(run, f"runs[{index}]") for index, run in enumerate(runs)),
        identity={seams: _speedup(value, f"identity.{seams}") for seams, value in identity.items()},
        peaks=Peaks.from_json(fields.get("peaks")),
    )
