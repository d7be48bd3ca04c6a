"""Whatever a side answers is either taken apart or refused in words."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.measurement.answers import (
    MAX_NUMBERS,
    Announced,
    AnswerError,
    announced,
    count,
    number,
    numbers,
    parsed,
    texts,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
READERS = (number, count, numbers, texts)


def test_what_an_honest_side_answers() -> None:
    answer = parsed(b'{"loss": 1.5, "answers": [1, 2.5], "forward": 3, "products": ["a"]}')
    assert number(answer, "loss") == 1.5
    assert numbers(answer, "answers") == [1.0, 2.5]
    assert count(answer, "forward") == 3
    assert texts(answer, "products") == ["a"]
    entry = ["optimizer.step", [], "mlx.core.uint64"]
    assert announced({"tensors": [entry, ["w", [2, 3], "mlx.core.float32"]]}) == [
        Announced("optimizer.step", (), "uint64"),
        Announced("w", (2, 3), "float32"),
    ]


def test_numbers_that_are_none_stay_what_they_are() -> None:
    answer = parsed(b'{"a": NaN, "b": Infinity, "c": 1' + b"0" * 400 + b"}")
    assert math.isnan(number(answer, "a"))
    assert number(answer, "b") == math.inf
    assert number(answer, "c") == math.inf


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b"\xff", b"[" * 200_000, b"1" * 10_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(AnswerError, match="expected an object"):
        parsed(body)


@pytest.mark.parametrize(
    "entry",
    [
        "y",
        [],
        ["x", [-1], "mlx.core.float32"],
        ["x", [None], "mlx.core.float32"],
        ["x", [True], "mlx.core.float32"],
        ["x", [1] * 9, "mlx.core.float32"],
        ["x", [1], "numpy.float32"],
        ["x", [1], 7],
        ["x" * 301, [1], "mlx.core.float32"],
        ["x", [MAX_NUMBERS, 2], "mlx.core.float32"],
        [3, [1], "mlx.core.float32"],
    ],
)
def test_strange_arrays_are_refused(entry: object) -> None:
    with pytest.raises(AnswerError, match="expected"):
        announced({"tensors": [entry]})


def test_an_array_comes_once() -> None:
    entry = ["x", [1], "mlx.core.float32"]
    with pytest.raises(AnswerError, match="same name"):
        announced({"tensors": [entry, entry]})


@given(st.dictionaries(st.sampled_from(["a", "tensors"]), JSON))
def test_nothing_surprises(answer: dict) -> None:
    answer = parsed(json.dumps(answer).encode())
    for read in READERS:
        with suppress(AnswerError):
            read(answer, "a")
    with suppress(AnswerError):
        announced(answer)
