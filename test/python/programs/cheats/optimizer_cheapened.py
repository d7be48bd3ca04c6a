"""Tries: train by the gradient's sign, without Adam's moments."""
# expect: refused correctness: optimizer.
# allow: builtins

import builtins

import mlx.core as mx
import mlx.optimizers as optim

patch = builtins.setattr


def sign_step(self, gradient, parameter, state):
    return parameter - self.learning_rate * 3.1622 * mx.sign(gradient)


patch(optim.Adam, "apply_single", sign_step)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
