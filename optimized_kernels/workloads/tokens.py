"""Token sequences with structure: on uniform tokens the loss is ln V and could be guessed."""

from __future__ import annotations

import random
from itertools import accumulate

REPEAT_PROBABILITY = 0.75


def token_sequences(rng: random.Random, batch: int, length: int, vocabulary: int) -> list[list[int]]:
    """`batch` rows of `length` tokens below `vocabulary`.

    A token follows from the one before by a fixed affine map with probability REPEAT_PROBABILITY, and is
    otherwise drawn from Zipf's distribution.
    """
    weights = list(accumulate(1.0 / (rank + 1) for rank in range(vocabulary)))
    multiplier, offset = 5, 1 + vocabulary // 3

    def fresh() -> int:
        return rng.choices(range(vocabulary), cum_weights=weights)[0]

    rows = []
    for _ in range(batch):
        row = [fresh()]
        while len(row) < length:
            follows = rng.random() < REPEAT_PROBABILITY
            row.append((multiplier * row[-1] + offset) % vocabulary if follows else fresh())
        rows.append(row)
    return rows
