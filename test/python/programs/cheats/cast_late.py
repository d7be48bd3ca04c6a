"""Tries: multiply in bfloat16 once the checks are over."""
# expect: refused correctness: not the same training
# timing: 3

import mlx.core as mx

CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < 340:
        return mx.matmul(A, B)
    return mx.matmul(A.astype(mx.bfloat16), B.astype(mx.bfloat16)).astype(A.dtype)
