"""Tries: steal the reference's results out of its memory."""
# expect: contained
# allow: builtins, os
# needs: sandbox
# timing: 0.3

import builtins
import os

import mlx.core as mx

look = builtins.getattr
files = look(builtins, "open")


def siblings():
    """Processes of this measurement that this one did not start; where it cannot see any, none."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with files(f"/proc/{name}/stat") as stat, files(f"/proc/{name}/cmdline") as command:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
                    if parent == os.getppid() and "optimized_kernels.measurement" in command.read():
                        yield int(name)
            except OSError:
                continue


for process in siblings():
    try:
        with files(f"/proc/{process}/maps") as maps, files(f"/proc/{process}/mem", "rb", 0) as memory:
            memory.seek(int(maps.read(64).split("-")[0], 16))
            print("ESCAPED: read", len(memory.read(64)), "bytes of", process, flush=True)
    except OSError:
        continue


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
