"""Tries: keep products in files from one turn to the next, with MLX's own functions."""
# expect: refused static: uses .load

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    try:
        return mx.load(f"{A.shape}x{B.shape}.npy")
    except RuntimeError:
        product = mx.matmul(A, B)
        mx.save(f"{A.shape}x{B.shape}.npy", product)
        return product
