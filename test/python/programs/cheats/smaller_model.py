"""Tries: train a smaller model: all but one of the projections are gone."""
# expect: refused
# allow: builtins, gc

import builtins
import gc

import mlx.core as mx

patch = builtins.setattr
TRAINING = next(each for each in gc.get_objects() if type(each).__name__ == "Training")
KIND = type(TRAINING)


layers = TRAINING.model.projections.layers
patch(TRAINING.model.projections, "layers", layers[:1])


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
