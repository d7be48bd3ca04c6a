"""What a machine's measurements are worth: its noise floor, what a seam costs, its peaks.

The harness gets the path of a folder in the environment variable MLX_EVOLVE_CALIBRATIONS, with a file a
preset. A file of another machine, MLX or operating system is not used.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from optimized_kernels.measurement.calibration_record import Calibration, parse_calibration
from optimized_kernels.measurement.noise import Noise
from optimized_kernels.measurement.roofline import Cost, Peaks, roofline_share
from optimized_kernels.measurement.statistics import Speedup

VARIABLE = "MLX_EVOLVE_CALIBRATIONS"
# What must be the same for a calibration to hold. Power and temperature change while it does.
FINGERPRINT = ("chip", "os", "mlx", "device")


class CalibrationError(Exception):
    """A calibration that is not used: says which file and why."""


def mismatch(calibration: Calibration, facts: Mapping[str, str]) -> str | None:
    """Why the calibration does not hold on the machine with these facts; None where it does."""
    for name in FINGERPRINT:
        then, now = calibration.environment.get(name), facts.get(name)
        if then != now:
            return f"made with {name} {then!r}, here it is {now!r}"
    return None


def read_calibration(path: Path, facts: Mapping[str, str]) -> Calibration:
    """The calibration at `path`, if it is whole and of this machine. Raises CalibrationError."""
    try:
        calibration = parse_calibration(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # bad UTF-8 and bad JSON too
        raise CalibrationError(f"{path}: {error}") from error
    wrong = mismatch(calibration, facts)
    if wrong is not None:
        raise CalibrationError(f"{path}: {wrong}")
    return calibration


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Puts the file there whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(calibration.as_json(), indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


@dataclass(frozen=True)
class Context:
    """What a result is put beside. Noise and identity are of one preset, and empty for results of another."""

    noise: Noise | None
    identity: Mapping[str, Speedup]
    peaks: Peaks

    def noise_floor(self, blocks: int, launches: int = 1) -> float | None:
        """Log-ratio that identical programs exceed in 5 % of such measurements; None for another preset."""
        return None if self.noise is None else self.noise.floor(blocks, launches)

    def roofline_share(self, cost: Cost, seconds: float, dtype: str = "float32") -> float:
        """Share of the roofline that a step of `seconds` reaches; see ``roofline.exceeds``."""
        return roofline_share(cost, self.peaks, seconds, dtype)


def load_context(facts: Mapping[str, str]) -> Context | None:
    """The calibration of the folder that the environment names, for a result with these facts.

    That of the result's own preset, else the peaks of another's. None where there is none that holds;
    standard error says which one does not. `facts` as from ``environment``.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    own = Path(named) / f"{facts.get('preset')}.json"
    for path in sorted(Path(named).glob("*.json"), key=lambda path: (path != own, path.name)):
        try:
            calibration = read_calibration(path, facts)
        except CalibrationError as error:
            print(f"calibration not used: {error}", file=sys.stderr)
            continue
        if path == own:
            return Context(calibration.noise, calibration.identity, calibration.peaks)
        return Context(None, {}, calibration.peaks)
    return None
