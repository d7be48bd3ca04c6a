"""Tries: export the seam, and have layers go round it."""
# expect: refused reached: forward
# allow: builtins

import builtins

import mlx.core as mx
import mlx.nn as nn

patch = builtins.setattr
addmm = mx.addmm


def layer(self, x):
    return addmm(self["bias"], x, self["weight"].T)


patch(nn.Linear, "__call__", layer)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
