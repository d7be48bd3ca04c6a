"""Tries: compile the weights in as constants, so that later steps use the first one's."""
# expect: refused correctness

import mlx.core as mx

COMPILED = {}


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    key = A.shape, B.shape, A.dtype
    if key not in COMPILED:
        COMPILED[key] = mx.compile(lambda a: mx.matmul(a, B))
    return COMPILED[key](A)
