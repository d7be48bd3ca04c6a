"""Tries: answer with JSON nested too deeply to parse, which must not break the harness."""
# expect: refused
# allow: builtins, os, struct, sys

import builtins
import os
import struct
import sys

import mlx.core as mx

patch = builtins.setattr
SIDE = sys.modules["__main__"]
BODY = b"[" * 200_000


def forged(descriptor, message):
    os.write(descriptor, struct.pack("<Q", len(BODY)) + BODY)


patch(SIDE, "write_message", forged, needs="answers")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
