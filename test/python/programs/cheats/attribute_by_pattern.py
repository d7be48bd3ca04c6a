"""Tries: look a refused attribute up with a class pattern."""
# expect: refused static: uses .__class__

import mlx.core as mx

match mx:
    case object(__class__=found):
        KIND = found


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
