"""Tries: multiply in a process of its own, outside the clock and MLX."""
# expect: refused static: imports subprocess

import subprocess

import mlx.core as mx

WORKER = subprocess.Popen(["python", "-c", "pass"])


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
