"""How far a program's numbers may be from stock MLX's: a multiple of stock's own reordering error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Arrays = Mapping[str, Array]

# After one Adam step, from the median tensor to the worst: a split-K product is 7e-7 to 8e-5 off, emulated
# TF32 6e-4 to 4e-2, bfloat16 6e-3 to 2.5e-1 (BENCHMARKS.md).
REORDERING_MULTIPLE = 20.0
FLOORS = {"float32": 2e-5, "bfloat16": 2e-2, "float16": 3e-3}
# Where products round their operands to TF32, the least difference may move one by 2^-10 of it; whether a few
# reorderings of a small tensor meet such a one is luck. A chain of products rounds several anew: a program
# that multiplies two weights first was 1.1 such steps off. With the multiple this is two of them.
TF32_ROUNDING = 2 * 2.0**-10 / REORDERING_MULTIPLE
# Where stock disagrees with itself by more than this the true value is (near) zero: no relative error there.
NOISE = 0.05


@dataclass(frozen=True)
class Mismatch:
    """A tensor beyond its tolerance, `share` times; `reason` is for people and prompts.

    `error` is finite where numbers were compared, infinite where shapes, types or the numbers rule that out.
    """

    tensor: str
    reason: str
    share: float
    error: float = math.inf

    @property
    def finite(self) -> bool:
        """Whether it is a matter of precision at all."""
        return math.isfinite(self.error)


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


def _difference(name: str, value: Array, base: Array, reordering: float) -> Agreement | Mismatch:
    if value.shape != base.shape:
        return Mismatch(name, f"{name} has shape {value.shape}; stock MLX gives {base.shape}", math.inf)
    if not np.isfinite(value).all():
        count = int(value.size - np.isfinite(value).sum())
        return Mismatch(name, f"{name} has {count} of {value.size} values that are not finite", math.inf)
    if reordering > NOISE:
        # Any direction is as right as stock's; only the size says something.
        size, bound = float(np.linalg.norm(value)), 2.0 * float(np.linalg.norm(base))
        if size > bound:
            reason = f"{name} has norm {size:.2e}; bound {bound:.2e}, as stock MLX is noise here"
            return Mismatch(name, reason, math.inf)
        return Agreement(name, 0.0, 0.0)
    error, tolerance = relative_error(value, base), tolerance_of(name, reordering)
    if error > tolerance:
        distance = f"{error:.2e} off stock MLX (norm-relative); tolerance {tolerance:.2e}"
        return Mismatch(name, f"{name} is {distance}", error / tolerance, error)
    return Agreement(name, error, error / tolerance)


def compare(candidate: Arrays, stock: Arrays, reordering: Mapping[str, float]) -> Agreement | Mismatch:
    """The worst tensor: the one furthest beyond its tolerance, or else the one nearest to it."""
    worst: Agreement | Mismatch = Agreement("", 0.0, 0.0)
    for name, base in stock.items():
        if name not in candidate:
            return Mismatch(name, f"{name} is missing or has another dtype", math.inf)
        found = _difference(name, candidate[name], base, reordering[name])
        if found.share > worst.share or (found.share == worst.share == 0.0):
            worst = found
    return worst
