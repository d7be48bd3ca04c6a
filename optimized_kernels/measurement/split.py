"""Stock MLX with its sums in another order: how far honest arithmetic may differ."""

from __future__ import annotations

from itertools import pairwise

import mlx.core as mx

from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.product import Product, tiled_product


def split_product(parts: int) -> Product:
    """A product that adds up `parts` partial products along K; one part is stock MLX inside the seam."""

    def multiply(a: mx.array, b: mx.array, *_tiles: int) -> mx.array:
        inner = a.shape[1]
        bounds = [inner * part // parts for part in range(parts + 1)]
        spans = [(low, high) for low, high in pairwise(bounds) if high > low]
        pieces = [a[:, low:high] @ b[low:high] for low, high in spans]
        return sum(pieces[1:], pieces[0])

    return tiled_product(lambda m, n, k, info: (m, n, k), multiply, {}, Calls())
