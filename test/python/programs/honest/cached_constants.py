"""Does: keep constants that depend on shapes only."""
# expect: scored

from functools import cache

import mlx.core as mx


@cache
def zero(dtype):
    return mx.zeros((1, 1), dtype)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.addmm(zero(A.dtype), A, mx.contiguous(B))
