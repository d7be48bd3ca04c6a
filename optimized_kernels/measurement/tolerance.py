"""How far a program's numbers may be from stock MLX's: a multiple of stock's own reordering error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Arrays = Mapping[str, Array]

# A split-K product is about 3e-6 off, emulated TF32 4e-3, bfloat16 5e-2, per tensor after one Adam step.
REORDERING_MULTIPLE = 20.0
FLOORS = {"float32": 2e-5, "bfloat16": 2e-2, "float16": 3e-3}
# Where stock disagrees with itself by more than this the true value is (near) zero: no relative error there.
NOISE = 0.05


@dataclass(frozen=True)
class Mismatch:
    """A tensor beyond its tolerance; `reason` is for people and prompts."""

    tensor: str
    reason: str


@dataclass(frozen=True)
class Agreement:
    """The worst tensor of a comparison: norm-relative error, and its share of the tolerance."""

    tensor: str
    error: float
    share: float


def relative_error(value: Array, base: Array) -> float:
    """‖value - base‖ / ‖base‖, in double precision; the absolute norm where `base` is zero."""
    difference = float(np.linalg.norm(np.subtract(value, base, dtype=np.float64)))
    norm = float(np.linalg.norm(base.astype(np.float64)))
    return difference / norm if norm > 0.0 else difference


def reordering_errors(stock: Arrays, reordered: Sequence[Arrays]) -> dict[str, float]:
    """Per tensor the largest error of `reordered` runs against `stock`."""
    return {name: max(relative_error(run[name], base) for run in reordered) for name, base in stock.items()}


def tolerance_of(name: str, reordering: float) -> float:
    """Tolerance of a tensor whose name ends in its dtype, as in ``weight (float32)``."""
    dtype = name.rpartition("(")[2].rstrip(")")
    return max(REORDERING_MULTIPLE * reordering, FLOORS.get(dtype, FLOORS["float32"]))


def compare(candidate: Arrays, stock: Arrays, reordering: Mapping[str, float]) -> Agreement | Mismatch:
    """The worst tensor, or the first one beyond its tolerance."""
    worst = Agreement("", 0.0, 0.0)
    for name, base in stock.items():
        value = candidate.get(name)
        if value is None or value.shape != base.shape:
            found = "is missing or has another dtype" if value is None else f"has shape {value.shape}"
            return Mismatch(name, f"{name} {found}; stock MLX gives shape {base.shape}")
        if not np.isfinite(value).all():
            count = int(value.size - np.isfinite(value).sum())
            return Mismatch(name, f"{name} has {count} of {value.size} values that are not finite")
        error = relative_error(value, base)
        if reordering[name] > NOISE:
            # Any direction is as right as stock's; only the size says something.
            size, bound = float(np.linalg.norm(value)), 2.0 * float(np.linalg.norm(base))
            if size > bound:
                return Mismatch(
                    name, f"{name} has norm {size:.2e}; bound {bound:.2e}, as stock MLX is noise here"
                )
            continue
        tolerance = tolerance_of(name, reordering[name])
        if error > tolerance:
            distance = f"{error:.2e} off stock MLX (norm-relative); tolerance {tolerance:.2e}"
            return Mismatch(name, f"{name} is {distance}")
        if error / tolerance >= worst.share:
            worst = Agreement(name, error, error / tolerance)
    return worst
