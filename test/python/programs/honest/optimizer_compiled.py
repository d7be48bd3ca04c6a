"""Does: Adam as one compiled function over all tensors."""
# expect: scored

from functools import cache

import mlx.core as mx
from mlx.utils import tree_flatten, tree_unflatten


@cache
def fused(b1, b2, eps):
    @mx.compile
    def update(rate, gradients, parameters, means, squares):
        means = [b1 * m + (1 - b1) * g for m, g in zip(means, gradients, strict=True)]
        squares = [b2 * v + (1 - b2) * mx.square(g) for v, g in zip(squares, gradients, strict=True)]
        triples = zip(parameters, means, squares, strict=True)
        moved = [p - rate.astype(m.dtype) * m / (mx.sqrt(v) + eps) for p, m, v in triples]
        return moved, means, squares

    return update


def leaf(tree, name):
    for part in name.split("."):
        tree = tree[int(part)] if isinstance(tree, (list, tuple)) else tree[part]
    return tree


def optimizer_update(optimizer, gradients, parameters):
    if type(optimizer).__name__ != "Adam" or optimizer.bias_correction:
        return optimizer.apply_gradients(gradients, parameters)
    names = [name for name, _ in tree_flatten(gradients)]
    states = [leaf(optimizer.state, name) for name in names]
    update = fused(*optimizer.betas, optimizer.eps)
    moved, means, squares = update(
        optimizer.learning_rate,
        [gradient for _, gradient in tree_flatten(gradients)],
        [leaf(parameters, name) for name in names],
        [state["m"] for state in states],
        [state["v"] for state in states],
    )
    for state, mean, square in zip(states, means, squares, strict=True):
        state["m"], state["v"] = mean, square
    optimizer.state["step"] = optimizer.step + 1
    return tree_unflatten(list(zip(names, moved, strict=True)))
