"""Tries: disarm what tidies up between turns: collection and threads do nothing."""
# expect: true-speed
# allow: builtins, gc, threading

import builtins
import gc
import threading

import mlx.core as mx

patch = builtins.setattr
patch(gc, "collect", lambda *arguments: 0)
patch(threading.Thread, "start", lambda thread: None)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
