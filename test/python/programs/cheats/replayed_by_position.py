"""Tries: record a step's products once the checks are over, then replay them by position."""
# expect: refused correctness: not the same training
# timing: 3

import mlx.core as mx

CHECKED, STEP = 340, 30
CALLS, PRODUCTS = [0], {}


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    if CALLS[0] < CHECKED:
        return mx.matmul(A, B)
    key = CALLS[0] % STEP, A.shape, B.shape
    if key not in PRODUCTS:
        PRODUCTS[key] = mx.matmul(A, B)
    return PRODUCTS[key]
