"""A causal transformer: pre-norm blocks of multi-head attention and a GELU MLP, learned positions."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn


class Block(nn.Module):
    """Attention and MLP, each on a normalised stream and added to it."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(hidden)
        # Without biases: a key bias has a true gradient of zero, so its training is noise.
        self.attention = nn.MultiHeadAttention(hidden, heads)
        self.mlp_norm = nn.LayerNorm(hidden)
        self.mlp = nn.Sequential(nn.Linear(hidden, 4 * hidden), nn.GELU(), nn.Linear(4 * hidden, hidden))

    def __call__(self, x: mx.array) -> mx.array:
        """The stream (batch, sequence, hidden) after this block."""
        normal = self.attention_norm(x)
        x = x + self.attention(normal, normal, normal, mask="causal")
        out: mx.array = x + self.mlp(self.mlp_norm(x))
        return out


class Transformer(nn.Module):
    """`layers` blocks between an embedding of tokens and positions and a projection to the vocabulary.

    The last norm is an RMSNorm, so that both kinds of norm are trained.
    """

    def __init__(self, hidden: int, vocabulary: int, sequence: int, layers: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.positions = nn.Embedding(sequence, hidden)
        self.blocks = [Block(hidden, heads) for _ in range(layers)]
        self.norm = nn.RMSNorm(hidden)
        self.output = nn.Linear(hidden, vocabulary)

    def __call__(self, tokens: mx.array) -> mx.array:
        """Logits (batch, sequence, vocabulary) of tokens (batch, sequence)."""
        x = self.embedding(tokens) + self.positions(mx.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits: mx.array = self.output(self.norm(x))
        return logits
