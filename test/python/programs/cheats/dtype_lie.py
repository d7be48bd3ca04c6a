"""Tries: return an object that only says it is a float32 array."""
# expect: refused correctness: expected an mx.array

import mlx.core as mx


class Product:
    def __init__(self, A, B):
        self.dtype, self.shape = A.dtype, (A.shape[0], B.shape[1])
        self.product = mx.matmul(A.astype(mx.float16), B.astype(mx.float16))


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return Product(A, B)
