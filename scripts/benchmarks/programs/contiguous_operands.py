"""Products of row-major operands: MLX's CPU product is about half as fast on a transposed view."""

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    """One tile: the whole product."""
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    """A @ B; what is row-major already is not copied."""
    return mx.matmul(mx.contiguous(A), mx.contiguous(B))
