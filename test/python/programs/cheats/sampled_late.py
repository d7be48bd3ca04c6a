"""Tries: add up every second term along K, doubled, once the checks are over."""
# expect: refused correctness: not the same training
# timing: 3

import mlx.core as mx

CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < 340:
        return mx.matmul(A, B)
    return mx.matmul(2 * A[:, ::2], B[::2])
