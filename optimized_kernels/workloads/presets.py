"""Sizes of the training workloads. Imports no MLX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["dense_stack", "transformer"]


@dataclass(frozen=True)
class Preset:
    """Sizes of one workload, and how long one turn of it may take before its process counts as hung.

    `layers` and `heads` are a transformer's; `heads` divides `hidden`.
    """

    batch: int
    sequence: int
    hidden: int
    vocabulary: int
    turn_timeout_seconds: float
    # Low enough for the steps of one turn to be training: beyond it loss explodes, and rounding decides.
    learning_rate: float = 1e-3
    model: Model = "dense_stack"
    layers: int = 2
    heads: int = 4
    # What a side's processes may use of the host's memory.
    memory_gib: int = 4
    # Steps of a timed turn: several where answering for the turn would else be a good part of it.
    turn_steps: int = 1


# "-wide" presets are for programs evolved on others: other sizes, some of them odd.
PRESETS = {
    # Short steps make many pairs affordable, which is what makes the interval tight.
    "small": Preset(batch=8, sequence=16, hidden=128, vocabulary=128, turn_timeout_seconds=5.0),
    "small-wide": Preset(batch=3, sequence=19, hidden=171, vocabulary=131, turn_timeout_seconds=5.0),
    "transformer-small": Preset(
        batch=4, sequence=32, hidden=64, vocabulary=128, turn_timeout_seconds=5.0, model="transformer"
    ),
    "transformer-small-wide": Preset(
        batch=3,
        sequence=21,
        hidden=90,
        vocabulary=131,
        turn_timeout_seconds=5.0,
        model="transformer",
        heads=6,
    ),
    "seed": Preset(
        batch=32,
        sequence=512,
        hidden=1024,
        vocabulary=6000,
        turn_timeout_seconds=120.0,
        learning_rate=3e-5,
        memory_gib=48,
        turn_steps=10,
    ),
    "seed-wide": Preset(
        batch=20,
        sequence=385,
        hidden=1536,
        vocabulary=5003,
        turn_timeout_seconds=120.0,
        learning_rate=3e-5,
        memory_gib=48,
        turn_steps=10,
    ),
    "transformer": Preset(
        batch=8,
        sequence=256,
        hidden=768,
        vocabulary=6000,
        turn_timeout_seconds=120.0,
        learning_rate=1e-4,
        model="transformer",
        layers=4,
        heads=12,
        memory_gib=48,
        turn_steps=10,
    ),
    "transformer-wide": Preset(
        batch=5,
        sequence=301,
        hidden=1040,
        vocabulary=5003,
        turn_timeout_seconds=120.0,
        learning_rate=1e-4,
        model="transformer",
        layers=3,
        heads=13,
        memory_gib=48,
        turn_steps=10,
    ),
}

_SMALL = ("small", "small-wide", "transformer-small", "transformer-small-wide")


def held_out(name: str) -> tuple[str, ...]:
    """Presets of like cost that a program evolved on preset `name` has not seen: other sizes and models."""
    family = _SMALL if name in _SMALL else tuple(each for each in PRESETS if each not in _SMALL)
    return tuple(each for each in family if each != name)
