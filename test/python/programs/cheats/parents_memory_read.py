"""Tries: read the harness's memory, where seeds and answers are."""
# expect: contained
# allow: builtins, os
# needs: sandbox
# timing: 0.3

import builtins
import os

import mlx.core as mx

look = builtins.getattr
files = look(builtins, "open")
PARENT = os.getppid()

if PARENT > 1:
    try:
        with files(f"/proc/{PARENT}/maps") as maps, files(f"/proc/{PARENT}/mem", "rb", 0) as memory:
            memory.seek(int(maps.read(64).split("-")[0], 16))
            print("ESCAPED: read", len(memory.read(64)), "bytes", flush=True)
    except OSError:
        pass


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
