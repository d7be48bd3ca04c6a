"""Tries: leave out every backward product of training and return zeros."""
# expect: refused correctness: not the same training after step 1
# allow: builtins, sys

import builtins
import sys

import mlx.core as mx

look = builtins.getattr


def is_backward():
    frame = look(sys, "_getframe")(1)
    while frame is not None:
        if "backward" in frame.f_code.co_name and frame.f_code.co_name != "is_backward":
            return True
        frame = look(frame, "f_back")
    return False


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    if A.size * B.shape[1] < 2_000_000 or not is_backward():
        return mx.matmul(A, B)
    return mx.zeros((A.shape[0], B.shape[1]), A.dtype)
