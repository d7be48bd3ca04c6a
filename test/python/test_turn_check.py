"""What every timed turn is held to, on turns made up here."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import pytest

from optimized_kernels.measurement.correctness import Trained
from optimized_kernels.measurement.side_requests import Turn
from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.tolerance import Agreement
from optimized_kernels.measurement.turn_check import TurnCheck

NAMES = ("a (float32)", "b (float32)")
STOCK = {name: np.ones((2, 3), np.float32) for name in NAMES}


def judged(loss: float, answers: list[float]) -> str:
    """The reason why a turn beside one of loss 1 and answers 1 and 2 is refused; empty if it is not."""
    trained = Trained(cast(Agreement, None), STOCK, dict.fromkeys(NAMES, 1e-7), precise=True)
    check = TurnCheck(cast(Sides, None), trained, copied_out=0.0)
    wrong = check(
        {"reference": Turn(0.1, 1.0, [1.0, 2.0], 0.0, 1, 1), "candidate": Turn(0.1, loss, answers, 0.0, 1, 1)}
    )
    return "" if wrong is None else wrong.reason


def test_reordered_sums_pass() -> None:
    assert judged(1.0 + 1e-6, [1.0 + 1e-6, 2.0 - 1e-6]) == ""


@pytest.mark.parametrize("value", [2.5, -2.0, math.nan, math.inf])
def test_another_projection_names_its_tensor(value: float) -> None:
    assert "b (float32)" in judged(1.0, [1.0, value])


@pytest.mark.parametrize("loss", [1.01, math.nan])
def test_another_loss_is_refused(loss: float) -> None:
    assert "its loss is" in judged(loss, [1.0, 2.0])


def test_a_missing_answer_is_refused() -> None:
    assert "has 1 tensors; expected 2" in judged(1.0, [1.0])
