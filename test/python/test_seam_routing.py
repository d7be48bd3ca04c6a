"""What reaches a program and what stays stock; what is in force inside and after."""

from __future__ import annotations

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import pytest
from seam_programs import ARRAY_SEAMS, assert_same, module, rewritten, running

from optimized_kernels.measurement.split import reordered_program
from optimized_kernels.seams import stock
from optimized_kernels.seams.install import installed
from optimized_kernels.seams.program import program_seams


def normal(*shape: int) -> mx.array:
    return mx.random.normal(shape)


@pytest.fixture(autouse=True)
def _seed() -> None:
    mx.random.seed(11)


def quantised(x: mx.array) -> mx.array:
    layer = nn.Linear(64, 32)
    return nn.QuantizedLinear.from_linear(layer)(x)


def attention(**options: object):
    q, k, v = normal(1, 2, 4, 8), normal(1, 2, 4, 8), normal(1, 2, 4, 8)
    return lambda: mx.fast.scaled_dot_product_attention(q, k, v, scale=0.3, **options)


def loss(targets: mx.array, **options: object):
    logits = normal(4, 6)
    return lambda: nn.losses.cross_entropy(logits, targets, **options)


def sites() -> dict[str, list]:
    layer, half = nn.Linear(6, 5), nn.Linear(6, 5)
    half.set_dtype(mx.bfloat16)
    x, wide, vector = normal(3, 6), normal(2, 64), normal(6)
    table = nn.Embedding(7, 4)
    indices = mx.array([0, 1, 2, 3])
    return {
        "linear": [lambda: layer(vector), lambda: half(x), lambda: quantised(wide)],
        "gelu": [lambda: nn.gelu(mx.array([1, 2])), lambda: nn.gelu(mx.zeros((0, 3)))],
        "layer_norm": [lambda: mx.fast.layer_norm(x.astype(mx.float16), mx.ones((6,)), None, 1e-5)],
        "rms_norm": [lambda: mx.fast.rms_norm(x.astype(mx.bfloat16), mx.ones((6,)), 1e-5)],
        "attention": [
            attention(mask=normal(4, 4)),
            attention(sinks=mx.zeros((2,))),
        ],
        "embedding": [lambda: table(3), lambda: table(mx.zeros((0,), mx.int32))],
        "cross_entropy": [
            loss(mx.softmax(normal(4, 6))),
            loss(indices, weights=mx.ones((4,), mx.float16)),
        ],
    }


@pytest.mark.parametrize("seam", ARRAY_SEAMS)
def test_what_is_not_taken_is_stocks(seam: str) -> None:
    for site in sites()[seam]:
        mx.random.seed(1)
        expected = site()
        with running(rewritten([seam])) as seams:
            mx.random.seed(1)
            assert mx.array_equal(site(), expected).item()
        assert seams.calls[seam].forward == 0


def test_bad_operands_get_mlxs_own_errors() -> None:
    with running(rewritten(ARRAY_SEAMS)) as seams:
        with pytest.raises(ValueError, match="Invalid reduction"):
            nn.losses.cross_entropy(normal(2, 3), mx.array([0, 1]), reduction="most")
        with pytest.raises(ValueError, match="does not match logits shape"):
            nn.losses.cross_entropy(normal(2, 3), mx.array([0, 1, 2]))
        with pytest.raises(ValueError, match="weight"):
            mx.fast.rms_norm(normal(2, 3), mx.ones((4,)), 1e-5)
        with pytest.raises(ValueError, match="addmm"):
            nn.Linear(3, 4)(normal(2, 5))
    assert all(calls.forward == 0 for calls in seams.calls.values())


def test_layers_of_nn_reach_their_seams() -> None:
    layers = [nn.Linear(8, 8), nn.GELU(), nn.LayerNorm(8), nn.RMSNorm(8), nn.MultiHeadAttention(8, 2)]
    tokens = mx.array([[0, 1, 2]])
    with running(rewritten(ARRAY_SEAMS)) as seams:
        x = nn.Embedding(5, 8)(tokens)
        for layer in layers[:-1]:
            x = layer(x)
        x = layers[-1](x, x, x, mask="causal")
        nn.losses.cross_entropy(x, tokens)
    counts = {name: calls.forward for name, calls in seams.calls.items()}
    assert counts == {**dict.fromkeys(ARRAY_SEAMS, 1), "linear": 5}


