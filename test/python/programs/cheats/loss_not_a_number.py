"""Tries: train rightly, and return NaN for the loss."""
# expect: refused correctness: loss
# allow: builtins, gc

import builtins
import gc

import mlx.core as mx

patch = builtins.setattr
TRAINING = next(each for each in gc.get_objects() if type(each).__name__ == "Training")
KIND = type(TRAINING)


step = KIND.step
patch(KIND, "step", lambda self, loop, batch: float("nan") * step(self, loop, batch))


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
