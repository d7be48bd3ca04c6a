"""What a side answers, taken apart. One that runs a program may answer anything; none of it may surprise."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

DTYPES = {
    "mlx.core." + name for name in ("float32", "float16", "bfloat16", "uint64", "uint32", "int32", "int64")
}
MAX_RANK = 8
MAX_NAME = 300
# Of all arrays of one answer; the largest preset's are below a tenth of this.
MAX_NUMBERS = 2**30


class AnswerError(Exception):
    """What was answered, and what was expected instead."""


@dataclass(frozen=True)
class Announced:
    """An array that follows: its name, its shape, the dtype it had before it became float32."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)


def parsed(body: bytes) -> dict[str, Any]:
    """The object that `body` is in JSON."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise AnswerError(f"{body[:60]!r}; expected an object")
    return answer


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number(answer: dict[str, Any], name: str) -> float:
    """A field that is a number; it may be infinite or none at all, which comparisons must expect."""
    value = answer.get(name)
    if not _is_number(value):
        raise AnswerError(f"{name} {value!r:.60}; expected a number")
    return _float(value)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def finite(answer: dict[str, Any], name: str) -> float:
    """A field that is a number like any other."""
    value = number(answer, name)
    if not math.isfinite(value):
        raise AnswerError(f"{name} {value}; expected a finite number")
    return value


def count(answer: dict[str, Any], name: str) -> int:
    """A field that is a whole number from 0 on."""
    value = answer.get(name)
    if type(value) is not int or not 0 <= value <= MAX_NUMBERS:
        raise AnswerError(f"{name} {value!r:.60}; expected a whole number")
    return value


def numbers(answer: dict[str, Any], name: str) -> list[float]:
    """A field that is a list of numbers."""
    values = answer.get(name)
    if not isinstance(values, list) or not all(map(_is_number, values)):
        raise AnswerError(f"{name} {values!r:.60}; expected numbers")
    return [_float(value) for value in values]


def texts(answer: dict[str, Any], name: str) -> list[str]:
    """A field that is a list of texts."""
    values = answer.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise AnswerError(f"{name} {values!r:.60}; expected texts")
    return values


def _announced(entry: object) -> Announced:
    match entry:
        case [str(name), list(shape), str(dtype)] if len(name) <= MAX_NAME and len(shape) <= MAX_RANK:
            if dtype in DTYPES and all(type(length) is int and length >= 0 for length in shape):
                return Announced(name, tuple(shape), dtype.rpartition(".")[2])
    raise AnswerError(f"the array {entry!r:.80}; expected name, shape and dtype")


def announced(answer: dict[str, Any]) -> list[Announced]:
    """The arrays that an answer says will follow, MAX_NUMBERS in all at most."""
    entries = answer.get("tensors")
    if not isinstance(entries, list):
        raise AnswerError(f"tensors {entries!r:.60}; expected a list of arrays")
    arrays = [_announced(entry) for entry in entries]
    if len({array.name for array in arrays}) != len(arrays):
        raise AnswerError("arrays of the same name; expected one of each")
    total = sum(array.size for array in arrays)
    if total > MAX_NUMBERS:
        raise AnswerError(f"arrays of {total} numbers; expected at most {MAX_NUMBERS}")
    return arrays
