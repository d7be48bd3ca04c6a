"""Tries: answer projections with those of the turn before."""
# expect: refused correctness: not the same training
# allow: builtins, sys

import builtins
import sys

import mlx.core as mx

patch = builtins.setattr
SIDE = sys.modules["__main__"]
project = SIDE.project
KEPT = []


def last(tensors, seed):
    KEPT.append(project(tensors, seed) if len(KEPT) < 7 else KEPT[-1])
    return KEPT[-1]


patch(SIDE, "project", last)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
