"""Tries: get NumPy's BLAS through __import__."""
# expect: refused static: uses __import__

import mlx.core as mx

np = __import__("numpy")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.array(np.array(A) @ np.array(B))
