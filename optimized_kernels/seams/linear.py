"""``nn.Linear`` through a program.

Stock stays what is not taken: vectors, weights that are not floating (quantised ones), mixed dtypes.
"""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import is_row, takes


def _fits(x: mx.array, weight: mx.array, bias: mx.array | None) -> bool:
    if x.ndim < 2 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        return False
    return is_row(bias, weight.shape[0])


def linear_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """The call of ``nn.Linear`` layers, whatever contains them."""

    def __call__(self: nn.Linear, x: mx.array) -> mx.array:
        weight, bias = self["weight"], self.get("bias")
        if not takes(x, weight, bias) or not _fits(x, weight, bias):
            out: mx.array = stock.linear(self, x)
            return out
        return seam((x, weight, bias), (*x.shape[:-1], weight.shape[0]), x.dtype)

    return (Patch(nn.Linear, "__call__", __call__),)
