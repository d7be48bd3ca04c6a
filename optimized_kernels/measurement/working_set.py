"""Memory of several sides on one device: where it is short, idle sides give back what they do not need."""

from __future__ import annotations

from collections.abc import Mapping

# Of the device's memory, for all sides together: beyond it a system begins to move or to refuse memory.
MOST_SHARE = 0.7
# What MLX says that work may use on Metal, and what the device has on CUDA.
SIZES = ("max_recommended_working_set_size", "total_memory", "memory_size")


def device_bytes(info: Mapping[str, object]) -> float | None:
    """Bytes that work on the device may use, from MLX's ``device_info``; None where it does not say."""
    for name in SIZES:
        # A side answers in words.
        value = str(info.get(name, ""))
        if value.isdigit() and int(value) > 0:
            return float(value)
    return None


def is_short(peak: float, sides: int, available: float | None) -> bool:
    """Whether `sides` processes that need `peak` bytes each must not keep their memory side by side."""
    return available is not None and sides * peak > MOST_SHARE * available
