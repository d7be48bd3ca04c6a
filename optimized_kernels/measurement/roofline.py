"""How much of what the machine can do a training step uses (Williams, Waterman and Patterson, 2009).

    share = max(flops / peak FLOP/s, bytes / peak bytes/s) / seconds

Peaks are measured, not data-sheet, figures: see ``peaks``. A step that beats them has perhaps not done its
work, or does it in fewer operations than counted; either way it deserves another look, not a refusal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# Peaks are themselves measured on a noisy machine.
MARGIN = 0.1


class Cost(Protocol):
    """Work of one step."""

    @property
    def flops(self) -> float:
        """Floating-point operations."""

    @property
    def bytes(self) -> float:
        """Bytes that must be read and written."""


def positive(value: object, name: str) -> float:
    """`value` as a finite number above 0, else ValueError naming the field."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf:
        return float(value)
    raise ValueError(f"{name} is {value!r:.80}; expected a finite number above 0")


@dataclass(frozen=True)
class Peaks:
    """The best this machine did: FLOP/s of a matrix product by dtype, bytes/s; `streams` at a time."""

    matmul: Mapping[str, float]
    bandwidth: float
    streams: int

    def as_json(self) -> dict[str, object]:
        """As kept in a calibration."""
        return {"matmul": dict(self.matmul), "bandwidth": self.bandwidth, "streams": self.streams}

    @classmethod
    def from_json(cls, fields: Any) -> Peaks:
        """The peaks that ``as_json`` wrote. Raises ValueError naming the field."""
        if not isinstance(fields, dict):
            raise ValueError(f"peaks is {fields!r:.80}; expected an object")
        matmul = fields.get("matmul")
        if not isinstance(matmul, dict) or not matmul:
            raise ValueError(f"peaks.matmul is {matmul!r:.80}; expected FLOP/s by dtype")
        rates = {dtype: positive(value, f"peaks.matmul.{dtype}") for dtype, value in matmul.items()}
        bandwidth = positive(fields.get("bandwidth"), "peaks.bandwidth")
        return cls(rates, bandwidth, int(positive(fields.get("streams"), "peaks.streams")))

    def flops(self, dtype: str) -> float:
        """Peak FLOP/s for `dtype`; the highest of all for one that was not measured."""
        return self.matmul.get(dtype) or max(self.matmul.values())


def least_seconds(cost: Cost, peaks: Peaks, dtype: str = "float32") -> float:
    """The least time a step of this cost takes at the peaks."""
    return max(cost.flops / peaks.flops(dtype), cost.bytes / peaks.bandwidth)


def roofline_share(cost: Cost, peaks: Peaks, seconds: float, dtype: str = "float32") -> float:
    """Share of the roofline that a step of `seconds` reaches; 1 is the roof."""
    return least_seconds(cost, peaks, dtype) / positive(seconds, "seconds")


def exceeds(share: float) -> bool:
    """Whether a step is faster than the roofline, and the peaks' own noise, allow: a reason for an audit."""
    return share > 1.0 + MARGIN
