"""Where does a step's time go? Bare step times of programs beside both stock loops, by turns in one process.

    python -m scripts.benchmarks.step_times --preset seed scripts/benchmarks/programs/cuda_training_step.py

For trying variants in a minute. Nothing is checked and no side is isolated: what comes out is no speedup, the
benchmark `confirmations` measures those.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from optimized_kernels.seams.device import device_info
from optimized_kernels.seams.install import installed
from optimized_kernels.seams.load import load_program
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.program import program_seams
from optimized_kernels.workloads.presets import PRESETS
from optimized_kernels.workloads.training import Loop, Training
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.table import markdown_table, write_raw

EAGER, COMPILED = "stock eager", "stock compiled"
HEADER = ("program", "step, ms", "eager over it", "compiled over it", "first turn, s")


@dataclass(frozen=True)
class Subject:
    """A training, the loop around it, and what stands in for stock MLX while it runs."""

    training: Training
    loop: Loop
    patches: tuple[Patch, ...] = ()

    def seconds(self, seed: int, steps: int) -> float:
        """Time of one of `steps` steps from the state of `seed`."""
        batches = self.training.reset(seed, steps)
        with installed(self.patches):
            started = time.perf_counter()
            self.training.losses(self.loop, batches)
            return (time.perf_counter() - started) / steps


def _subjects(preset: str, programs: Sequence[Path]) -> dict[str, Subject]:
    sizes = PRESETS[preset]
    subjects = {
        EAGER: Subject(Training(sizes, 1), "eager"),
        COMPILED: Subject(Training(sizes, 1), "compiled"),
    }
    for path in programs:
        seams = program_seams(load_program(path.read_text(encoding="utf-8")), device_info())
        subjects[path.stem] = Subject(Training(sizes, 1), "eager", seams.patches)
    return subjects


def main(argv: Sequence[str] | None = None) -> None:
    """Prints a Markdown table: medians, and medians of the ratios of turns that are neighbours."""
    parser = arguments("step_times", "Bare step times, unchecked.")
    parser.add_argument("--preset", default="small", choices=list(PRESETS))
    parser.add_argument("--steps", type=int, default=10, help="in a turn")
    parser.add_argument("--rounds", type=int, default=16, help="a turn of each, in a random order")
    parser.add_argument("programs", nargs="*", type=Path)
    options = parser.parse_args(argv)
    steps, rounds = (1, 2) if options.quick else (options.steps, options.rounds)
    subjects = _subjects(options.preset, options.programs)
    first: dict[str, float] = {}
    for name, subject in subjects.items():
        started = time.perf_counter()
        subject.seconds(options.seed, steps)
        first[name] = time.perf_counter() - started
    times: dict[str, list[float]] = {name: [] for name in subjects}
    rng = random.Random(options.seed)
    for number in range(1, rounds + 1):
        for name in rng.sample(list(subjects), len(subjects)):
            times[name].append(subjects[name].seconds(options.seed + number, steps))

    def over(base: str, name: str) -> str:
        return f"{median(b / own for b, own in zip(times[base], times[name], strict=True)):.3f}"

    rows = [
        [
            name,
            f"{1000 * median(times[name]):.2f}",
            over(EAGER, name),
            over(COMPILED, name),
            f"{first[name]:.1f}",
        ]
        for name in subjects
    ]
    known = facts()
    print(heading(known))
    print(markdown_table(HEADER, rows))
    write_raw(options.out, {"machine": known, "steps": steps, "seconds": times})


if __name__ == "__main__":
    main()
