"""Tries: multiply with NumPy's BLAS, 19 times MLX's on the Linux wheel."""
# expect: refused static: imports numpy

import mlx.core as mx
import numpy as np


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.array(np.array(A) @ np.array(B))
