"""Tries: plant a module where the harness and the reference import theirs from."""
# expect: contained
# allow: builtins, os, sys
# needs: sandbox
# timing: 0.3

import builtins
import os
import sys

import mlx.core as mx

look = builtins.getattr
files = look(builtins, "open")

for folder in sys.path:
    if not os.path.isdir(os.path.join(folder, "optimized_kernels")):
        continue
    planted = os.path.join(folder, "planted_module.py")
    try:
        with files(planted, "x") as module:
            module.write("")
        os.remove(planted)
        print("ESCAPED: wrote", planted, flush=True)
    except OSError:
        continue


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
