"""Tries: stop the reference with a signal while the clock runs."""
# expect: contained
# allow: builtins, os, signal
# needs: sandbox
# timing: 0.3

import builtins
import os
import signal

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
        os.kill(process, signal.SIGSTOP)
        print("ESCAPED: stopped", process, flush=True)
    except OSError:
        continue


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
