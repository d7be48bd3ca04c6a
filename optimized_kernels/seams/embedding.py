"""``nn.Embedding`` through a program.

Stock stays what is not taken: indices that are no array of integers, weights that are not floating.
"""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import takes, takes_indices


def embedding_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """The call of ``nn.Embedding`` layers; ``as_linear`` is a matrix product."""

    def __call__(self: nn.Embedding, x: mx.array) -> mx.array:
        weight = self["weight"]
        if not takes(weight) or weight.ndim != 2 or not takes_indices(x):
            out: mx.array = stock.embedding(self, x)
            return out
        return seam((weight, x), (*x.shape, weight.shape[1]), weight.dtype)

    return (Patch(nn.Embedding, "__call__", __call__),)
