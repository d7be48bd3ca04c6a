"""A side: one process that trains, either with stock MLX or with a program in its seams.

    python -m optimized_kernels.measurement.side <requests fd> <replies fd>

Answers one request at a time. Clock, comparison and verdict are the harness's.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import threading
import traceback
from collections import Counter
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any

import mlx.core as mx

from optimized_kernels.measurement.cases import run_cases
from optimized_kernels.measurement.frames import read_message, write_frame, write_message
from optimized_kernels.measurement.probe import project, projection_weights
from optimized_kernels.measurement.split import split_patches
from optimized_kernels.seams.calls import Direction
from optimized_kernels.seams.device import device_info
from optimized_kernels.seams.install import Patch, installed
from optimized_kernels.seams.load import load_program
from optimized_kernels.seams.program import ProgramSeams, program_seams
from optimized_kernels.workloads.presets import Preset
from optimized_kernels.workloads.training import Batch, Loop, Training

Tensors = dict[str, mx.array]


class Side:
    """State of one side; each public method answers the request of its name."""

    def __init__(self) -> None:
        self.program: ProgramSeams | None = None
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
        program = program_seams(load_program(source), device_info())
        self._install(program.patches)
        self.program = program
        return {"seams": list(program.names)}

    def split(self, parts: int) -> dict[str, Any]:
        """Puts stock MLX with its sums in `parts` parts into the seams; 0 takes it out."""
        self.patches.close()
        if parts:
            self._install(split_patches(parts))
        return {}

    def compiling(self, enabled: bool) -> dict[str, Any]:
        """Whether compiled functions run their traces, or their Python code as if they were not compiled."""
        if enabled:
            mx.enable_compile()
        else:
            mx.disable_compile()
        return {}

    def poison(self, seam: str | None, direction: Direction | None) -> dict[str, Any]:
        """Falsifies a seam's output or gradients from now on; None ends it."""
        self._program.poison.seam, self._program.poison.direction = seam, direction
        return {}

    def _install(self, patches: tuple[Patch, ...]) -> None:
        self.patches.enter_context(installed(patches))

    def cases(self, seed: int, seams: list[str]) -> tuple[dict[str, Any], Tensors]:
        """Outputs and gradients of these seams' cases."""
        return {}, dict(run_cases(seed, seams))

    def prepare(self, seed: int, steps: int, loop: Loop) -> dict[str, Any]:
        """Puts the training into the state of `seed`, ready for `steps` steps."""
        self.loop = loop
        self.batches = self._training.reset(seed, steps)
        if self.program is not None:
            for calls in self.program.calls.values():
                calls.clear()
        gc.collect()
        return {}

    def step(self, steps: int) -> dict[str, Any]:
        """Trains on the next `steps` of the prepared batches."""
        for batch in self.batches[:steps]:
            loss = self._training.step(self.loop, batch)
        self.batches = self.batches[steps:]
        return {"loss": loss.item()}

    def probe(self, seed: int) -> dict[str, Any]:
        """Projections of what the turn changed."""
        return {"answers": project(self._training.updates(), seed)}

    def weights(self, seed: int) -> tuple[dict[str, Any], Tensors]:
        """What a probe of `seed` weighs rows and columns with."""
        rows, columns = projection_weights(self._training.updates(), seed)
        return {}, {"rows": rows, "columns": columns}

    def updates(self) -> tuple[dict[str, Any], Tensors]:
        """All that the turn changed."""
        return {}, self._training.updates()

    def losses(self, seed: int, steps: int) -> dict[str, Any]:
        """Losses of a stretch of eager training."""
        self.batches = self._training.reset(seed, steps)
        return {"losses": [self._training.step("eager", batch).item() for batch in self.batches]}

    def counts(self) -> dict[str, Any]:
        """Calls by seam since `prepare`, and the most frequent operands."""
        calls = self._program.calls
        seams = {name: {"forward": own.forward, "backward": own.backward} for name, own in calls.items()}
        shapes = sum((own.shapes for own in calls.values()), Counter[str]())
        return {
            "seams": seams,
            "products": [f"{count} of {shape}" for shape, count in shapes.most_common(24)],
        }

    def settle(self) -> dict[str, Any]:
        """Ends the warm-up: what lives now is left out of garbage collection, peaks start anew."""
        gc.collect()
        gc.freeze()
        mx.reset_peak_memory()
        return {}

    def release(self) -> dict[str, Any]:
        """Gives back all memory but the state that the turn has trained."""
        self.batches = []
        gc.collect()
        mx.clear_cache()
        return {}

    def memory(self) -> dict[str, Any]:
        """Peak memory in bytes: MLX's since `settle`, and the process's."""
        # Kilobytes on Linux, bytes on macOS.
        unit = 1 if sys.platform == "darwin" else 1024
        return {
            "peak": mx.get_peak_memory(),
            "process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        }

    @property
    def _program(self) -> ProgramSeams:
        if self.program is None:
            raise RuntimeError("load must come first")
        return self.program

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


def _end_with_parent() -> None:
    """Does not let this process outlive the harness. On Linux the sandbox sees to that."""
    if sys.platform == "linux":
        return
    parent = os.getppid()

    def look() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(1.0)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Answers requests until the harness closes them."""
    requests, replies = (int(argument) for argument in sys.argv[1:])
    _end_with_parent()
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
