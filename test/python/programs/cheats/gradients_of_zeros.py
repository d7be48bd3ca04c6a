"""Tries: take no gradients: the loss is right, what belongs to it is zero."""
# expect: refused correctness: not the same training
# allow: builtins, sys

import builtins
import sys

import mlx.core as mx
from mlx.utils import tree_map

patch = builtins.setattr


def forward_only(model, loss_fn):
    def evaluate(*batch):
        return loss_fn(*batch), tree_map(mx.zeros_like, model.trainable_parameters())

    return evaluate


patch(sys.modules["optimized_kernels.seams.stock"], "value_and_grad", forward_only)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
