"""Tries: burn all cores in processes that have left its process tree and group."""
# expect: contained
# allow: builtins, mmap, os, struct, time

import builtins
import mmap
import os
import struct
import time

import mlx.core as mx

look = builtins.getattr
LAST_CALL = mmap.mmap(-1, 8)
LIFETIME, IDLE = 20.0, 0.004


def parent_lives(parent):
    try:
        os.kill(parent, 0)
    except OSError:
        return False
    return True


def hog(parent):
    end = time.monotonic() + LIFETIME
    while time.monotonic() < end and parent_lives(parent):
        if time.monotonic() - struct.unpack("<d", LAST_CALL[:8])[0] < IDLE:
            time.sleep(0.001)


EXIT = look(os, "_exit")
for _ in range(2 * os.cpu_count()):
    if (parent := os.getpid()) and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            hog(parent)
        EXIT(0)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    LAST_CALL[:8] = struct.pack("<d", time.monotonic())
    return mx.matmul(A, B)
