"""The model that a preset names."""

from __future__ import annotations

import mlx.nn as nn

from optimized_kernels.workloads.dense_stack import DenseStack
from optimized_kernels.workloads.presets import Preset
from optimized_kernels.workloads.transformer import Transformer


def build_model(preset: Preset) -> nn.Module:
    """A freshly initialised model of the preset's sizes, drawn from MLX's global random state."""
    if preset.model == "transformer":
        return Transformer(preset.hidden, preset.vocabulary, preset.sequence, preset.layers, preset.heads)
    return DenseStack(preset.hidden, preset.vocabulary)
