"""``mx.fast.layer_norm`` and ``mx.fast.rms_norm``, which the layers of ``nn`` call, through a program.

Stock stays what is not taken: scalars, weights of another dtype than the input's.
"""

from __future__ import annotations

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import is_row, takes

Stream = mx.Stream | mx.Device | None


def layer_norm_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """Reached by ``nn.LayerNorm`` and ``nn.InstanceNorm``."""

    def layer_norm(
        x: mx.array,
        weight: mx.array | None,
        bias: mx.array | None,
        eps: float,
        *,
        stream: Stream = None,
    ) -> mx.array:
        if not takes(x, weight, bias) or x.ndim == 0:
            return stock.layer_norm(x, weight, bias, eps, stream=stream)
        if not is_row(weight, x.shape[-1]) or not is_row(bias, x.shape[-1]):
            return stock.layer_norm(x, weight, bias, eps, stream=stream)
        return seam.on(stream, (x, weight, bias, eps), x.shape, x.dtype)

    return (Patch(mx.fast, "layer_norm", layer_norm),)


def rms_norm_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """Reached by ``nn.RMSNorm``."""

    def rms_norm(x: mx.array, weight: mx.array | None, eps: float, *, stream: Stream = None) -> mx.array:
        if not takes(x, weight) or x.ndim == 0 or not is_row(weight, x.shape[-1]):
            return stock.rms_norm(x, weight, eps, stream=stream)
        return seam.on(stream, (x, weight, eps), x.shape, x.dtype)

    return (Patch(mx.fast, "rms_norm", rms_norm),)
