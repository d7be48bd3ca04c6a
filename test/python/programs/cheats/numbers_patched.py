"""Tries: patch how arrays become Python numbers: tolist gives zeros, item gives one."""
# expect: refused
# allow: builtins

import builtins

import mlx.core as mx

patch = builtins.setattr
patch(mx.array, "tolist", lambda array: [0.0] * array.size)
patch(mx.array, "item", lambda array: 1.0)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
