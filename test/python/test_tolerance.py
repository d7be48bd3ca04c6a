"""What counts as the same numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.tolerance import (
    FLOORS,
    NOISE,
    REORDERING_MULTIPLE,
    Agreement,
    Mismatch,
    compare,
    relative_error,
    reordering_errors,
)

NAME = "weight (float32)"
BASE = np.linspace(-1.0, 1.0, 50, dtype=np.float32).reshape(5, 10)


def verdict(value: np.ndarray, reordering: float = 0.0) -> Agreement | Mismatch:
    return compare({NAME: value}, {NAME: BASE}, {NAME: reordering})


@given(st.floats(0.0, 1e-3), st.floats(0.0, 1e-4))
def test_a_tensor_is_accepted_up_to_its_tolerance(shift: float, reordering: float) -> None:
    error = relative_error((BASE * (1 + shift)).astype(np.float32), BASE)
    tolerance = max(REORDERING_MULTIPLE * reordering, FLOORS["float32"])
    found = verdict((BASE * (1 + shift)).astype(np.float32), reordering)
    assert isinstance(found, Agreement) == (error <= tolerance)
    assert found.share == pytest.approx(error / tolerance, rel=1e-6)


def test_an_untrained_tensor_is_off_by_its_whole_update() -> None:
    found = verdict(np.zeros_like(BASE))
    assert isinstance(found, Mismatch)
    assert "1.00e+00 off stock MLX" in found.reason


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_counted(bad: float) -> None:
    value = BASE.copy()
    value[1, 2] = bad
    found = verdict(value, reordering=1.0)
    assert isinstance(found, Mismatch)
    assert "1 of 50 values that are not finite" in found.reason


def test_shape_and_dtype_belong_to_the_comparison() -> None:
    assert isinstance(verdict(BASE.T), Mismatch)
    assert isinstance(compare({"weight (float16)": BASE}, {NAME: BASE}, {NAME: 0.0}), Mismatch)


def test_where_stock_is_noise_only_the_size_counts() -> None:
    assert isinstance(verdict(-BASE, reordering=2 * NOISE), Agreement)
    assert isinstance(verdict(3 * BASE, reordering=2 * NOISE), Mismatch)


def test_the_worst_tensor_is_named() -> None:
    stock = {"a (float32)": BASE, "b (float32)": BASE, "c (float32)": BASE}
    candidate = {"a (float32)": BASE * 1.01, "b (float32)": BASE * 1.5, "c (float32)": BASE}
    found = compare(candidate, stock, dict.fromkeys(stock, 0.0))
    assert isinstance(found, Mismatch)
    assert found.tensor == "b (float32)"


def test_reordering_error_is_the_largest_of_the_runs() -> None:
    errors = reordering_errors({NAME: BASE}, [{NAME: BASE}, {NAME: BASE * 1.25}])
    assert errors[NAME] == pytest.approx(0.25, rel=1e-6)
