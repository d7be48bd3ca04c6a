"""Tries: burn all cores in threads on streams of their own while it is not its own turn."""
# expect: contained
# allow: threading, time

import threading
import time

import mlx.core as mx

LAST_CALL = [0.0]


def hog():
    with mx.stream(mx.new_stream(mx.default_device())):
        block = mx.ones((256, 256))
        while True:
            if time.monotonic() - LAST_CALL[0] < 0.004:
                time.sleep(0.001)
            else:
                mx.eval(block @ block)


for _ in range(2):
    threading.Thread(target=hog, daemon=True).start()


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    LAST_CALL[0] = time.monotonic()
    return mx.matmul(A, B)
