"""Tries: find an opener of files among all classes of the process."""
# expect: refused static: uses .__subclasses__

import mlx.core as mx

OPENERS = [each for each in ().__class__.__base__.__subclasses__() if each.__name__ == "FileIO"]


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
