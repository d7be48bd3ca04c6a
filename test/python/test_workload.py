"""The training workload: seeded, trainable, the same in both loops."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from optimized_kernels.measurement.probe import project
from optimized_kernels.workloads.presets import PRESETS, Preset
from optimized_kernels.workloads.tokens import REPEAT_PROBABILITY, token_sequences
from optimized_kernels.workloads.training import Loop, Training

TINY = Preset(batch=2, sequence=8, hidden=16, vocabulary=32, turn_timeout_seconds=5.0, learning_rate=1e-2)


def turn(training: Training, seed: int, steps: int, loop: Loop) -> tuple[list[float], dict[str, mx.array]]:
    losses = [training.step(loop, batch).item() for batch in training.reset(seed, steps)]
    return losses, training.updates()


def largest_difference(left: dict[str, mx.array], right: dict[str, mx.array]) -> float:
    assert left.keys() == right.keys()
    return max(float(mx.abs(left[name] - right[name]).max().item()) for name in left)


@pytest.mark.parametrize("loop", ["eager", "compiled"])
def test_a_turn_follows_from_its_seed(loop: Loop) -> None:
    first, second = Training(TINY, 3), Training(TINY, 3)
    turn(second, 99, 2, loop)  # what happened before leaves no trace
    losses, updates = turn(first, 7, 3, loop)
    again, same = turn(second, 7, 3, loop)
    assert losses == again
    assert largest_difference(updates, same) == 0.0


def test_turns_of_different_seeds_start_from_different_parameters() -> None:
    training = Training(TINY, 3)
    training.reset(1, 1)
    start = training.start
    training.reset(2, 1)
    assert all(np.any(np.array(start[name]) != np.array(value)) for name, value in training.start.items())


def test_both_loops_train_the_same() -> None:
    training = Training(TINY, 3)
    losses, updates = turn(training, 7, 3, "eager")
    compiled_losses, compiled = turn(training, 7, 3, "compiled")
    assert compiled_losses == pytest.approx(losses, rel=1e-5)
    assert largest_difference(updates, compiled) < 1e-4


def test_every_tensor_is_trained() -> None:
    _, updates = turn(Training(TINY, 3), 7, 1, "eager")
    still = [name for name, value in updates.items() if not mx.any(value != 0).item()]
    assert still == []


def test_the_loss_falls_below_what_guessing_gives() -> None:
    training = Training(replace(TINY, batch=8, sequence=32, hidden=32, learning_rate=3e-3), 3)
    losses, _ = turn(training, 7, 200, "eager")
    assert np.mean(losses[-20:]) < 0.9 * math.log(TINY.vocabulary)


def test_tokens_have_structure() -> None:
    drawn = token_sequences(1, 8, 64, 100)
    assert drawn.shape == (8, 64)
    assert drawn.dtype == mx.int32
    rows: Any = drawn.tolist()
    tokens = [token for row in rows for token in row]
    assert 0 <= min(tokens) <= max(tokens) < 100
    pairs = Counter((a, b) for row in rows for a, b in pairwise(row))
    # Uniform pairs would repeat hardly ever.
    assert sum(count for count in pairs.values() if count > 1) > len(tokens) / 3


def test_presets_are_the_published_ones() -> None:
    seed = PRESETS["seed"]
    assert (seed.batch, seed.sequence, seed.hidden, seed.vocabulary) == (32, 512, 1024, 6000)
    assert PRESETS["small"].hidden == 128


def test_projections_are_linear_and_depend_on_their_seed() -> None:
    tensors = {"matrix": mx.random.normal((6, 5)), "vector": mx.random.normal((4,)), "scalar": mx.array(2.0)}
    doubled = {name: 2 * value for name, value in tensors.items()}
    answers = project(tensors, 1)
    assert project(doubled, 1) == pytest.approx([2 * answer for answer in answers], rel=1e-5)
    assert project(tensors, 2)[:2] != answers[:2]


def test_a_projection_sees_every_column() -> None:
    for column in range(5):
        matrix = np.zeros((6, 5), dtype=np.float32)
        matrix[3, column] = 1.0
        assert project({"matrix": mx.array(matrix)}, 1)[0] != 0.0


def test_a_token_follows_from_the_one_before_or_is_drawn() -> None:
    vocabulary = 97
    rows: Any = token_sequences(5, 40, 200, vocabulary).tolist()
    pairs = [pair for row in rows for pair in pairwise(row)]
    follows = sum(after == (5 * before + 1 + vocabulary // 3) % vocabulary for before, after in pairs)
    assert follows / len(pairs) == pytest.approx(REPEAT_PROBABILITY + 0.25 / vocabulary, abs=0.03)
    assert len({tuple(row[:4]) for row in rows}) > 30
    # Zipf: the first token is drawn about twice as often as the second, and those beyond a half are rare.
    first = Counter(row[0] for seed in range(50) for row in token_sequences(seed, 40, 1, vocabulary).tolist())
    assert 1.2 < first[0] / first[1] < 2.4
    assert sum(count for token, count in first.items() if token >= 48) / 2000 < 0.25
