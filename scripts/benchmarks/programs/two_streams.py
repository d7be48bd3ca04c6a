"""Matrix product of an MLX training step: what a default run with the offline mutator found.

Every 2-D product of the training step arrives here: activations times weights in the forward pass, and in the
backward pass the gradient times the transposed weights and the transposed activations times the gradient.
"""

import mlx.core as mx

# EVOLVE-BLOCK-START
# Elements of the larger operand up to which one tile holds the whole product, per backend.
WHOLE_PRODUCT_LIMIT = {"cpu": 1 << 22, "metal": 1 << 26, "cuda": 1 << 28}
TILE = 1024


def choose_tile_size(M, N, K, device_info):
    """Tile sizes for an (M, K) @ (K, N) product on the device that device_info describes."""
    limit = WHOLE_PRODUCT_LIMIT.get(device_info.get("backend"), 1 << 22)
    if max(M * K, K * N) <= limit:
        return M, N, K
    return M, min(N, TILE), min(K, TILE)


SECOND_STREAM = mx.new_stream(mx.default_device())


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    """A @ B, one tile of B at a time; partial products along K are added up."""
    B = mx.contiguous(B)
    return mx.concatenate(
        [mx.matmul(A, B[:, : B.shape[1] // 2]), mx.matmul(A, B[:, B.shape[1] // 2 :], stream=SECOND_STREAM)],
        axis=1,
    )
    K, N = B.shape
    if tile_N >= N and tile_K >= K:
        return mx.matmul(A, B)
    columns = []
    for n in range(0, N, tile_N):
        total = mx.matmul(A[:, :tile_K], B[:tile_K, n : n + tile_N])
        for k in range(tile_K, K, tile_K):
            total = total + mx.matmul(A[:, k : k + tile_K], B[k : k + tile_K, n : n + tile_N])
        columns.append(total)
    return mx.concatenate(columns, axis=1)


# EVOLVE-BLOCK-END
