"""Tries: train on every second sequence of the batch."""
# expect: refused correctness: off stock MLX

import mlx.nn as nn


def training_step(model, optimizer, loss_fn):
    value_and_grad = nn.value_and_grad(model, loss_fn)

    def step(*batch):
        loss, gradients = value_and_grad(*(part[::2] for part in batch))
        optimizer.update(model, gradients)
        return loss

    return step
