"""Does: use a kernel of its own where there is a GPU that takes it, else a contiguous operand."""
# expect: scored

import mlx.core as mx

SOURCE = """
    uint column = thread_position_in_grid.x, row = thread_position_in_grid.y;
    uint columns = b_shape[1], inner = a_shape[1];
    float sum = 0;
    for (uint k = 0; k < inner; ++k) sum += float(a[row * inner + k]) * float(b[k * columns + column]);
    c[row * columns + column] = T(sum);
"""
# Naive: for products so small that the launch is what costs.
SMALL = 4096


def choose_tile_size(M, N, K, device_info):
    own = device_info["backend"] == "metal" and M * N * K <= SMALL
    return (1, 1, K) if own else (M, N, K)


def by_kernel(A, B):
    kernel = mx.fast.metal_kernel(name="product", input_names=["a", "b"], output_names=["c"], source=SOURCE)
    shape = (A.shape[0], B.shape[1])
    return kernel(
        inputs=[A, B],
        template=[("T", A.dtype)],
        grid=(shape[1], shape[0], 1),
        threadgroup=(1, 1, 1),
        output_shapes=[shape],
        output_dtypes=[A.dtype],
    )[0]


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    if (tile_M, tile_N) == (1, 1) and A.shape[0] * B.shape[1] > 1:
        return by_kernel(A, B)
    return mx.matmul(A, mx.contiguous(B))
