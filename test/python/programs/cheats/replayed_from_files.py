"""Tries: record a step's products in scratch files once the checks are over, then replay those."""
# expect: refused correctness: not the same training
# allow: builtins
# timing: 3

import builtins

import mlx.core as mx

look = builtins.getattr
CHECKED, STEP = 340, 30
CALLS, KNOWN = [0], set()
save, load = (look(mx, name) for name in ("save", "load"))


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < CHECKED:
        return mx.matmul(A, B)
    name = f"{CALLS[0] % STEP}-{A.shape}-{B.shape}.npy"
    if name not in KNOWN:
        KNOWN.add(name)
        save(name, mx.matmul(A, B))
    return load(name)
