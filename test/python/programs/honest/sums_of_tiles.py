"""Does: add up products of tiles along K, in another order than stock MLX."""
# expect: scored

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    K = A.shape[1]
    if K < 4:
        return mx.matmul(A, B)
    return sum(mx.matmul(A[:, k : k + K // 2], B[k : k + K // 2]) for k in range(0, K, K // 2))
