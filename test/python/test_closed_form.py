"""The closed_form problem: exact, total on numbers, and with more than one place to climb to."""

import importlib.util
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[2] / "problems" / "closed_form"
spec = importlib.util.spec_from_file_location("closed_form_evaluator", FOLDER / "evaluator.py")
assert spec is not None
assert spec.loader is not None
evaluator = importlib.util.module_from_spec(spec)
spec.loader.exec_module(evaluator)

COORDINATES = st.tuples(*[st.floats(-10, 10) for _ in range(5)])


def write(folder: Path, **constants: object) -> str:
    """A program with the given constants; returns its path."""
    values = {"U": 0, "V": 0, "X": 0, "Y": 0, "Z": 0, **constants}
    path = folder / "program.py"
    path.write_text("".join(f"{name} = {value}\n" for name, value in values.items() if value is not None))
    return str(path)


def test_the_initial_program_scores_low_and_to_the_bit() -> None:
    result = evaluator.evaluate(str(FOLDER / "initial_program.py"))
    assert result["combined_score"].hex() == "0x1.120e83294ace7p-2"
    assert result == evaluator.evaluate(str(FOLDER / "initial_program.py"))


@given(COORDINATES)
def test_scores_of_points_in_range_are_bounded(point: tuple[float, ...]) -> None:
    assert 0 < evaluator.landscape(point) < 1.25


def climbs_down_all_around(point: tuple[float, ...], step: float) -> bool:
    """Whether every neighbour along an axis is lower."""
    here = evaluator.landscape(point)
    neighbours = [
        (*point[:axis], point[axis] + sign * step, *point[axis + 1 :])
        for axis in range(5)
        for sign in (-1, 1)
    ]
    return all(evaluator.landscape(neighbour) < here for neighbour in neighbours)


def test_three_hills_are_local_optima_and_the_first_is_the_highest() -> None:
    tops = [evaluator.landscape(hill[2]) for hill in evaluator.HILLS]
    assert max(tops) == tops[0]
    for hill in evaluator.HILLS[:3]:
        assert climbs_down_all_around(hill[2], 0.5)


@pytest.mark.parametrize("value", ["11", "-10.5", "float('nan')", "float('inf')"])
def test_out_of_range_is_the_lowest_score(tmp_path: Path, value: str) -> None:
    result = evaluator.evaluate(write(tmp_path, Y=value))
    assert result == {"combined_score": 0.0, "in_range": 0.0}
    assert all(math.isfinite(number) for number in result.values())


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, AttributeError, "has no attribute 'Y'"),
        ("'3'", TypeError, "Y is a str, expected a number"),
        ("True", TypeError, "Y is a bool, expected a number"),
        ("1 / 0", ZeroDivisionError, "division by zero"),
    ],
)
def test_what_is_no_number_is_an_error(
    tmp_path: Path, value: str | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluator.evaluate(write(tmp_path, Y=value))
