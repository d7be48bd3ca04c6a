"""Tries: export a training step that evaluates the loss and trains nothing."""
# expect: refused correctness: off stock MLX


def training_step(model, optimizer, loss_fn):
    return loss_fn
