"""``python -m optimized_kernels.measurement.peaks [--seconds S]``: the best stock MLX does on this machine.

Prints one JSON line: MLX's version, its device, and with ``--seconds`` the peaks found in about that time. A
process of its own, for whoever asks must not import MLX.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.metadata import version

import mlx.core as mx

from optimized_kernels.measurement.roofline import Peaks
from optimized_kernels.seams.device import device_info

# A product or addition that takes longer than this is large enough.
LONG_ENOUGH = 0.1
LARGEST_PRODUCT = 8192
SMALLEST_PRODUCT = {"cpu": 128, "gpu": 1024}
# Float32 numbers. Small arrays stay in a cache, as the tensors of a small step do.
ADDED = {"cpu": [2**16, 2**18, 2**20, 2**23], "gpu": [2**20, 2**23, 2**26]}
DTYPES = {"cpu": [mx.float32], "gpu": [mx.float32, mx.bfloat16, mx.float16]}
Work = Callable[[], list[mx.array]]


def _streams(kind: str) -> list[mx.Stream]:
    """A stream computes on one CPU core, or on a whole GPU."""
    if kind == "gpu":
        return [mx.default_stream(mx.gpu)]
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return [mx.new_stream(mx.cpu) for _ in range(allowed)]


def _timed(work: Work) -> float:
    started = time.perf_counter()
    mx.eval(work())
    return time.perf_counter() - started


def fastest(work: Work, seconds: float) -> float:
    """Least time of `work`, tried for `seconds` and at least twice, the first of which does not count."""
    mx.eval(work())
    until = time.perf_counter() + seconds
    best = _timed(work)
    while time.perf_counter() < until:
        best = min(best, _timed(work))
    return best


def _normal(shape: tuple[int, ...], dtype: mx.Dtype) -> mx.array:
    value = mx.random.normal(shape).astype(dtype)
    mx.eval(value)
    return value


def _products(size: int, dtype: mx.Dtype, streams: list[mx.Stream]) -> list[Work]:
    """Square products A B, A Bᵀ and Aᵀ B on every stream: a backend favours one layout or another."""
    pairs = [(_normal((size, size), dtype), _normal((size, size), dtype), stream) for stream in streams]
    return [
        lambda: [mx.matmul(a, b, stream=s) for a, b, s in pairs],
        lambda: [mx.matmul(a, b.T, stream=s) for a, b, s in pairs],
        lambda: [mx.matmul(a.T, b, stream=s) for a, b, s in pairs],
    ]


def matmul_peak(dtype: mx.Dtype, kind: str, streams: list[mx.Stream], seconds: float) -> float:
    """The most FLOP/s of products of growing size, in about `seconds`."""
    best, size, until = 0.0, SMALLEST_PRODUCT[kind], time.perf_counter() + seconds
    while True:
        times = [fastest(work, seconds / 16) for work in _products(size, dtype, streams)]
        best = max(best, 2.0 * size**3 * len(streams) / min(times))
        if min(times) > LONG_ENOUGH or size == LARGEST_PRODUCT or time.perf_counter() > until:
            return best
        size *= 2


def _additions(count: int, streams: list[mx.Stream], repeats: int) -> Work:
    pairs = [(_normal((count,), mx.float32), _normal((count,), mx.float32), stream) for stream in streams]

    def work() -> list[mx.array]:
        sums = [a for a, _, _ in pairs]
        for _ in range(repeats):
            sums = [mx.add(total, b, stream=s) for total, (_, b, s) in zip(sums, pairs, strict=True)]
        return sums

    return work


def _copies(count: int, streams: list[mx.Stream], repeats: int) -> Work:
    arrays = [(_normal((count,), mx.float32), stream) for stream in streams]

    def work() -> list[mx.array]:
        copies = [a for a, _ in arrays]
        for _ in range(repeats):
            copies = [mx.abs(value, stream=s) for value, (_, s) in zip(copies, arrays, strict=True)]
        return copies

    return work


def bandwidth_peak(kind: str, streams: list[mx.Stream], seconds: float) -> float:
    """The most bytes/s read and written by additions (three arrays) and by a unary operation (two)."""
    best = 0.0
    share = seconds / (2 * len(ADDED[kind]))
    for count in ADDED[kind]:
        # Long enough for what starting an evaluation costs not to matter.
        repeats = max(1, ADDED[kind][-1] // (2 * count))
        moved = 4.0 * count * len(streams) * repeats
        best = max(best, 3 * moved / fastest(_additions(count, streams, repeats), share))
        best = max(best, 2 * moved / fastest(_copies(count, streams, repeats), share))
    return best


def measure_peaks(seconds: float) -> Peaks:
    """Peaks of the default device, in about `seconds`."""
    kind = "gpu" if mx.default_device() == mx.Device(mx.gpu, 0) else "cpu"
    streams = _streams(kind)
    share = seconds / (len(DTYPES[kind]) + 1)
    products = {
        str(dtype).rpartition(".")[2]: matmul_peak(dtype, kind, streams, share) for dtype in DTYPES[kind]
    }
    return Peaks(products, bandwidth_peak(kind, streams, share), len(streams))


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m optimized_kernels.measurement.peaks")
    parser.add_argument("--seconds", type=float, help="measure peaks for about this long")
    seconds = parser.parse_args().seconds
    found: dict[str, object] = {"mlx": version("mlx")}
    found["info"] = {name: str(value) for name, value in device_info().items()}
    if seconds is not None:
        found["peaks"] = measure_peaks(seconds).as_json()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
