"""Two arms of mlx_lm_lora.py that take turns."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from optimized_kernels.measurement.statistics import block_log_ratio

ROOT = Path(__file__).resolve().parents[2]
ARM = "scripts.benchmarks.mlx_lm_arm"
# ABBA or BAAB.
TURNS_A_BLOCK = 2


@dataclass(frozen=True)
class Sizes:
    """The training run, as the arm's settings have it. Texts have at most `length` tokens."""

    batch: int
    hidden: int
    layers: int
    texts: int
    length: int

    @property
    def epoch(self) -> int:
        """Steps until every batch was seen, and with it every shape that is compiled."""
        return self.texts // self.batch


@dataclass(frozen=True)
class Pair:
    """What two arms did in one launch: losses and seconds of every step, in order."""

    stock_losses: list[float]
    other_losses: list[float]
    stock_seconds: list[float]
    other_seconds: list[float]
    log_ratios: list[float]
    calls: dict[str, dict[str, int]]


class Arm:
    """A process that trains one step when told to. Its output goes to `log`."""

    def __init__(self, settings: Mapping[str, object], packages: Path | None, log: Path) -> None:
        self.log = log
        self.losses: list[float] = []
        self.seconds: list[float] = []
        paths = [str(ROOT), *([] if packages is None else [str(packages)])]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", ARM, json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )

    def step(self) -> float:
        """One step; its time in seconds, by the trainer's clock."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self._answer()
        self.losses.append(answer["loss"])
        self.seconds.append(answer["seconds"])
        return self.seconds[-1]

    def calls(self) -> dict[str, dict[str, int]]:
        """After the last step: calls per seam."""
        counts: dict[str, dict[str, int]] = self._answer()["calls"]
        return counts

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            raise RuntimeError(f"an arm ended early with code {code}:\n{self.log.read_text()[-4000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _started(settings: Mapping[str, object], packages: Path | None, log: Path) -> Iterator[Arm]:
    arm = Arm(settings, packages, log)
    try:
        yield arm
    finally:
        arm.process.kill()
        arm.process.wait()


def run_pair(
    sizes: Sizes, other: Mapping[str, object], blocks: int, seed: int, packages: Path | None
) -> Pair:
    """Stock and `other` (fields of the arm's settings) in turns: an epoch to warm up, then the blocks."""
    rng = random.Random(seed)
    steps = sizes.epoch + TURNS_A_BLOCK * blocks
    common = {**asdict(sizes), "seed": seed, "steps": steps, "program": None, "parts": 0}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlx-lm-pair-")))
        settings = {"stock": common, "other": {**common, **other}}
        names = sorted(settings, key=lambda _name: rng.random())
        arms = {
            name: stack.enter_context(_started(settings[name], packages, folder / name)) for name in names
        }
        stock, changed = arms["stock"], arms["other"]
        for _ in range(sizes.epoch):
            stock.step()
            changed.step()
        ratios = []
        for _ in range(blocks):
            first, second = (stock, changed) if rng.random() < 0.5 else (changed, stock)
            for arm in (first, second, second, first):
                arm.step()
            ratios.append(block_log_ratio(stock.seconds[-TURNS_A_BLOCK:], changed.seconds[-TURNS_A_BLOCK:]))
        stock.calls()
        calls = changed.calls()
    return Pair(stock.losses, changed.losses, stock.seconds, changed.seconds, ratios, calls)
