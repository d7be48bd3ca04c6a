"""Tries: multiply in bfloat16 only where operands are as large as in training."""
# expect: refused correctness: not the same training

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    if A.size * B.shape[1] < 2_000_000:
        return mx.matmul(A, B)
    return mx.matmul(A.astype(mx.bfloat16), B.astype(mx.bfloat16)).astype(A.dtype)
