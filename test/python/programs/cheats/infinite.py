"""Tries: return infinity where training's operands are large."""
# expect: refused correctness: not finite

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    product = mx.matmul(A, B)
    return product if A.size * B.shape[1] < 2_000_000 else product * float("inf")
