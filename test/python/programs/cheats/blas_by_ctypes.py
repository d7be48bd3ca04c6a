"""Tries: call a BLAS library of the system through ctypes."""
# expect: refused static: imports ctypes

from ctypes import CDLL

import mlx.core as mx

LIBRARY = CDLL("libopenblas.so.0")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
