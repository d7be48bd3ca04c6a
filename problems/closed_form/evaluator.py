"""Scores the constants of a program on a smooth landscape of hills, one of them higher than the others."""

import importlib.util
import math

NAMES = ("U", "V", "X", "Y", "Z")
LIMIT = 10.0

# Height, squared width and top of each hill. Only +, -, * and / below: the same bits on every machine.
HILLS = (
    (1.0, 5.0, (1.5, -2.25, 0.75, 3.0, -1.0)),
    (0.55, 4.0, (4.5, -4.0, 3.0, 0.0, -5.0)),
    (0.45, 3.0, (-3.0, 2.0, 1.0, -2.0, 4.0)),
    (0.3, 8.0, (0.0, 0.0, 0.0, 0.0, 0.0)),
)


def evaluate(program_path: str) -> dict[str, float]:
    """Runs a program and scores its constants U, V, X, Y, Z.

    Returns:
        `combined_score`, the sum over the hills of h / (1 + d²/w²), d the distance to the top, or 0 where a
        constant is not finite or beyond ±10; `distance_squared`, to the highest top; `in_range`, 0 or 1.

    Raises:
        AttributeError: a constant is missing.
        TypeError: a constant is no number.
    """
    point = read_constants(program_path)
    if not all(math.isfinite(value) and abs(value) <= LIMIT for value in point):
        return {"combined_score": 0.0, "in_range": 0.0}
    return {
        "combined_score": landscape(point),
        "distance_squared": distance_squared(point, HILLS[0][2]),
        "in_range": 1.0,
    }


def read_constants(program_path: str) -> tuple[float, ...]:
    """Imports a program from its file and returns its constants in the order of NAMES."""
    spec = importlib.util.spec_from_file_location("program", program_path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{program_path} is not a Python file")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    values = []
    for name in NAMES:
        value = getattr(program, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} is a {type(value).__name__}, expected a number")
        values.append(float(value))
    return tuple(values)


def landscape(point: tuple[float, ...]) -> float:
    """Height of the landscape at a point."""
    height = 0.0
    for top, width_squared, centre in HILLS:
        height += top / (1.0 + distance_squared(point, centre) / width_squared)
    return height


def distance_squared(point: tuple[float, ...], centre: tuple[float, ...]) -> float:
    """Squared Euclidean distance, summed in order."""
    total = 0.0
    for value, middle in zip(point, centre, strict=True):
        total += (value - middle) * (value - middle)
    return total
