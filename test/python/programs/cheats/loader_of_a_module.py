"""Tries: reach the import system through MLX's own loader."""
# expect: refused static: uses .__loader__

import mlx.core as mx

np = mx.__loader__.load_module("numpy")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
