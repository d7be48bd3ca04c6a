"""Does: give the right operand in the order in which it is read."""
# expect: scored

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, mx.contiguous(B))
