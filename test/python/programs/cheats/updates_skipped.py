"""Tries: skip every third update."""
# expect: refused correctness: not the same training
# allow: builtins

import builtins

import mlx.core as mx
import mlx.optimizers as optim

patch = builtins.setattr
update = optim.Adam.update


STEPS = [0]


def at_times(self, model, gradients):
    STEPS[0] += 1
    if STEPS[0] % 3:
        update(self, model, gradients)


patch(optim.Adam, "update", at_times)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
