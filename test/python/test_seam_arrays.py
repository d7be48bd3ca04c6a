"""Every seam from arrays to an array: values, gradients, counts, poison, VJPs, refusals."""

from __future__ import annotations

from types import ModuleType

import mlx.core as mx
import mlx.nn as nn
import pytest
from seam_programs import ARRAY_SEAMS, assert_same, autodiff_vjp, module, numbers, rewritten, running

from optimized_kernels.measurement.cases import CASES, run_cases
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.poison import FACTOR

SEED = 5


def number_of_cases(seam: str) -> int:
    return sum(case.seam == seam for case in CASES)


def with_vjp(seam: str) -> ModuleType:
    function = getattr(rewritten([seam]), seam)
    return module(**{seam: function, f"{seam}_vjp": autodiff_vjp(function)})


@pytest.mark.parametrize("seam", ARRAY_SEAMS)
@pytest.mark.parametrize("program", [rewritten, with_vjp], ids=["own", "vjp"])
def test_a_program_agrees_with_stock_and_is_counted(seam: str, program) -> None:
    stock = dict(run_cases(SEED, [seam]))
    with running(program([seam]) if program is rewritten else program(seam)) as seams:
        through = dict(run_cases(SEED, [seam]))
    assert through.keys() == stock.keys()
    for name, base in stock.items():
        assert_same(through[name], base, name)
    count = number_of_cases(seam)
    assert seams.names == (seam,)
    # A case runs its operation once to know the output's shape, and once for the gradients.
    assert (seams.calls[seam].forward, seams.calls[seam].backward) == (2 * count, count)


@pytest.mark.parametrize("seam", [*ARRAY_SEAMS, "matmul"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_poison_falsifies_what_it_names_and_nothing_else(seam: str, direction) -> None:
    case = next(case for case in CASES if case.seam == seam)
    key = mx.random.key(1)
    stock = dict(case.values(key))
    with running(rewritten([seam])) as seams:
        seams.poison.seam, seams.poison.direction = seam, direction
        falsified = dict(case.values(key))
        seams.poison.seam = "another"
        honest = dict(case.values(key))
    for name, base in stock.items():
        assert_same(honest[name], base, name)
        if name.endswith("output"):
            assert_same(falsified[name], base * FACTOR if direction == "forward" else base, name)
        elif direction == "backward":
            assert_same(falsified[name], base * FACTOR, name)


@pytest.mark.parametrize("seam", ["gelu", "linear"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_poison_reaches_a_program_with_a_vjp(seam: str, direction) -> None:
    case = next(case for case in CASES if case.seam == seam)
    stock = dict(case.values(mx.random.key(1)))
    with running(with_vjp(seam)) as seams:
        seams.poison.seam, seams.poison.direction = seam, direction
        falsified = dict(case.values(mx.random.key(1)))
    for name, base in stock.items():
        is_output = name.endswith("output")
        if is_output == (direction == "forward"):
            assert_same(falsified[name], base * FACTOR, name)
        elif is_output:
            assert_same(falsified[name], base, name)


def test_a_vjp_is_what_training_gets() -> None:
    def gelu_vjp(primals, cotangent, output):
        return 7.0 * cotangent

    x = mx.random.normal((3, 4))
    with running(module(gelu=lambda x: nn.gelu(x), gelu_vjp=gelu_vjp)):
        gradient = mx.grad(lambda x: nn.gelu(x).sum())(x)
    assert (numbers(gradient) == 7.0).all()


def test_a_frozen_operand_needs_no_gradient_of_its_own() -> None:
    layer = nn.Linear(5, 6)
    layer.freeze()
    x = mx.random.normal((3, 5))
    stock = mx.grad(lambda x: layer(x).square().sum())(x)
    for program in (rewritten(["linear"]), with_vjp("linear")):
        with running(program) as seams:
            assert_same(mx.grad(lambda x: layer(x).square().sum())(x), stock)
        assert seams.calls["linear"].backward == 1


@pytest.mark.parametrize("seam", ARRAY_SEAMS)
def test_wrong_outputs_are_errors(seam: str) -> None:
    case = next(case for case in CASES if case.seam == seam)
    function = getattr(rewritten([seam]), seam)
    wrong = {
        "expected an mx.array": lambda *arguments: None,
        "expected mlx.core.float32 of shape": lambda *arguments: function(*arguments)[None],
        "expected mlx.core.float32": lambda *arguments: function(*arguments).astype(mx.float16),
    }
    for message, answer in wrong.items():
        with running(module(**{seam: answer})), pytest.raises(SeamError, match=f"{seam} returned.*{message}"):
            dict(case.values(mx.random.key(1)))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x, w, b: None, "expected a tuple of 3, one for each argument"),
        (lambda x, w, b: (x, w), "2 values; expected a tuple of 3"),
        (lambda x, w, b: (x, None, b), "NoneType for argument 1"),
        (lambda x, w, b: (x, w.T, b), "of shape \\(4, 6\\) for argument 1; expected .* \\(6, 4\\)"),
        (lambda x, w, b: (x.astype(mx.float16), w, b), "float16 of shape .* for argument 0"),
    ],
)
def test_wrong_gradients_are_errors(answer, message: str) -> None:
    program = module(
        linear=lambda x, w, b: x @ w.T + b, linear_vjp=lambda primals, cotangent, output: answer(*primals)
    )
    layer = nn.Linear(4, 6)
    with running(program), pytest.raises(SeamError, match=f"linear_vjp returned .*{message}"):
        nn.value_and_grad(layer, lambda x: layer(x).sum())(mx.random.normal((2, 4)))


def test_an_exception_in_a_program_passes_through() -> None:
    def fail(*arguments):
        raise KeyError("mine")

    for exports in ({"gelu": fail}, {"gelu": nn.gelu_approx, "gelu_vjp": fail}):
        with running(module(**exports)), pytest.raises(KeyError, match="mine"):
            mx.grad(lambda x: nn.gelu(x).sum())(mx.ones((3,)))
