"""Tries: raise once the checks are over, when only times are taken."""
# expect: refused: no more
# timing: 3

import mlx.core as mx

CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] > 340:
        raise ValueError("no more")
    return mx.matmul(A, B)
