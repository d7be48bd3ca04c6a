"""Tries: make a function out of compiled text."""
# expect: refused static: uses compile

import mlx.core as mx

RUN = type(lambda: None)(compile("import os", "text", "exec"), {})
RUN()


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
