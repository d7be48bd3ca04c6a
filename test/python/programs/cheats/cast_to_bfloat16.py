"""Tries: multiply in bfloat16 and say nothing."""
# expect: refused correctness: off stock MLX

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A.astype(mx.bfloat16), B.astype(mx.bfloat16)).astype(A.dtype)
