"""A side: one process that trains, either with stock MLX or with a program in its seams.

    python -m optimized_kernels.measurement.side <requests fd> <replies fd> <harness pid>

Answers one request at a time. Clock, comparison and verdict are the harness's.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import traceback
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any

import mlx.core as mx

from optimized_kernels.measurement.cases import run_cases
from optimized_kernels.measurement.frames import read_message, write_frame, write_message
from optimized_kernels.measurement.probe import project
from optimized_kernels.measurement.split import split_product
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.device import device_info
from optimized_kernels.seams.install import Patch, installed, matmul_patches
from optimized_kernels.seams.interface import MATMUL
from optimized_kernels.seams.load import load_program, require_exports
from optimized_kernels.seams.product import tiled_product
from optimized_kernels.workloads.presets import Preset
from optimized_kernels.workloads.training import Batch, Loop, Training

Tensors = dict[str, mx.array]


class Side:
    """State of one side; each public method answers the request of its name."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.patches = ExitStack()
        self.training: Training | None = None
        self.loop: Loop = "eager"
        self.batches: list[Batch] = []

    def describe(self) -> dict[str, Any]:
        """Versions and device."""
        info = {name: str(value) for name, value in device_info().items()}
        return {"mlx": version("mlx"), "info": info}

    def create(self, preset: dict[str, Any], seed: int) -> dict[str, Any]:
        """Builds the workload."""
        self.training = Training(Preset(**preset), seed)
        return {}

    def load(self, source: str) -> dict[str, Any]:
        """Runs a program and puts it into its seams, for good."""
        module = load_program(source)
        require_exports(module, MATMUL)
        product = tiled_product(module.choose_tile_size, module.optimized_matmul, device_info(), self.calls)
        self._install(matmul_patches(product))
        return {}

    def split(self, parts: int) -> dict[str, Any]:
        """Puts stock products in `parts` parts into the seams; 0 takes them out."""
        self.patches.close()
        if parts:
            self._install(matmul_patches(split_product(parts)))
        return {}

    def _install(self, patches: tuple[Patch, ...]) -> None:
        self.patches.enter_context(installed(patches))

    def cases(self, seed: int) -> tuple[dict[str, Any], Tensors]:
        """Outputs and gradients of the seam's cases."""
        return {}, dict(run_cases(seed))

    def prepare(self, seed: int, steps: int, loop: Loop) -> dict[str, Any]:
        """Puts the training into the state of `seed`, ready for `steps` steps."""
        self.loop = loop
        self.batches = self._training.reset(seed, steps)
        self.calls.clear()
        gc.collect()
        return {}

    def step(self) -> dict[str, Any]:
        """Trains on the prepared batches."""
        for batch in self.batches:
            loss = self._training.step(self.loop, batch)
        return {"loss": loss.item()}

    def probe(self, seed: int) -> dict[str, Any]:
        """Projections of what the turn changed."""
        return {"answers": project(self._training.updates(), seed)}

    def updates(self) -> tuple[dict[str, Any], Tensors]:
        """All that the turn changed."""
        return {}, self._training.updates()

    def counts(self) -> dict[str, Any]:
        """Calls of the program since `prepare`, and the most frequent products."""
        products = [f"{count} of {shape}" for shape, count in self.calls.shapes.most_common(24)]
        return {"forward": self.calls.forward, "backward": self.calls.backward, "products": products}

    def settle(self) -> dict[str, Any]:
        """Ends the warm-up: what lives now is left out of garbage collection."""
        gc.collect()
        gc.freeze()
        return {}

    def memory(self) -> dict[str, Any]:
        """Peak memory of MLX in bytes."""
        return {"peak": mx.get_peak_memory()}

    @property
    def _training(self) -> Training:
        if self.training is None:
            raise RuntimeError("create must come first")
        return self.training


def _answer(side: Side, request: dict[str, Any], replies: int) -> None:
    operation = request.pop("op")
    result = getattr(side, operation)(**request)
    message, tensors = result if isinstance(result, tuple) else (result, None)
    if tensors is None:
        write_message(replies, message)
        return
    described = [[name, list(value.shape), str(value.dtype)] for name, value in tensors.items()]
    write_message(replies, {**message, "tensors": described})
    for value in tensors.values():
        buffer: Any = mx.contiguous(value.astype(mx.float32))
        write_frame(replies, memoryview(buffer))


def _end_with(parent: int) -> None:
    """Does not let this process outlive the harness: Linux sees to that, elsewhere a look once a second."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
        return

    def look() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(1.0)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Answers requests until the harness closes them."""
    requests, replies, parent = (int(argument) for argument in sys.argv[1:])
    _end_with(parent)
    side = Side()
    while True:
        try:
            request = read_message(requests)
        except EOFError:
            return
        try:
            _answer(side, request, replies)
        except Exception as error:  # noqa: BLE001  candidate code raises anything; the harness judges it
            reason = f"{type(error).__name__}: {error}"[:2000]
            write_message(replies, {"error": reason, "traceback": traceback.format_exc(limit=-8)[-6000:]})


if __name__ == "__main__":
    main()
