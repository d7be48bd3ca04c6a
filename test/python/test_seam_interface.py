"""Which seams a program exports, asked with and without MLX."""

from __future__ import annotations

import subprocess
import sys

import mlx.nn as nn
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seam_programs import module

from optimized_kernels.seams.errors import SeamError
from optimized_kernels.seams.interface import INTERFACES, SEAMS, exported_seams
from optimized_kernels.seams.program import ARRAY_SEAMS, program_seams

WITHOUT_MLX = """
import sys
sys.modules["mlx"] = None
from optimized_kernels.seams.interface import INTERFACES
from optimized_kernels.workloads.presets import PRESETS, held_out
from optimized_kernels.workloads.cost import step_cost
every = all(step_cost(preset).flops > 0 and held_out(name) for name, preset in PRESETS.items())
print(len(INTERFACES), every)
"""


def test_interfaces_presets_and_costs_need_no_mlx() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_MLX], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["10", "True"]


@given(st.sets(st.sampled_from(sorted(SEAMS)), min_size=1))
def test_seams_are_found_in_a_fixed_order(names: set[str]) -> None:
    defined = {export.name for name in names for export in SEAMS[name].exports} | {"helper"}
    found = exported_seams(defined)
    assert {interface.seam for interface in found} == names
    assert list(found) == [interface for interface in INTERFACES if interface in found]


@pytest.mark.parametrize(
    ("defined", "message"),
    [
        (set(), "program exports no seam; expected at least one of: choose_tile_size"),
        ({"optimized_matmul"}, "exports optimized_matmul without choose_tile_size\\(M, N, K, device_info\\)"),
        ({"gelu_vjp", "linear"}, "exports gelu_vjp without gelu\\(x\\); seam gelu"),
    ],
)
def test_half_a_seam_is_refused(defined: set[str], message: str) -> None:
    with pytest.raises(SeamError, match=message):
        exported_seams(defined)


def test_every_seam_can_be_put_into_mlx() -> None:
    exports = {
        export.name: lambda *arguments: None
        for interface in INTERFACES
        for export in (*interface.exports, *([interface.vjp] if interface.vjp else []))
    }
    seams = program_seams(module(**exports), {})
    assert seams.names == tuple(seams.calls) == tuple(SEAMS)
    places = [(id(patch.owner), patch.name) for patch in seams.patches]
    assert len(set(places)) == len(places)
    assert {name for name in SEAMS if SEAMS[name].vjp} == set(ARRAY_SEAMS)
    assert {name for name in SEAMS if not SEAMS[name].has_backward} == {"optimizer_update", "training_step"}


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(SeamError, match="program exports gelu as int; expected gelu\\(x\\)"):
        program_seams(module(gelu=3), {})


def test_an_import_is_no_export() -> None:
    with pytest.raises(SeamError, match="exports no seam"):
        program_seams(module(gelu=nn.gelu, cross_entropy=nn.losses.cross_entropy), {})
