"""What other arithmetic looks like, beside the tolerance it is held to.

    .venv/bin/python scripts/benchmarks/tolerance.py [--seeds 5] [--presets small,transformer-small] \
        [--tf32] [--product bfloat16]

For each preset and program: norm-relative distance of every tensor that one step changes (updates and
optimizer state) from stock MLX's, over several data seeds: median, second worst and worst tensor, the least
tolerance of any tensor, and whether the program would be refused.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from optimized_kernels.measurement.correctness import SPLITS, Stock, reordered_training
from optimized_kernels.measurement.request import Request, parse_request
from optimized_kernels.measurement.side_process import Arrays
from optimized_kernels.measurement.sides import started
from optimized_kernels.measurement.tolerance import (
    NOISE,
    TF32_ROUNDING,
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


def _program(body: str) -> str:
    """A program whose products are made so; `short` rounds to TF32."""
    return f"{HEAD}{TF32}def optimized_matmul(A, B, m, n, k):\n{body}"


def _split(parts: int) -> str:
    """The body of a product whose inner dimension is split into this many stretches."""
    return (
        f"    s = max(1, k // {parts})\n"
        "    return sum((mx.matmul(A[:, i:i+s], B[i:i+s]) for i in range(s, k, s)),"
        " mx.matmul(A[:, :s], B[:s]))\n"
    )


def _of_short(body: str) -> str:
    """The same body with operands rounded to TF32."""
    return "    if A.dtype == mx.float32:\n        A, B = short(A), short(B)\n" + body


def _cast(dtype: str) -> str:
    """The body of a product in another precision."""
    return f"    return mx.matmul(A.astype({dtype}), B.astype({dtype})).astype(A.dtype)\n"


PROGRAMS = {
    "stock product": _program("    return mx.matmul(A, B)\n"),
    "split-K, 2 parts": _program(_split(2)),
    "split-K, 7 parts": _program(_split(7)),
    "emulated TF32": _program(_of_short(_split(1))),
    "float16": _program(_cast("mx.float16")),
    "bfloat16": _program(_cast("mx.bfloat16")),
    "gradients of one shape untrained": _program(
        "    C = mx.matmul(A, B)\n    return mx.zeros_like(C) if A.shape[0] == B.shape[1] else C\n"
    ),
}


def _request(preset: str, seed: int) -> Request:
    return parse_request(f'{{"purpose": "calibration", "seed": {seed}, "options": {{"preset": "{preset}"}}}}')


def _trained(preset: str, source: str, seeds: int) -> list[Arrays]:
    """What one step of a program changes, for each seed."""
    with started(_request(preset, 1)) as sides:
        sides.candidate.ask("load", source=source)
        return [sides.candidate.trained(seed, [1])[0] for seed in range(1, seeds + 1)]


def _stock(preset: str, seeds: int) -> list[Stock]:
    with started(_request(preset, 1)) as sides:
        return [reordered_training(sides.reference, seed, [1])[0] for seed in range(1, seeds + 1)]


def _stock_of_tf32(preset: str, seeds: int) -> list[Stock]:
    """Stock MLX as it is with TF32, emulated: a whole product first, then what splitting it changes."""
    runs = [_trained(preset, _program(_of_short(_split(parts))), seeds) for parts in SPLITS]
    found = []
    for arrays, *reordered in zip(*runs, strict=True):
        errors = reordering_errors(arrays, reordered)
        found.append(Stock(arrays, {name: max(errors[name], TF32_ROUNDING) for name in errors}))
    return found


def _row(preset: str, name: str, trained: Sequence[Arrays], stocks: Sequence[Stock]) -> str:
    medians, seconds, worsts, tolerances, refused = [], [], [], [], 0
    for own, stock in zip(trained, stocks, strict=True):
        # Where stock disagrees with itself a relative distance says nothing.
        told = [tensor for tensor in stock.arrays if stock.errors[tensor] <= NOISE]
        distances = sorted(relative_error(own[tensor], stock.arrays[tensor]) for tensor in told)
        medians.append(statistics.median(distances))
        seconds.append(distances[-2])
        worsts.append(distances[-1])
        tolerances.append(min(tolerance_of(tensor, stock.errors[tensor]) for tensor in told))
        refused += isinstance(compare(own, stock.arrays, stock.errors), Mismatch)
    figures = (statistics.median(column) for column in (medians, seconds, worsts, tolerances))
    return " | ".join(
        [f"| {preset}", name, *(f"{figure:.1e}" for figure in figures), f"{refused} of {len(trained)} |"]
    )


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--presets", default="small,transformer-small")
    parser.add_argument("--tf32", action="store_true", help="beside stock as it is with TF32, emulated")
    parser.add_argument("--product", choices=PROGRAMS, action="append", help="only this one; repeatable")
    arguments = parser.parse_args()
    products = arguments.product or PROGRAMS
    stock_of = _stock_of_tf32 if arguments.tf32 else _stock
    print("| preset | product | median tensor | second worst | worst | least tolerance | refused |")
    print("|---|---|---|---|---|---|---|")
    for preset in arguments.presets.split(","):
        stocks = stock_of(preset, arguments.seeds)
        for name in products:
            print(_row(preset, name, _trained(preset, PROGRAMS[name], arguments.seeds), stocks), flush=True)


if __name__ == "__main__":
    main()
