"""What a program exports for each seam. Imports no MLX, so that a process without a device can ask."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from optimized_kernels.seams.errors import SeamError


@dataclass(frozen=True)
class Export:
    """A function that a program defines, with the names of its positional parameters."""

    name: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"


@dataclass(frozen=True)
class Interface:
    """The functions that together make up one seam, and what of MLX they replace.

    `vjp` is optional: without it autodiff goes through the program's function. Seams without a backward pass
    of their own count calls forward only.
    """

    seam: str
    exports: tuple[Export, ...]
    replaces: str
    vjp: Export | None = None
    has_backward: bool = True


def _array_seam(name: str, parameters: tuple[str, ...], replaces: str) -> Interface:
    vjp = Export(f"{name}_vjp", ("primals", "cotangent", "output"))
    return Interface(name, (Export(name, parameters),), replaces, vjp)


MATMUL = Interface(
    "matmul",
    (
        Export("choose_tile_size", ("M", "N", "K", "device_info")),
        Export("optimized_matmul", ("A", "B", "tile_M", "tile_N", "tile_K")),
    ),
    "mx.matmul, mx.addmm, a @ b, a @= b",
)
LINEAR = _array_seam("linear", ("x", "weight", "bias"), "nn.Linear.__call__")
CROSS_ENTROPY = _array_seam(
    "cross_entropy",
    ("logits", "targets", "weights", "axis", "label_smoothing", "reduction"),
    "nn.losses.cross_entropy",
)
GELU = _array_seam("gelu", ("x",), "nn.gelu, nn.GELU")
LAYER_NORM = _array_seam("layer_norm", ("x", "weight", "bias", "eps"), "mx.fast.layer_norm")
RMS_NORM = _array_seam("rms_norm", ("x", "weight", "eps"), "mx.fast.rms_norm")
ATTENTION = _array_seam("attention", ("q", "k", "v", "scale", "mask"), "mx.fast.scaled_dot_product_attention")
EMBEDDING = _array_seam("embedding", ("weight", "tokens"), "nn.Embedding.__call__")
OPTIMIZER_UPDATE = Interface(
    "optimizer_update",
    (Export("optimizer_update", ("optimizer", "gradients", "parameters")),),
    "Optimizer.apply_gradients",
    has_backward=False,
)
TRAINING_STEP = Interface(
    "training_step",
    (Export("training_step", ("model", "optimizer", "loss_fn")),),
    "optimized_kernels.training_step",
    has_backward=False,
)

INTERFACES = (
    MATMUL,
    LINEAR,
    CROSS_ENTROPY,
    GELU,
    LAYER_NORM,
    RMS_NORM,
    ATTENTION,
    EMBEDDING,
    OPTIMIZER_UPDATE,
    TRAINING_STEP,
)

SEAMS = {interface.seam: interface for interface in INTERFACES}


def exported_seams(defined: Container[str]) -> tuple[Interface, ...]:
    """The seams of a program that defines these names, in the order of INTERFACES.

    Raises SeamError where a seam lacks one of its functions, a VJP its seam, or where there is no seam.
    """
    found = []
    for interface in INTERFACES:
        present = [export for export in interface.exports if export.name in defined]
        missing = [export for export in interface.exports if export.name not in defined]
        vjp = interface.vjp
        if present and missing:
            raise SeamError(f"program exports {present[0].name} without {missing[0]}; seam {interface.seam}")
        if missing and vjp is not None and vjp.name in defined:
            raise SeamError(f"program exports {vjp.name} without {missing[0]}; seam {interface.seam}")
        if present:
            found.append(interface)
    if not found:
        names = "; ".join(" and ".join(map(str, interface.exports)) for interface in INTERFACES)
        raise SeamError(f"program exports no seam; expected at least one of: {names}")
    return tuple(found)
