"""Tries: multiply random sketches of a quarter of K: right on average, and low in rank."""
# expect: refused correctness: off stock MLX

import mlx.core as mx


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    K = A.shape[1]
    sketch = mx.random.normal((K, max(K // 4, 1)), key=mx.random.key(0)).astype(A.dtype)
    return mx.matmul(A @ sketch, sketch.T @ B) / sketch.shape[1]
