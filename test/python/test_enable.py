"""A program in the user's own training: checked, counted, taken out again, or refused with the reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import pytest
from harness import ROOT, program
from mlx.utils import tree_flatten

import optimized_kernels
from optimized_kernels import (
    OptimizationRefused,
    OptimizationWarning,
    active_optimizations,
    enable_training_optimizations,
)
from optimized_kernels.integration.compiled import compiled_functions, listed

CONTIGUOUS = program("return mx.matmul(mx.contiguous(A), mx.contiguous(B))")
HALVES = program("half = A.shape[1] // 2\nreturn A[:, :half] @ B[:half] + A[:, half:] @ B[half:]")
IN_BFLOAT16 = program("return (A.astype(mx.bfloat16) @ B.astype(mx.bfloat16)).astype(A.dtype)")

Writer = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    def write(source: str, name: str = "best_program.py") -> Path:
        path = tmp_path / name
        path.write_text(source)
        return path

    return write


@pytest.fixture(autouse=True)
def _stock_before_and_after():
    before = mx.matmul, mx.addmm, mx.array.__matmul__, mx.array.__imatmul__, nn.Linear.__call__
    assert active_optimizations() == ()
    yield
    left = active_optimizations()
    for handle in left:
        handle.warns = False
        handle.disable()
    assert left == ()
    assert (mx.matmul, mx.addmm, mx.array.__matmul__, mx.array.__imatmul__, nn.Linear.__call__) == before


class Loop:
    """A training loop as a user has it."""

    def __init__(self) -> None:
        mx.random.seed(3)
        self.model = nn.Sequential(nn.Linear(12, 24), nn.GELU(), nn.Linear(24, 4, bias=False))
        self.optimizer = optim.Adam(learning_rate=1e-2)
        # Otherwise the first compiled step, which creates the state, is traced apart.
        self.optimizer.init(self.model.trainable_parameters())
        self.inputs, self.targets = mx.random.normal((6, 5, 12)), mx.random.randint(0, 4, (6, 5))
        mx.eval(self.model.parameters(), self.inputs, self.targets)

    def loss(self, model: nn.Module, inputs: mx.array, targets: mx.array) -> mx.array:
        return nn.losses.cross_entropy(model(inputs), targets, reduction="mean")

    def step(self, inputs: mx.array, targets: mx.array) -> mx.array:
        value, gradients = nn.value_and_grad(self.model, self.loss)(self.model, inputs, targets)
        self.optimizer.update(self.model, gradients)
        return value

    def compiled(self) -> Callable[[mx.array, mx.array], mx.array]:
        state = [self.model.state, self.optimizer.state, mx.random.state]

        @partial(mx.compile, inputs=state, outputs=state)
        def compiled_step(inputs: mx.array, targets: mx.array) -> mx.array:
            return self.step(inputs, targets)

        return compiled_step

    def train(self, step: Callable[[mx.array, mx.array], mx.array], steps: int = 4) -> list[float]:
        losses = []
        for _ in range(steps):
            losses.append(step(self.inputs, self.targets).item())
            mx.eval(self.model.state, self.optimizer.state)
        return losses


def test_an_eager_loop_trains_the_same_through_the_program(written: Writer) -> None:
    stock, through = Loop(), Loop()
    losses = stock.train(stock.step)
    with enable_training_optimizations(written(HALVES)) as handle:
        assert through.train(through.step) == pytest.approx(losses, rel=1e-5)
    assert handle.calls() == {"matmul": {"forward": 8, "backward": 16}}
    assert losses[-1] < losses[0]


def test_functional_gradients_go_through_the_program(written: Writer) -> None:
    weight, x = mx.random.normal((5, 7)), mx.random.normal((3, 7))
    loss = mx.value_and_grad(lambda weight: (x @ weight.T).square().sum())
    value, gradient = loss(weight)
    with enable_training_optimizations(written(HALVES)) as handle:
        through, through_gradient = loss(weight)
    assert through.item() == pytest.approx(value.item(), rel=1e-5)
    assert mx.allclose(through_gradient, gradient, rtol=1e-4, atol=1e-5)
    assert handle.calls() == {"matmul": {"forward": 1, "backward": 2}}


def test_a_step_compiled_while_enabled_keeps_the_program(written: Writer) -> None:
    stock, through = Loop(), Loop()
    losses = stock.train(stock.compiled(), 6)
    with enable_training_optimizations(written(HALVES)) as handle:
        step = through.compiled()
        found = through.train(step, 3)
    assert handle.calls() == {"matmul": {"forward": 2, "backward": 4}}
    found += through.train(step, 3)
    assert found == pytest.approx(losses, rel=1e-5)
    # Python did not run again, and would have been stock.
    assert handle.calls() == {"matmul": {"forward": 2, "backward": 4}}


def test_a_step_compiled_before_stays_stock_and_says_so(written: Writer) -> None:
    loop = Loop()
    step = loop.compiled()
    loop.train(step, 1)
    handle = enable_training_optimizations(written(HALVES))
    loop.train(step)
    assert handle.calls() == {"matmul": {"forward": 0, "backward": 0}}
    told = r"never called: a step that was compiled.*compiled before: .*compiled_step"
    with pytest.warns(OptimizationWarning, match=told):
        handle.disable()


def test_functions_without_a_name_are_told_too() -> None:
    compiled = [mx.compile(Loop().step), mx.compile(partial(max, 1)), mx.compile(written_here)]
    found = compiled_functions()
    assert f"{__name__}.written_here" in found
    assert "a method or partial function" in found
    assert "functools.a method" not in " ".join(found)
    assert not [name for name in found if name.startswith("mlx.")]
    assert compiled
    assert listed(tuple("abcdefg")) == "a, b, c, d, e and 2 more"


def written_here(x: mx.array) -> mx.array:
    return x


def test_disabling_twice_is_disabling_once(written: Writer) -> None:
    handle = enable_training_optimizations(written(CONTIGUOUS))
    assert active_optimizations() == (handle,)
    mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
    handle.disable()
    handle.disable()
    assert not handle.enabled
    mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
    assert handle.calls() == {"matmul": {"forward": 1, "backward": 0}}
    with pytest.raises(RuntimeError, match="was disabled"), handle:
        pass


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_programs_leave_in_any_order_and_the_last_one_is_called(
    written: Writer, order: tuple[int, ...]
) -> None:
    first = written(CONTIGUOUS, "first.py")
    programs = [first, written(HALVES, "second.py"), first]
    handles = [enable_training_optimizations(path) for path in programs]
    left = list(handles)
    for place in order:
        before = [handle.calls()["matmul"]["forward"] for handle in handles]
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
        before[handles.index(left[-1])] += 1
        assert [handle.calls()["matmul"]["forward"] for handle in handles] == before
        left.remove(handles[place])
        handles[place].disable()
    assert all(handle._was_covered for handle in handles[:2])


def test_nested_contexts_of_one_program(written: Writer) -> None:
    path = written(CONTIGUOUS)
    with enable_training_optimizations(path) as outer:
        with enable_training_optimizations(path) as inner:
            mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
    assert outer.calls() == inner.calls() == {"matmul": {"forward": 1, "backward": 0}}


def test_an_exception_inside_the_context_passes_and_nothing_stays(written: Writer) -> None:
    with pytest.raises(KeyError, match="planned"), enable_training_optimizations(written(CONTIGUOUS)):
        raise KeyError("planned")


def test_an_exception_of_the_program_in_training_is_no_fallback(written: Writer) -> None:
    body = "if A.shape[0] == 771:\n    raise ValueError('mine')\nreturn A @ B"
    with enable_training_optimizations(written(program(body))):
        with pytest.raises(ValueError, match="mine"):
            mx.ones((771, 2)) @ mx.ones((2, 2))
        mx.eval(mx.ones((3, 2)) @ mx.ones((2, 2)))


def test_a_refusal_leaves_enabled_programs_in_place(written: Writer) -> None:
    with enable_training_optimizations(written(CONTIGUOUS, "good.py")) as handle:
        replaced = mx.matmul
        with pytest.raises(OptimizationRefused):
            enable_training_optimizations(written(program("return A @ B + 1"), "bad.py"))
        assert active_optimizations() == (handle,)
        assert mx.matmul is replaced
        assert handle.calls() == {"matmul": {"forward": 0, "backward": 0}}
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))


def test_a_shorter_float_is_refused_unless_allowed_and_never_silent(written: Writer) -> None:
    path = written(IN_BFLOAT16)
    with pytest.raises(OptimizationRefused, match="tolerance"):
        enable_training_optimizations(path)
    with pytest.warns(OptimizationWarning, match="changes precision"):
        handle = enable_training_optimizations(path, allow_precision=True)
    with handle:
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
    assert "precision changed" in repr(handle)
    with pytest.raises(OptimizationRefused, match="off stock MLX"):
        enable_training_optimizations(written(program("return A @ B * 1.5")), allow_precision=True)


def test_enabling_leaves_the_random_state_alone(written: Writer) -> None:
    source = program("return A @ B", before="mx.random.seed(1)\nnoise = mx.random.normal((3,))")
    mx.random.seed(8)
    expected = mx.random.normal((4,)).tolist()
    mx.random.seed(8)
    with enable_training_optimizations(written(source)):
        assert mx.random.normal((4,)).tolist() == expected
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))


def test_a_repr_says_what_where_and_how_often(written: Writer) -> None:
    with enable_training_optimizations(written(CONTIGUOUS)) as handle:
        mx.eval(mx.ones((2, 3)) @ mx.ones((3, 2)))
        text = repr(handle)
        assert "best_program.py" in text
        assert "enabled" in text
        assert "matmul 1 forward 0 backward" in text
    assert "disabled" in repr(handle)


def test_several_seams_are_checked_and_counted_one_by_one(written: Writer) -> None:
    gelu = "\n\ndef gelu(x):\n    return x * (1 + mx.erf(x / 2**0.5)) / 2\n"
    stock, through = Loop(), Loop()
    losses = stock.train(stock.step)
    with enable_training_optimizations(written(CONTIGUOUS + gelu)) as handle:
        assert through.train(through.step) == pytest.approx(losses, rel=1e-5)
    assert handle.seams == ("matmul", "gelu")
    assert handle.calls() == {
        "matmul": {"forward": 8, "backward": 16},
        "gelu": {"forward": 4, "backward": 4},
    }
    stock_parameters, parameters = (dict(tree_flatten(loop.model.parameters())) for loop in (stock, through))
    assert all(mx.allclose(parameters[name], value, atol=1e-4) for name, value in stock_parameters.items())
    with pytest.raises(OptimizationRefused, match="gelu"):
        enable_training_optimizations(written(CONTIGUOUS + gelu.replace("/ 2\n", "* 0.5001\n")))


def test_importing_the_package_imports_no_mlx() -> None:
    code = (
        "import sys, optimized_kernels as k; assert 'mlx' not in sys.modules; dir(k);"
        "from optimized_kernels import OptimizationRefused, OptimizationWarning;"
        "assert not [name for name in sys.modules if name.partition('.')[0] in ('mlx', 'numpy')];"
        "k.enable_training_optimizations; assert 'mlx.core' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_without_mlx_the_message_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['mlx'] = None; import optimized_kernels as k\n"
        "try: k.enable_training_optimizations\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "needs MLX" in done.stdout, done.stderr


def test_public_names_are_there_and_others_are_not() -> None:
    for name in optimized_kernels.__all__:
        assert getattr(optimized_kernels, name) is not None
        assert name in dir(optimized_kernels)
    with pytest.raises(AttributeError, match="no_such_name"):
        optimized_kernels.no_such_name  # noqa: B018
