"""Tries: look attributes up by text through a formatter's fields."""
# expect: refused static: imports Formatter

from string import Formatter

import mlx.core as mx

BASE = Formatter().get_field("0.__class__.__base__", (mx,), {})


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
