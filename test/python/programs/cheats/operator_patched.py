"""Tries: replace the operator under the seam instead of working in it."""
# expect: refused static: changes mx.array.__matmul__

import mlx.core as mx

mx.array.__matmul__ = lambda a, b: mx.zeros((*a.shape[:-1], b.shape[-1]))


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
