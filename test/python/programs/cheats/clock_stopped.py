"""Tries: rebind every clock of its process."""
# expect: true-speed
# allow: builtins, time

import builtins
import time

import mlx.core as mx

patch = builtins.setattr
for name in ("perf_counter", "monotonic", "time", "process_time", "perf_counter_ns", "monotonic_ns"):
    patch(time, name, lambda: 0)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
