"""Does: the whole step compiled, as careful users write it."""
# expect: scored

from functools import partial

import mlx.core as mx
import mlx.nn as nn


def training_step(model, optimizer, loss_fn):
    state = [model.state, optimizer.state, mx.random.state]
    value_and_grad = nn.value_and_grad(model, loss_fn)

    @partial(mx.compile, inputs=state, outputs=state)
    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss

    return step
