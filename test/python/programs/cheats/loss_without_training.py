"""Tries: return a loss, and train nothing: the optimizer's update does nothing."""
# expect: refused correctness: parameters.
# allow: builtins

import builtins

import mlx.core as mx
import mlx.optimizers as optim

patch = builtins.setattr
patch(optim.Adam, "update", lambda self, model, gradients: None)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
