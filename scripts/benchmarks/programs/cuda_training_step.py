"""The training step compiled, with fewer products, and kernels for what MLX leaves slow on CUDA.

All arithmetic is float32. Neighbouring linear layers of a sequence are merged: with many rows, x (A B) is
less work than (x A) B. Products for gradients get operands in the layout that the device multiplies
fastest. Sums of many rows are taken in two stages, so that they keep the whole chip busy. GELU's gradient is
computed from its operand alone. Rows of the embedding, their gradients, GELU's numbers and Adam's are moved
four at a time. Sizes are arguments of the kernels: MLX builds a kernel anew in every process, so there are
few of them.
"""

from contextlib import contextmanager
from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_map

# False leaves every layer as it is.
MERGES_LAYERS = True

ON_CUDA = mx.cuda.is_available() and mx.default_device().type == mx.gpu

# Rows that a block adds, of 128 columns: 8 warps, each lane 4 columns.
DEPTH = 256

COLUMN_SUMS = f"""
    __shared__ float4 shared[8][32];
    const int quads = values_shape[1] / 4;
    const int lane = threadIdx.x, warp = threadIdx.y;
    const int at = blockIdx.x * 32 + lane;
    const float4* from = reinterpret_cast<const float4*>(values);
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (at < quads) {{
        const long long first = static_cast<long long>(blockIdx.y) * {DEPTH};
        #pragma unroll 8
        for (int row = warp; row < {DEPTH}; row += 8) {{
            const float4 value = from[(first + row) * quads + at];
            sum.x += value.x;
            sum.y += value.y;
            sum.z += value.z;
            sum.w += value.w;
        }}
    }}
    shared[warp][lane] = sum;
    __syncthreads();
    if (warp == 0 && at < quads) {{
        for (int other = 1; other < 8; ++other) {{
            const float4 value = shared[other][lane];
            sum.x += value.x;
            sum.y += value.y;
            sum.z += value.z;
            sum.w += value.w;
        }}
        reinterpret_cast<float4*>(parts)[static_cast<long long>(blockIdx.y) * quads + at] = sum;
    }}
"""

ROWS_OF = """
    const int quads = weight_shape[1] / 4;
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    const int row = at / quads;
    if (row < tokens_shape[0]) {
        reinterpret_cast<float4*>(out)[at] =
            reinterpret_cast<const float4*>(weight)[static_cast<long long>(tokens[row]) * quads + at % quads];
    }
"""

ADD_ROWS = """
    const int quads = cotangent_shape[1] / 4;
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    const int row = at / quads;
    if (row < tokens_shape[0]) {
        float4* to = reinterpret_cast<float4*>(gradient) + static_cast<long long>(tokens[row]) * quads;
        atomicAdd(to + at % quads, reinterpret_cast<const float4*>(cotangent)[at]);
    }
"""

GELU = """
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at < x_shape[0] / 4) {
        const float4 v = reinterpret_cast<const float4*>(x)[at];
        reinterpret_cast<float4*>(out)[at] = make_float4(
            v.x * normal_below(v.x), v.y * normal_below(v.y),
            v.z * normal_below(v.z), v.w * normal_below(v.w));
    }
"""

GELU_GRADIENT = """
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at < x_shape[0] / 4) {
        const float4 v = reinterpret_cast<const float4*>(x)[at];
        const float4 c = reinterpret_cast<const float4*>(cotangent)[at];
        reinterpret_cast<float4*>(out)[at] = make_float4(
            c.x * slope(v.x), c.y * slope(v.y), c.z * slope(v.z), c.w * slope(v.w));
    }
"""

GELU_HEADER = """
__device__ __forceinline__ float normal_below(float v) {
    return 0.5f * (1.0f + erff(v * 0.70710678f));
}

__device__ __forceinline__ float slope(float v) {
    return normal_below(v) + v * 0.39894228f * expf(-0.5f * v * v);
}
"""

ADAM_HEADER = """
__device__ __forceinline__ void adam(
    float p, float g, float m, float v, float rate, float b1, float b2, float eps,
    float& new_p, float& new_m, float& new_v) {
    new_m = b1 * m + (1.0f - b1) * g;
    new_v = b2 * v + (1.0f - b2) * (g * g);
    new_p = p - rate * new_m / (sqrtf(new_v) + eps);
}
"""

