"""What other arithmetic looks like, beside the tolerance it is held to.

    .venv/bin/python scripts/benchmarks/tolerance.py [--seeds 5] [--presets small,transformer-small]

For each preset and program: norm-relative distance of every tensor that one step changes (updates and
optimizer state) from stock MLX's, over several data seeds: median, second worst and worst tensor, the least
tolerance of any tensor, and whether the program would be refused.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from optimized_kernels.measurement.correctness import SPLITS
from optimized_kernels.measurement.request import Request, parse_request
from optimized_kernels.measurement.side_process import Arrays
from optimized_kernels.measurement.sides import Sides, started
from optimized_kernels.measurement.tolerance import (
    NOISE,
    Mismatch,
    compare,
    relative_error,
    reordering_errors,
    tolerance_of,
)

HEAD = """
import mlx.core as mx

def choose_tile_size(M, N, K, device_info):
    return M, N, K

"""
# Keeps 10 bits of the mantissa, rounded to nearest, as NVIDIA's TF32 does.
TF32 = """
def short(x):
    bits = mx.view(x.astype(mx.float32), mx.uint32)
    return mx.view((bits + 0x1000) & 0xFFFFE000, mx.float32)

"""
PROGRAMS = {
    "stock product": HEAD + "def optimized_matmul(A, B, m, n, k):\n    return mx.matmul(A, B)\n",
    "split-K, 2 parts": HEAD
    + "def optimized_matmul(A, B, m, n, k):\n    h = k // 2\n"
    + "    return mx.matmul(A[:, :h], B[:h]) + mx.matmul(A[:, h:], B[h:])\n",
    "split-K, 7 parts": HEAD
    + "def optimized_matmul(A, B, m, n, k):\n    s = max(1, k // 7)\n"
    + "    return sum((mx.matmul(A[:, i:i+s], B[i:i+s]) for i in range(s, k, s)),"
    + " mx.matmul(A[:, :s], B[:s]))\n",
    "emulated TF32": HEAD
    + TF32
    + "def optimized_matmul(A, B, m, n, k):\n    if A.dtype != mx.float32:\n        return mx.matmul(A, B)\n"
    + "    return mx.matmul(short(A), short(B))\n",
    "float16": HEAD
    + "def optimized_matmul(A, B, m, n, k):\n"
    + "    return mx.matmul(A.astype(mx.float16), B.astype(mx.float16)).astype(A.dtype)\n",
    "bfloat16": HEAD
    + "def optimized_matmul(A, B, m, n, k):\n"
    + "    return mx.matmul(A.astype(mx.bfloat16), B.astype(mx.bfloat16)).astype(A.dtype)\n",
    "gradients of one shape untrained": HEAD
    + "def optimized_matmul(A, B, m, n, k):\n    C = mx.matmul(A, B)\n"
    + "    return mx.zeros_like(C) if A.shape[0] == B.shape[1] else C\n",
}


def _request(preset: str, seed: int) -> Request:
    return parse_request(f'{{"purpose": "calibration", "seed": {seed}, "options": {{"preset": "{preset}"}}}}')


def _stock(sides: Sides, seed: int) -> tuple[Arrays, dict[str, float]]:
    (stock,) = sides.reference.trained(seed, [1])
    runs = []
    for parts in SPLITS:
        sides.reference.ask("split", parts=parts)
        runs += sides.reference.trained(seed, [1])
    sides.reference.ask("split", parts=0)
    return stock, reordering_errors(stock, runs)


def _row(preset: str, name: str, source: str, seeds: int) -> str:
    medians, seconds, worsts, tolerances, refused = [], [], [], [], 0
    with started(_request(preset, 1)) as sides:
        sides.candidate.ask("load", source=source)
        for seed in range(1, seeds + 1):
            stock, errors = _stock(sides, seed)
            (own,) = sides.candidate.trained(seed, [1])
            # Where stock disagrees with itself a relative distance says nothing.
            told = [tensor for tensor in stock if errors[tensor] <= NOISE]
            distances = sorted(relative_error(own[tensor], stock[tensor]) for tensor in told)
            medians.append(statistics.median(distances))
            seconds.append(distances[-2])
            worsts.append(distances[-1])
            tolerances.append(min(tolerance_of(tensor, errors[tensor]) for tensor in told))
            refused += isinstance(compare(own, stock, errors), Mismatch)
    figures = (statistics.median(column) for column in (medians, seconds, worsts, tolerances))
    return " | ".join(
        [f"| {preset}", name, *(f"{figure:.1e}" for figure in figures), f"{refused} of {seeds} |"]
    )


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--presets", default="small,transformer-small")
    arguments = parser.parse_args()
    print("| preset | product | median tensor | second worst | worst | least tolerance | refused |")
    print("|---|---|---|---|---|---|---|")
    for preset in arguments.presets.split(","):
        for name, source in PROGRAMS.items():
            print(_row(preset, name, source, arguments.seeds), flush=True)


if __name__ == "__main__":
    main()
