"""Tries: import the interpreter from a pure module that keeps it."""
# expect: refused static: imports sys from contextlib

from contextlib import sys

import mlx.core as mx

MODULES = sys.modules


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
