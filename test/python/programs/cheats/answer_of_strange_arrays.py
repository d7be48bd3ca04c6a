"""Tries: announce arrays of impossible shapes, which must not break the harness."""
# expect: refused
# allow: builtins, sys

import builtins
import sys

import mlx.core as mx

patch = builtins.setattr
SIDE = sys.modules["__main__"]
write = SIDE.write_message


def forged(descriptor, message):
    if "tensors" in message:
        message["tensors"] = [["x", [-1, None], 7], "y", []]
    write(descriptor, message)


patch(SIDE, "write_message", forged, needs="answers")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
