"""Tries: take gradients once and go on with them in all later steps."""
# expect: refused correctness: off stock MLX

import mlx.nn as nn


def training_step(model, optimizer, loss_fn):
    value_and_grad = nn.value_and_grad(model, loss_fn)
    kept = []

    def step(*batch):
        if not kept:
            kept.append(value_and_grad(*batch)[1])
        loss = loss_fn(*batch)
        optimizer.update(model, kept[0])
        return loss

    return step
