"""The matmul seam against stock MLX: values, gradients, call sites, and what it does to broken programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimized_kernels.measurement.cases import CASES, run_cases
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.install import installed, matmul_patches
from optimized_kernels.seams.product import tiled_product


def whole(m, n, k, device_info):
    return m, n, k


@contextmanager
def program(multiply, choose=whole) -> Iterator[Calls]:
    calls = Calls()
    with installed(matmul_patches(tiled_product(choose, multiply, {"backend": "cpu"}, calls))):
        yield calls


def split(a, b, *tiles):
    half = a.shape[1] // 2
    return a[:, :half] @ b[:half] + mx.matmul(a[:, half:], b[half:])


def assert_close(left: mx.array, right: mx.array, tolerance: float = 1e-5) -> None:
    assert left.shape == right.shape
    assert left.dtype == right.dtype
    difference = np.array((left - right).astype(mx.float32))
    scale = max(float(np.abs(np.array(right.astype(mx.float32))).max(initial=0.0)), 1.0)
    assert np.abs(difference).max(initial=0.0) <= tolerance * scale


def normal(*shape: int) -> mx.array:
    return mx.random.normal(shape)


@pytest.fixture(autouse=True)
def _seed() -> None:
    mx.random.seed(11)


def test_every_case_agrees_with_stock_mlx() -> None:
    stock = dict(run_cases(3))
    with program(split) as calls:
        through = dict(run_cases(3))
    assert len(stock) > 2 * len(CASES)
    for name, value in stock.items():
        tolerance = 3e-2 if "float16" in name else 1e-5
        assert_close(through[name], value, tolerance)
    assert calls.forward > 0
    assert calls.backward > 0


sizes = st.integers(1, 6)


@settings(deadline=None, max_examples=60)
@given(batch=st.lists(st.integers(1, 3), max_size=3), ones=st.integers(0, 2), m=sizes, k=sizes, n=sizes)
def test_gradients_have_their_operands_shapes(batch: list[int], ones: int, m: int, k: int, n: int) -> None:
    a, b = normal(*batch, m, k), normal(*(1,) * ones, k, n)
    operation = lambda a, b: a @ b  # noqa: E731
    cotangent = normal(*operation(a, b).shape)
    stock = mx.vjp(operation, [a, b], [cotangent])
    with program(split) as calls:
        through = mx.vjp(operation, [a, b], [cotangent])
    assert (calls.forward, calls.backward) == (1, 2)
    for values, expected in zip(through, stock, strict=True):
        for value, base in zip(values, expected, strict=True):
            assert_close(value, base)


@settings(deadline=None, max_examples=40)
@given(
    shape=st.sampled_from([(), (1,), (5,), (4, 5), (1, 5), (3, 4, 1)]),
    alpha=st.sampled_from([1.0, 0.5, -2.0]),
    beta=st.sampled_from([1.0, 0.0, 3.0]),
)
def test_addmm_sums_as_stock_does(shape: tuple[int, ...], alpha: float, beta: float) -> None:
    c, a, b = normal(*shape), normal(3, 4, 7), normal(7, 5)
    operation = lambda c, a, b: mx.addmm(c, a, b, alpha, beta)  # noqa: E731
    cotangent = normal(3, 4, 5)
    stock = mx.vjp(operation, [c, a, b], [cotangent])
    with program(split):
        through = mx.vjp(operation, [c, a, b], [cotangent])
    for values, expected in zip(through, stock, strict=True):
        for value, base in zip(values, expected, strict=True):
            assert_close(value, base)


@pytest.mark.parametrize("bias", [True, False])
def test_linear_layers_reach_the_program(bias: bool) -> None:
    layer, x = nn.Linear(6, 9, bias=bias), normal(2, 5, 6)
    loss = lambda x: layer(x).square().sum()  # noqa: E731
    stock = mx.grad(loss)(x)
    with program(split) as calls:
        through = mx.grad(loss)(x)
    assert (calls.forward, calls.backward) == (1, 2)
    assert_close(through, stock)


def test_a_compiled_step_calls_the_program_once_a_trace() -> None:
    layer = nn.Linear(6, 9)
    with program(split) as calls:
        step = mx.compile(mx.grad(lambda x: layer(x).square().sum()))
        for _ in range(5):
            mx.eval(step(normal(4, 6)))
    assert (calls.forward, calls.backward) == (1, 2)


def test_checkpointing_calls_the_forward_twice() -> None:
    layer = nn.Linear(6, 6)
    with program(split) as calls:
        mx.eval(mx.grad(lambda x: mx.checkpoint(layer)(x).square().sum())(normal(4, 6)))
    assert calls.forward == 2


def test_second_derivatives_are_those_of_the_product() -> None:
    w = normal(4, 4)

    def curvature(x: mx.array) -> mx.array:
        return mx.grad(lambda y: (y @ w).square().sum())(x).square().sum()

    x = normal(3, 4)
    stock = mx.grad(curvature)(x)
    with program(split):
        through = mx.grad(curvature)(x)
    assert_close(through, stock, 1e-4)


@pytest.mark.parametrize("shape", [(4, 4), (4, 7)])
def test_in_place_product_is_seen_under_every_name(shape: tuple[int, int]) -> None:
    a, b = normal(3, 4), normal(*shape)
    expected = a @ b
    alias = a
    with program(split) as calls:
        a @= b
    assert alias is a
    assert calls.forward == 1
    assert_close(alias, expected)


@pytest.mark.parametrize(
    ("a", "b"),
    [((4,), (4, 3)), ((3, 4), (4,)), ((2, 3, 4), (2, 4, 5)), ((0, 4), (4, 3)), ((2, 0), (0, 3))],
)
def test_vectors_batches_and_empty_operands_stay_stock(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    left, right = normal(*a), normal(*b)
    expected = left @ right
    with program(split) as calls:
        assert_close(left @ right, expected)
    assert calls.forward == 0


def test_bad_operands_get_mlxs_own_errors() -> None:
    with program(split):
        with pytest.raises(ValueError, match="Last dimension"):
            normal(2, 3) @ normal(4, 3)
        with pytest.raises(TypeError):
            normal(2, 3) @ 2.0
        with pytest.raises(ValueError, match="broadcast"):
            mx.addmm(normal(9), normal(2, 3), normal(3, 4))


def test_mixed_dtypes_are_promoted_and_gradients_come_back_in_their_own() -> None:
    a, b = normal(3, 4).astype(mx.float16), normal(4, 5)
    with program(split):
        outputs, (da, db) = mx.vjp(mx.matmul, [a, b], [normal(3, 5)])
    assert (outputs[0].dtype, da.dtype, db.dtype) == (mx.float32, mx.float16, mx.float32)


def test_stock_functions_are_back_after_an_exception() -> None:
    before = mx.matmul, mx.addmm, mx.array.__matmul__, mx.array.__imatmul__

    def fail_inside() -> None:
        with program(split):
            assert mx.matmul is not before[0]
            raise RuntimeError("planned")

    with pytest.raises(RuntimeError, match="planned"):
        fail_inside()
    assert (mx.matmul, mx.addmm, mx.array.__matmul__, mx.array.__imatmul__) == before


@pytest.mark.parametrize(
    ("multiply", "choose", "message"),
    [
        (lambda a, b, *tiles: None, whole, "expected an mx.array"),
        (lambda a, b, *tiles: (a @ b).T, whole, "expected mlx.core.float32 of shape"),
        (lambda a, b, *tiles: (a @ b).astype(mx.float16), whole, "expected mlx.core.float32"),
        (lambda a, b, *tiles: a @ b, lambda *sizes: (1, 2), "expected three positive integers"),
        (lambda a, b, *tiles: a @ b, lambda *sizes: (1, 2, 0), "expected three positive integers"),
        (lambda a, b, *tiles: a @ b, lambda *sizes: (1, 2, True), "expected three positive integers"),
    ],
)
def test_a_broken_contract_is_an_error_not_a_fallback(multiply, choose, message: str) -> None:
    with program(multiply, choose), pytest.raises(SeamError, match=message):
        normal(3, 4) @ normal(4, 5)


def test_an_exception_in_a_program_passes_through() -> None:
    def multiply(a, b, *tiles):
        raise KeyError("mine")

    with program(multiply), pytest.raises(KeyError, match="mine"):
        normal(3, 4) @ normal(4, 5)


def test_a_program_may_use_everything_that_is_patched() -> None:
    def multiply(a, b, *tiles):
        out = mx.addmm(mx.zeros((b.shape[1],)), a, b) / 2 + mx.matmul(a, b) / 4
        quarter = a
        quarter @= b
        return out + quarter / 4

    a, b = normal(3, 4), normal(4, 4)
    expected = a @ b
    with program(multiply) as calls:
        out = mx.array(a) @ b
    assert calls.forward == 1
    assert_close(out, expected)
