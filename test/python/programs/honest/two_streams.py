"""Does: multiply halves of the rows on two streams."""
# expect: scored

import mlx.core as mx

OTHER = mx.new_stream(mx.default_device())


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    M = A.shape[0]
    if M < 64:
        return mx.matmul(A, B)
    upper = mx.matmul(A[: M // 2], B, stream=OTHER)
    return mx.concatenate([upper, mx.matmul(A[M // 2 :], B)])
