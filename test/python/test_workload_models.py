"""The transformer, the presets, and what a step of them costs."""

from __future__ import annotations

import math
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten
from seam_programs import ARRAY_SEAMS, rewritten, running

from optimized_kernels.workloads.cost import parameter_count, step_cost
from optimized_kernels.workloads.models import build_model
from optimized_kernels.workloads.presets import PRESETS, Preset, held_out
from optimized_kernels.workloads.training import Training

TINY = Preset(
    batch=2,
    sequence=8,
    hidden=12,
    vocabulary=32,
    turn_timeout_seconds=5.0,
    learning_rate=3e-3,
    model="transformer",
    heads=3,
)


def test_no_token_sees_what_comes_after_it() -> None:
    mx.random.seed(2)
    model = build_model(TINY)
    tokens = mx.array([[3, 1, 4, 1, 5, 9, 2, 6]])
    changed = mx.array([[3, 1, 4, 1, 5, 8, 2, 6]])
    before, after = np.array(model(tokens)), np.array(model(changed))
    assert before.shape == (1, 8, 32)
    assert np.array_equal(before[:, :5], after[:, :5])
    assert all(np.any(before[:, place] != after[:, place]) for place in (5, 6, 7))


def test_a_token_sees_where_it_is() -> None:
    mx.random.seed(2)
    logits = np.array(build_model(TINY)(mx.array([[7, 7, 7]])))
    assert not np.allclose(logits[0, 0], logits[0, 2])


def test_every_tensor_is_trained_and_the_loss_falls() -> None:
    training = Training(replace(TINY, layers=1, batch=8, sequence=16, learning_rate=1e-2), 3)
    training.losses("eager", training.reset(7, 1))
    still = [name for name, value in training.updates().items() if not mx.any(value != 0).item()]
    assert still == []
    losses = training.losses("eager", training.reset(7, 100))
    assert np.mean(losses[-20:]) < 0.9 * math.log(TINY.vocabulary)


def test_both_loops_train_the_same() -> None:
    training = Training(replace(TINY, layers=1), 3)
    eager = training.losses("eager", training.reset(7, 2))
    assert training.losses("compiled", training.reset(7, 2)) == pytest.approx(eager, rel=1e-5)


def test_it_reaches_every_array_seam() -> None:
    training = Training(TINY, 3)
    with running(rewritten(ARRAY_SEAMS)) as seams:
        training.losses("eager", training.reset(7, 1))
    counts = {name: (calls.forward, calls.backward) for name, calls in seams.calls.items()}
    assert counts == {
        "linear": (13, 13),
        "cross_entropy": (1, 1),
        "gelu": (2, 2),
        "layer_norm": (4, 4),
        "rms_norm": (1, 1),
        "attention": (2, 2),
        "embedding": (2, 2),
    }


def test_heads_divide_hidden() -> None:
    for name, preset in PRESETS.items():
        assert preset.model == "dense_stack" or preset.hidden % preset.heads == 0, name


def test_held_out_presets_are_others_of_both_models() -> None:
    for name in PRESETS:
        others = held_out(name)
        assert name not in others
        assert {PRESETS[other].model for other in others} == {"dense_stack", "transformer"}
        assert all(("small" in other) == ("small" in name) for other in others)
    assert any(PRESETS[other].hidden % 2 for other in held_out("small"))


@pytest.mark.parametrize("model", ["dense_stack", "transformer"])
def test_parameters_are_counted_right(model) -> None:
    preset = replace(TINY, model=model)
    found = sum(value.size for _, value in tree_flatten(build_model(preset).parameters()))
    assert parameter_count(preset) == found


@pytest.mark.parametrize("model", ["dense_stack", "transformer"])
def test_operations_are_those_of_the_products_that_run(model) -> None:
    preset = replace(TINY, model=model)
    training = Training(preset, 3)
    with running(rewritten(["matmul"])) as seams:
        training.losses("eager", training.reset(7, 1))
    counted = 0.0
    for shape, count in seams.calls["matmul"].shapes.items():
        counted += 2.0 * count * math.prod(map(int, shape.partition(" ")[0].split("x")))
    scores = preset.batch * preset.sequence * (preset.sequence + 1) / 2 * preset.hidden
    attention = 0.0 if model == "dense_stack" else 12.0 * preset.layers * scores
    assert step_cost(preset).flops == counted + attention


def test_costs_of_the_published_sizes() -> None:
    # 22 M weights in products times six times 16,384 tokens.
    assert step_cost(PRESETS["seed"]).flops == pytest.approx(2.15e12, rel=0.02)
    assert 1e11 < step_cost(PRESETS["transformer"]).flops < 1e12
    for preset in PRESETS.values():
        assert step_cost(preset).bytes > 40 * parameter_count(preset)
