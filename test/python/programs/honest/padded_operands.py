"""Does: pad the inner dimension to a multiple of 16."""
# expect: scored

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    rest = -A.shape[1] % 16
    if rest:
        A, B = mx.pad(A, ((0, 0), (0, rest))), mx.pad(B, ((0, rest), (0, 0)))
    return mx.matmul(A, B)
