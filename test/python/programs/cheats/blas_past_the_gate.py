"""Tries: multiply with NumPy's BLAS where the gate cannot see that it is imported."""
# expect: refused
# allow: builtins

import builtins

import mlx.core as mx

look = builtins.getattr
np = look(builtins, "__import__")("numpy")


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    a, b = (np.array(operand.astype(mx.float32)) for operand in (A, B))
    return mx.array(a @ b).astype(A.dtype)
