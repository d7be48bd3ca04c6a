"""All seams of one program, ready to be put into MLX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.attention import attention_patches
from optimized_kernels.seams.calls import Calls
from optimized_kernels.seams.cross_entropy import cross_entropy_patches
from optimized_kernels.seams.embedding import embedding_patches
from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.gelu import gelu_patches
from optimized_kernels.seams.interface import INTERFACES, Export, Interface, exported_seams
from optimized_kernels.seams.linear import linear_patches
from optimized_kernels.seams.matmul import matmul_patches
from optimized_kernels.seams.norms import layer_norm_patches, rms_norm_patches
from optimized_kernels.seams.optimizer_update import optimizer_update_patches
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.poison import Poison
from optimized_kernels.seams.product import tiled_product
from optimized_kernels.seams.shapeless import SHAPELESS
from optimized_kernels.seams.training_step import training_step_patches

Functions = Mapping[str, Callable[..., object]]

ARRAY_SEAMS: Mapping[str, Callable[[ArraySeam], tuple[Patch, ...]]] = {
    "linear": linear_patches,
    "cross_entropy": cross_entropy_patches,
    "gelu": gelu_patches,
    "layer_norm": layer_norm_patches,
    "rms_norm": rms_norm_patches,
    "attention": attention_patches,
    "embedding": embedding_patches,
}

# `from mlx.nn import gelu` in a program is an import, not an export.
_STOCK = (stock.gelu, stock.cross_entropy, stock.layer_norm, stock.rms_norm)


@dataclass(frozen=True)
class ProgramSeams:
    """Names of the seams, their counts, what goes into MLX, and the switch that falsifies one of them."""

    names: tuple[str, ...]
    calls: Mapping[str, Calls]
    patches: tuple[Patch, ...]
    poison: Poison


def _exports(module: ModuleType) -> Functions:
    """The functions of `module` that belong to a seam, by name."""
    functions = {}
    for interface in INTERFACES:
        known: tuple[Export | None, ...] = (*interface.exports, interface.vjp)
        for export in known:
            found = getattr(module, export.name, None) if export is not None else None
            if export is None or found is None or any(found is function for function in _STOCK):
                continue
            if not callable(found):
                raise SeamError(f"program exports {export.name} as {type(found).__name__}; expected {export}")
            functions[export.name] = found
    return functions


def _patches(
    interface: Interface, functions: Functions, device: Mapping[str, object], calls: Calls, poison: Poison
) -> tuple[Patch, ...]:
    first = functions[interface.exports[0].name]
    if interface.seam == "matmul":
        multiply = functions[interface.exports[1].name]
        return matmul_patches(tiled_product(first, multiply, device, calls, poison))  # type: ignore[arg-type]
    if interface.seam == "optimizer_update":
        return optimizer_update_patches(first, calls, poison)
    if interface.seam == "training_step":
        return training_step_patches(first, calls, poison)  # type: ignore[arg-type]
    vjp = functions.get(interface.vjp.name) if interface.vjp is not None else None
    return ARRAY_SEAMS[interface.seam](ArraySeam(interface.seam, first, vjp, calls, poison))


def program_seams(module: ModuleType, device: Mapping[str, object]) -> ProgramSeams:
    """The seams that `module` exports; `device` is what its choose_tile_size is told.

    Raises SeamError for a program that exports none, or one of them in part.
    """
    functions = _exports(module)
    interfaces = exported_seams(functions)
    calls = {interface.seam: Calls() for interface in interfaces}
    poison = Poison()
    patches = [
        patch
        for interface in interfaces
        for patch in _patches(interface, functions, device, calls[interface.seam], poison)
    ]
    names = tuple(interface.seam for interface in interfaces)
    return ProgramSeams(names, calls, (*patches, SHAPELESS), poison)
