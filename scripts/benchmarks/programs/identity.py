"""Stock MLX inside the seam: one null candidate is as good as another."""

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    """One tile: the whole product."""
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    """A @ B."""
    return mx.matmul(A, B)
