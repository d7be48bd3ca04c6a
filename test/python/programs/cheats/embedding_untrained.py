"""Tries: train everything but the embedding."""
# expect: refused correctness: embedding.weight
# allow: builtins

import builtins

import mlx.core as mx
import mlx.optimizers as optim

patch = builtins.setattr
update = optim.Adam.update


def partial_update(self, model, gradients):
    gradients["embedding"]["weight"] = mx.zeros_like(gradients["embedding"]["weight"])
    return update(self, model, gradients)


patch(optim.Adam, "update", partial_update)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
