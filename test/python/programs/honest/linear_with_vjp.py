"""Does: a linear layer with gradients of its own."""
# expect: scored

import mlx.core as mx


def linear(x, weight, bias):
    out = x @ mx.contiguous(weight.T)
    return out if bias is None else out + bias


def linear_vjp(primals, cotangent, output):
    x, weight, bias = primals
    rows, gradient = x.reshape(-1, x.shape[-1]), cotangent.reshape(-1, cotangent.shape[-1])
    for_x = (gradient @ weight).reshape(x.shape)
    for_weight = gradient.T @ rows
    return for_x, for_weight, None if bias is None else gradient.sum(axis=0)
