"""Training of the workload's model, one step at a time, from states derived from seeds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Literal

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map

from optimized_kernels.seams import training_step as steps
from optimized_kernels.workloads.models import build_model
from optimized_kernels.workloads.presets import Preset
from optimized_kernels.workloads.tokens import token_sequences

Loop = Literal["eager", "compiled"]
Batch = tuple[mx.array, mx.array]
Step = Callable[[mx.array, mx.array], mx.array]

# Kept from before a program is loaded: what ends a turn must be MLX's own.
_eval, _compile = mx.eval, mx.compile


class Training:
    """A model, its optimizer and the two loops users write around them."""

    def __init__(self, preset: Preset, seed: int) -> None:
        self.preset = preset
        mx.random.seed(seed % 2**64)
        self.model = build_model(preset)
        self.optimizer = optim.Adam(learning_rate=preset.learning_rate)
        self.optimizer.init(self.model.trainable_parameters())
        self._base = self.model.parameters()
        self._fresh_state = tree_map(lambda leaf: leaf, self.optimizer.state)
        self.start: dict[str, mx.array] = {}
        _eval(self._base, self._fresh_state)
        self._steps: dict[tuple[Loop, steps.MakeStep], Step] = {}

    def reset(self, seed: int, batches: int) -> list[Batch]:
        """Puts everything into the state that `seed` stands for and returns that many batches.

        Parameters differ from seed to seed, so nothing a program keeps from one turn serves it in the next.
        """
        rng = random.Random(seed)
        scale = 1.0 + 0.1 * rng.uniform(-1.0, 1.0)
        parameters = tree_map(lambda leaf: leaf * scale, self._base)
        self.model.update(parameters)
        # Filled in place: a compiled step holds on to this very dictionary.
        self.optimizer.state.update(tree_map(lambda leaf: leaf, self._fresh_state))
        mx.random.seed(seed % 2**64)
        data = [self._batch(rng) for _ in range(batches)]
        self.start = dict(tree_flatten(parameters))
        _eval(parameters, self.optimizer.state, data, mx.random.state)
        return data

    def _batch(self, rng: random.Random) -> Batch:
        preset = self.preset
        rows = token_sequences(rng.getrandbits(64), preset.batch, preset.sequence + 1, preset.vocabulary)
        return rows[:, :-1], rows[:, 1:]

    def _loss(self, inputs: mx.array, targets: mx.array) -> mx.array:
        logits = self.model(inputs)
        return nn.losses.cross_entropy(logits, targets, reduction="mean")

    def _make_step(self, loop: Loop) -> Step:
        step = steps.training_step(self.model, self.optimizer, self._loss)
        # A program's own step is taken as it is: what it compiles is its own choice, in either loop.
        if loop == "eager" or not steps.is_stock():
            return step
        state = [self.model.state, self.optimizer.state, mx.random.state]
        return _compile(step, inputs=state, outputs=state)

    def step(self, loop: Loop, batch: Batch) -> mx.array:
        """One evaluated step of `loop`; returns the loss. A compiled loop is traced at its first step."""
        key = (loop, steps.make_step)
        if key not in self._steps:
            self._steps[key] = self._make_step(loop)
        loss = self._steps[key](*batch)
        _eval(loss, self.model.state, self.optimizer.state)
        return loss

    def losses(self, loop: Loop, batches: Sequence[Batch]) -> list[float]:
        """The loss of each of `batches`, trained on in order from the state that `reset` made."""
        values: Any = [self.step(loop, batch).item() for batch in batches]
        return [float(value) for value in values]

    def updates(self) -> dict[str, mx.array]:
        """What the steps since `reset` changed, by name: parameter updates and the optimizer's state."""
        found: dict[str, mx.array] = {}
        parameters: Any = tree_flatten(self.model.parameters())
        for name, value in parameters:
            found[f"parameters.{name}"] = value - self.start[name]
        state: Any = tree_flatten(self.optimizer.state)
        for name, value in state:
            found[f"optimizer.{name}"] = value
        return found
