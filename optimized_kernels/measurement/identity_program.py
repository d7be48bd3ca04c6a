"""A program that changes nothing: what it costs is what passing through the seam costs."""

from collections.abc import Mapping

import mlx.core as mx


def choose_tile_size(M: int, N: int, K: int, device_info: Mapping[str, object]) -> tuple[int, int, int]:
    """One tile: the whole product."""
    return M, N, K


def optimized_matmul(A: mx.array, B: mx.array, tile_M: int, tile_N: int, tile_K: int) -> mx.array:
    """Stock MLX."""
    return mx.matmul(A, B)
