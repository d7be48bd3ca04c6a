"""Noise of known kinds, symmetric about zero: what logarithms of turns of equal sides may look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from optimized_kernels.measurement.blocks import Measured
from optimized_kernels.measurement.neighbours import STRETCH
from optimized_kernels.measurement.sides import CANDIDATE, REFERENCE
from optimized_kernels.measurement.statistics import PAIRS

Noise = Callable[[np.random.Generator, int], NDArray[np.float64]]

SCALE = 0.03
# Of both sides, in a block.
TURNS = 2 * PAIRS


def gaussian(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """The textbook's."""
    return rng.normal(0.0, SCALE, count)


def laplace(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Exponential delays on either side."""
    return rng.laplace(0.0, SCALE, count)


def student3(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Student's t with 3 degrees of freedom: a variance, no fourth moment."""
    return SCALE * rng.standard_t(3, count)


def contaminated(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """One in ten is disturbed, tenfold."""
    return rng.normal(0.0, SCALE, count) * np.where(rng.random(count) < 0.1, 10.0, 1.0)


def autoregressive(coefficient: float) -> Noise:
    """Gaussian noise that remembers the one before."""

    def noise(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        values = rng.normal(0.0, SCALE, count)
        values[0] /= np.sqrt(1.0 - coefficient**2)
        for i in range(1, count):
            values[i] += coefficient * values[i - 1]
        return values

    return noise


def coming_and_going(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Gaussian noise, and an advantage of one side that differs from stretch to stretch; none in all."""
    values = gaussian(rng, count)
    stretch = STRETCH * TURNS
    advantages = rng.normal(0.0, SCALE, -(-count // stretch))
    # The sides change places with every stretch.
    places = np.resize([0.5, -0.5], stretch)
    signs = np.resize([1.0, -1.0], len(advantages))
    return values + np.outer(signs * advantages, places).ravel()[:count]


NOISES: dict[str, Noise] = {
    "Gaussian": gaussian,
    "Laplace": laplace,
    "Student t, 3 degrees of freedom": student3,
    "10 % disturbed tenfold": contaminated,
    "autoregressive, 0.3": autoregressive(0.3),
    "autoregressive, 0.6": autoregressive(0.6),
    "advantage by stretch": coming_and_going,
}


def taken_in_turns(turns: Sequence[float], effect: float = 0.0) -> list[list[float]]:
    """Log-ratios of neighbours, as screening has them, of turns whose logarithms these would be if the sides
    were equal; the candidate's are shorter by `effect`. A remainder of a block is dropped."""
    measured, order = Measured(), [REFERENCE, CANDIDATE]
    for block in range(len(turns) // TURNS):
        if block % STRETCH == 0:
            order.reverse()
        taken = turns[TURNS * block : TURNS * (block + 1)]
        own = order.index(CANDIDATE)
        times = {
            REFERENCE: np.exp(taken[1 - own :: 2]).tolist(),
            CANDIDATE: np.exp(np.subtract(taken[own::2], effect)).tolist(),
        }
        measured.add(times, PAIRS * order)
    return measured.neighbour_log_ratios(REFERENCE)
