"""Does: cross entropy without the logits' logarithms."""
# expect: scored

import mlx.core as mx


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
