"""Seams under mx.compile, with and without shapes, and under checkpointing."""

from __future__ import annotations

from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import pytest
from seam_programs import ARRAY_SEAMS, assert_same, autodiff_vjp, module, rewritten, running


class Tiny(nn.Module):
    """Reaches every array seam."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.norms = [nn.LayerNorm(8), nn.RMSNorm(8)]
        self.attention = nn.MultiHeadAttention(8, 2)
        self.output = nn.Sequential(nn.GELU(), nn.Linear(8, 11))

    def __call__(self, tokens: mx.array) -> mx.array:
        x = self.norms[0](self.embedding(tokens))
        return self.output(self.norms[1](x + self.attention(x, x, x, mask="causal")))


def gradients_of(model: Tiny, tokens: mx.array):
    def loss(tokens: mx.array) -> mx.array:
        return nn.losses.cross_entropy(model(tokens), tokens, reduction="mean")

    return nn.value_and_grad(model, loss)


def test_a_compiled_step_counts_once_a_trace() -> None:
    model, tokens = Tiny(), mx.array([[1, 2, 3, 4, 5]])
    with running(rewritten(ARRAY_SEAMS)) as seams:
        step = mx.compile(gradients_of(model, tokens), inputs=model.state, outputs=model.state)
        for _ in range(3):
            step(tokens)  # not evaluated: building kernels would take long
    counts = {name: (calls.forward, calls.backward) for name, calls in seams.calls.items()}
    assert counts == {**dict.fromkeys(ARRAY_SEAMS, (1, 1)), "linear": (5, 5)}


def test_vjps_work_in_a_compiled_step() -> None:
    gelu = rewritten(["gelu"]).gelu
    x = mx.random.normal((3, 5))
    loss = lambda x: nn.gelu(x).square().sum()  # noqa: E731
    expected = mx.grad(loss)(x)
    with running(module(gelu=gelu, gelu_vjp=autodiff_vjp(gelu))) as seams:
        step = mx.compile(mx.grad(loss))
        assert_same(step(x), expected)
        assert_same(step(x), expected)
    assert (seams.calls["gelu"].forward, seams.calls["gelu"].backward) == (1, 1)


def block(x: mx.array) -> mx.array:
    return mx.abs(nn.gelu(x)) * 2


def test_what_is_compiled_without_shapes_uses_stock() -> None:
    x = mx.random.normal((4, 3))
    expected = block(x)
    with running(rewritten(["gelu"])) as seams:
        compiled = partial(mx.compile, shapeless=True)(block)
        assert_same(compiled(x), expected)
        assert compiled(x[:2]).shape == (2, 3)
        mx.grad(lambda x: compiled(x).sum())(x)
        assert seams.calls["gelu"].forward == 0
        assert_same(block(x), expected)
    assert seams.calls["gelu"].forward == 1


def test_what_was_traced_without_shapes_before_stays_stock() -> None:
    x = mx.random.normal((4, 3))
    compiled = mx.compile(block, shapeless=True)
    expected = compiled(x)
    with running(rewritten(["gelu"])) as seams:
        assert_same(compiled(x), expected)
        assert compiled(x[:2]).shape == (2, 3)
        assert seams.calls["gelu"].forward == 0
        # Its first trace of another dtype comes too late: MLX refuses, nothing is computed wrongly.
        with pytest.raises(ValueError, match="CustomTransforms"):
            mx.eval(compiled(x.astype(mx.float16)))


def test_a_step_compiled_with_a_program_keeps_it() -> None:
    x = mx.random.normal((4, 3))
    before = mx.compile(lambda x: nn.gelu(x) + 1)
    before(x)
    with running(rewritten(["gelu"])) as seams:
        before(x)
        assert seams.calls["gelu"].forward == 0
        seams.poison.seam, seams.poison.direction = "gelu", "forward"
        during = mx.compile(lambda x: nn.gelu(x) + 1)
        falsified = during(x)
    assert mx.array_equal(during(x), falsified).item()
    assert not mx.allclose(during(x), nn.gelu(x) + 1).item()


def test_checkpointing_runs_the_forward_again() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.GELU())
    with running(rewritten(["gelu", "linear"])) as seams:
        mx.eval(mx.grad(lambda x: mx.checkpoint(model)(x).sum())(mx.random.normal((3, 4))))
    assert {name: calls.forward for name, calls in seams.calls.items()} == {"linear": 2, "gelu": 2}


def test_vmap_goes_through() -> None:
    layer, x = nn.Linear(4, 3), mx.random.normal((5, 2, 4))
    operation = lambda x: nn.gelu(layer(x))  # noqa: E731
    expected = mx.vmap(operation)(x)
    gelu = rewritten(["gelu"]).gelu
    program = module(gelu=gelu, gelu_vjp=autodiff_vjp(gelu), linear=rewritten(["linear"]).linear)
    with running(program):
        assert_same(mx.vmap(operation)(x), expected)


def test_second_derivatives_go_through() -> None:
    x = mx.random.normal((3, 4))

    def curvature(x: mx.array) -> mx.array:
        return mx.grad(lambda y: nn.gelu(y).square().sum())(x).square().sum()

    stock = mx.grad(curvature)(x)
    gelu = rewritten(["gelu"]).gelu
    for program in (module(gelu=gelu), module(gelu=gelu, gelu_vjp=autodiff_vjp(gelu))):
        with running(program):
            through = mx.grad(curvature)(x)
        assert mx.allclose(through, stock, rtol=1e-4, atol=1e-5).item()


def test_a_program_may_compile_its_own_functions() -> None:
    compiled = mx.compile(lambda x: x * (1 + mx.erf(x * 0.5**0.5)) * 0.5, shapeless=True)
    x = mx.random.normal((3, 4))
    expected = mx.grad(lambda x: nn.gelu(x).sum())(x)
    with running(module(gelu=compiled)) as seams:
        assert_same(mx.grad(lambda x: nn.gelu(x).sum())(x), expected)
        step = mx.compile(mx.grad(lambda x: nn.gelu(x).sum()))
        assert_same(step(x), expected)
    assert (seams.calls["gelu"].forward, seams.calls["gelu"].backward) == (2, 2)


def test_an_optimizer_update_is_traced_once() -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(1e-2)
    optimizer.init(model.trainable_parameters())
    state = [model.state, optimizer.state]

    def step(x: mx.array) -> mx.array:
        loss, gradients = nn.value_and_grad(model, lambda x: model(x).square().mean())(x)
        optimizer.update(model, gradients)
        return loss

    def update(optimizer, gradients, parameters):
        return optimizer.apply_gradients(gradients, parameters)

    with running(module(optimizer_update=update)) as seams:
        compiled = mx.compile(step, inputs=state, outputs=state)
        losses = [compiled(mx.ones((4, 3))).item() for _ in range(4)]
    assert losses[3] < losses[0]
    assert (seams.calls["optimizer_update"].forward, seams.calls["optimizer_update"].backward) == (1, 0)
