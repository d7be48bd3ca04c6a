"""The whole training step compiled, with a gradient of the loss in one pass over the logits.

Stock MLX differentiates the chosen logit into a scatter, which costs a zeroed copy of all logits and a sum.
"""

from functools import partial

import mlx.core as mx
import mlx.nn as nn


def training_step(model, optimizer, loss_fn):
    """One compiled function from batch to loss, with model and optimizer as its state."""
    state = [model.state, optimizer.state, mx.random.state]
    value_and_grad = nn.value_and_grad(model, loss_fn)

    @partial(mx.compile, inputs=state, outputs=state)
    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss

    return step


def _is_plain(weights, axis, label_smoothing, reduction):
    return weights is None and axis == -1 and label_smoothing == 0 and reduction == "mean"


def cross_entropy(logits, targets, weights, axis, label_smoothing, reduction):
    """As stock MLX."""
    return nn.losses.cross_entropy(logits, targets, weights, axis, label_smoothing, reduction)


def _any_gradients(primals, cotangent):
    logits, targets, weights, *rest = primals
    if weights is None:
        _, (gradient,) = mx.vjp(lambda x: cross_entropy(x, targets, None, *rest), [logits], [cotangent])
        return (gradient, *[None] * 5)
    loss = partial(_weighted, targets=targets, rest=rest)
    _, (gradient, of_weights) = mx.vjp(loss, [logits, weights], [cotangent])
    return (gradient, None, of_weights, None, None, None)


def _weighted(logits, weights, targets, rest):
    return cross_entropy(logits, targets, weights, *rest)


def cross_entropy_vjp(primals, cotangent, output):
    """Softmax minus one at the target, scaled; element by element, so that it is one kernel."""
    logits, targets, weights, axis, label_smoothing, reduction = primals
    if not _is_plain(weights, axis, label_smoothing, reduction):
        return _any_gradients(primals, cotangent)
    normal = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
    chosen = mx.arange(logits.shape[-1]) == mx.expand_dims(targets, -1)
    scale = cotangent / targets.size
    return ((mx.exp(normal) - chosen.astype(logits.dtype)) * scale, *[None] * 5)
