"""The original example's model: an embedding, a stack of dense layers, an output projection."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn


class DenseStack(nn.Module):
    """Two GELU blocks, three and two times as wide as the stream, and four projections like attention's.

    They have attention's products, not its scores.
    """

    def __init__(self, hidden: int, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.blocks = nn.Sequential(
            nn.Linear(hidden, 3 * hidden),
            nn.GELU(),
            nn.Linear(3 * hidden, hidden),
            nn.Linear(hidden, hidden),
            nn.Linear(hidden, 2 * hidden),
            nn.GELU(),
            nn.Linear(2 * hidden, hidden),
        )
        self.projections = nn.Sequential(*(nn.Linear(hidden, hidden) for _ in range(4)))
        self.output = nn.Linear(hidden, vocabulary)

    def __call__(self, tokens: mx.array) -> mx.array:
        """Logits (batch, sequence, vocabulary) of tokens (batch, sequence)."""
        return self.output(self.projections(self.blocks(self.embedding(tokens))))
