"""Work of one training step, from the sizes alone. Imports no MLX."""

from __future__ import annotations

from dataclasses import dataclass

from optimized_kernels.workloads.presets import Preset

FLOAT_BYTES = 4
# Adam reads parameter, gradient and two moments and writes three of them; a forward and a backward product
# read the parameter once each, the backward pass writes the gradient.
PARAMETER_PASSES = 10
# Attention's forward pass reads q, k, v and writes its output; its backward pass reads those and the output's
# gradient, and writes three gradients. Scores need not leave the chip (Dao et al., 2022).
ATTENTION_PASSES = 4 + 8


@dataclass(frozen=True)
class Cost:
    """Floating-point operations and bytes of memory traffic of one step."""

    flops: float
    bytes: float


def linear_sizes(preset: Preset) -> list[tuple[int, int]]:
    """(inputs, outputs) of every linear layer of the preset's model."""
    h, v = preset.hidden, preset.vocabulary
    if preset.model == "transformer":
        block = [(h, h)] * 4 + [(h, 4 * h), (4 * h, h)]
        return block * preset.layers + [(h, v)]
    blocks = [(h, 3 * h), (3 * h, h), (h, h), (h, 2 * h), (2 * h, h)]
    return [*blocks, *[(h, h)] * 4, (h, v)]


def parameter_count(preset: Preset) -> int:
    """Trained numbers of the preset's model."""
    h, v = preset.hidden, preset.vocabulary
    weights = sum(inputs * outputs for inputs, outputs in linear_sizes(preset)) + v * h
    if preset.model == "dense_stack":
        return weights + sum(outputs for _, outputs in linear_sizes(preset))
    # Attention has no biases; two layer norms a block, one RMS norm at the end, learned positions.
    per_block = 4 * h + h + 2 * 2 * h
    return weights + preset.layers * per_block + h + v + preset.sequence * h


def _attention_flops(preset: Preset) -> float:
    """Two products forward, four backward (dV, dP, dQ, dK), over the pairs that a causal mask leaves."""
    if preset.model == "dense_stack":
        return 0.0
    pairs = preset.batch * preset.sequence * (preset.sequence + 1) / 2
    return 6 * 2.0 * pairs * preset.hidden * preset.layers


def step_cost(preset: Preset) -> Cost:
    """Forward, backward and Adam of one float32 step.

    Operations are those of the matrix products alone: 2·M·N·K each, three for a linear layer (forward, and
    two backward), so six times weights times tokens (Kaplan et al., 2020, section 2.1), and attention's.
    Element-wise work is left out. Bytes are an estimate of the traffic that even a well-fused step has:
    parameters PARAMETER_PASSES times, inputs and outputs of products three times each (read and written
    forward, read backward, their gradients written and read), attention ATTENTION_PASSES times the stream,
    logits and their gradient once each for the loss. Both are lower bounds rather than what MLX does.
    """
    tokens = preset.batch * preset.sequence
    layers = linear_sizes(preset)
    flops = 6.0 * tokens * sum(inputs * outputs for inputs, outputs in layers)
    activations = 3.0 * tokens * sum(inputs + outputs for inputs, outputs in layers)
    activations += 2.0 * tokens * preset.vocabulary
    if preset.model == "transformer":
        activations += ATTENTION_PASSES * tokens * preset.hidden * preset.layers
    numbers = PARAMETER_PASSES * parameter_count(preset) + activations
    return Cost(flops + _attention_flops(preset), FLOAT_BYTES * numbers)
