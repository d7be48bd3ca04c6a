"""Every seam through the user's side, alone, together, and spread over two programs."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import pytest
from harness import program

from optimized_kernels import OptimizationRefused, enable_training_optimizations, training_step
from optimized_kernels.seams.interface import SEAMS

HEAD = "import mlx.core as mx\nimport mlx.nn as nn\n"
FUNCTIONS = {
    "linear": """
def linear(x, weight, bias):
    y = x @ weight.T
    return y if bias is None else y + bias
""",
    "cross_entropy": """
def cross_entropy(logits, targets, weights, axis, label_smoothing, reduction):
    return nn.losses.cross_entropy(logits, targets, weights, axis, label_smoothing, reduction)
""",
    "gelu": "def gelu(x):\n    return x * (1 + mx.erf(x / 2**0.5)) / 2\n",
    "layer_norm": """
def layer_norm(x, weight, bias, eps):
    return mx.fast.layer_norm(x, weight, bias, eps)
""",
    "rms_norm": "def rms_norm(x, weight, eps):\n    return mx.fast.rms_norm(x, weight, eps)\n",
    "attention": """
def attention(q, k, v, scale, mask):
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
""",
    "embedding": "def embedding(weight, tokens):\n    return weight[tokens]\n",
    "optimizer_update": """
def optimizer_update(optimizer, gradients, parameters):
    return optimizer.apply_gradients(gradients, parameters)
""",
    "training_step": """
def training_step(model, optimizer, loss_fn):
    value_and_grad = nn.value_and_grad(model, loss_fn)
    def step(*batch):
        loss, gradients = value_and_grad(*batch)
        optimizer.update(model, gradients)
        return loss
    return step
""",
}
MATMUL = program("return mx.matmul(mx.contiguous(A), mx.contiguous(B))")


def source(*names: str) -> str:
    return HEAD + "\n".join(MATMUL if name == "matmul" else FUNCTIONS[name] for name in names)


class Transformer(nn.Module):
    """One block in which every seam has its place."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 16)
        self.norm, self.last = nn.RMSNorm(16), nn.LayerNorm(16)
        self.query, self.out = nn.Linear(16, 48, bias=False), nn.Linear(16, 11)
        self.act = nn.GELU()

    def __call__(self, tokens: mx.array) -> mx.array:
        x = self.embedding(tokens)
        batch, length, _ = x.shape
        heads = self.query(self.norm(x)).reshape(batch, length, 3, 2, 8).transpose(2, 0, 3, 1, 4)
        mixed = mx.fast.scaled_dot_product_attention(*heads, scale=8**-0.5, mask="causal")
        x = x + self.act(mixed.transpose(0, 2, 1, 3).reshape(batch, length, 16))
        return self.out(self.last(x)) + 0.0 * (x.reshape(-1, 16) @ mx.ones((16, 1))).sum()


def train(steps: int) -> list[float]:
    """Losses of a few steps from the same start each time."""
    mx.random.seed(4)
    model, optimizer = Transformer(), optim.AdamW(learning_rate=1e-2)
    tokens = mx.random.randint(0, 11, (3, 9))

    def loss_fn(tokens: mx.array) -> mx.array:
        return nn.losses.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:], reduction="mean")

    step = training_step(model, optimizer, loss_fn)
    losses = []
    for _ in range(steps):
        loss = step(tokens)
        mx.eval(loss, model.state, optimizer.state)
        losses.append(loss.item())
    return losses


def missed(calls: dict[str, dict[str, int]]) -> list[str]:
    return [
        f"{name} {direction}"
        for name, counts in calls.items()
        for direction, count in counts.items()
        if count == 0 and (direction == "forward" or SEAMS[name].has_backward)
    ]


@pytest.fixture(scope="module")
def stock() -> list[float]:
    losses = train(3)
    assert losses[-1] < losses[0]
    return losses


def test_all_seams_at_once(tmp_path: Path, stock: list[float]) -> None:
    path = tmp_path / "all.py"
    path.write_text(source("matmul", *FUNCTIONS))
    with enable_training_optimizations(path) as handle:
        assert train(3) == pytest.approx(stock, rel=1e-5)
    assert set(handle.seams) == set(SEAMS)
    assert missed(handle.calls()) == []
    assert train(3) == stock


@pytest.mark.parametrize("first_out", [0, 1])
def test_two_programs_with_other_seams_work_side_by_side(
    tmp_path: Path, stock: list[float], first_out: int
) -> None:
    names = [("linear", "attention", "optimizer_update"), ("matmul", "gelu", "attention")]
    handles = []
    for number, seams in enumerate(names):
        path = tmp_path / f"{number}.py"
        path.write_text(source(*seams))
        handles.append(enable_training_optimizations(path))
    assert train(2) == pytest.approx(stock[:2], rel=1e-5)
    # Both export attention: the second one's is in force.
    assert missed(handles[0].calls()) == ["attention forward", "attention backward"]
    assert missed(handles[1].calls()) == []
    handles.pop(first_out).disable()
    assert train(2) == pytest.approx(stock[:2], rel=1e-5)
    assert missed(handles[0].calls()) == []
    handles[0].disable()
    assert train(3) == stock


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_seam_is_refused_when_it_is_wrong(tmp_path: Path, name: str) -> None:
    (export,) = SEAMS[name].exports
    path = tmp_path / "wrong.py"
    lines = [
        source(name),
        f"right = {export.name}",
        "from mlx.utils import tree_map",
        f"def {export.name}(*arguments):",
        "    result = right(*arguments)",
        "    if callable(result):",
        "        return lambda *batch: 1.01 * result(*batch)",
        "    return tree_map(lambda leaf: leaf * 1.01, result)",
    ]
    path.write_text("\n".join(lines))
    with pytest.raises(OptimizationRefused, match="off stock MLX") as refusal:
        enable_training_optimizations(path)
    assert refusal.value.stage == "check"
