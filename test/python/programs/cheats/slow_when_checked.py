"""Tries: sleep while it is checked, so that the timed turns look fast."""
# expect: true-speed
# allow: time

import time

import mlx.core as mx

CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < 200:
        time.sleep(0.002)
    return mx.matmul(A, B)
