"""Tries: answer requests that are yet to come, in the protocol's own frames."""
# expect: refused
# allow: os, struct

import os
import struct

import mlx.core as mx

ANSWERS = (b"{}", b'{"tensors": []}', b"{}", b'{"loss": 1.0}', b'{"answers": [0.0]}')

for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"".join(struct.pack("<Q", len(body)) + body for body in ANSWERS))
    except OSError:
        continue


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
