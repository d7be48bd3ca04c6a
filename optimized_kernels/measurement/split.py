"""Stock MLX with its sums in another order: how far honest arithmetic may differ."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from optimized_kernels.measurement.reordered import Reordered
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.interface import SEAMS
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.product import Product, tiled_product
from optimized_kernels.seams.program import program_seams

# An optimizer's update is element-wise and a training step is made of the others: no sums of their own to
# reorder, so that the floor of their dtype is their tolerance.
WITHOUT_REORDERING = ("optimizer_update", "training_step")
REORDERED_SEAMS = tuple(name for name in SEAMS if name not in WITHOUT_REORDERING)


def split_product(parts: int) -> Product:
    """A product that adds up `parts` partial products along K; one part is stock MLX inside the seam."""
    source = Reordered(parts)
    return tiled_product(source.choose_tile_size, source.optimized_matmul, {}, Calls())


def reordered_program(parts: int, seams: Sequence[str] = REORDERED_SEAMS) -> ModuleType:
    """A program that exports `seams`, with stock MLX's arithmetic and sums in `parts` parts."""
    program, source = ModuleType("reordered"), Reordered(parts)
    for seam in seams:
        interface = SEAMS[seam]
        for export in (*interface.exports, *([interface.vjp] if interface.vjp else [])):
            if hasattr(source, export.name):
                setattr(program, export.name, getattr(source, export.name))
    return program


def split_patches(parts: int, seams: Sequence[str] = REORDERED_SEAMS) -> tuple[Patch, ...]:
    """Those of `seams` that have an honest reordering, in `parts` parts, as patches; none where none has."""
    reorderable = [seam for seam in seams if seam not in WITHOUT_REORDERING]
    return program_seams(reordered_program(parts, reorderable), {}).patches if reorderable else ()
