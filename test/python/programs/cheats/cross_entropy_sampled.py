"""Tries: normalise over every second class only."""
# expect: refused correctness: cross entropy

import mlx.core as mx


def cross_entropy(logits, targets, weights, axis, label_smoothing, reduction):
    logits = mx.moveaxis(logits, axis, -1)
    picked = mx.take_along_axis(logits, targets[..., None], axis=-1).squeeze(-1)
    loss = mx.logsumexp(logits[..., ::2], axis=-1) + mx.log(mx.array(2.0, logits.dtype)) - picked
    if weights is not None:
        loss = loss * weights
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()
