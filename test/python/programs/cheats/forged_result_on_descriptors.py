"""Tries: write a result to every descriptor that it has inherited."""
# expect: refused crash
# allow: os

import os

import mlx.core as mx

FORGED = b'{"event": "result", "result": {"verdict": "scored", "score": 99.0}}\n'

for descriptor in range(64):
    try:
        os.write(descriptor, FORGED)
    except OSError:
        continue


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