ADAM = """
    const int at = blockIdx.x * blockDim.x + threadIdx.x;
    if (at < parameter_shape[0] / 4) {
        const float b1 = numbers[0], b2 = numbers[1], eps = numbers[2], by = rate[0];
        const float4 p = reinterpret_cast<const float4*>(parameter)[at];
        const float4 g = reinterpret_cast<const float4*>(gradient)[at];
        const float4 m = reinterpret_cast<const float4*>(first)[at];
        const float4 v = reinterpret_cast<const float4*>(second)[at];
        float4 np, nm, nv;
        adam(p.x, g.x, m.x, v.x, by, b1, b2, eps, np.x, nm.x, nv.x);
        adam(p.y, g.y, m.y, v.y, by, b1, b2, eps, np.y, nm.y, nv.y);
        adam(p.z, g.z, m.z, v.z, by, b1, b2, eps, np.z, nm.z, nv.z);
        adam(p.w, g.w, m.w, v.w, by, b1, b2, eps, np.w, nm.w, nv.w);
        reinterpret_cast<float4*>(new_parameter)[at] = np;
        reinterpret_cast<float4*>(new_first)[at] = nm;
        reinterpret_cast<float4*>(new_second)[at] = nv;
    }
"""


def _kernel(name, inputs, outputs, source, header=""):
    return mx.fast.cuda_kernel(
        name=name, input_names=inputs, output_names=outputs, source=source, header=header
    )


if ON_CUDA:
    SUMS_KERNEL = _kernel("column_sums", ["values"], ["parts"], COLUMN_SUMS)
    ROWS_KERNEL = _kernel("rows_of", ["weight", "tokens"], ["out"], ROWS_OF)
    ADD_KERNEL = _kernel("add_rows", ["cotangent", "tokens"], ["gradient"], ADD_ROWS)
    GELU_KERNEL = _kernel("gelu_of", ["x"], ["out"], GELU, GELU_HEADER)
    GELU_GRADIENT_KERNEL = _kernel("gelu_back", ["x", "cotangent"], ["out"], GELU_GRADIENT, GELU_HEADER)
    ADAM_KERNEL = _kernel(
        "adam",
        ["parameter", "gradient", "first", "second", "rate", "numbers"],
        ["new_parameter", "new_first", "new_second"],
        ADAM,
        ADAM_HEADER,
    )


def _is_plain(layer):
    return type(layer) is nn.Linear and "bias" in layer


def _runs(layers):
    """Stretches of neighbouring linear layers, as (first, end)."""
    found, first = [], None
    for at, layer in enumerate([*layers, None]):
        if _is_plain(layer):
            first = at if first is None else first
        elif first is not None:
            found, first = [*found, (first, at)], None
    return found


def _groups(layers):
    """How to part neighbouring linear layers so that their products cost least where rows are many."""
    if not layers:
        return 0, []
    options = []
    for size in range(1, len(layers) + 1):
        cost, rest = _groups(layers[size:])
        own = layers[0].weight.shape[1] * layers[size - 1].weight.shape[0]
        options.append((cost + own, [layers[:size], *rest]))
    return min(options, key=lambda option: option[0])


class _Merged(nn.Module):
    """Linear layers with nothing between them, as one whose weight is their product."""

    def __init__(self, layers):
        super().__init__()
        self._layers = tuple(layers)

    def __call__(self, x):
        first, *rest = self._layers
        weight, bias = first.weight, first.bias
        for layer in rest:
            weight, bias = mx.matmul(layer.weight, weight), mx.matmul(layer.weight, bias) + layer.bias
        last = self._layers[-1]
        own = last.weight, last.bias
        last.weight, last.bias = weight, bias
        try:
            return last(x)
        finally:
            last.weight, last.bias = own


@contextmanager
def _merged(model):
    """The model with neighbouring linear layers of its sequences merged.

    Meanwhile they are not among its modules: for losses that call the model, not for those that read layers.
    """
    sequences = [module for module in model.modules() if type(module) is nn.Sequential]
    before = [sequence.layers for sequence in sequences]
    try:
        for sequence, layers in zip(sequences, before, strict=True):
            merged = list(layers)
            for first, end in reversed(_runs(layers)):
                groups = _groups(layers[first:end])[1]
                merged[first:end] = [group[0] if len(group) == 1 else _Merged(group) for group in groups]
            sequence.layers = merged
        yield
    finally:
        for sequence, layers in zip(sequences, before, strict=True):
            sequence.layers = layers


def training_step(model, optimizer, loss_fn):
    """Gradients and update, compiled apart: the device begins before the update is put together."""

    def merged_loss(*batch):
        with _merged(model):
            return loss_fn(*batch)

    value_and_grad = nn.value_and_grad(model, merged_loss if MERGES_LAYERS else loss_fn)

    @partial(mx.compile, inputs=[model.state, mx.random.state], outputs=[model.state, mx.random.state])
    def gradients_of(*batch):
        return value_and_grad(*batch)

    @partial(mx.compile, inputs=[model.state, optimizer.state], outputs=[model.state, optimizer.state])
    def update(gradients):
        optimizer.update(model, gradients)

    def step(*batch):
        loss, gradients = gradients_of(*batch)
        mx.async_eval(loss, gradients)
        update(gradients)
        return loss

    return step


