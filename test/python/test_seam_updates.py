"""The seams that are no function of arrays: optimizer_update and training_step."""

from __future__ import annotations

from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import pytest
from mlx.utils import tree_flatten, tree_map
from seam_programs import assert_same, module, rewritten, running

import optimized_kernels
from optimized_kernels.measurement.cases import run_cases
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.poison import FACTOR
from optimized_kernels.workloads.presets import Preset
from optimized_kernels.workloads.training import Training

TINY = Preset(batch=2, sequence=6, hidden=8, vocabulary=16, turn_timeout_seconds=5.0)


def stock_update(optimizer, gradients, parameters):
    return optimizer.apply_gradients(gradients, parameters)


def own_adam(optimizer, gradients, parameters):
    """Adam in another algebraic form; other optimizers as they are."""
    if type(optimizer) is not optim.Adam or optimizer.bias_correction:
        return optimizer.apply_gradients(gradients, parameters)
    state, (b1, b2) = optimizer.state, optimizer.betas
    state["step"] = state["step"] + 1
    rate = optimizer.learning_rate

    def single(gradient, parameter, own):
        own["m"] = own["m"] + (1 - b1) * (gradient - own["m"])
        own["v"] = own["v"] + (1 - b2) * (mx.square(gradient) - own["v"])
        return parameter - own["m"] * (rate.astype(gradient.dtype) / (mx.sqrt(own["v"]) + optimizer.eps))

    return tree_map(single, gradients, parameters, state)


def compiled_step(model, optimizer, loss_fn):
    step = optimized_kernels.training_step(model, optimizer, loss_fn)  # inside a program it is MLX's own
    state = [model.state, optimizer.state, mx.random.state]
    return mx.compile(step, inputs=state, outputs=state)


def own_step(model, optimizer, loss_fn):
    value_and_grad = nn.value_and_grad(model, loss_fn)

    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss

    return step


@pytest.mark.parametrize("update", [stock_update, own_adam])
def test_updates_agree_with_stock(update) -> None:
    stock = dict(run_cases(2, ["optimizer_update"]))
    with running(module(optimizer_update=update)) as seams:
        through = dict(run_cases(2, ["optimizer_update"]))
    assert len(stock) > 30
    for name, base in stock.items():
        assert_same(through[name], base, name)
    assert (seams.calls["optimizer_update"].forward, seams.calls["optimizer_update"].backward) == (12, 0)


@pytest.mark.parametrize("make", [own_step, compiled_step])
def test_steps_agree_with_stock(make) -> None:
    stock = dict(run_cases(2, ["training_step"]))
    with running(module(training_step=make)) as seams:
        through = dict(run_cases(2, ["training_step"]))
    assert through.keys() == stock.keys()
    for name, base in stock.items():
        assert mx.allclose(through[name].astype(mx.float32), base.astype(mx.float32), rtol=1e-4, atol=1e-6), (
            name
        )
    assert (seams.calls["training_step"].forward, seams.calls["training_step"].backward) == (3, 0)


def test_poison_falsifies_new_parameters_and_the_loss() -> None:
    for seam, program, wanted in (
        ("optimizer_update", module(optimizer_update=stock_update), "SGD"),
        ("training_step", module(training_step=own_step), "loss 0"),
    ):
        stock = dict(run_cases(2, [seam]))
        with running(program) as seams:
            seams.poison.seam, seams.poison.direction = seam, "forward"
            falsified = dict(run_cases(2, [seam]))
        name = next(name for name in stock if wanted in name)
        assert not mx.allclose(falsified[name], stock[name]).item()
        if seam == "training_step":
            assert_same(falsified[name], stock[name] * FACTOR)


def test_the_models_seams_are_reached_inside_a_step() -> None:
    program = rewritten(["gelu", "linear"])
    program.training_step = own_step
    program.optimizer_update = stock_update
    training = Training(TINY, 3)
    with running(program) as seams:
        for batch in training.reset(7, 2):
            training.step("eager", batch)
    counts = {name: (calls.forward, calls.backward) for name, calls in seams.calls.items()}
    assert counts == {"linear": (20, 20), "gelu": (4, 4), "optimizer_update": (2, 0), "training_step": (2, 0)}