def test_a_named_stream_is_the_programs() -> None:
    seen = []

    def rms_norm(x, weight, eps):
        seen.append(mx.default_stream(mx.default_device()))
        return mx.fast.rms_norm(x, weight, eps)

    stream = mx.new_stream(mx.default_device())
    with running(module(rms_norm=rms_norm)):
        mx.eval(mx.fast.rms_norm(normal(2, 3), None, 1e-5, stream=stream))
    assert seen == [stream]


def everything_stock(calls: list[str]):
    """Functions that call, inside one seam, what every seam replaces."""
    layer, table, norm = nn.Linear(4, 4), nn.Embedding(3, 4), nn.LayerNorm(4)
    optimizer = optim.SGD(1e-2)

    def noted(x: mx.array) -> mx.array:
        y = norm(nn.gelu(layer(x)) @ mx.eye(4)) + table(mx.array([0]))
        heads = y.reshape(1, 1, -1, 4)
        y = mx.fast.scaled_dot_product_attention(heads, heads, heads, scale=1.0).reshape(y.shape)
        y = (
            mx.fast.rms_norm(y, None, 1e-5)
            + nn.losses.cross_entropy(y, mx.zeros((y.shape[0],), mx.int32)).sum()
        )
        calls.append("inside")
        return optimizer.apply_gradients({"y": y}, {"y": x})["y"] * 0 + x

    return noted


def test_inside_one_seam_all_are_stock() -> None:
    calls: list[str] = []
    noted = everything_stock(calls)
    program = reordered_program(1)

    def gelu(x: mx.array) -> mx.array:
        return noted(x)

    program.gelu = gelu
    program.optimizer_update = lambda optimizer, gradients, parameters: optimizer.apply_gradients(
        gradients, parameters
    )
    with running(program) as seams:
        mx.eval(nn.gelu(normal(3, 4)))
    assert calls == ["inside"]
    assert {name: own.forward for name, own in seams.calls.items() if own.forward} == {"gelu": 1}


def test_everything_is_back_after_an_exception() -> None:
    places = [
        (mx, "matmul"),
        (mx, "compile"),
        (nn.Linear, "__call__"),
        (nn.Embedding, "__call__"),
        (nn, "gelu"),
        (nn.losses, "cross_entropy"),
        (mx.fast, "layer_norm"),
        (mx.fast, "rms_norm"),
        (mx.fast, "scaled_dot_product_attention"),
        (optim.Optimizer, "apply_gradients"),
    ]
    before = [getattr(*place) for place in places]
    program = reordered_program(1)
    program.optimizer_update = lambda *arguments: None

    def fail_inside() -> None:
        with running(program):
            assert all(getattr(*place) is not was for place, was in zip(places, before, strict=True))
            raise RuntimeError("planned")

    with pytest.raises(RuntimeError, match="planned"):
        fail_inside()
    assert [getattr(*place) for place in places] == before
    assert not stock.is_stock_in_force()


def test_of_two_programs_the_inner_one_wins_its_seams() -> None:
    x = normal(3, 4)
    outer, inner = program_seams(rewritten(["gelu", "linear"]), {}), program_seams(rewritten(["gelu"]), {})
    layer = nn.Linear(4, 4)
    expected = nn.gelu(layer(x))
    with installed(outer.patches):
        with installed(inner.patches):
            assert_same(nn.gelu(layer(x)), expected)
        assert (outer.calls["linear"].forward, outer.calls["gelu"].forward) == (1, 0)
        assert inner.calls["gelu"].forward == 1
        assert_same(nn.gelu(layer(x)), expected)
    assert outer.calls["gelu"].forward == 1
