"""Tries: return the product remembered for operands of the same shapes."""
# expect: refused correctness: off stock MLX

import mlx.core as mx

PRODUCTS = {}


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    key = A.shape, B.shape, A.dtype
    if key not in PRODUCTS:
        PRODUCTS[key] = mx.matmul(A, B)
    return PRODUCTS[key]
