"""Does an optimisation help code nobody here wrote? mlx_lm's own LoRA trainer with and without a program.

    .venv/bin/python -m scripts.benchmarks.mlx_lm_lora --install [--program PROGRAM]

The model is a small llama with random weights, the data are synthetic texts: nothing is downloaded but, with
--install, mlx_lm itself (requirements/mlx-lm.txt, into a folder of its own). Two processes, one stock,
run the same trainer and take turns step by step, in the order ABBA or BAAB; times are the trainer's own, and
the interval is over fresh pairs of processes. Stock against itself and stock with reordered sums stand beside
the program. Exit code 0 where the program trained as stock does and every seam of it was called.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from math import exp
from pathlib import Path
from statistics import median

import numpy as np

from optimized_kernels.measurement.launches import FEWEST_LAUNCHES, confirmed
from optimized_kernels.measurement.tolerance import relative_error, tolerance_of
from scripts.benchmarks.machine import arguments, facts, heading
from scripts.benchmarks.mlx_lm_pairs import ROOT, Pair, Sizes, run_pair
from scripts.benchmarks.table import markdown_table, write_raw

PROGRAM = Path(__file__).parent / "programs" / "contiguous_operands.py"
REQUIREMENTS = ROOT / "requirements" / "mlx-lm.txt"
FOLDER = ROOT / ".mlx-evolve" / "mlx-lm"
CURVE = "loss curve (float32)"
HEADER = (
    "stock against",
    "loss, first and last step",
    "largest difference",
    "curves, norm-relative",
    "calls forward, backward",
    "step, ms",
    "times as fast [95 %]",
    "blocks, launches",
)


def _arguments() -> argparse.Namespace:
    parser = arguments("mlx_lm_lora", "mlx_lm's LoRA trainer with and without a program.")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="program to enable (%(default)s)")
    parser.add_argument("--install", action="store_true", help="install mlx_lm into --packages first")
    parser.add_argument("--packages", type=Path, default=FOLDER, help="folder of mlx_lm (%(default)s)")
    parser.add_argument("--blocks", type=int, default=25, help="paired blocks a launch (%(default)s)")
    parser.add_argument("--launches", type=int, default=5, help="fresh pairs of processes (%(default)s)")
    parser.add_argument("--hidden", type=int, default=64, help="the model's width (%(default)s)")
    parser.add_argument("--layers", type=int, default=2, help="the model's layers (%(default)s)")
    parser.add_argument("--batch", type=int, default=4, help="texts a step (%(default)s)")
    options = parser.parse_args()
    if options.quick:
        options.blocks, options.launches = 3, 1
    return options


def _install(folder: Path) -> None:
    # Without dependencies: the file names all that is needed; MLX and NumPy are this environment's.
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--upgrade", "--target", str(folder)]
    subprocess.run([*command, "-r", str(REQUIREMENTS)], check=True, stdout=sys.stderr)


def _packages(folder: Path) -> Path | None:
    """The folder to take mlx_lm from; None where this environment has it."""
    if find_spec("mlx_lm") is not None:
        return None
    if (folder / "mlx_lm").is_dir():
        return folder.resolve()
    raise SystemExit(f"mlx_lm is neither in this environment nor in {folder}; --install puts it there")


def curve_error(pairs: Sequence[Pair]) -> float:
    """Largest norm-relative difference of two arms' loss curves, over launches."""
    curves = ((pair.other_losses, pair.stock_losses) for pair in pairs)
    return max(
        relative_error(np.array(other, dtype=np.float32), np.array(stock, dtype=np.float32))
        for other, stock in curves
    )


def _row(name: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    first = pairs[0]
    largest = max(
        abs(a - b) for pair in pairs for a, b in zip(pair.stock_losses, pair.other_losses, strict=True)
    )
    stock, other = (
        1e3 * median(seconds for pair in pairs for seconds in times(pair)[-2 * len(pair.log_ratios) :])
        for times in (lambda pair: pair.stock_seconds, lambda pair: pair.other_seconds)
    )
    calls = [f"{seam} {count['forward']}, {count['backward']}" for seam, count in first.calls.items()]
    return (
        name,
        f"{first.other_losses[0]:.4f}, {first.other_losses[-1]:.4f}",
        f"{largest:.1e}",
        f"{curve_error(pairs):.1e}",
        "; ".join(calls) or "none",
        f"{stock:.2f} → {other:.2f}",
        _ratio([pair.log_ratios for pair in pairs]),
        f"{sum(len(pair.log_ratios) for pair in pairs)}, {len(pairs)}",
    )


def _ratio(launches: Sequence[Sequence[float]]) -> str:
    if len(launches) < FEWEST_LAUNCHES:
        blocks = [ratio for launch in launches for ratio in launch]
        return f"{exp(median(blocks)):.3f}, no interval from fewer than {FEWEST_LAUNCHES} launches"
    speedup = confirmed(launches)
    return f"{speedup.median:.3f} [{speedup.low:.3f}, {speedup.high:.3f}]"


def main() -> int:
    """Prints the table; 1 where the program was not called or did not train the same."""
    options = _arguments()
    if options.install:
        _install(options.packages)
    packages = _packages(options.packages)
    sizes = Sizes(options.batch, options.hidden, options.layers, texts=8 * options.batch, length=60)
    arms: dict[str, dict[str, object]] = {
        options.program.name: {"program": str(options.program.resolve())},
        "itself": {},
        "itself, its sums in two parts": {"parts": 2},
    }
    found: dict[str, list[Pair]] = {name: [] for name in arms}
    # Launch by launch, so that the machine's slow changes meet all arms alike.
    for launch in range(options.launches):
        for name, arm in arms.items():
            found[name].append(run_pair(sizes, arm, options.blocks, options.seed + launch, packages))
        print(f"launch {launch + 1} of {options.launches} done", file=sys.stderr)
    known = facts()
    print(heading(known))
    print(markdown_table(HEADER, [_row(name, pairs) for name, pairs in found.items()]))
    raw = {name: [asdict(pair) for pair in pairs] for name, pairs in found.items()}
    write_raw(options.out, {"facts": known, "sizes": asdict(sizes), "arms": raw})
    return _verdict(*found.values())


def _verdict(program: Sequence[Pair], _itself: Sequence[Pair], reordered: Sequence[Pair]) -> int:
    error, tolerance = curve_error(program), tolerance_of(CURVE, curve_error(reordered))
    counts = [count for pair in program for count in pair.calls.values()]
    called = bool(counts) and all(count["forward"] > 0 for count in counts)
    verdict = "agree" if error <= tolerance else "DISAGREE"
    print(f"\nThe loss curves {verdict}: {error:.1e} apart, tolerance {tolerance:.1e}.")
    print(f"{'Every' if called else 'NOT every'} seam of the program was called.")
    return 0 if error <= tolerance and called else 1


if __name__ == "__main__":
    raise SystemExit(main())
