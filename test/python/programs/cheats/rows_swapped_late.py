"""Tries: reverse the rows of weight gradients late: sums over rows do not show it."""
# expect: refused correctness: weight
# allow: builtins, sys
# timing: 3

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


CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < 340 or CALLS[0] % 2 or not is_backward():
        return mx.matmul(A, B)
    return mx.matmul(A, B)[:, ::-1]
