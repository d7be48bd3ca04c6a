"""Tries: have an annotation evaluated as code."""
# expect: refused static: get_type_hints

import typing

import mlx.core as mx


class Hidden:
    value: "__import__('os')"


typing.get_type_hints(Hidden)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
