"""Tries: go round the seam, and call it with one element so that it is counted."""
# expect: refused reached: changes nothing
# allow: builtins

import builtins

import mlx.core as mx
import mlx.nn as nn

patch = builtins.setattr
addmm = mx.addmm


def layer(self, x):
    token = mx.matmul(self["bias"][None, :1], mx.ones((1, 1)))
    return addmm(self["bias"], x, self["weight"].T) + 0.0 * token.sum()


patch(nn.Linear, "__call__", layer)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
