"""Does: compile the product once per shape."""
# expect: scored

import mlx.core as mx

product = mx.compile(lambda A, B: mx.matmul(A, mx.contiguous(B)))


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return product(A, B)
