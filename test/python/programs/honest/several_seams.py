"""Does: layers, activation, loss, update and step together."""
# expect: scored

import math
from functools import partial

import mlx.core as mx
import mlx.nn as nn

SLOPE = 1 / math.sqrt(2 * math.pi)


@mx.compile
def gelu(x):
    return x * (1 + mx.erf(x * math.sqrt(0.5))) * 0.5


@mx.compile
def slope(x, cotangent):
    return cotangent * (0.5 * (1 + mx.erf(x * math.sqrt(0.5))) + x * mx.exp(-0.5 * x * x) * SLOPE)


def gelu_vjp(primals, cotangent, output):
    return slope(primals[0], cotangent)


def linear(x, weight, bias):
    out = x @ mx.contiguous(weight.T)
    return out if bias is None else out + bias


def linear_vjp(primals, cotangent, output):
    x, weight, bias = primals
    rows, gradient = x.reshape(-1, x.shape[-1]), cotangent.reshape(-1, cotangent.shape[-1])
    for_x = (gradient @ weight).reshape(x.shape)
    for_weight = gradient.T @ rows
    return for_x, for_weight, None if bias is None else gradient.sum(axis=0)


def cross_entropy(logits, targets, weights, axis, label_smoothing, reduction):
    picked = mx.take_along_axis(logits, mx.expand_dims(targets, axis), axis).squeeze(axis)
    total = mx.logsumexp(logits, axis=axis)
    loss = total - (1 - label_smoothing) * picked
    if label_smoothing:
        loss = loss - label_smoothing * logits.mean(axis=axis)
    if weights is not None:
        loss = loss * weights
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()


def optimizer_update(optimizer, gradients, parameters):
    return optimizer.apply_gradients(gradients, parameters)


def training_step(model, optimizer, loss_fn):
    state = [model.state, optimizer.state, mx.random.state]
    value_and_grad = nn.value_and_grad(model, loss_fn)

    @partial(mx.compile, inputs=state, outputs=state)
    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss

    return step
