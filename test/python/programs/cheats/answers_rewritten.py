"""Tries: rewrite what is sent: json in its process makes every projection zero."""
# expect: refused
# allow: builtins, json

import builtins
import json

import mlx.core as mx

patch = builtins.setattr
dumps = json.dumps


def forged(message):
    if "answers" in message:
        message["answers"] = [0.0] * len(message["answers"])
    return dumps(message)


patch(json, "dumps", forged)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
