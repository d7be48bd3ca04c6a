"""Does: choose the layout by shape, from a table for the sizes of the training."""
# expect: scored

import mlx.core as mx

CONTIGUOUS = {(128, 384), (384, 128), (128, 256), (256, 128), (128, 128)}


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    if B.shape in CONTIGUOUS:
        return mx.matmul(A, mx.contiguous(B))
    return mx.matmul(A, B)
