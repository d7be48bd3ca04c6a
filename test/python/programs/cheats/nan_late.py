"""Tries: return NaN once the checks are over, which no comparison finds larger than a bound."""
# expect: refused correctness: not the same training
# timing: 3

import mlx.core as mx

CALLS = [0]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    CALLS[0] += 1
    product = mx.matmul(A, B)
    return product if CALLS[0] < 340 else product * float("nan")
