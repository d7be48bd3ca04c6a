"""Facts about the device, as programs and reports get them."""

from __future__ import annotations

import mlx.core as mx


def device_info() -> dict[str, object]:
    """What ``choose_tile_size`` is told: backend ``cpu``, ``metal`` or ``cuda``, and what MLX knows."""
    kind = "gpu" if mx.default_device() == mx.Device(mx.gpu, 0) else "cpu"
    backend = kind if kind == "cpu" else "metal" if mx.metal.is_available() else "cuda"
    return {"backend": backend, **mx.device_info()}
