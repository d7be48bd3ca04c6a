"""Stock MLX with its sums in another order: near to stock, not the same, independent of what else runs."""

from __future__ import annotations

import mlx.core as mx
import pytest
from seam_programs import assert_same, relative_error

from optimized_kernels.measurement.cases import CASES, run_cases
from optimized_kernels.measurement.split import REORDERED_SEAMS, WITHOUT_REORDERING, split_patches
from optimized_kernels.seams.install import installed
from optimized_kernels.seams.interface import SEAMS

SEED = 9


def test_every_seam_has_cases_and_a_reordering_or_none() -> None:
    assert {case.seam for case in CASES} == set(SEAMS)
    assert {*REORDERED_SEAMS, *WITHOUT_REORDERING} == set(SEAMS)
    assert len({case.name for case in CASES}) == len(CASES)
    assert split_patches(2, WITHOUT_REORDERING) == ()


def test_a_cases_operands_do_not_depend_on_the_others() -> None:
    everything, one = dict(run_cases(SEED)), dict(run_cases(SEED, ["rms_norm"]))
    assert one.keys() < everything.keys()
    assert all(mx.array_equal(value, everything[name]).item() for name, value in one.items())
    other = dict(run_cases(SEED + 1, ["rms_norm"]))
    assert not any(mx.array_equal(value, other[name]).item() for name, value in one.items())


def test_cases_leave_the_random_state_alone() -> None:
    mx.random.seed(4)
    before = mx.array(mx.random.state[0])
    mx.eval([value for _, value in run_cases(SEED)])
    assert mx.array_equal(mx.random.state[0], before).item()


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_reordered_stock_is_near_stock(parts: int) -> None:
    stock = dict(run_cases(SEED))
    with installed(split_patches(parts)):
        through = dict(run_cases(SEED))
    for name, base in stock.items():
        assert_same(through[name], base, name)


@pytest.mark.parametrize("seam", REORDERED_SEAMS)
def test_it_is_another_order(seam: str) -> None:
    stock = dict(run_cases(SEED, [seam]))
    with installed(split_patches(3, [seam])):
        through = dict(run_cases(SEED, [seam]))
    assert max(relative_error(through[name], base) for name, base in stock.items()) > 1e-8
