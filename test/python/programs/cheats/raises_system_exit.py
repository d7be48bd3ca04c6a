"""Tries: leave by SystemExit, which handlers of exceptions let pass."""
# expect: refused crash: exit code 0


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    raise SystemExit(0)
