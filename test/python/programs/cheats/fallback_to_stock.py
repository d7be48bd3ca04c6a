"""Tries: fail at once and let stock MLX do the work behind an except clause."""
# expect: true-speed

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    try:
        return fast_product(A, B)
    except NameError:
        return mx.matmul(A, B)
