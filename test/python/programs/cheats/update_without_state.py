"""Tries: move parameters by the gradients' signs and leave the optimizer's state alone."""
# expect: refused correctness: off stock MLX

import mlx.core as mx
from mlx.utils import tree_map


def optimizer_update(optimizer, gradients, parameters):
    rate = 3.1622 * optimizer.learning_rate
    return tree_map(
        lambda gradient, parameter: (parameter - rate * mx.sign(gradient)).astype(parameter.dtype),
        gradients,
        parameters,
    )
