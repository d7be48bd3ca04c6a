"""Cases of seams that are no function of arrays: an optimizer's update, a whole training step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map, tree_unflatten

from optimized_kernels.measurement.case import layer_of
from optimized_kernels.seams.training_step import training_step

STEPS = 3
# A tree as models have it: nested, a list in it, odd sizes, a vector.
SHAPES = {"embedding.weight": (11, 6), "layers.0.weight": (9, 6), "layers.0.bias": (9,), "scale": (7,)}


def _normal_tree(key: mx.array, dtype: mx.Dtype) -> Any:
    keys = mx.random.split(key, len(SHAPES))
    drawn = [
        (name, mx.random.normal(shape, key=own).astype(dtype))
        for (name, shape), own in zip(SHAPES.items(), keys, strict=True)
    ]
    return tree_unflatten(drawn)


def _leaves(tree: Any) -> dict[str, mx.array]:
    flat: Any = tree_flatten(tree)
    return {name: value for name, value in flat if isinstance(value, mx.array)}


def _changed(new: Any, old: Any, optimizer: optim.Optimizer) -> Iterator[tuple[str, mx.array]]:
    """Updates, as parameters are nearly right even where nothing was trained, and the optimizer's state."""
    before = _leaves(old)
    for name, value in _leaves(new).items():
        yield f"update of {name}", value - before[name]
    for name, value in _leaves(optimizer.state).items():
        yield f"state {name}", value


@dataclass(frozen=True)
class OptimizerCase:
    """STEPS updates of a tree of parameters by an optimizer that has not seen it before."""

    seam: str
    name: str
    optimizer: Callable[[], optim.Optimizer]
    dtype: mx.Dtype = mx.float32

    def values(self, key: mx.array) -> Iterator[tuple[str, mx.array]]:
        """What the steps changed, and the optimizer's state."""
        parameter_key, *gradient_keys = mx.random.split(key, STEPS + 1)
        start = _normal_tree(parameter_key, self.dtype)
        optimizer, parameters = self.optimizer(), start
        for gradient_key in gradient_keys:
            parameters = optimizer.apply_gradients(_normal_tree(gradient_key, self.dtype), parameters)
        for name, value in _changed(parameters, start, optimizer):
            yield f"{self.name}: {name}", value


def _model(key: mx.array) -> Any:
    def layer(inputs: int, outputs: int, key: mx.array) -> Any:
        weight_key, bias_key = mx.random.split(key)
        weight = 0.3 * mx.random.normal((outputs, inputs), key=weight_key)
        return layer_of(nn.Linear, weight=weight, bias=0.3 * mx.random.normal((outputs,), key=bias_key))

    first, second = mx.random.split(key)
    return layer_of(nn.Sequential, layers=[layer(12, 20, first), nn.gelu, layer(20, 7, second)])


@dataclass(frozen=True)
class StepCase:
    """STEPS steps of a small classifier, made by ``optimized_kernels.training_step``."""

    seam: str
    name: str
    optimizer: Callable[[], optim.Optimizer]

    def values(self, key: mx.array) -> Iterator[tuple[str, mx.array]]:
        """Losses, what the steps changed, and the optimizer's state."""
        model_key, *batch_keys = mx.random.split(key, STEPS + 1)
        model, optimizer = _model(model_key), self.optimizer()
        optimizer.init(model.trainable_parameters())
        start = tree_map(lambda leaf: leaf, model.parameters())

        def loss(inputs: mx.array, targets: mx.array) -> mx.array:
            return nn.losses.cross_entropy(model(inputs), targets, reduction="mean")

        step = training_step(model, optimizer, loss)
        for index, batch_key in enumerate(batch_keys):
            input_key, target_key = mx.random.split(batch_key)
            inputs = mx.random.normal((5, 12), key=input_key)
            value = step(inputs, mx.random.randint(0, 7, (5,), key=target_key))
            mx.eval(value, model.state, optimizer.state)
            yield f"{self.name}: loss {index}", value
        for name, value in _changed(model.parameters(), start, optimizer):
            yield f"{self.name}: {name}", value


UPDATE_CASES = (
    OptimizerCase("optimizer_update", "Adam", lambda: optim.Adam(1e-2)),
    OptimizerCase(
        "optimizer_update",
        "AdamW with bias correction",
        lambda: optim.AdamW(1e-2, weight_decay=0.1, bias_correction=True),
    ),
    OptimizerCase(
        "optimizer_update",
        "SGD with momentum and a schedule",
        lambda: optim.SGD(optim.cosine_decay(1e-1, 10), momentum=0.9),
    ),
    OptimizerCase("optimizer_update", "Adam, bfloat16", lambda: optim.Adam(1e-1), mx.bfloat16),
    StepCase("training_step", "training step with Adam", lambda: optim.Adam(1e-2)),
)
