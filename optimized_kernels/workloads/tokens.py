"""Token sequences with structure: on uniform tokens the loss is ln V and could be guessed."""

from __future__ import annotations

from functools import cache

import mlx.core as mx

REPEAT_PROBABILITY = 0.75
MULTIPLIER = 5

# MLX's own, kept from before a program is loaded: what a program does to them is no part of the data.
_uniform, _key, _split = mx.random.uniform, mx.random.key, mx.random.split


@cache
def _powers(length: int, vocabulary: int) -> tuple[mx.array, mx.array]:
    """Factor and offset of the map below applied 0, 1, ... times, modulo `vocabulary`."""
    factors, offsets = [1], [0]
    for _ in range(length - 1):
        factors.append(MULTIPLIER * factors[-1] % vocabulary)
        offsets.append((MULTIPLIER * offsets[-1] + 1 + vocabulary // 3) % vocabulary)
    return mx.array(factors, dtype=mx.int64), mx.array(offsets, dtype=mx.int64)


def token_sequences(seed: int, batch: int, length: int, vocabulary: int) -> mx.array:
    """Tokens below `vocabulary`, int32 of shape (batch, length); not evaluated.

    A token follows from the one before by a fixed affine map with probability REPEAT_PROBABILITY, and is
    otherwise drawn: its logarithm is uniform, which is nearly Zipf's distribution.
    """
    shape = (batch, length)
    drawing, choosing = _split(_key(seed))
    logarithms = _uniform(0.0, 1.0, shape, key=drawing)
    drawn = mx.power(mx.array(vocabulary + 1.0), logarithms).astype(mx.int64) - 1
    drawn = mx.clip(drawn, 0, vocabulary - 1)
    places = mx.arange(length)
    is_drawn = (_uniform(0.0, 1.0, shape, key=choosing) >= REPEAT_PROBABILITY) | (places == 0)
    # Where the run that a token belongs to began, and how often the map was applied since.
    began = mx.cummax(mx.where(is_drawn, places, 0), axis=1)
    factors, offsets = _powers(length, vocabulary)
    since = places - began
    tokens = (factors[since] * mx.take_along_axis(drawn, began, axis=1) + offsets[since]) % vocabulary
    return tokens.astype(mx.int32)
