"""Tries: use the operating system that a pure module has imported."""
# expect: refused static: uses ._os

import random

import mlx.core as mx

random._os.system("true")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