def test_neither_loop_compiles_around_a_programs_step() -> None:
    training, seen = Training(TINY, 3), []

    def impatient(model, optimizer, loss_fn):
        step = own_step(model, optimizer, loss_fn)

        def evaluated(*batch):
            loss = step(*batch)
            seen.append(loss.item())  # under mx.compile this would raise
            return loss

        return evaluated

    with running(module(training_step=impatient)):
        losses = training.losses("compiled", training.reset(7, 2))
    assert losses == seen == training.losses("eager", training.reset(7, 2))


def test_a_step_keeps_its_program_and_a_new_one_has_the_new() -> None:
    model, optimizer = nn.Linear(3, 2), optim.SGD(1e-2)
    loss = lambda x: model(x).square().mean()  # noqa: E731
    before = optimized_kernels.training_step(model, optimizer, loss)
    with running(module(training_step=own_step)) as seams:
        during = optimized_kernels.training_step(model, optimizer, loss)
        before(mx.ones((2, 3)))
        assert seams.calls["training_step"].forward == 0
    during(mx.ones((2, 3)))
    assert seams.calls["training_step"].forward == 1


def test_a_lost_state_of_the_optimizer_is_made_before_the_program_runs() -> None:
    model, optimizer = nn.Linear(3, 2), optim.Adam(1e-2)
    with running(module(optimizer_update=own_adam)):
        optimizer.update(model, tree_map(mx.ones_like, model.parameters()))
    assert {name for name, _ in tree_flatten(optimizer.state)} >= {"weight.m", "bias.v", "step"}


def test_optimizers_made_of_others_reach_the_program() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    several = optim.MultiOptimizer([optim.Adam(1e-2), optim.SGD(1e-2)], [lambda name, _: "bias" in name])
    several.init(model.trainable_parameters())
    with running(module(optimizer_update=stock_update)) as seams:
        several.update(model, tree_map(mx.ones_like, model.parameters()))
    assert seams.calls["optimizer_update"].forward == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda new: None, "returned NoneType for its result; expected keys"),
        (lambda new: {"weight": new["weight"]}, "returned keys .'weight'. for its result; expected keys"),
        (lambda new: {**new, "bias": 3.0}, "returned float for bias; expected an mx.array"),
        (
            lambda new: {**new, "weight": new["weight"].T},
            r"of shape \(3, 2\) for weight; expected .*\(2, 3\)",
        ),
        (lambda new: {**new, "bias": new["bias"].astype(mx.float16)}, "float16 of shape .* for bias"),
    ],
)
def test_wrong_updates_are_errors(change, message: str) -> None:
    model, optimizer = nn.Linear(3, 2), optim.SGD(1e-2)
    update = lambda *arguments: change(stock_update(*arguments))  # noqa: E731
    with running(module(optimizer_update=update)), pytest.raises(SeamError, match=message):
        optimizer.update(model, tree_map(mx.ones_like, model.parameters()))


def test_wrong_steps_are_errors() -> None:
    model, optimizer = nn.Linear(3, 2), optim.SGD(1e-2)
    loss = partial(mx.sum)
    with running(module(training_step=lambda *arguments: 3)), pytest.raises(SeamError, match="returned int"):
        optimized_kernels.training_step(model, optimizer, loss)
    wrong = {"returned NoneType": None, r"returned shape \(2,\)": mx.ones((2,)), "returned tuple": ()}
    for message, value in wrong.items():
        program = module(training_step=lambda *arguments, value=value: lambda *batch: value)
        with running(program):
            step = optimized_kernels.training_step(model, optimizer, loss)
            with pytest.raises(SeamError, match=f"{message}; expected the loss, a scalar"):
                step(mx.ones((2, 3)))


def test_a_loss_with_extras_is_passed_on() -> None:
    model, optimizer = nn.Linear(3, 2), optim.SGD(1e-2)

    def loss(x):
        out = model(x)
        return out.square().mean(), out

    stock = optimized_kernels.training_step(model, optimizer, loss)(mx.ones((4, 3)))
    with running(module(training_step=own_step)):
        value, out = optimized_kernels.training_step(model, optimizer, loss)(mx.ones((4, 3)))
    assert value.size == 1
    assert out.shape == stock[1].shape == (4, 2)
