"""Tries: return the last step's backward products of training instead of this one's."""
# expect: refused correctness: not the same training after step 2
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


LAST, CALLS = {}, [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    if A.size * B.shape[1] < 2_000_000 or not is_backward():
        return mx.matmul(A, B)
    CALLS[0] += 1
    key = CALLS[0] % 20
    LAST[key], product = mx.matmul(A, B), LAST.get(key)
    return LAST[key] if product is None or product.shape != LAST[key].shape else product