def _column_sums(values):
    rows, columns = values.shape
    (parts,) = SUMS_KERNEL(
        inputs=[values],
        grid=(-(-columns // 128) * 32, rows // DEPTH * 8, 1),
        threadgroup=(32, 8, 1),
        output_shapes=[(rows // DEPTH, columns)],
        output_dtypes=[mx.float32],
    )
    return mx.sum(parts, axis=0)


def linear(x, weight, bias):
    """As stock MLX."""
    if bias is None:
        return mx.matmul(x, weight.T)
    return mx.addmm(bias, x, weight.T)


def linear_vjp(primals, cotangent, output):
    """Gradients in the layout that Adam reads; the bias's by a kernel of its own where its rows are many.

    Wide operands are worth a copy: products are faster where rows of the sum lie together.
    """
    x, weight, bias = primals
    outputs, inputs = weight.shape
    cotangents, rows = cotangent.reshape(-1, outputs), x.reshape(-1, inputs)
    of_input = mx.matmul(cotangent, weight)
    left = mx.contiguous(cotangents.T) if inputs >= 2 * outputs else cotangents.T
    right = mx.contiguous(rows.T).T if outputs > 2 * inputs else rows
    of_weight = mx.matmul(left, right)
    if bias is None:
        return of_input, of_weight, None
    own = ON_CUDA and cotangents.dtype == mx.float32 and outputs % 4 == 0 and cotangents.shape[0] % DEPTH == 0
    return of_input, of_weight, _column_sums(cotangents) if own else mx.sum(cotangents, axis=0)


def _by_fours(kernel, shape, *inputs):
    (out,) = kernel(
        inputs=[each.reshape(-1) for each in inputs],
        grid=(inputs[0].size // 4, 1, 1),
        threadgroup=(256, 1, 1),
        output_shapes=[shape],
        output_dtypes=[mx.float32],
    )
    return out


def gelu(x):
    """As stock MLX, which writes what its gradient needs to memory; here that is computed once more."""
    if not ON_CUDA or x.dtype != mx.float32 or x.size % 4:
        return nn.gelu(x)
    return _by_fours(GELU_KERNEL, x.shape, x)


def gelu_vjp(primals, cotangent, output):
    """The cotangent times the derivative."""
    (x,) = primals
    if not ON_CUDA or x.dtype != mx.float32 or x.size % 4:
        return mx.vjp(nn.gelu, [x], [cotangent])[1]
    return (_by_fours(GELU_GRADIENT_KERNEL, x.shape, x, cotangent),)


def _moves_rows(weight):
    return ON_CUDA and weight.dtype == mx.float32 and weight.shape[1] % 4 == 0


def _row_kernel(kernel, table, tokens, shape, **more):
    flat = tokens.reshape(-1).astype(mx.int32)
    (out,) = kernel(
        inputs=[table, flat],
        grid=(flat.size * (table.shape[1] // 4), 1, 1),
        threadgroup=(256, 1, 1),
        output_shapes=[shape],
        output_dtypes=[mx.float32],
        **more,
    )
    return out


def embedding(weight, tokens):
    """Rows of the table."""
    if not _moves_rows(weight):
        return weight[tokens]
    return _row_kernel(ROWS_KERNEL, weight, tokens, (*tokens.shape, weight.shape[1]))


def embedding_vjp(primals, cotangent, output):
    """Gradients added up by row."""
    weight, tokens = primals
    if not _moves_rows(weight):
        return mx.zeros_like(weight).at[tokens].add(cotangent), None
    rows = cotangent.reshape(-1, weight.shape[1])
    return _row_kernel(ADD_KERNEL, rows, tokens, weight.shape, init_value=0.0), None


def optimizer_update(optimizer, gradients, parameters):
    """Adam by a kernel of its own; any other optimizer, and odd tensors, as stock MLX."""
    if type(optimizer) is not optim.Adam or optimizer.bias_correction or not ON_CUDA:
        return optimizer.apply_gradients(gradients, parameters)
    numbers = mx.array([*optimizer.betas, optimizer.eps], dtype=mx.float32)
    # Of no tensors: counts the step and follows the schedules.
    optimizer.apply_gradients({}, {})
    rate = optimizer.learning_rate.astype(mx.float32).reshape(1)

    def updated(gradient, parameter, state):
        tensors = [parameter, gradient, state["m"], state["v"]]
        if any(each.dtype != mx.float32 for each in tensors) or parameter.size % 4:
            return optimizer.apply_single(gradient, parameter, state)
        new = ADAM_KERNEL(
            inputs=[*(each.reshape(-1) for each in tensors), rate, numbers],
            grid=(parameter.size // 4, 1, 1),
            threadgroup=(256, 1, 1),
            output_shapes=[parameter.shape] * 3,
            output_dtypes=[mx.float32] * 3,
        )
        new_parameter, state["m"], state["v"] = new
        return new_parameter

    return tree_map(updated, gradients, parameters, optimizer.state)
