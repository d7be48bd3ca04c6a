"""Tries: hand back unevaluated results: mx.eval and its like do nothing."""
# expect: true-speed
# allow: builtins

import builtins

import mlx.core as mx

patch = builtins.setattr
for name in ("eval", "async_eval", "synchronize"):
    patch(mx, name, lambda *arrays: None)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
