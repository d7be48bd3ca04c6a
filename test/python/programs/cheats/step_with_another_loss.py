"""Tries: train rightly in a step of its own, and return a better loss."""
# expect: refused correctness: loss

import mlx.nn as nn


def training_step(model, optimizer, loss_fn):
    value_and_grad = nn.value_and_grad(model, loss_fn)

    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return 0.9 * loss

    return step
