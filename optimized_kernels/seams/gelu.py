"""``nn.gelu``, the exact form, through a program. The approximate forms stay stock."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn
import mlx.nn.layers as layers
import mlx.nn.layers.activations as activations

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import takes


def gelu_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """``nn.gelu`` under all its names; ``nn.GELU`` layers look it up at every call."""

    def gelu(x: mx.array) -> mx.array:
        if not takes(x):
            out: mx.array = stock.gelu(x)
            return out
        return seam((x,), x.shape, x.dtype)

    return tuple(Patch(owner, "gelu", gelu) for owner in (nn, layers, activations))
