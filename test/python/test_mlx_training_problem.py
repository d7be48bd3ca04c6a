"""The problem's starting point: right on every path, and nothing that evolution should find."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from harness import INITIAL
from hypothesis import given, settings
from hypothesis import strategies as st

from optimized_kernels.seams.interface import MATMUL
from optimized_kernels.seams.load import load_program, require_exports

PROGRAM = load_program(INITIAL.read_text())
sizes = st.integers(1, 12)


def test_it_exports_the_seam() -> None:
    require_exports(PROGRAM, MATMUL)
    assert (
        INITIAL.read_text().count("EVOLVE-BLOCK-START") == INITIAL.read_text().count("EVOLVE-BLOCK-END") == 1
    )


def test_it_leaves_layouts_and_streams_to_evolution() -> None:
    assert not any(word in INITIAL.read_text() for word in ("contiguous", "stream", "compile"))


@settings(deadline=None)
@given(m=sizes, n=sizes, k=sizes, tile_n=sizes, tile_k=sizes)
def test_every_tiling_gives_the_product(m: int, n: int, k: int, tile_n: int, tile_k: int) -> None:
    a, b = mx.random.normal((m, k)), mx.random.normal((n, k)).T
    product = PROGRAM.optimized_matmul(a, b, m, tile_n, tile_k)
    assert product.shape == (m, n)
    assert np.allclose(np.array(product), np.array(a @ b), atol=1e-4)


@pytest.mark.parametrize("backend", ["cpu", "metal", "cuda", "other"])
def test_tiles_are_whole_until_the_backends_limit(backend: str) -> None:
    info = {"backend": backend}
    assert PROGRAM.choose_tile_size(64, 384, 128, info) == (64, 384, 128)
    tile_m, tile_n, tile_k = PROGRAM.choose_tile_size(1 << 16, 1 << 15, 1 << 14, info)
    assert tile_m == 1 << 16
    assert tile_n < 1 << 15
    assert tile_k < 1 << 14
