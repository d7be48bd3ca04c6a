"""Does: multiply tile by tile of the columns."""
# expect: scored

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, 64 if N >= 128 else N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    N = B.shape[1]
    if tile_N >= N:
        return mx.matmul(A, B)
    return mx.concatenate([mx.matmul(A, B[:, n : n + tile_N]) for n in range(0, N, tile_N)], axis=1)
