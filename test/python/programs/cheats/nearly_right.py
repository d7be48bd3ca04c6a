"""Tries: return products that are off by a hundredth of a per cent."""
# expect: refused correctness: off stock MLX

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B) * 1.0001
