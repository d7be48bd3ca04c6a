"""Tries: spell a refused attribute at run time."""
# expect: refused static: uses getattr with a computed name

import mlx.core as mx

LOADER = getattr(mx, "__" + "loader" + "__")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
