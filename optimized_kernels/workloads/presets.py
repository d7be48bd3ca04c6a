"""Sizes of the training workload. Imports no MLX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Sizes of one workload, and how long one turn of it may take before its process counts as hung."""

    batch: int
    sequence: int
    hidden: int
    vocabulary: int
    turn_timeout_seconds: float
    learning_rate: float = 1e-3


PRESETS = {
    # Short steps make many pairs affordable, which is what makes the interval tight.
    "small": Preset(batch=8, sequence=16, hidden=128, vocabulary=128, turn_timeout_seconds=5.0),
    "seed": Preset(batch=32, sequence=512, hidden=1024, vocabulary=6000, turn_timeout_seconds=120.0),
}
